#include "pure/rtt.h"

/* The clock granularity G of section 2: what a sleeping program wakes up late
 * by, rather than what the clock resolves. */
#define GRANULARITY	1000000u

static uint64_t
bound(const struct rtt *r, uint64_t rto)
{
	if (rto < r->min)
		rto = r->min;
	return rto > r->max ? r->max : rto;
}

void
rtt_init(struct rtt *r, uint64_t initial, uint64_t min, uint64_t max)
{
	*r = (struct rtt){ .min = min, .max = max };
	r->rto = bound(r, initial);
}

void
rtt_sample(struct rtt *r, uint64_t rtt)
{
	uint64_t err, var;

	/* A sample beyond any timeout is a clock gone mad; the bound also keeps
	 * the arithmetic below from overflowing. */
	if (rtt > UINT64_MAX / 16)
		rtt = UINT64_MAX / 16;
	if (r->samples++ == 0) {
		r->srtt = rtt;
		r->rttvar = rtt / 2;
	} else {
		err = rtt > r->srtt ? rtt - r->srtt : r->srtt - rtt;
		r->rttvar = r->rttvar - r->rttvar / 4 + err / 4;
		r->srtt = r->srtt - r->srtt / 8 + rtt / 8;
	}
	var = 4 * r->rttvar;
	r->rto = bound(r, r->srtt + (var > GRANULARITY ? var : GRANULARITY));
}

void
rtt_backoff(struct rtt *r)
{
	r->rto = bound(r, r->rto > r->max / 2 ? r->max : r->rto * 2);
}
