#include "pure/portset.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"

void
portset_release(struct portset *s)
{
	free(s->r);
	*s = (struct portset){ 0 };
}

static int
append(struct portset *s, uint16_t lo, uint16_t hi)
{
	size_t cap = s->cap < 8 ? 8 : s->cap * 2;
	struct portrange *r;

	if (s->n == s->cap) {
		if ((r = reallocarray(s->r, cap, sizeof(*r))) == NULL)
			return -1;
		s->r = r;
		s->cap = cap;
	}
	s->r[s->n++] = (struct portrange){ lo, hi, 0 };
	return 0;
}

int
portset_add(struct portset *s, uint16_t lo, uint16_t hi)
{
	/* however often the same ports come, the memory stays bounded */
	if (s->n >= 65536)
		portset_normalise(s);
	return append(s, lo, hi);
}

static int
cmp_lo(const void *va, const void *vb)
{
	const struct portrange *a = va, *b = vb;

	return (a->lo > b->lo) - (a->lo < b->lo);
}

/* Counts what lies below each range of a sorted, merged set. */
static void
count_below(struct portset *s)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		s->r[i].before = sum;
		sum += (uint32_t)(s->r[i].hi - s->r[i].lo) + 1;
	}
}

void
portset_normalise(struct portset *s)
{
	size_t i, k = 0;

	if (s->n == 0)
		return;
	for (i = 1; i < s->n && s->r[i - 1].lo <= s->r[i].lo; i++)
		;
	if (i < s->n)
		qsort(s->r, s->n, sizeof(*s->r), cmp_lo);
	for (i = 1; i < s->n; i++) {
		if (s->r[i].lo <= (uint32_t)s->r[k].hi + 1) {
			if (s->r[i].hi > s->r[k].hi)
				s->r[k].hi = s->r[i].hi;
		} else
			s->r[++k] = s->r[i];
	}
	s->n = k + 1;
	count_below(s);
}

/* A port number at p + *at. */
static int
scan_port(const char *p, size_t n, size_t *at, uint16_t *port)
{
	uint64_t v;
	size_t k = num_scan_u64(p + *at, n - *at, &v);

	if (k == 0 || v > 65535)
		return -1;
	*port = (uint16_t)v;
	*at += k;
	return 0;
}

int
portset_parse(struct portset *s, const char *p, size_t n, size_t *bad)
{
	size_t at = 0, start;
	uint16_t lo, hi;

	s->n = 0;
	for (;;) {
		start = at;
		if (scan_port(p, n, &at, &lo) == -1)
			goto bad;
		hi = lo;
		if (at < n && p[at] == '-') {
			at++;
			if (scan_port(p, n, &at, &hi) == -1)
				goto bad;
		}
		if (hi < lo) {
			at = start;
			goto bad;
		}
		if (portset_add(s, lo, hi) == -1)
			goto bad;
		if (at == n)
			break;
		if (p[at] != ',')
			goto bad;
		at++;
	}
	portset_normalise(s);
	return 0;
bad:
	s->n = 0;
	*bad = at;
	return -1;
}

void
portset_fmt(const struct portset *s, struct buf *b)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (i > 0)
			buf_putc(b, ',');
		buf_u64(b, s->r[i].lo);
		if (s->r[i].hi == s->r[i].lo)
			continue;
		buf_putc(b, '-');
		buf_u64(b, s->r[i].hi);
	}
}

uint32_t
portset_count(const struct portset *s)
{
	const struct portrange *last;

	if (s->n == 0)
		return 0;
	last = &s->r[s->n - 1];
	return last->before + (uint32_t)(last->hi - last->lo) + 1;
}

/* The first range that does not end below the port; s->n when there is none. */
static size_t
find(const struct portset *s, uint16_t port)
{
	size_t lo = 0, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->r[mid].hi < port)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool
portset_has(const struct portset *s, uint16_t port)
{
	return portset_index(s, port) >= 0;
}

uint16_t
portset_at(const struct portset *s, uint32_t i)
{
	size_t lo = 0, hi = s->n, mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (s->r[mid].before <= i)
			lo = mid;
		else
			hi = mid;
	}
	return (uint16_t)(s->r[lo].lo + (i - s->r[lo].before));
}

int32_t
portset_index(const struct portset *s, uint16_t port)
{
	size_t i = find(s, port);

	if (i == s->n || s->r[i].lo > port)
		return -1;
	return (int32_t)(s->r[i].before + (uint32_t)(port - s->r[i].lo));
}

bool
portset_eq(const struct portset *a, const struct portset *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (a->r[i].lo != b->r[i].lo || a->r[i].hi != b->r[i].hi)
			return false;
	return true;
}

int
portset_subtract(struct portset *a, const struct portset *b)
{
	struct portset out = { 0 };
	size_t i, k;
	uint32_t lo, hi;

	for (i = 0; i < a->n; i++) {
		lo = a->r[i].lo;
		hi = a->r[i].hi;
		for (k = find(b, (uint16_t)lo); k < b->n && lo <= hi &&
		    b->r[k].lo <= hi; k++) {
			if (b->r[k].lo > lo && append(&out, (uint16_t)lo,
			    (uint16_t)(b->r[k].lo - 1)) == -1)
				goto oom;
			lo = (uint32_t)b->r[k].hi + 1;
		}
		if (lo <= hi &&
		    append(&out, (uint16_t)lo, (uint16_t)hi) == -1)
			goto oom;
	}
	count_below(&out);
	portset_release(a);
	*a = out;
	return 0;
oom:
	portset_release(&out);
	return -1;
}

int
portset_union(struct portset *a, const struct portset *b)
{
	size_t i, n = a->n;

	for (i = 0; i < b->n; i++)
		if (append(a, b->r[i].lo, b->r[i].hi) == -1) {
			a->n = n;
			return -1;
		}
	portset_normalise(a);
	return 0;
}
