/* How the packets to an address leave: route, neighbour and source together. */
#ifndef PRT_BLAST_PATHS_H
#define PRT_BLAST_PATHS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "legs.h"
#include "meaning/scanrec.h"
#include "pure/plan.h"
#include "pure/rangeset.h"
#include "world/neigh.h"
#include "world/route.h"
#include "world/tx.h"

struct paths {
	struct routes	*routes;
	struct neigh	*neigh;
	struct tx	*tx;
	u128		 src4, src6;	/* -S, 0: the route's */
	double		 pps;		/* of ARP and NDP questions */
	bool		 dry;		/* nothing is asked or needed */
	const atomic_bool *stop;
	unsigned long	 complaints;	/* messages that say what is not sent */
	/* what paths_prepare() found no way to, by why */
	struct rangeset	 skip[SCANREC_NEIGHBOUR + 1];
	/* the neighbours that a plan needs, by their route's stretch */
	struct paths_want {
		const struct route *route;
		struct rangeset	    set;
	}		*want;
	size_t		 nwant, capwant;
	const struct route *last;	/* of the last look-up */
	u128		*told;		/* stretches already complained of */
	size_t		 ntold, captold;
};

/* The route to an address, NULL after a message when the kernel fails. */
const struct route *paths_route(struct paths *, u128 addr);
/* Asks for the link addresses of every neighbour and gateway that the plan
 * needs; says which parts of it have no way out, and notes them in ->skip. Then
 * works out the legs. 0, or -1 after a message. A dry run asks nothing. */
int	paths_prepare(struct paths *, const struct plan *, struct legs *);
/* Calls f for each address of the plan that a neighbour has answered for, with
 * the link address. 0, or -1 after a message. */
struct paths_met {
	void	(*f)(void *arg, u128 addr, const uint8_t mac[6]);
	void	*arg;
};
int	paths_each_met(struct paths *, const struct plan *,
	    struct paths_met *);
/* Does any address of the plan lie beyond loopback? */
bool	paths_beyond_loopback(struct paths *, const struct plan *);
void	paths_release(struct paths *);

#endif
