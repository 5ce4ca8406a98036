/* targetset_finish(): what was added, in order, merged, cut and counted. */
#include "targetset_priv.h"

#include <stdlib.h>

#include "pure/addr.h"

/* ---- hosts without ports get the default ones ---- */

static int
apply_to_named(struct targetset *ts, const uint32_t *group, const bool *on)
{
	struct target_named t;
	size_t i, n = ts->nnamed;
	bool first;
	int k;

	for (i = 0; i < n; i++) {
		t = ts->named[i];
		if (t.kind != TARGET_HOST)
			continue;
		first = true;
		for (k = TARGET_TCP; k < TARGET_NKIND; k++) {
			if (!on[k])
				continue;
			t.kind = (enum target_kind)k;
			t.group = group[k];
			if (first)
				ts->named[i] = t;
			else if (targetset_push_named(ts, t) == -1)
				return -1;
			first = false;
		}
	}
	return 0;
}

static int
apply_ports(struct targetset *ts, const struct portset *def)
{
	struct target_layer *bare = &ts->layer[TARGET_HOST];
	uint32_t group[TARGET_NKIND] = { 0 };
	bool on[TARGET_NKIND] = { 0 };
	struct target_item it;
	size_t i;
	int k;

	for (k = TARGET_TCP; k < TARGET_NKIND; k++) {
		const struct portset *p = &def[k == TARGET_TCP ? PORTS_TCP :
		    PORTS_UDP];

		if (portset_count(p) == 0)
			continue;
		on[k] = true;
		if (targetset_ports(ts, (enum target_kind)k, p,
		    &group[k]) == -1)
			return -1;
		for (i = 0; i < bare->nitem; i++) {
			it = bare->item[i];
			it.group = group[k];
			if (targetset_push(&ts->layer[k], it) == -1)
				return -1;
		}
	}
	bare->nitem = 0;
	return apply_to_named(ts, group, on);
}

/* ---- order ---- */

/* Byte `shift` of the key: of the first address, or from 128 on the group. */
static uint8_t
key_byte(const struct target_item *it, unsigned shift)
{
	return shift < 128 ? (uint8_t)(it->first >> shift) :
	    (uint8_t)(it->group >> (shift - 128));
}

/* One stable counting pass. */
static void
radix_pass(struct target_item *dst, const struct target_item *src, size_t n,
    unsigned shift)
{
	size_t at[256] = { 0 }, i, sum = 0, k;

	for (i = 0; i < n; i++)
		at[key_byte(&src[i], shift)]++;
	for (i = 0; i < 256; i++) {
		k = at[i];
		at[i] = sum;
		sum += k;
	}
	for (i = 0; i < n; i++)
		dst[at[key_byte(&src[i], shift)]++] = src[i];
}

/* Sorts stably by the bytes from lo to hi of the key, those that differ. */
static int
sort_items(struct target_layer *l, unsigned lo, unsigned hi)
{
	struct target_item *other, *t, *first = l->item;
	u128 differ = 0;
	uint32_t groups = 0;
	unsigned shift;
	size_t i;

	for (i = 1; i < l->nitem; i++) {
		differ |= first[i].first ^ first[0].first;
		groups |= first[i].group ^ first[0].group;
	}
	if ((lo < 128 ? differ >> lo : groups) == 0)
		return 0;
	other = reallocarray(NULL, l->nitem, sizeof(*other));
	if (other == NULL)
		return -1;
	for (shift = lo; shift < hi; shift += 8) {
		if ((uint8_t)(shift < 128 ? differ >> shift :
		    groups >> (shift - 128)) == 0)
			continue;
		radix_pass(other, l->item, l->nitem, shift);
		t = other;
		other = l->item;
		l->item = t;
		l->capitem = l->nitem;
	}
	free(other);
	return 0;
}

