#include "targetset.h"

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
		if (portset_eq(&l->g[g - 1].ports, ports)) {
			*group = g - 1;
			return 0;
		}
	}
	if ((r = table_fit(&l->slot, &l->nslot, l->n + 1)) == -1)
		return -1;
	for (k = 0; r == 1 && k < l->n; k++)
		table_put(l->slot, l->nslot, hash_ports(&l->g[k].ports),
		    (uint32_t)k + 1);
	if (grow_pow2((void **)&l->g, l->n, sizeof(*l->g)) == -1)
		return -1;
	l->g[l->n] = (struct target_group){ 0 };
	if (portset_union(&l->g[l->n].ports, ports) == -1)
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
		for (i = 0; i < l->n; i++) {
			portset_release(&l->g[i].ports);
			rangeset_release(&l->g[i].ranges);
		}
		free(l->g);
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

static int
add_named(struct targetset *ts, struct target_named new)
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

int
targetset_add(struct targetset *ts, enum target_kind kind, uint32_t group,
    u128 first, u128 last, uint32_t host, uint32_t tag)
{
	if (host == 0 && tag == 0)
		return rangeset_add(&ts->layer[kind].g[group].ranges, first,
		    last);
	return add_named(ts, (struct target_named){ first, last, kind, group,
	    host, tag });
}

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
			else if (add_named(ts, t) == -1)
				return -1;
			first = false;
		}
	}
	return 0;
}

static int
apply_ports(struct targetset *ts, const struct portset *def)
{
	struct rangeset *bare = &ts->layer[TARGET_HOST].g[0].ranges, *to;
	uint32_t group[TARGET_NKIND] = { 0 };
	bool on[TARGET_NKIND] = { 0 };
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
		to = &ts->layer[k].g[group[k]].ranges;
		for (i = 0; i < bare->n; i++)
			if (rangeset_add(to, bare->r[i].first,
			    bare->r[i].last) == -1)
				return -1;
	}
	rangeset_release(bare);
	return apply_to_named(ts, group, on);
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

/* One group of a layer, somewhere in its ranges; the range is copied so that
 * the heap need not look for it far away. */
struct cursor {
	struct range	now;
	uint32_t	group;
	size_t		at;
};

/* A sweep through the ranges of all groups of a layer in order of address.
 * `heap` holds the groups that have a range ahead, the nearest on top; `active`
 * those whose range covers `pos`. */
struct sweep {
	struct targetset	*ts;
	enum target_kind	 kind;
	struct cursor		*heap;
	size_t			 nheap;
	struct cursor		*active;
	size_t			 nactive;
	struct portset		 sum;
	u128			 pos;
};

static bool
ahead(const struct sweep *w, size_t a, size_t b)
{
	return w->heap[a].now.first < w->heap[b].now.first;
}

static void
swap(struct sweep *w, size_t a, size_t b)
{
	struct cursor t = w->heap[a];

	w->heap[a] = w->heap[b];
	w->heap[b] = t;
}

static void
sift_down(struct sweep *w, size_t i)
{
	size_t kid;

	for (;;) {
		kid = 2 * i + 1;
		if (kid >= w->nheap)
			return;
		if (kid + 1 < w->nheap && ahead(w, kid + 1, kid))
			kid++;
		if (!ahead(w, kid, i))
			return;
		swap(w, i, kid);
		i = kid;
	}
}

/* Moves the top of the heap to the active ones; a group is in one place only,
 * since its ranges are disjoint. */
static void
activate(struct sweep *w)
{
	w->active[w->nactive++] = w->heap[0];
	w->heap[0] = w->heap[--w->nheap];
	sift_down(w, 0);
}

static void
retire(struct sweep *w, size_t i)
{
	struct cursor c = w->active[i];
	const struct rangeset *s = &w->ts->layer[w->kind].g[c.group].ranges;
	size_t k;

	w->active[i] = w->active[--w->nactive];
	if (++c.at == s->n)
		return;
	c.now = s->r[c.at];
	w->heap[w->nheap] = c;
	for (k = w->nheap++; k > 0 && ahead(w, k, (k - 1) / 2); k = (k - 1) / 2)
		swap(w, k, (k - 1) / 2);
}

/* The group with the ports of all active ones. */
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
		p = &l->g[w->active[i].group].ports;
		for (k = 0; k < p->n; k++)
			if (portset_add(&w->sum, p->r[k].lo, p->r[k].hi) == -1)
				return -1;
	}
	portset_normalise(&w->sum);
	return targetset_ports(w->ts, w->kind, &w->sum, group);
}

/* Emits the stretch from pos on in which the active groups stay the same. */
static int
sweep_step(struct sweep *w)
{
	struct target_entry e = { .kind = w->kind };
	size_t i;

	if (w->nactive == 0)
		w->pos = w->heap[0].now.first;
	while (w->nheap > 0 && w->heap[0].now.first == w->pos)
		activate(w);
	e.first = w->pos;
	e.last = ADDR_MAX;
	if (w->nheap > 0)
		e.last = w->heap[0].now.first - 1;
	for (i = 0; i < w->nactive; i++)
		if (w->active[i].now.last < e.last)
			e.last = w->active[i].now.last;
	if (active_group(w, &e.group) == -1 || add_entry(w->ts, e) == -1)
		return -1;
	for (i = w->nactive; i > 0; i--)
		if (w->active[i - 1].now.last == e.last)
			retire(w, i - 1);
	w->pos = e.last + 1;
	return 0;
}

static int
sweep_layer(struct targetset *ts, enum target_kind kind)
{
	struct target_layer *l = &ts->layer[kind];
	struct sweep w = { .ts = ts, .kind = kind };
	size_t i, n = l->n;
	int r = -1;

	if (n == 0)
		return 0;
	w.heap = calloc(n, sizeof(*w.heap));
	w.active = calloc(n, sizeof(*w.active));
	if (w.heap == NULL || w.active == NULL)
		goto out;
	for (i = 0; i < n; i++)
		if (l->g[i].ranges.n > 0)
			w.heap[w.nheap++] = (struct cursor){
			    l->g[i].ranges.r[0], (uint32_t)i, 0 };
	for (i = w.nheap / 2; i > 0; i--)
		sift_down(&w, i - 1);
	while (w.nheap + w.nactive > 0)
		if (sweep_step(&w) == -1)
			goto out;
	for (i = 0; i < n; i++)
		rangeset_release(&l->g[i].ranges);
	r = 0;
out:
	portset_release(&w.sum);
	free(w.heap);
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
		p = &ts->layer[kind].g[ts->named[i].group].ports;
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
	struct rangeset *r;
	size_t i;
	int k;

	if (def != NULL && apply_ports(ts, def) == -1)
		return -1;
	for (k = 0; k < TARGET_NKIND; k++) {
		for (i = 0; i < ts->layer[k].n; i++) {
			r = &ts->layer[k].g[i].ranges;
			rangeset_normalise(r);
			if (rangeset_subtract(r, out) == -1)
				return -1;
		}
		if (sweep_layer(ts, (enum target_kind)k) == -1)
			return -1;
	}
	if (finish_named(ts, out) == -1)
		return -1;
	sort_entries(ts);
	return count(ts);
}

const struct portset *
target_ports(const struct targetset *ts, const struct target_entry *e)
{
	return &ts->layer[e->kind].g[e->group].ports;
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
