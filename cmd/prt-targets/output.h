/* Target records: compact, or one a line in any order, or only counted. */
#ifndef PRT_TARGETS_OUTPUT_H
#define PRT_TARGETS_OUTPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "targetset.h"
#include "world/recio.h"

/* Which of the probes, in which order. */
struct pick {
	bool		 shuffle;
	uint64_t	 seed;
	uint64_t	 shard, shards;	/* 1-based; 1/1 is everything */
	uint64_t	 sample;	/* 0: all */
};

/* Each returns 0, or -1 with out->error set. */
int	output_compact(struct recout *, const struct targetset *);
/* One record a probe, until *stop. The probes must be fewer than 2^63. */
int	output_expanded(struct recout *, const struct targetset *,
	    const struct pick *, const atomic_bool *stop);
/* One "#prt stat" record; `pick` only for its part of the probes, NULL when
 * the count is of everything. */
int	output_count(struct recout *, const struct targetset *,
	    const struct pick *);

#endif
