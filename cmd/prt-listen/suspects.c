#include "suspects.h"

#include "meaning/scan.h"
#include "pure/addr.h"

/* So many open ports are a reason to ask, when nearly all that were probed are
 * open, one in LOST may have got no answer, and none is closed. */
#define LEAST	32
#define LOST	10

/* Bits set in [first, first + n). */
static uint64_t
count_bits(const _Atomic uint64_t *bits, uint64_t first, uint64_t n)
{
	uint64_t i = first, end = first + n, w, sum = 0;
	unsigned from, to;

	for (; i < end; i += to - from) {
		from = (unsigned)(i & 63);
		to = end - (i - from) < 64 ? (unsigned)(end - (i - from)) : 64;
		w = atomic_load_explicit(&bits[i >> 6], memory_order_relaxed);
		w = w >> from << from;
		if (to < 64)
			w &= ((uint64_t)1 << to) - 1;
		sum += (uint64_t)__builtin_popcountll(w);
	}
	return sum;
}

static const struct plan_lane *
syn_lane(const struct plan_lanes *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (scan_types[set->lane[i].type] == &scan_syn)
			return &set->lane[i];
	return NULL;
}

static void
put(struct report *rp, const struct batch *b, u128 addr, uint64_t open)
{
	char ip[ADDR_FMT];

	rec_clear(&rp->rec);
	rec_data(&rp->rec, (struct str){ ip, addr_fmt(ip, addr) }, STR_NONE,
	    STR("host"), STR("up"), STR("syn-ack"));
	rec_set(&rp->rec, "suspect", STR("syn-proxy"));
	rec_set_u64(&rp->rec, "open", open);
	report_put(rp, b, addr, -1);
	rp->suspects++;
}

void
suspects_report(struct report *rp, const struct batch *b)
{
	const struct plan_entry *e;
	const struct plan_lane *lane;
	const struct plan_lanes *set;
	uint64_t first, open;
	size_t i;
	u128 k;

	if (!b->opened || b->board.open == NULL)
		return;
	for (i = 0; i < b->plan.nentry && rp->out->error == 0; i++) {
		e = &b->plan.entry[i];
		set = &b->plan.set[e->set];
		lane = syn_lane(set);
		if (lane == NULL || lane->nprobe / b->shards < LEAST)
			continue;
		for (k = 0; k <= e->last - e->first; k++) {
			first = e->base + lane->slot + (uint64_t)k *
			    set->nprobe;
			open = count_bits(b->board.open, first, lane->nprobe);
			if (open >= LEAST && open >= lane->nprobe / b->shards *
			    (LOST - 1) / LOST && open == count_bits(
			    b->board.bits, first, lane->nprobe))
				put(rp, b, e->first + k, open);
		}
	}
}
