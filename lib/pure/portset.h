/* Sets of ports of one protocol, as sorted, disjoint, merged ranges. Layer 1. */
#ifndef PRT_PURE_PORTSET_H
#define PRT_PURE_PORTSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct portrange {
	uint16_t	lo;
	uint16_t	hi;	/* inclusive */
	/* How many ports of the set lie below lo; kept by portset_normalise() */
	uint32_t	before;
};

/* Zero-initialised is the empty set; at most 32,768 ranges. Normalised after
 * portset_parse() and portset_normalise(). */
struct portset {
	struct portrange	*r;
	size_t			 n;
	size_t			 cap;
};

void	portset_release(struct portset *);
/* 0, or -1 when out of memory. */
int	portset_add(struct portset *, uint16_t lo, uint16_t hi);
void	portset_normalise(struct portset *);
/* The port column of a record: "22,80,8000-8100" into a normalised set: 0, or
 * -1 when it is no such list (*bad is then the offset of what is wrong). */
int	portset_parse(struct portset *, const char *p, size_t n, size_t *bad);
/* Appends the shortest such list. */
void	portset_fmt(const struct portset *, struct buf *);
/* How many ports: 0..65536. */
uint32_t portset_count(const struct portset *);
bool	portset_has(const struct portset *, uint16_t port);
/* The i-th port in ascending order, i < portset_count(). */
uint16_t portset_at(const struct portset *, uint32_t i);
/* The position of a port, or -1 when it is not in the set. */
int32_t	portset_index(const struct portset *, uint16_t port);
bool	portset_eq(const struct portset *, const struct portset *);
/* a := a minus b, both normalised, the result too: 0, or -1 out of memory. */
int	portset_subtract(struct portset *a, const struct portset *b);
/* a := a or b, both normalised, the result too: 0, or -1 out of memory. */
int	portset_union(struct portset *a, const struct portset *b);

#endif