static bool
in_order(const struct target_layer *l)
{
	size_t i;

	for (i = 1; i < l->nitem; i++)
		if (l->item[i].first < l->item[i - 1].first)
			return false;
	return true;
}

/* Merges the items of each group; they are sorted by group, then address. */
static void
merge_items(struct target_layer *l)
{
	size_t i, k = 0;

	for (i = 1; i < l->nitem; i++) {
		if (!target_joins(&l->item[k], &l->item[i]))
			l->item[++k] = l->item[i];
		else if (l->item[i].last > l->item[k].last)
			l->item[k].last = l->item[i].last;
	}
	if (l->nitem > 0)
		l->nitem = k + 1;
}

/* The first range of `out` that does not end below a. */
static size_t
find_range(const struct rangeset *out, u128 a)
{
	size_t lo = 0, hi = out->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (out->r[mid].last < a)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Takes `out` away from every item. */
static int
cut_items(struct target_layer *l, const struct rangeset *out)
{
	struct target_layer left = { 0 };
	struct target_item it, piece;
	bool rest;
	size_t i, k;

	if (out->n == 0)
		return 0;
	for (i = 0; i < l->nitem; i++) {
		it = l->item[i];
		rest = true;
		for (k = find_range(out, it.first); rest && k < out->n &&
		    out->r[k].first <= it.last; k++) {
			piece = it;
			piece.last = out->r[k].first - 1;
			if (out->r[k].first > it.first &&
			    targetset_push(&left, piece) == -1)
				goto oom;
			rest = out->r[k].last < it.last;
			it.first = out->r[k].last + 1;
		}
		if (rest && targetset_push(&left, it) == -1)
			goto oom;
	}
	free(l->item);
	l->item = left.item;
	l->nitem = left.nitem;
	l->capitem = left.capitem;
	return 0;
oom:
	free(left.item);
	return -1;
}

/* Items without doubles, without `out`, in order of address. */
static int
settle_items(struct target_layer *l, const struct rangeset *out)
{
	if (!in_order(l) && sort_items(l, 0, 128) == -1)
		return -1;
	if (l->n > 1 && sort_items(l, 128, 160) == -1)
		return -1;
	merge_items(l);
	if (cut_items(l, out) == -1)
		return -1;
	return l->n > 1 && !in_order(l) ? sort_items(l, 0, 128) : 0;
}

/* ---- entries ---- */

static int
add_entry(struct targetset *ts, struct target_entry e)
{
	struct target_entry *last = ts->nentry > 0 ?
	    &ts->entry[ts->nentry - 1] : NULL;
	size_t cap = ts->capentry == 0 ? 16 : 2 * ts->capentry;

	if (last != NULL && last->last + 1 == e.first && last->kind == e.kind &&
	    last->group == e.group && last->host == e.host &&
	    last->tag == e.tag &&
	    addr_is4(last->first) == addr_is4(e.first)) {
		last->last = e.last;
		return 0;
	}
	if (ts->nentry == ts->capentry) {
		struct target_entry *p = reallocarray(ts->entry, cap,
		    sizeof(*p));

		if (p == NULL)
			return -1;
		ts->entry = p;
		ts->capentry = cap;
	}
	ts->entry[ts->nentry++] = e;
	return 0;
}

/* A sweep through the items of a layer. `active` are those that hold pos: one
 * of a group at most, since the items of a group are disjoint. */
struct sweep {
	struct targetset	*ts;
	enum target_kind	 kind;
	size_t			 next;		/* the first item behind pos */
	struct target_item	*active;
	size_t			 nactive;
	struct portset		 sum;
	u128			 pos;
};

/* The group with the ports of all active items. */
static int
active_group(struct sweep *w, uint32_t *group)
{
	struct target_layer *l = &w->ts->layer[w->kind];
	const struct portset *p;
	size_t i, k;

	*group = w->active[0].group;
	if (w->nactive == 1)
		return 0;
	w->sum.n = 0;
	for (i = 0; i < w->nactive; i++) {
		p = &l->group[w->active[i].group];
		for (k = 0; k < p->n; k++)
			if (portset_add(&w->sum, p->r[k].lo, p->r[k].hi) == -1)
				return -1;
	}
	portset_normalise(&w->sum);
	return targetset_ports(w->ts, w->kind, &w->sum, group);
}

/* Emits the stretch from pos on in which the active items stay the same. */
static int
sweep_step(struct sweep *w)
{
	const struct target_layer *l = &w->ts->layer[w->kind];
	struct target_entry e = { .kind = w->kind, .last = ADDR_MAX };
	size_t i;

	if (w->nactive == 0)
		w->pos = l->item[w->next].first;
	while (w->next < l->nitem && l->item[w->next].first == w->pos)
		w->active[w->nactive++] = l->item[w->next++];
	e.first = w->pos;
	if (w->next < l->nitem)
		e.last = l->item[w->next].first - 1;
	for (i = 0; i < w->nactive; i++)
		if (w->active[i].last < e.last)
			e.last = w->active[i].last;
	if (active_group(w, &e.group) == -1 || add_entry(w->ts, e) == -1)
		return -1;
	for (i = w->nactive; i > 0; i--)
		if (w->active[i - 1].last == e.last)
			w->active[i - 1] = w->active[--w->nactive];
	w->pos = e.last + 1;
	return 0;
}

static int
sweep_layer(struct targetset *ts, enum target_kind kind)
{
	struct target_layer *l = &ts->layer[kind];
	struct sweep w = { .ts = ts, .kind = kind };
	int r = -1;

	if (l->nitem == 0)
		return 0;
	if ((w.active = calloc(l->n, sizeof(*w.active))) == NULL)
		return -1;
	while (w.next < l->nitem || w.nactive > 0)
		if (sweep_step(&w) == -1)
			goto out;
	free(l->item);
	l->item = NULL;
	l->nitem = l->capitem = 0;
	r = 0;
out:
	portset_release(&w.sum);
	free(w.active);
	return r;
}

/* ---- named targets ---- */

static int
cmp_num(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Those that differ in their ports alone stand together. */
static int
cmp_named(const void *va, const void *vb)
{
	const struct target_named *a = va, *b = vb;
	int c;

	if ((c = addr_cmp(a->first, b->first)) != 0 ||
	    (c = addr_cmp(a->last, b->last)) != 0 ||
	    (c = cmp_num(a->host, b->host)) != 0 ||
	    (c = cmp_num(a->tag, b->tag)) != 0)
		return c;
	return cmp_num(a->kind, b->kind);
}

static bool
same_host(const struct target_named *a, const struct target_named *b)
{
	return a->first == b->first && a->last == b->last &&
	    a->host == b->host && a->tag == b->tag;
}

static u128
add_sat(u128 a, u128 b)
{
	u128 sum;

	return __builtin_add_overflow(a, b, &sum) ? ADDR_MAX : sum;
}

static u128
mul_sat(u128 a, u128 b)
{
	u128 product;

	return __builtin_mul_overflow(a, b, &product) ? ADDR_MAX : product;
}

/* Entries for named[i], with what is left of it after `out`. A host that is
 * wanted by TCP and by UDP counts once. */
static int
emit_named(struct targetset *ts, size_t i, uint32_t group,
    const struct rangeset *out)
{
	const struct target_named *t = &ts->named[i];
	struct rangeset left = { 0 };
	struct target_entry e = { .kind = t->kind, .group = group,
	    .host = t->host, .tag = t->tag };
	size_t k;
	int r = -1;

	if (rangeset_add(&left, t->first, t->last) == -1 ||
	    rangeset_subtract(&left, out) == -1)
		goto end;
	for (k = 0; k < left.n; k++) {
		e.first = left.r[k].first;
		e.last = left.r[k].last;
		if (add_entry(ts, e) == -1)
			goto end;
	}
	if (i == 0 || !same_host(t, t - 1))
		ts->hosts = add_sat(ts->hosts, rangeset_count(&left));
	r = 0;
end:
	rangeset_release(&left);
	return r;
}

/* The union of the ports of named[i..k). */
static int
named_group(struct targetset *ts, size_t i, size_t k, struct portset *sum,
    uint32_t *group)
{
	enum target_kind kind = ts->named[i].kind;
	const struct portset *p;
	size_t m;

	*group = ts->named[i].group;
	if (k - i == 1)
		return 0;
	sum->n = 0;
	for (; i < k; i++) {
		p = &ts->layer[kind].group[ts->named[i].group];
		for (m = 0; m < p->n; m++)
			if (portset_add(sum, p->r[m].lo, p->r[m].hi) == -1)
				return -1;
	}
	portset_normalise(sum);
	return targetset_ports(ts, kind, sum, group);
}

static int
finish_named(struct targetset *ts, const struct rangeset *out)
{
	struct portset sum = { 0 };
	uint32_t group;
	size_t i, k;
	int r = -1;

	if (ts->nnamed > 0)
		qsort(ts->named, ts->nnamed, sizeof(*ts->named), cmp_named);
	for (i = 0; i < ts->nnamed; i = k) {
		for (k = i + 1; k < ts->nnamed && cmp_named(&ts->named[i],
		    &ts->named[k]) == 0; k++)
			;
		if (named_group(ts, i, k, &sum, &group) == -1 ||
		    emit_named(ts, i, group, out) == -1)
			goto end;
	}
	r = 0;
end:
	portset_release(&sum);
	return r;
}

/* ---- the whole ---- */

static int
cmp_entry(const void *va, const void *vb)
{
	const struct target_entry *a = va, *b = vb;
	int c;

	if ((c = addr_cmp(a->first, b->first)) != 0 ||
	    (c = cmp_num(a->kind, b->kind)) != 0 ||
	    (c = cmp_num(a->host, b->host)) != 0 ||
	    (c = cmp_num(a->tag, b->tag)) != 0)
		return c;
	return addr_cmp(a->last, b->last);
}

static void
sort_entries(struct targetset *ts)
{
	size_t i;

	for (i = 1; i < ts->nentry; i++)
		if (cmp_entry(&ts->entry[i - 1], &ts->entry[i]) > 0) {
			qsort(ts->entry, ts->nentry, sizeof(*ts->entry),
			    cmp_entry);
			return;
		}
}

/* Numbers the probes. Hosts that are wanted for several kinds count once. */
static int
count(struct targetset *ts)
{
	struct rangeset plain = { 0 };
	const struct target_entry *e;
	u128 size;
	size_t i;

	for (i = 0; i < ts->nentry; i++) {
		e = &ts->entry[i];
		ts->entry[i].base = (uint64_t)ts->probes;
		size = add_sat(e->last - e->first, 1);
		ts->probes = add_sat(ts->probes, e->kind == TARGET_HOST ? size :
		    mul_sat(size, portset_count(target_ports(ts, e))));
		if (e->host == 0 && e->tag == 0 &&
		    rangeset_add(&plain, e->first, e->last) == -1)
			return -1;
	}
	rangeset_normalise(&plain);
	ts->hosts = add_sat(ts->hosts, rangeset_count(&plain));
	rangeset_release(&plain);
	return 0;
}

int
targetset_finish(struct targetset *ts, const struct portset *def,
    const struct rangeset *out)
{
	int k;

	if (def != NULL && apply_ports(ts, def) == -1)
		return -1;
	for (k = 0; k < TARGET_NKIND; k++)
		if (settle_items(&ts->layer[k], out) == -1 ||
		    sweep_layer(ts, (enum target_kind)k) == -1)
			return -1;
	if (finish_named(ts, out) == -1)
		return -1;
	sort_entries(ts);
	return count(ts);
}
