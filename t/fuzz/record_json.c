/* A line of NDJSON, whoever wrote it: once it is a record it goes through both
 * spellings without changing any more. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "meaning/record.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int truth)
{
	if (!truth)
		abort();
}

static void
again(const struct buf *line, struct buf *out, bool json)
{
	struct record r = { 0 };
	const char *err;

	must(line->n > 0 && line->p[line->n - 1] == '\n');
	must(memchr(line->p, '\n', line->n) == line->p + line->n - 1);
	must(rec_scan(&r, line->p, line->n - 1, &err) == 0);
	must(r.kind != REC_BLANK);
	out->n = 0;
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

static void
all_clean(const struct record *r)
{
	size_t i;

	must(r->ncol <= REC_NCOL);
	for (i = 0; i < REC_NCOL; i++)
		must(esc_clean(r->col[i].p, r->col[i].n) == r->col[i].n);
	for (i = 0; i < r->npair; i++) {
		must(r->pair[i].key.n > 0);
		must(memchr(r->pair[i].key.p, '=', r->pair[i].key.n) == NULL);
		must(esc_clean(r->pair[i].key.p, r->pair[i].key.n) ==
		    r->pair[i].key.n);
		must(esc_clean(r->pair[i].val.p, r->pair[i].val.n) ==
		    r->pair[i].val.n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf tsv = { 0 }, json = { 0 }, out = { 0 };
	struct record r = { 0 };
	const char *err = NULL;

	if (rec_scan_json(&r, (const char *)p, n, &err) == -1)
		must(err != NULL && r.kind == REC_BLANK && r.npair == 0);
	else {
		all_clean(&r);
		rec_put_json(&r, &json);
		rec_put_tsv(&r, &tsv);
		again(&json, &out, true);
		same(&json, &out);
		again(&json, &out, false);
		same(&tsv, &out);
		again(&tsv, &out, false);
		same(&tsv, &out);
	}
	rec_release(&r);
	buf_release(&tsv);
	buf_release(&json);
	buf_release(&out);
	return 0;
}
