/* Sets of addresses as sorted, disjoint, merged ranges. Layer 1. */
#ifndef PRT_PURE_RANGESET_H
#define PRT_PURE_RANGESET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/num.h"

struct range {
	u128	first;
	u128	last;	/* inclusive */
};

/* Zero-initialised is the empty set. After rangeset_add() the set is unsorted
 * until rangeset_normalise(); everything that reads wants it normalised. */
struct rangeset {
	struct range	*r;
	size_t		 n;
	size_t		 cap;
};

void	rangeset_release(struct rangeset *);
/* 0, or -1 when out of memory. A range of IPv6 addresses around the IPv4-mapped
 * space leaves that out: ::/0 is every IPv6 address and no IPv4 one. */
int	rangeset_add(struct rangeset *, u128 first, u128 last);
/* Sorts by value and merges ranges of one family that touch or overlap:
 * O(n log n). */
void	rangeset_normalise(struct rangeset *);
bool	rangeset_has(const struct rangeset *, u128);
/* The number of addresses; saturates at 2^128 - 1. */
u128	rangeset_count(const struct rangeset *);
/* a := a minus b; both normalised, the result too: 0, or -1 out of memory. */
int	rangeset_subtract(struct rangeset *a, const struct rangeset *b);
/* out := a and b (out starts empty): 0, or -1 out of memory. */
int	rangeset_intersect(struct rangeset *out, const struct rangeset *a,
	    const struct rangeset *b);

#endif
