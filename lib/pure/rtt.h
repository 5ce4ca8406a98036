/* The retransmission timer of RFC 6298: round-trip time measured, timeout
 * derived. Layer 1.  All times are nanoseconds. */
#ifndef PRT_PURE_RTT_H
#define PRT_PURE_RTT_H

#include <stdint.h>

struct rtt {
	uint64_t	srtt;	/* smoothed; 0 before the first sample */
	uint64_t	rttvar;
	uint64_t	rto;
	uint64_t	min;	/* bounds of rto */
	uint64_t	max;
	uint64_t	samples;
};

/* The timeout is `initial` until the first sample, always within [min, max]
 * (RFC 6298, 2.1, 2.4, 2.5). */
void	rtt_init(struct rtt *, uint64_t initial, uint64_t min, uint64_t max);
/* A measured round trip (2.2, 2.3). Never of a probe that was sent more than
 * once when it is unclear which sending was answered (Karn, section 3). */
void	rtt_sample(struct rtt *, uint64_t rtt);
/* A timeout expired: doubles the timeout, up to max (5.5). The next sample
 * computes it anew. */
void	rtt_backoff(struct rtt *);
static inline uint64_t
rtt_rto(const struct rtt *r)
{
	return r->rto;
}

#endif
