/* The ways that the probes of a plan take, worked out before the first of them
 * goes out: nothing is asked or changed afterwards, so that several threads can
 * look them up. */
#ifndef PRT_BLAST_LEGS_H
#define PRT_BLAST_LEGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pure/plan.h"
#include "world/neigh.h"
#include "world/tx.h"

/* A way out that many addresses share. */
struct way {
	enum {
		WAY_NONE,	/* there is none */
		WAY_DIRECT,	/* tx as it stands: loopback, gateway, ... */
		WAY_NEIGHBOUR,	/* tx.dst is each address's own */
	}		kind;
	bool		on_link; /* ARP and NDP reach it */
	struct tx_path	tx;
	u128		src;
};

/* Consecutive probes that take one way: part of a plan's entry. */
struct leg {
	u128		first;	/* address of its first probe */
	uint64_t	base;	/* index of its first probe */
	uint32_t	set;	/* of the plan */
	uint32_t	way;
};

/* Zero-initialised is empty. */
struct legs {
	struct leg	*leg;	/* ascending by base, without gaps */
	size_t		 n, cap;
	struct way	*way;
	size_t		 nway, capway;
};

void	legs_release(struct legs *);
/* Adds the probes from index `base` on, to addresses from `first` on. 0, or -1
 * out of memory. */
int	legs_add(struct legs *, uint64_t base, u128 first, uint32_t set,
	    const struct way *);
/* The leg of probe i, which must be one of the plan's. */
const struct leg *legs_at(const struct legs *, uint64_t i);
/* How a probe to an address leaves; `asks`: it asks the link itself (ARP, NDP).
 * False when there is no way. */
bool	way_find(const struct way *, const struct neigh *, u128 addr,
	    bool asks, struct tx_path *);

#endif
