#include "pure/rate.h"

/* Credit is kept as a double: it never exceeds the bucket (a few thousand), so
 * each addition is exact to 1e-12 of a packet and nothing drifts. */

/* So many packets are worth waking up for. */
static double
worth(const struct rate *r)
{
	double n = r->pps * RATE_WORTH_NS / 1e9;

	return n < 1 ? 1 : n < RATE_WORTH ? n : RATE_WORTH;
}

static double
credit_at(const struct rate *r, uint64_t now)
{
	double credit = r->credit;

	if (now > r->last)
		credit += (double)(now - r->last) * r->pps / 1e9;
	return credit < r->depth ? credit : r->depth;
}

void
rate_init(struct rate *r, double pps, uint64_t now)
{
	r->credit = 1;
	r->depth = 1;
	r->last = now;
	r->pps = 0;
	rate_set(r, pps, now);
}

void
rate_set(struct rate *r, double pps, uint64_t now)
{
	if (r->pps > 0)
		r->credit = credit_at(r, now);
	if (now > r->last)
		r->last = now;
	r->pps = pps > 0 ? pps : 0;
	r->depth = worth(r) + r->pps * RATE_BURST_NS / 1e9;
	if (r->credit > r->depth)
		r->credit = r->depth;
}

uint32_t
rate_grant(struct rate *r, uint64_t now, uint32_t want)
{
	uint32_t n;

	if (r->pps == 0)
		return want;
	r->credit = credit_at(r, now);
	if (now > r->last)
		r->last = now;
	if (r->credit < 1)
		return 0;
	n = r->credit < want ? (uint32_t)r->credit : want;
	r->credit -= n;
	return n;
}

void
rate_settle(struct rate *r, int64_t n)
{
	r->credit += (double)n;
	if (r->credit > r->depth)
		r->credit = r->depth;
}

void
rate_restart(struct rate *r, uint64_t now)
{
	r->credit = 0;
	if (now > r->last)
		r->last = now;
}

uint64_t
rate_wait(const struct rate *r, uint64_t now)
{
	double lack, ns;

	if (r->pps == 0)
		return 0;
	lack = worth(r) - credit_at(r, now);
	if (lack <= 0)
		return 0;
	ns = lack / r->pps * 1e9;
	/* One nanosecond more, so that rounding cannot leave 0.9999 packets. */
	return ns < 1e18 ? (uint64_t)ns + 1 : (uint64_t)1e18;
}
