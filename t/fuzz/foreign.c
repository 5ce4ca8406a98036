#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meaning/foreign.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static unsigned long faults, records;

/* Whatever was read is a record: it reads again, and as the same. */
static const char *
put(void *arg, const struct record *r)
{
	struct buf *b = arg, twice = { 0 };
	struct record again = { 0 };
	const char *err = "";
	size_t n;

	b->n = 0;
	rec_put_tsv(r, b);
	n = b->n;
	assert(n > 0 && b->p[n - 1] == '\n');
	assert(memchr(b->p, '\n', n) == b->p + n - 1);
	assert(rec_scan_tsv(&again, b->p, n - 1, &err) == 0);
	assert(again.kind == r->kind && again.npair == r->npair);
	rec_put_tsv(&again, &twice);
	assert(twice.n == n && memcmp(b->p, twice.p, n) == 0);
	buf_release(&twice);
	rec_release(&again);
	records++;
	return NULL;
}

static void
complain(void *arg, unsigned long line, const char *why)
{
	(void)arg;
	assert(line > 0 && why != NULL);
	faults++;
}

/* The first byte picks the format, the second where a piece ends. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf text = { 0 };
	const struct foreign_user user = { put, complain, &text };
	const struct foreign_format *f;
	struct foreign in;
	struct str rest;
	size_t nformat = 0, cut;

	if (n < 2)
		return 0;
	while (foreign_formats[nformat] != NULL)
		nformat++;
	f = foreign_formats[data[0] % nformat];
	cut = data[1] + 1u;
	rest = (struct str){ (const char *)data + 2, n - 2 };
	foreign_guess(rest);
	faults = records = 0;
	foreign_init(&in, &user);
	while (f->line != NULL && rest.p != NULL) {
		f->line(&in, str_cut(&rest, '\n'));
		in.line++;
	}
	for (; f->piece != NULL && rest.n > 0; rest.p += cut, rest.n -= cut) {
		if (cut > rest.n)
			cut = rest.n;
		f->piece(&in, (struct str){ rest.p, cut });
	}
	if (f->end != NULL)
		f->end(&in);
	assert(in.damaged == (faults > 0));
	foreign_release(&in);
	buf_release(&text);
	return 0;
}
