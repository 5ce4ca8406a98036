#include "pure/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/rangeset.h"
#include "pure/siphash.h"

/* What was added so far: for each distinct lane, where it applies. */
struct draft_lane {
	unsigned	type;
	struct portset	ports;
	struct rangeset	where;
};

struct plan_draft {
	struct draft_lane	*lane;
	size_t			 n, cap;
	size_t			 last;		/* the lane used last */
	uint32_t		*table;		/* hash of a lane -> index + 1 */
	size_t			 tablecap;	/* a power of two */
};

static void
lanes_release(struct plan_lanes *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		portset_release(&s->lane[i].ports);
	free(s->lane);
}

static void
draft_release(struct plan_draft *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->n; i++) {
		portset_release(&d->lane[i].ports);
		rangeset_release(&d->lane[i].where);
	}
	free(d->lane);
	free(d->table);
	free(d);
}

void
plan_release(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->nset; i++)
		lanes_release(&p->set[i]);
	free(p->set);
	free(p->entry);
	draft_release(p->draft);
	*p = (struct plan){ 0 };
}

int
plan_is_empty(const struct plan *p)
{
	return p->n == 0 && (p->draft == NULL || p->draft->n == 0);
}

/* ---- lanes as they are added ---- */

static bool
lane_is(const struct draft_lane *l, unsigned type, const struct portset *ports)
{
	return l->type == type && portset_eq(&l->ports, ports);
}

static uint64_t
lane_hash(unsigned type, const struct portset *ports)
{
	uint64_t h = type * 0x9e3779b97f4a7c15u;
	size_t i;

	for (i = 0; i < ports->n; i++)
		h = (h ^ (uint64_t)ports->r[i].lo << 16 ^ ports->r[i].hi) *
		    0xd6e8feb86659fd93u + (h >> 29);
	return h ^ h >> 32;
}

static int
table_grow(struct plan_draft *d)
{
	size_t cap = d->tablecap != 0 ? d->tablecap * 2 : 64, i, at;
	uint32_t *t;

	if (d->tablecap != 0 && d->n * 2 < d->tablecap)
		return 0;
	if ((t = calloc(cap, sizeof(*t))) == NULL)
		return -1;
	for (i = 0; i < d->n; i++) {
		at = lane_hash(d->lane[i].type, &d->lane[i].ports) & (cap - 1);
		while (t[at] != 0)
			at = (at + 1) & (cap - 1);
		t[at] = (uint32_t)i + 1;
	}
	free(d->table);
	d->table = t;
	d->tablecap = cap;
	return 0;
}

static struct draft_lane *
lane_new(struct plan_draft *d, unsigned type, const struct portset *ports)
{
	struct draft_lane *l;
	size_t cap = d->cap != 0 ? d->cap * 2 : 8, i;

	if (d->n == d->cap) {
		l = realloc(d->lane, cap * sizeof(*l));
		if (l == NULL)
			return NULL;
		d->lane = l;
		d->cap = cap;
	}
	l = &d->lane[d->n];
	*l = (struct draft_lane){ .type = type };
	for (i = 0; i < ports->n; i++)
		if (portset_add(&l->ports, ports->r[i].lo,
		    ports->r[i].hi) == -1) {
			portset_release(&l->ports);
			return NULL;
		}
	portset_normalise(&l->ports);
	return l;
}

/* The lane with this type and these ports, made when it is new. */
static struct draft_lane *
lane_get(struct plan_draft *d, unsigned type, const struct portset *ports)
{
	struct draft_lane *l;
	size_t at;

	if (d->n > 0 && lane_is(&d->lane[d->last], type, ports))
		return &d->lane[d->last];
	if (table_grow(d) == -1)
		return NULL;
	at = lane_hash(type, ports) & (d->tablecap - 1);
	for (; d->table[at] != 0; at = (at + 1) & (d->tablecap - 1)) {
		l = &d->lane[d->table[at] - 1];
		if (lane_is(l, type, ports)) {
			d->last = d->table[at] - 1;
			return l;
		}
	}
	if ((l = lane_new(d, type, ports)) == NULL)
		return NULL;
	d->last = d->n++;
	d->table[at] = (uint32_t)d->n;
	return l;
}

