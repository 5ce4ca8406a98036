#include "world/hostsfile.h"

#include <errno.h>
#include <stdlib.h>

#include "pure/addr.h"
#include "world/wholefile.h"

/* The rest of a longer file is not looked at. */
#define MOST	((size_t)16 << 20)

static int
add(struct hostsfile *h, u128 addr, struct str name)
{
	size_t cap = h->cap == 0 ? 16 : h->cap * 2;
	struct hostsfile_row *row;

	if (h->n == h->cap) {
		row = reallocarray(h->row, cap, sizeof(*row));
		if (row == NULL)
			return -1;
		h->row = row;
		h->cap = cap;
	}
	h->row[h->n] = (struct hostsfile_row){ addr, h->n, name };
	h->n++;
	return 0;
}

/* "ADDRESS NAME..." and a comment. */
static int
read_line(struct hostsfile *h, struct str line)
{
	struct str s = str_cut(&line, '#'), ip = str_word(&s), name;
	u128 addr;

	name = str_word(&s);
	if (name.n == 0 || addr_scan(ip.p, ip.n, &addr) != ip.n)
		return 0;
	return add(h, addr, name);
}

/* Of one address, as the file has them. */
static int
compare(const void *a, const void *b)
{
	const struct hostsfile_row *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

int
hostsfile_read(struct hostsfile *h, const char *path)
{
	struct str rest;

	if (wholefile_read(path, &h->text, MOST) == -1)
		return errno == ENOMEM ? -1 : 0;
	rest = buf_view(&h->text);
	while (rest.n > 0)
		if (read_line(h, str_cut(&rest, '\n')) == -1)
			return -1;
	if (h->n > 0)
		qsort(h->row, h->n, sizeof(*h->row), compare);
	return 0;
}

void
hostsfile_release(struct hostsfile *h)
{
	free(h->row);
	buf_release(&h->text);
}

struct str
hostsfile_find(const struct hostsfile *h, u128 addr)
{
	size_t lo = 0, hi = h->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (h->row[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < h->n && h->row[lo].addr == addr ? h->row[lo].name :
	    STR_NONE;
}
