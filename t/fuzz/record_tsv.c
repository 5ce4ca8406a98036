/* A line of TSV: what is a record is written as the same line, also by way of
 * NDJSON; and no line makes a second one. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "meaning/record.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int truth)
{
	if (!truth)
		abort();
}

/* One line, without anything that a terminal would obey. */
static void
is_line(const struct buf *b)
{
	size_t i, k;

	must(b->n > 0 && b->p[b->n - 1] == '\n');
	for (i = 0; i < b->n - 1; i += k) {
		k = b->p[i] == '\t' ? 1 :
		    utf8_printable(b->p + i, b->n - 1 - i);
		must(k > 0);
	}
}

static void
again(const struct buf *line, struct buf *out, bool json)
{
	struct record r = { 0 };
	const char *err;

	must(rec_scan(&r, line->p, line->n - 1, &err) == 0);
	must(r.kind != REC_BLANK);
	if (json)
		rec_put_json(&r, out);
	else
		rec_put_tsv(&r, out);
	rec_release(&r);
}

static void
same(const struct buf *a, const struct buf *b)
{
	must(a->n == b->n && memcmp(a->p, b->p, a->n) == 0);
}

static bool
has_tab(const char *p, size_t n)
{
	return n > 0 && memchr(p, '\t', n) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf tsv = { 0 }, tsv2 = { 0 }, json = { 0 }, json2 = { 0 };
	const char *err = NULL, *line = (const char *)p;
	struct record r = { 0 };

	if (rec_scan_tsv(&r, line, n, &err) == -1)
		must(err != NULL && r.kind == REC_BLANK && r.npair == 0);
	else if (r.kind != REC_BLANK) {
		rec_put_tsv(&r, &tsv);
		rec_put_json(&r, &json);
		is_line(&tsv);
		is_line(&json);
		if (has_tab(line, n))
			must(tsv.n == n + 1 && memcmp(tsv.p, p, n) == 0);
		again(&tsv, &tsv2, false);
		same(&tsv, &tsv2);
		tsv2.n = 0;
		again(&json, &tsv2, false);
		same(&tsv, &tsv2);
		again(&json, &json2, true);
		same(&json, &json2);
	}
	rec_release(&r);
	buf_release(&tsv);
	buf_release(&tsv2);
	buf_release(&json);
	buf_release(&json2);
	return 0;
}
