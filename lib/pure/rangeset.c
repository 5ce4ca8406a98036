#include "pure/rangeset.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pure/addr.h"

#define V4_FIRST	ADDR_V4(0)
#define V4_LAST		ADDR_V4(UINT32_MAX)

void
rangeset_release(struct rangeset *s)
{
	free(s->r);
	*s = (struct rangeset){ 0 };
}

static int
grow(struct rangeset *s)
{
	size_t cap = s->cap < 8 ? 8 : s->cap * 2;
	struct range *r = reallocarray(s->r, cap, sizeof(*r));

	if (r == NULL)
		return -1;
	s->r = r;
	s->cap = cap;
	return 0;
}

static int
append(struct rangeset *s, u128 first, u128 last)
{
	if (s->n == s->cap && grow(s) == -1)
		return -1;
	s->r[s->n++] = (struct range){ first, last };
	return 0;
}

/* May b, which does not start before a, be one range with a? */
static bool
joins(const struct range *a, const struct range *b)
{
	if (addr_is4(a->first) != addr_is4(b->first))
		return false;
	return b->first <= a->last || b->first - 1 == a->last;
}

int
rangeset_add(struct rangeset *s, u128 first, u128 last)
{
	struct range new = { first, last }, *tail;

	if (first < V4_FIRST && last >= V4_FIRST) {
		if (append(s, first, V4_FIRST - 1) == -1)
			return -1;
		if (last <= V4_LAST)
			return 0;
		return append(s, V4_LAST + 1, last);
	}
	/* Input is often in order: then it never needs to be sorted. */
	tail = s->n > 0 ? &s->r[s->n - 1] : NULL;
	if (tail != NULL && first >= tail->first && joins(tail, &new)) {
		if (last > tail->last)
			tail->last = last;
		return 0;
	}
	return append(s, first, last);
}

static int
cmp_first(const void *va, const void *vb)
{
	const struct range *a = va, *b = vb;

	return a->first < b->first ? -1 : a->first > b->first;
}

static bool
is_sorted(const struct rangeset *s)
{
	size_t i;

	for (i = 1; i < s->n; i++)
		if (s->r[i].first < s->r[i - 1].first)
			return false;
	return true;
}

/* One stable counting pass on the byte at `shift`. */
static void
radix_pass(struct range *dst, const struct range *src, size_t n,
    unsigned shift)
{
	size_t at[256] = { 0 }, i, sum = 0, k;

	for (i = 0; i < n; i++)
		at[(uint8_t)(src[i].first >> shift)]++;
	for (i = 0; i < 256; i++) {
		k = at[i];
		at[i] = sum;
		sum += k;
	}
	for (i = 0; i < n; i++)
		dst[at[(uint8_t)(src[i].first >> shift)]++] = src[i];
}

/* Sorts by the bytes in which the addresses differ at all: four passes for
 * IPv4, where a comparing sort would look at 16 bytes twenty times. */
static int
radix_sort(struct rangeset *s)
{
	struct range *other = reallocarray(NULL, s->n, sizeof(*other)), *t;
	u128 differ = 0;
	unsigned shift;
	size_t i;

	if (other == NULL)
		return -1;
	for (i = 1; i < s->n; i++)
		differ |= s->r[i].first ^ s->r[0].first;
	for (shift = 0; shift < 128; shift += 8) {
		if ((uint8_t)(differ >> shift) == 0)
			continue;
		radix_pass(other, s->r, s->n, shift);
		t = other;
		other = s->r;
		s->r = t;
		s->cap = s->n;
	}
	free(other);
	return 0;
}

void
rangeset_normalise(struct rangeset *s)
{
	size_t i, k = 0;

	if (s->n < 2)
		return;
	if (!is_sorted(s) && (s->n < 256 || radix_sort(s) == -1))
		qsort(s->r, s->n, sizeof(*s->r), cmp_first);
	for (i = 1; i < s->n; i++) {
		if (joins(&s->r[k], &s->r[i])) {
			if (s->r[i].last > s->r[k].last)
				s->r[k].last = s->r[i].last;
		} else
			s->r[++k] = s->r[i];
	}
	s->n = k + 1;
}

bool
rangeset_has(const struct rangeset *s, u128 a)
{
	size_t lo = 0, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->r[mid].last < a)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && s->r[lo].first <= a;
}

u128
rangeset_count(const struct rangeset *s)
{
	u128 sum = 0, one;
	size_t i;

	for (i = 0; i < s->n; i++) {
		one = s->r[i].last - s->r[i].first;
		if (__builtin_add_overflow(sum, one, &sum) ||
		    __builtin_add_overflow(sum, (u128)1, &sum))
			return ADDR_MAX;
	}
	return sum;
}

int
rangeset_subtract(struct rangeset *a, const struct rangeset *b)
{
	struct rangeset out = { 0 };
	size_t i, k = 0, m;
	struct range r;
	bool rest;

	if (a->n == 0 || b->n == 0)
		return 0;
	for (i = 0; i < a->n; i++) {
		r = a->r[i];
		rest = true;
		while (k < b->n && b->r[k].last < r.first)
			k++;
		/* one of b may cut several of a, so k stays on it */
		for (m = k; rest && m < b->n && b->r[m].first <= r.last; m++) {
			if (b->r[m].first > r.first &&
			    append(&out, r.first, b->r[m].first - 1) == -1)
				goto oom;
			if (b->r[m].last >= r.last)
				rest = false;
			else
				r.first = b->r[m].last + 1;
		}
		if (rest && append(&out, r.first, r.last) == -1)
			goto oom;
	}
	rangeset_release(a);
	*a = out;
	return 0;
oom:
	rangeset_release(&out);
	return -1;
}

int
rangeset_intersect(struct rangeset *out, const struct rangeset *a,
    const struct rangeset *b)
{
	size_t i = 0, k = 0;
	u128 first, last;

	while (i < a->n && k < b->n) {
		first = a->r[i].first > b->r[k].first ? a->r[i].first :
		    b->r[k].first;
		last = a->r[i].last < b->r[k].last ? a->r[i].last :
		    b->r[k].last;
		if (first <= last && append(out, first, last) == -1)
			return -1;
		if (a->r[i].last < b->r[k].last)
			i++;
		else
			k++;
	}
	return 0;
}