int
plan_add(struct plan *p, u128 first, u128 last, unsigned type,
    const struct portset *ports)
{
	static const struct portset none;
	struct draft_lane *l;

	if (p->draft == NULL &&
	    (p->draft = calloc(1, sizeof(*p->draft))) == NULL)
		return -1;
	l = lane_get(p->draft, type, ports != NULL ? ports : &none);
	if (l == NULL)
		return -1;
	return rangeset_add(&l->where, first, last);
}

/* ---- sealing: a sweep over the borders of all ranges ---- */

/* A lane starts to apply at `at`, or no longer applies from `at` on. */
struct border {
	u128		at;
	uint32_t	lane;
	bool		on;
};

struct sweep {
	const struct plan_draft	*d;
	struct plan		*p;
	struct border		*border;
	size_t			 nborder;
	uint32_t		*active;	/* lanes, ascending by rank */
	size_t			 nactive;
	uint32_t		*rank;		/* order of lanes by content */
	/* interned sets of active lanes */
	uint32_t		**key;
	size_t			*keylen;
	size_t			 capset;
	uint32_t		*table;
	size_t			 tablecap;
	size_t			 capentry;
};

static int
border_cmp(const void *x, const void *y)
{
	const struct border *a = x, *b = y;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	if (a->on != b->on)
		return a->on ? 1 : -1;
	return a->lane < b->lane ? -1 : a->lane > b->lane;
}

static int
make_borders(struct sweep *s)
{
	const struct rangeset *w;
	size_t i, k, n = 0;

	for (i = 0; i < s->d->n; i++) {
		rangeset_normalise(&s->d->lane[i].where);
		n += s->d->lane[i].where.n * 2;
	}
	s->border = malloc((n != 0 ? n : 1) * sizeof(*s->border));
	if (s->border == NULL)
		return -1;
	for (i = 0; i < s->d->n; i++) {
		w = &s->d->lane[i].where;
		for (k = 0; k < w->n; k++) {
			s->border[s->nborder++] = (struct border){
			    w->r[k].first, (uint32_t)i, true };
			/* the last address of all never ends */
			if (w->r[k].last != ADDR_MAX)
				s->border[s->nborder++] = (struct border){
				    w->r[k].last + 1, (uint32_t)i, false };
		}
	}
	/* ranges of one lane are sorted already */
	if (s->d->n > 1)
		qsort(s->border, s->nborder, sizeof(*s->border), border_cmp);
	return 0;
}

/* Lanes are numbered in the order they were added; sets are ordered by content,
 * so that both sides agree whatever order the items came in. */
static int
lane_cmp(const struct draft_lane *a, const struct draft_lane *b)
{
	size_t i;

	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	for (i = 0; i < a->ports.n && i < b->ports.n; i++) {
		if (a->ports.r[i].lo != b->ports.r[i].lo)
			return a->ports.r[i].lo < b->ports.r[i].lo ? -1 : 1;
		if (a->ports.r[i].hi != b->ports.r[i].hi)
			return a->ports.r[i].hi < b->ports.r[i].hi ? -1 : 1;
	}
	return a->ports.n < b->ports.n ? -1 : a->ports.n > b->ports.n;
}

static int
rank_cmp(const void *x, const void *y, void *arg)
{
	const struct draft_lane *l = arg;

	return lane_cmp(&l[*(const uint32_t *)x], &l[*(const uint32_t *)y]);
}

static int
make_ranks(struct sweep *s)
{
	size_t i, n = s->d->n;
	uint32_t *order = malloc((n + 1) * sizeof(*order));

	s->rank = malloc((n + 1) * sizeof(*s->rank));
	s->active = malloc((n + 1) * sizeof(*s->active));
	if (order == NULL || s->rank == NULL || s->active == NULL) {
		free(order);
		return -1;
	}
	for (i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, n, sizeof(*order), rank_cmp, s->d->lane);
	for (i = 0; i < n; i++)
		s->rank[order[i]] = (uint32_t)i;
	free(order);
	return 0;
}

static void
activate(struct sweep *s, const struct border *b)
{
	size_t lo = 0, hi = s->nactive, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (s->rank[s->active[mid]] < s->rank[b->lane])
			lo = mid + 1;
		else
			hi = mid;
	}
	if (b->on) {
		memmove(s->active + lo + 1, s->active + lo,
		    (s->nactive - lo) * sizeof(*s->active));
		s->active[lo] = b->lane;
		s->nactive++;
	} else {
		s->nactive--;
		memmove(s->active + lo, s->active + lo + 1,
		    (s->nactive - lo) * sizeof(*s->active));
	}
}

