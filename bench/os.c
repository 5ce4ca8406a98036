/* How fast an OS database is there, and fingerprints are held against it, by the
 * processor's time:
 *
 *	os DATABASE [COUNT]
 *
 * A line a measure, TABs between, the last column the peak of memory so far, in
 * KiB. "start" is until the database is read, in ms, the best of seven times;
 * "matches" are fingerprints a second that are held against all of it. */
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "meaning/osdb.h"
#include "meaning/osmatch.h"
#include "world/wholefile.h"

enum { STARTS = 7, COUNT = 1000, HITS = 10 };

/* A Linux on Ethernet, and a system that is quite unlike it. */
static const char *const subject[] = {
	"SCAN(V=7.93%E=4)SEQ(SP=106%GCD=1%ISR=106%TI=Z%CI=Z%II=I%TS=21)"
	"OPS(O1=M5B4ST11NWA%O2=M5B4ST11NWA%O3=M5B4NNT11NWA%O4=M5B4ST11NWA"
	"%O5=M5B4ST11NWA%O6=M5B4ST11)WIN(W1=FE88%W2=FE88%W3=FE88%W4=FE88"
	"%W5=FE88%W6=FE88)ECN(R=Y%DF=Y%T=40%W=FAF0%O=M5B4NNSNWA%CC=Y%Q=)"
	"T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)T2(R=N)T3(R=N)"
	"T4(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)"
	"T5(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)"
	"T6(R=Y%DF=Y%T=40%W=0%S=A%A=Z%F=R%O=%RD=0%Q=)"
	"T7(R=Y%DF=Y%T=40%W=0%S=Z%A=S+%F=AR%O=%RD=0%Q=)"
	"U1(R=Y%DF=N%T=40%IPL=164%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=G%RUD=G)"
	"IE(R=Y%DFI=N%T=40%CD=S)",
	"SEQ(SP=3%GCD=FA00%ISR=A0%TI=I%CI=I%II=I%SS=S%TS=U)"
	"OPS(O1=M218%O2=M218%O3=M218%O4=M218%O5=M218%O6=M218)"
	"WIN(W1=218%W2=218%W3=218%W4=218%W5=218%W6=218)"
	"ECN(R=Y%DF=N%T=FF%W=218%O=M218%CC=N%Q=)"
	"T1(R=Y%DF=N%T=FF%S=O%A=S+%F=AS%RD=0%Q=)T2(R=N)"
	"T3(R=Y%DF=N%T=FF%W=218%S=O%A=O%F=A%O=%RD=0%Q=)"
	"T4(R=Y%DF=N%T=FF%W=218%S=A%A=S%F=AR%O=%RD=0%Q=)"
	"T5(R=Y%DF=N%T=FF%W=0%S=A%A=S+%F=AR%O=%RD=0%Q=)"
	"T6(R=Y%DF=N%T=FF%W=0%S=A%A=S%F=AR%O=%RD=0%Q=)"
	"T7(R=Y%DF=N%T=FF%W=0%S=A%A=S+%F=AR%O=%RD=0%Q=)"
	"U1(R=Y%DF=N%T=FF%IPL=38%UN=0%RIPL=G%RID=G%RIPCK=G%RUCK=0%RUD=G)"
	"IE(R=Y%DFI=S%T=FF%CD=S)",
};

/* Of this process alone, whatever else the machine does. */
static uint64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static long
peak(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void
start(struct osdb *db, const char *path)
{
	struct buf text = { 0 }, wrong = { 0 };

	if (wholefile_read(path, &text, SIZE_MAX) == -1)
		err(1, "%s", path);
	if (osdb_read(db, &text, path, &wrong) == -1 || db->errors > 0)
		errx(1, "%.*s", STR_ARG(buf_view(&wrong)));
}

static void
measure(const struct osdb *db, unsigned long count)
{
	static struct osfp fp[2];
	struct osmatch_hit hit[HITS];
	struct osmatch *m = osmatch_new(db);
	unsigned long i;
	uint64_t t;

	if (m == NULL)
		err(1, NULL);
	for (i = 0; i < 2; i++)
		if (osfp_parse(&fp[i], str_of(subject[i]), NULL) == -1)
			errx(1, "subject %lu is malformed", i);
	t = now();
	for (i = 0; i < count; i++)
		osmatch_find(m, &fp[i % 2], hit, HITS);
	printf("matches\t%.0f\t%ld\n", (double)count * 1e9 /
	    (double)(now() - t), peak());
	osmatch_free(m);
}

int
main(int argc, char **argv)
{
	unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 10) : COUNT;
	struct osdb db = { 0 };
	uint64_t t, best = UINT64_MAX;
	unsigned i;

	if (argc < 2)
		errx(2, "usage: os database [count]");
	for (i = 0; i < STARTS; i++) {
		osdb_release(&db);
		t = now();
		start(&db, argv[1]);
		t = now() - t;
		best = t < best ? t : best;
	}
	printf("start\t%.2f\t%ld\n", (double)best / 1e6, peak());
	measure(&db, count);
	osdb_release(&db);
	return 0;
}
