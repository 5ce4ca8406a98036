/* A packet-rate limiter that grants in batches: a token bucket over time that
 * the caller passes in. Layer 1. */
#ifndef PRT_PURE_RATE_H
#define PRT_PURE_RATE_H

#include <stdint.h>

/* What the bucket holds beyond what goes together, as time: a caller that wakes
 * up to this much late loses nothing, and a caller that was away for a minute
 * is not let catch up with more than this. */
#define RATE_BURST_NS	2000000u

/* So many packets go together, or what comes in so much time, if that is less:
 * waking up for each would cost more than sending it. */
#define RATE_WORTH	64
#define RATE_WORTH_NS	500000u

struct rate {
	double		pps;	/* packets a second; 0: no bound */
	double		credit;	/* packets that may go at `last` */
	double		depth;	/* the most that credit can be */
	uint64_t	last;
};

/* Starts with one packet's credit. pps 0 is no bound; below 0 counts as 0. */
void	 rate_init(struct rate *, double pps, uint64_t now);
/* Changes the rate; credit earned so far at the old rate is kept, within what
 * the new bucket holds. */
void	 rate_set(struct rate *, double pps, uint64_t now);
/* How many of `want` packets may go now; they count as sent. A `now` before
 * the last one is taken as the last one. */
uint32_t rate_grant(struct rate *, uint64_t now, uint32_t want);
/* Gives back what was granted and not sent; below zero: takes what was sent
 * beyond the grant, as debt. */
void	 rate_settle(struct rate *, int64_t n);
/* Starts anew without credit: somebody else has kept the rate until now. */
void	 rate_restart(struct rate *, uint64_t now);
/* Nanoseconds until rate_grant() has as many packets as are worth waking up for,
 * at least one; 0: now. */
uint64_t rate_wait(const struct rate *, uint64_t now);

#endif