/* Active lanes of one type become one lane with the union of their ports. */
static int
make_lanes(const struct sweep *s, struct plan_lanes *out)
{
	const struct draft_lane *l;
	struct plan_lane *lane = NULL;
	size_t i;

	out->lane = calloc(s->nactive, sizeof(*out->lane));
	if (out->lane == NULL)
		return -1;
	for (i = 0; i < s->nactive; i++) {
		l = &s->d->lane[s->active[i]];
		if (lane == NULL || lane->type != l->type) {
			lane = &out->lane[out->n++];
			lane->type = l->type;
		}
		if (portset_union(&lane->ports, &l->ports) == -1)
			return -1;
	}
	for (i = 0; i < out->n; i++) {
		lane = &out->lane[i];
		lane->nprobe = lane->ports.n == 0 ? 1 :
		    portset_count(&lane->ports);
		lane->slot = out->nprobe;
		out->nprobe += lane->nprobe;
	}
	return 0;
}

static int
sets_grow(struct sweep *s)
{
	size_t cap = s->capset != 0 ? s->capset * 2 : 16, i, at;
	void *a, *b, *c;
	uint32_t *t;

	if (s->p->nset < s->capset)
		return 0;
	a = realloc(s->p->set, cap * sizeof(*s->p->set));
	if (a != NULL)
		s->p->set = a;
	b = realloc(s->key, cap * sizeof(*s->key));
	if (b != NULL)
		s->key = b;
	c = realloc(s->keylen, cap * sizeof(*s->keylen));
	if (c != NULL)
		s->keylen = c;
	t = calloc(cap * 4, sizeof(*t));
	if (a == NULL || b == NULL || c == NULL || t == NULL) {
		free(t);
		return -1;
	}
	s->capset = cap;
	free(s->table);
	s->table = t;
	s->tablecap = cap * 4;
	for (i = 0; i < s->p->nset; i++) {
		for (at = s->key[i][s->keylen[i]] & (s->tablecap - 1);
		    t[at] != 0; at = (at + 1) & (s->tablecap - 1))
			;
		t[at] = (uint32_t)i + 1;
	}
	return 0;
}

/* The set of the active lanes, made when it is new; -1 out of memory. A key is
 * the lanes and, behind them, their hash. */
static int64_t
set_get(struct sweep *s)
{
	uint32_t h = 2166136261u, *key;
	size_t i, at, n = s->nactive;

	for (i = 0; i < n; i++)
		h = (h ^ s->active[i]) * 16777619u, h ^= h >> 15;
	if (sets_grow(s) == -1)
		return -1;
	for (at = h & (s->tablecap - 1); s->table[at] != 0;
	    at = (at + 1) & (s->tablecap - 1)) {
		i = s->table[at] - 1;
		if (s->keylen[i] == n && memcmp(s->key[i], s->active,
		    n * sizeof(*s->active)) == 0)
			return (int64_t)i;
	}
	if ((key = malloc((n + 1) * sizeof(*key))) == NULL)
		return -1;
	memcpy(key, s->active, n * sizeof(*key));
	key[n] = h;
	i = s->p->nset++;
	s->key[i] = key;
	s->keylen[i] = n;
	s->table[at] = (uint32_t)i + 1;
	s->p->set[i] = (struct plan_lanes){ 0 };
	return make_lanes(s, &s->p->set[i]) == -1 ? -1 : (int64_t)i;
}

static int
add_entry(struct sweep *s, u128 first, u128 last)
{
	struct plan *p = s->p;
	struct plan_entry *e;
	int64_t set = set_get(s);
	size_t cap = s->capentry != 0 ? s->capentry * 2 : 16;

	if (set == -1)
		return -1;
	e = p->nentry > 0 ? &p->entry[p->nentry - 1] : NULL;
	if (e != NULL && e->set == set && e->last + 1 == first) {
		e->last = last;
		return 0;
	}
	if (p->nentry == s->capentry) {
		if ((e = realloc(p->entry, cap * sizeof(*e))) == NULL)
			return -1;
		p->entry = e;
		s->capentry = cap;
	}
	p->entry[p->nentry++] = (struct plan_entry){ first, last,
	    (uint32_t)set, 0 };
	return 0;
}

