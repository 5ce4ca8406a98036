/* Rations of ICMP errors: token buckets, one for each sender, in a table of
 * bounded size. */
#ifndef SIMNET_LIMIT_H
#define SIMNET_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* A bucket is the time at which it will be full again (the virtual scheduling
 * algorithm of ITU-T I.371), which is all that has to be kept. */
struct limit_rate {
	uint64_t	period;	/* ns a token, 0: no bound */
	uint64_t	burst;	/* tokens that a full bucket has */
};

struct limit;

struct limit_rate limit_rate(uint64_t per_second, uint64_t burst);
/* Takes a token from a bucket that lives in *full: false when there is none. */
bool	limit_take(const struct limit_rate *, uint64_t *full, uint64_t now);

/* NULL when out of memory. */
struct limit *limit_new(struct limit_rate each);
void	limit_free(struct limit *);
/* Takes a token of the bucket that this number names. A table that is full
 * forgets the bucket that is nearest to being full of tokens. */
bool	limit_allow(struct limit *, uint64_t who, uint64_t now);

#endif
