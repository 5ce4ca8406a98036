#include "run.h"

#include "base/clock.h"

/* Rates of the congestion control when the user bounds none. */
#define FLOOR_PPS	10
#define CEILING_PPS	100e6

uint64_t
pace_answered(const struct scan *s)
{
	return s->have_board ? atomic_load_explicit(&s->board.head->answered,
	    memory_order_relaxed) : 0;
}

uint64_t
pace_sent(const struct scan *s)
{
	uint64_t n = s->finished;
	size_t i;

	for (i = 0; i < s->nbatch; i++)
		n += s->batch[i]->cur[0].pos - s->batch[i]->start;
	return n;
}

static double
default_rate(const struct scan *s)
{
	if (s->cfg->rate != 0)
		return (double)s->cfg->rate;
	return s->beyond || s->cfg->timing->delay != 0 ?
	    s->cfg->timing->rate : 0;
}

/* The first plan that leaves this machine bounds the rate. */
void
pace_plan(struct scan *s, const struct plan *p)
{
	uint64_t now = clock_mono_ns();
	double pps;

	if (s->batches == 1)
		s->pool.active = s->pool.n;
	if (!s->beyond && paths_beyond_loopback(&s->paths, p)) {
		s->beyond = true;
		s->pool.active = s->cfg->threads != 0 ? s->pool.n : 1;
		pps = default_rate(s);
		if (pps == 0)
			pps = CEILING_PPS;
		/* --min-rate is the user's word against our politeness */
		if (pps < (double)s->cfg->min_rate)
			pps = (double)s->cfg->min_rate;
		congest_init(&s->congest, s->cfg->min_rate != 0 ?
		    (double)s->cfg->min_rate : pps < FLOOR_PPS ? pps :
		    FLOOR_PPS, pps, now);
		rate_init(&s->rate, s->alone || s->cfg->stateless ? pps :
		    s->congest.rate, now);
		s->paths.pps = s->ceiling = pps;
		pace_steer(s);
	} else if (!s->beyond && s->batches == 1) {
		s->ceiling = default_rate(s);
		rate_init(&s->rate, s->ceiling, now);
		pace_steer(s);
	}
}

/* Where nothing bounds the rate, the bound is a share of what was reached. */
void
pace_steer(struct scan *s)
{
	uint64_t now = clock_mono_ns();
	double pps;

	if (s->progress.speed >= 1 && s->progress.speed <= 1 && !s->steered)
		return;
	s->steered = true;
	if (s->ceiling <= 0)
		s->ceiling = s->progress.rate;
	if (s->ceiling <= 0)
		return;
	pps = s->ceiling * s->progress.speed;
	if (s->beyond && !s->alone && !s->cfg->stateless) {
		congest_bound(&s->congest, pps);
		pps = s->congest.rate;
	}
	rate_set(&s->rate, pps, now);
}

/* On loopback an answer is in the listener's queue before the sending returns.
 * How many probes may go out without it overflowing: when it is full, wait
 * until the listener has seen all there is; what is unanswered then, stays so. */
uint64_t
pace_window(struct scan *s)
{
	struct board_head *h = s->board.head;
	uint64_t ping, pong, room, got, sent;

	/* a slow reader of the results holds up the sender, not the capture */
	if (!s->alone && atomic_load_explicit(&h->hold, memory_order_relaxed))
		return 0;
	if (s->beyond || s->alone || s->cfg->stateless)
		return UINT64_MAX;
	ping = atomic_load_explicit(&h->ping, memory_order_relaxed);
	pong = atomic_load(&h->pong);
	room = atomic_load_explicit(&h->room, memory_order_relaxed);
	got = pace_answered(s);
	sent = pace_sent(s);
	if (s->pinged && pong == ping) {
		s->pinged = false;
		s->written_off = sent > got ? sent - got : 0;
	}
	if (sent < got + s->written_off + room)
		return got + s->written_off + room - sent;
	if (!s->pinged) {
		s->pinged = true;
		atomic_store(&h->ping, ping + 1);
	}
	return 0;
}

void
pace_update(struct scan *s, uint64_t now)
{
	struct congest_total t;
	const struct board_head *h = s->board.head;

	if (!s->beyond || s->alone || s->cfg->stateless)
		return;
	t.sent = pace_sent(s);
	t.resent = pool_sent(&s->pool) > t.sent ?
	    pool_sent(&s->pool) - t.sent : 0;
	t.first = atomic_load_explicit(&h->first, memory_order_relaxed);
	t.late = atomic_load_explicit(&h->late, memory_order_relaxed);
	t.dropped = atomic_load_explicit(&h->dropped, memory_order_relaxed);
	rate_set(&s->rate, congest_update(&s->congest, now,
	    atomic_load_explicit(&h->srtt, memory_order_relaxed), &t), now);
}

uint64_t
pace_timeout(const struct scan *s)
{
	uint64_t rto = s->have_board ? atomic_load_explicit(
	    &s->board.head->rto, memory_order_relaxed) : 0;

	if (rto == 0)
		return s->cfg->timing->rto_initial;
	if (rto < s->cfg->timing->rto_min)
		return s->cfg->timing->rto_min;
	return rto < s->cfg->timing->rto_max ? rto : s->cfg->timing->rto_max;
}

/* The timeout is that of the most; some hosts take much longer than they do. Half
 * of what is waited for a host of which nothing is known is theirs at the end. */
uint64_t
pace_settle(const struct scan *s)
{
	uint64_t rto = pace_timeout(s), least = s->cfg->timing->rto_initial / 2;

	return s->beyond && rto < least ? least : rto;
}