static int
run_sweep(struct sweep *s)
{
	size_t i;
	u128 from = 0;

	for (i = 0; i < s->nborder; i++) {
		if (s->nactive > 0 && s->border[i].at != from &&
		    add_entry(s, from, s->border[i].at - 1) == -1)
			return -1;
		from = s->border[i].at;
		activate(s, &s->border[i]);
	}
	if (s->nactive > 0)
		return add_entry(s, from, ADDR_MAX);
	return 0;
}

/* Sets may be equal though their lanes were added in other pieces; entries
 * with equal sets that touch are left apart: that only costs memory. */
static int
number_probes(struct plan *p)
{
	struct plan_entry *e;
	u128 n = 0, hosts;
	size_t i;

	for (i = 0; i < p->nentry; i++) {
		e = &p->entry[i];
		e->base = (uint64_t)n;
		hosts = e->last - e->first + 1;
		if (hosts == 0 || hosts > PLAN_MAX ||
		    (n += hosts * p->set[e->set].nprobe) > PLAN_MAX) {
			errno = EOVERFLOW;
			return -1;
		}
	}
	p->n = (uint64_t)n;
	return 0;
}

int
plan_seal(struct plan *p)
{
	struct sweep s = { .d = p->draft, .p = p };
	size_t i;
	int r = -1;

	if (p->draft == NULL)
		return 0;
	errno = ENOMEM;
	if (make_borders(&s) == 0 && make_ranks(&s) == 0 &&
	    run_sweep(&s) == 0)
		r = number_probes(p);
	for (i = 0; i < p->nset; i++)
		free(s.key[i]);
	free(s.key);
	free(s.keylen);
	free(s.table);
	free(s.active);
	free(s.rank);
	free(s.border);
	draft_release(p->draft);
	p->draft = NULL;
	return r;
}

/* ---- asking a sealed plan ---- */

static const struct plan_entry *
entry_at(const struct plan *p, uint64_t i)
{
	size_t lo = 0, hi = p->nentry, mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (p->entry[mid].base <= i)
			lo = mid;
		else
			hi = mid;
	}
	return &p->entry[lo];
}

void
plan_among(const struct plan_lanes *s, u128 first, uint64_t off,
    struct plan_probe *pr)
{
	const struct plan_lane *l = s->lane;

	/* one probe an address is usual in a wide scan: spare the division */
	pr->addr = first + (s->nprobe == 1 ? off : off / s->nprobe);
	pr->slot = s->nprobe == 1 ? 0 : (uint32_t)(off % s->nprobe);
	while (pr->slot - l->slot >= l->nprobe)
		l++;
	pr->type = l->type;
	pr->port = l->ports.n == 0 ? 0 :
	    portset_at(&l->ports, pr->slot - l->slot);
}

void
plan_at(const struct plan *p, uint64_t i, struct plan_probe *pr)
{
	const struct plan_entry *e = entry_at(p, i);

	plan_among(&p->set[e->set], e->first, i - e->base, pr);
}

const struct plan_entry *
plan_entry_of(const struct plan *p, u128 addr)
{
	size_t lo = 0, hi = p->nentry, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (p->entry[mid].last < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < p->nentry && p->entry[lo].first <= addr ?
	    &p->entry[lo] : NULL;
}

int64_t
plan_find(const struct plan *p, u128 addr, unsigned type, uint16_t port)
{
	const struct plan_entry *e = plan_entry_of(p, addr);
	const struct plan_lanes *s;
	int32_t at;
	size_t i;

	if (e == NULL)
		return -1;
	s = &p->set[e->set];
	for (i = 0; i < s->n; i++) {
		if (s->lane[i].type != type)
			continue;
		at = s->lane[i].ports.n == 0 ? (port == 0 ? 0 : -1) :
		    portset_index(&s->lane[i].ports, port);
		if (at == -1)
			return -1;
		return (int64_t)(e->base + (uint64_t)(addr - e->first) *
		    s->nprobe + s->lane[i].slot + (uint32_t)at);
	}
	return -1;
}

uint64_t
plan_host(const struct plan *p, uint64_t i, uint32_t *nprobe)
{
	const struct plan_entry *e = entry_at(p, i);

	*nprobe = p->set[e->set].nprobe;
	return e->base + (i - e->base) / *nprobe * *nprobe;
}
