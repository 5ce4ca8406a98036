/* A pattern, as it would stand in a database, is held against a text in two
 * ways: a line is only ruled out when its pattern would not have matched. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meaning/svcmatch.h"
#include "meaning/svcregex.h"

#define DELIMITER	"\x01"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
alone(struct str pattern, unsigned flags, struct str text)
{
	struct svcregex *re = svcregex_new(pattern, flags & 1, flags & 2,
	    NULL);
	struct svcregex_memory *m = svcregex_memory_new();
	struct str group[SVCREGEX_GROUPS];
	bool over, is;

	assert(m != NULL);
	is = re != NULL && svcregex_match(re, m, text.p, text.n, group,
	    &over);
	svcregex_free(re);
	svcregex_memory_free(m);
	return is;
}

/* A byte of flags, the pattern, a newline, the text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str text = { (const char *)data + 1, n - 1 }, pattern;
	struct buf lines = { 0 }, err = { 0 };
	struct svcdb db = { 0 };
	struct svc_found f;
	struct svcmatch *m;

	if (n < 1)
		return 0;
	pattern = str_cut(&text, '\n');
	if (text.p == NULL || pattern.n > 200 ||
	    memchr(pattern.p, DELIMITER[0], pattern.n) != NULL)
		return 0;
	buf_puts(&lines, "Probe TCP NULL q||\nmatch a m" DELIMITER);
	buf_str(&lines, pattern);
	buf_printf(&lines, DELIMITER "%s%s", data[0] & 1 ? "i" : "",
	    data[0] & 2 ? "s" : "");
	if (svcdb_parse(&db, buf_view(&lines), "fuzz", &err) == 0) {
		m = svcmatch_new(&db);
		assert(m != NULL);
		assert(svcmatch_find(m, db.probe, NULL, text.p, text.n, &f) ==
		    alone(pattern, data[0], text));
		svcmatch_free(m);
	}
	svcdb_release(&db);
	buf_release(&lines);
	buf_release(&err);
	return 0;
}
