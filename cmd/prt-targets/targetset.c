#include "targetset_priv.h"

#include <stdlib.h>
#include <string.h>

#include "pure/addr.h"

/* ---- numbers for port sets and texts ---- */

static uint64_t
hash_bytes(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t h = 0xcbf29ce484222325u;	/* FNV-1a */
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h ^ h >> 32;
}

static uint64_t
hash_ports(const struct portset *s)
{
	uint64_t h = 0;
	size_t i;

	for (i = 0; i < s->n; i++)
		h = (h ^ ((uint64_t)s->r[i].lo << 16 | s->r[i].hi)) *
		    0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

/* An array of n elements grows when n reaches a power of two. */
static int
grow_pow2(void **p, size_t n, size_t size)
{
	void *q;

	if ((n & (n - 1)) != 0)
		return 0;
	if ((q = reallocarray(*p, n == 0 ? 1 : 2 * n, size)) == NULL)
		return -1;
	*p = q;
	return 0;
}

/* Room for `n` numbers at a load of at most a half; the caller fills an empty
 * table again. 1 when the table is new, 0 when it fits, -1 out of memory. */
static int
table_fit(uint32_t **slot, size_t *nslot, size_t n)
{
	size_t want = *nslot == 0 ? 64 : *nslot;
	uint32_t *new;

	while (want < 2 * n)
		want *= 2;
	if (want == *nslot)
		return 0;
	if ((new = calloc(want, sizeof(*new))) == NULL)
		return -1;
	free(*slot);
	*slot = new;
	*nslot = want;
	return 1;
}

static void
table_put(uint32_t *slot, size_t nslot, uint64_t hash, uint32_t value)
{
	size_t i = hash & (nslot - 1);

	while (slot[i] != 0)
		i = (i + 1) & (nslot - 1);
	slot[i] = value;
}

int
targetset_text(struct targetset *ts, struct str s, uint32_t *number)
{
	struct target_texts *t = &ts->texts;
	uint64_t h = hash_bytes(s.p, s.n);
	size_t i, k;
	char *copy;
	int r;

	*number = 0;
	if (s.p == NULL)
		return 0;
	for (i = h; t->nslot > 0; i++) {
		if ((*number = t->slot[i & (t->nslot - 1)]) == 0)
			break;
		if (str_eq(t->s[*number - 1], s))
			return 0;
	}
	if ((r = table_fit(&t->slot, &t->nslot, t->n + 1)) == -1)
		return -1;
	for (k = 0; r == 1 && k < t->n; k++)
		table_put(t->slot, t->nslot, hash_bytes(t->s[k].p, t->s[k].n),
		    (uint32_t)k + 1);
	if (grow_pow2((void **)&t->s, t->n, sizeof(*t->s)) == -1 ||
	    (copy = malloc(s.n + 1)) == NULL)
		return -1;
	memcpy(copy, s.p, s.n);
	t->s[t->n++] = (struct str){ copy, s.n };
	*number = (uint32_t)t->n;
	table_put(t->slot, t->nslot, h, *number);
	return 0;
}

struct str
target_text(const struct targetset *ts, uint32_t number)
{
	return number == 0 ? STR_NONE : ts->texts.s[number - 1];
}

int
targetset_ports(struct targetset *ts, enum target_kind kind,
    const struct portset *ports, uint32_t *group)
{
	struct target_layer *l = &ts->layer[kind];
	uint64_t h = hash_ports(ports);
	size_t i, k;
	uint32_t g;
	int r;

	for (i = h; l->nslot > 0; i++) {
		if ((g = l->slot[i & (l->nslot - 1)]) == 0)
			break;
		if (portset_eq(&l->group[g - 1], ports)) {
			*group = g - 1;
			return 0;
		}
	}
	if ((r = table_fit(&l->slot, &l->nslot, l->n + 1)) == -1)
		return -1;
	for (k = 0; r == 1 && k < l->n; k++)
		table_put(l->slot, l->nslot, hash_ports(&l->group[k]),
		    (uint32_t)k + 1);
	if (grow_pow2((void **)&l->group, l->n, sizeof(*l->group)) == -1)
		return -1;
	l->group[l->n] = (struct portset){ 0 };
	if (portset_union(&l->group[l->n], ports) == -1)
		return -1;
	*group = (uint32_t)l->n++;
	table_put(l->slot, l->nslot, h, *group + 1);
	return 0;
}

int
targetset_port(struct targetset *ts, enum target_kind kind, uint16_t port,
    uint32_t *group)
{
	struct target_layer *l = &ts->layer[kind];
	struct portrange r = { port, port, 0 };
	struct portset one = { &r, 1, 1 };

	if (l->single == NULL &&
	    (l->single = calloc(65536, sizeof(*l->single))) == NULL)
		return -1;
	if (l->single[port] == 0) {
		if (targetset_ports(ts, kind, &one, group) == -1)
			return -1;
		l->single[port] = *group + 1;
	}
	*group = l->single[port] - 1;
	return 0;
}

int
targetset_init(struct targetset *ts)
{
	struct portset none = { 0 };
	uint32_t group;

	*ts = (struct targetset){ 0 };
	return targetset_ports(ts, TARGET_HOST, &none, &group);
}

void
targetset_release(struct targetset *ts)
{
	struct target_layer *l;
	union { const char *c; char *p; } text;
	size_t i;
	int k;

	for (k = 0; k < TARGET_NKIND; k++) {
		l = &ts->layer[k];
		for (i = 0; i < l->n; i++)
			portset_release(&l->group[i]);
		free(l->group);
		free(l->item);
		free(l->slot);
		free(l->single);
	}
	for (i = 0; i < ts->texts.n; i++) {
		text.c = ts->texts.s[i].p;
		free(text.p);
	}
	free(ts->texts.s);
	free(ts->texts.slot);
	free(ts->named);
	free(ts->entry);
	*ts = (struct targetset){ 0 };
}

int
targetset_push_named(struct targetset *ts, struct target_named new)
{
	struct target_named *p;
	size_t cap = ts->capnamed == 0 ? 16 : 2 * ts->capnamed;

	if (ts->nnamed == ts->capnamed) {
		if ((p = reallocarray(ts->named, cap, sizeof(*p))) == NULL)
			return -1;
		ts->named = p;
		ts->capnamed = cap;
	}
	ts->named[ts->nnamed++] = new;
	return 0;
}

bool
target_joins(const struct target_item *a, const struct target_item *b)
{
	return a->group == b->group &&
	    addr_is4(a->first) == addr_is4(b->first) &&
	    (b->first <= a->last || b->first - 1 == a->last);
}

int
targetset_push(struct target_layer *l, struct target_item new)
{
	struct target_item *tail = l->nitem > 0 ? &l->item[l->nitem - 1] :
	    NULL, *p;
	size_t cap = l->capitem == 0 ? 16 : 2 * l->capitem;

	if (tail != NULL && new.first >= tail->first && target_joins(tail, &new)) {
		if (new.last > tail->last)
			tail->last = new.last;
		return 0;
	}
	if (l->nitem == l->capitem) {
		if ((p = reallocarray(l->item, cap, sizeof(*p))) == NULL)
			return -1;
		l->item = p;
		l->capitem = cap;
	}
	l->item[l->nitem++] = new;
	return 0;
}

int
targetset_add(struct targetset *ts, enum target_kind kind, uint32_t group,
    u128 first, u128 last, uint32_t host, uint32_t tag)
{
	struct rangeset one = { 0 };
	size_t i;
	int r = 0;

	if (host != 0 || tag != 0)
		return targetset_push_named(ts, (struct target_named){ first,
		    last, kind, group, host, tag });
	if (addr_is4(first) || first > ADDR_V4_BASE || last < ADDR_V4_BASE)
		return targetset_push(&ts->layer[kind],
		    (struct target_item){ first, last, group });
	/* rangeset_add() leaves the IPv4-mapped space out */
	r = rangeset_add(&one, first, last);
	for (i = 0; i < one.n && r == 0; i++)
		r = targetset_push(&ts->layer[kind], (struct target_item){
		    one.r[i].first, one.r[i].last, group });
	rangeset_release(&one);
	return r;
}

const struct portset *
target_ports(const struct targetset *ts, const struct target_entry *e)
{
	return &ts->layer[e->kind].group[e->group];
}

const struct target_entry *
targetset_at(const struct targetset *ts, uint64_t i)
{
	size_t lo = 0, hi = ts->nentry, mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (ts->entry[mid].base <= i)
			lo = mid;
		else
			hi = mid;
	}
	return &ts->entry[lo];
}
