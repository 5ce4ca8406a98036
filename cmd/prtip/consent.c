#include "consent.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/num.h"
#include "program.h"

/* More than a /16, and as fast as the default: a slip is noticed by others. */
#define MANY	65536
#define FAST	10000

/* What is nobody else's: RFC 6890, RFC 5737, RFC 3849. */
#define PRIVATE	"10.0.0.0/8,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12," \
	"192.0.2.0/24,192.168.0.0/16,198.18.0.0/15,198.51.100.0/24," \
	"203.0.113.0/24,fc00::/7,fe80::/10,::1,2001:db8::/32,3fff::/20"

/* How many addresses the first stage names beyond those; 0 when it fails, which
 * it will say itself. */
static uint64_t
count(const struct stage *st)
{
	static char x[] = "-x", private[] = PRIVATE, c[] = "--count";
	char **argv = calloc(st->argc + 4, sizeof(*argv)), line[256], *at;
	char *path = program_path(st->argv[0]);
	uint64_t n = 0;
	size_t i;
	FILE *f;
	int fd[2];
	pid_t pid;

	if (argv == NULL || path == NULL || pipe(fd) == -1)
		goto out;
	argv[0] = st->argv[0];
	argv[1] = x;
	argv[2] = private;
	argv[3] = c;
	for (i = 1; i < st->argc; i++)
		argv[i + 3] = st->argv[i];
	if ((pid = fork()) == 0) {
		dup2(fd[1], STDOUT_FILENO);
		close(fd[0]);
		close(fd[1]);
		if (freopen("/dev/null", "w", stderr) != NULL)
			execv(path, argv);
		_exit(PRT_FAILED);
	}
	close(fd[1]);
	f = fdopen(fd[0], "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if ((at = strstr(line, "\thosts=")) != NULL)
			n = strtoull(at + 7, NULL, 10);
	if (f != NULL)
		fclose(f);
	if (pid > 0)
		waitpid(pid, NULL, 0);
out:
	free(argv);
	free(path);
	return n;
}

static double
rate_of(const struct ask *a)
{
	const struct timing *t = a->timing != NULL ? a->timing :
	    &timing_table[TIMING_DEFAULT];

	return a->rate != 0 ? (double)a->rate : t->rate;
}

int
consent(const struct ask *a, const struct pipeline *p)
{
	double pps = rate_of(a);
	char line[16];
	uint64_t n;

	/* 0 is no bound */
	if (a->yes || a->list || (pps > 0 && pps < FAST) ||
	    isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
		return PRT_OK;
	if ((n = count(&p->stage[0])) <= MANY)
		return PRT_OK;
	fprintf(stderr, "%s: %" PRIu64 " public addresses, at up to ",
	    msg_name(), n);
	if (pps > 0)
		fprintf(stderr, "%.0f", pps);
	else
		fprintf(stderr, "any number of");
	fprintf(stderr, " packets a second: are they yours, or have their "
	    "owners agreed? [y/N] ");
	if (fgets(line, sizeof(line), stdin) != NULL &&
	    (line[0] == 'y' || line[0] == 'Y'))
		return PRT_OK;
	msg_warn("nothing was sent; --yes goes without the question, "
	    "--max-rate %d is slow enough to go without", FAST - 1);
	return PRT_STOPPED;
}
