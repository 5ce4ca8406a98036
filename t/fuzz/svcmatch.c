/* A hostile answer, held against a database that has of everything. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meaning/svcmatch.h"
#include "meaning/svctmpl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char text[] =
    "Probe TCP NULL q||\n"
    "match ssh m|^SSH-([\\d.]+)-OpenSSH_([\\w.]+)(?: (.*))?\\r?\\n| "
    "p/OpenSSH/ v/$2/ i/protocol $1; $3/ cpe:/a:openbsd:openssh:$2/a\n"
    "match ftp m|^220[- ].*ProFTPD ([\\d.]+).*\\[([\\w.:]+)\\]\\r\\n|s "
    "p/ProFTPD/ v/$1/ h/$2/\n"
    "match num m|^\\0(.)(..)(....)(.{8})|s v/$I(1,\">\").$I(2,\"<\")/ "
    "i/$I(3,\">\") $I(4,\"<\")/ d/$P(4)/\n"
    "match utf16 m|^\\xff\\xfe((?:.\\0)+)\\n|s p/$P(1)/ h/$1/ "
    "cpe:/a:x:$P(1)/\n"
    "match sub m|^U:(.*)| p/$SUBST(1,\"_\",\"....\")/ "
    "v/$SUBST(1,\"aa\",\"\")/ cpe:/a:b:$1/ cpe:/o:$SUBST(1,\":\",\"::\")/\n"
    "match evil m|^(a+)+$|\nmatch evil m|x.*y.*z|s\n"
    "match evil m=(?:b|c|bc)+d=\nmatch evil m|^(?:(?:e*)*)*f|\n"
    "match evil m=^(g|gg)+$=\nmatch back m|^(.+)-\\1-(.*)$| p/$1/ v/$2/\n"
    "match look m|(?<=k)ey(?=hole)(.*)|i p/$1/\n"
    "match many m|^M(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)|s p/$9$8$7$6$5/\n"
    "softmatch http m|^HTTP/1\\.[01] (\\d\\d\\d)| i/status $1/\n"
    "Probe TCP Get q|GET / HTTP/1.0\\r\\n\\r\\n|\n"
    "fallback Other\n"
    "match http m|^HTTP/1\\.[01] \\d\\d\\d .*\\r\\nServer: nginx/([\\d.]+)|s "
    "p/nginx/ v/$1/\n"
    "match http m|^HTTP/1\\.[01] \\d\\d\\d .*\\r\\nserver: ([^\\r\\n]+)|si "
    "p/$1/ cpe:/a:$1:$1:$1/\n"
    "softmatch http m|^HTTP/|\nsoftmatch xml m|^<\\?xml|\n"
    "Probe TCP Other q|x|\n"
    "match xml m|^<\\?xml version=\"([\\d.]+)\".*<(\\w+)>.*</\\2>|s v/$1/\n"
    "Probe UDP Dns q|\\0|\nfallback Get\n"
    "match domain m|^..[\\x80-\\x87].\\0\\x01(..)|s i/$I(1,\">\") answers/\n";

static struct svcdb db;
static struct svcmatch *m;

static void
start(void)
{
	struct buf err = { 0 };

	if (svcdb_parse(&db, str_of(text), "t", &err) == -1 ||
	    svcmatch_check(&db, &err) == -1)
		assert(err.n == 0);
	m = svcmatch_new(&db);
	assert(m != NULL);
}

static void
check(struct str s, size_t more)
{
	assert((s.p == NULL) == (s.n == 0));
	assert(s.n <= SVCTMPL_MAX + more);
	assert(s.n == 0 || memchr(s.p, '\0', s.n) == NULL);
}

static void
check_found(const struct svc_found *f, const char *soft)
{
	unsigned i;

	assert(f->line >= f->probe->line &&
	    f->line < f->probe->line + f->probe->nline);
	assert(soft == NULL || strcmp(f->service.p, soft) == 0);
	check(f->product, 0);
	check(f->version, 0);
	check(f->info, 0);
	check(f->hostname, 0);
	check(f->os, 0);
	check(f->device, 0);
	for (i = 0; i < f->ncpe; i++) {
		check(f->cpe[i], 5);
		assert(memcmp(f->cpe[i].p, "cpe:/", 5) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const soft[] = { NULL, "http", "xml" };
	struct svc_found f;
	size_t i, k;

	if (m == NULL)
		start();
	for (i = 0; i < db.n; i++)
		for (k = 0; k < sizeof(soft) / sizeof(soft[0]); k++)
			if (svcmatch_find(m, &db.probe[i], soft[k], data, n,
			    &f))
				check_found(&f, soft[k]);
			else
				assert(f.line == NULL);
	return 0;
}
