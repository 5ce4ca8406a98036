#include "pure/plan.h"

#include "pure/siphash.h"

/* Nobody's secret: it only has to be the same everywhere. */
static const uint64_t nobody[2] = { 0x706c616e, 0x64696765 };

static uint64_t
lane_digest(const struct plan_lane *l)
{
	uint64_t h = l->type, w[2];
	size_t i;

	for (i = 0; i < l->ports.n; i++) {
		w[0] = h;
		w[1] = (uint64_t)l->ports.r[i].lo << 16 | l->ports.r[i].hi;
		h = siphash(nobody, w, 2);
	}
	return h;
}

uint64_t
plan_digest(const struct plan *p)
{
	const struct plan_entry *e;
	uint64_t h = p->n, w[6];
	size_t i, k;

	for (i = 0; i < p->nset; i++)
		for (k = 0; k < p->set[i].n; k++) {
			w[0] = h;
			w[1] = i;
			w[2] = lane_digest(&p->set[i].lane[k]);
			h = siphash(nobody, w, 3);
		}
	for (i = 0; i < p->nentry; i++) {
		e = &p->entry[i];
		w[0] = h;
		w[1] = e->set;
		w[2] = (uint64_t)(e->first >> 64);
		w[3] = (uint64_t)e->first;
		w[4] = (uint64_t)(e->last >> 64);
		w[5] = (uint64_t)e->last;
		h = siphash(nobody, w, 6);
	}
	return h;
}

/* Hosts [first, last] of an entry. */
static int
add_hosts(struct plan *part, const struct plan_lanes *s, u128 first, u128 last)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (plan_add(part, first, last, s->lane[i].type,
		    &s->lane[i].ports) == -1)
			return -1;
	return 0;
}

int
plan_part(const struct plan *p, uint64_t base, uint64_t most,
    struct plan *part)
{
	const struct plan_entry *e;
	const struct plan_lanes *s;
	uint64_t left = most, hosts;
	u128 first;
	size_t i = 0;

	while (i + 1 < p->nentry && p->entry[i + 1].base <= base)
		i++;
	for (; i < p->nentry; i++) {
		e = &p->entry[i];
		s = &p->set[e->set];
		first = e->base < base ? e->first + (base - e->base) /
		    s->nprobe : e->first;
		hosts = left / s->nprobe;
		if (hosts == 0 && left == most)
			hosts = 1;
		if (hosts == 0)
			break;
		if (hosts > (uint64_t)(e->last - first) + 1)
			hosts = (uint64_t)(e->last - first) + 1;
		if (add_hosts(part, s, first, first + hosts - 1) == -1)
			return -1;
		left -= left < hosts * s->nprobe ? left : hosts * s->nprobe;
		if (first + hosts - 1 != e->last)
			break;
	}
	return plan_seal(part);
}
