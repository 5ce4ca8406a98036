/* Link addresses of neighbours: ARP and NDP asked for many at once. Layer 3. */
#ifndef PRT_WORLD_NEIGH_H
#define PRT_WORLD_NEIGH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "pure/rangeset.h"
#include "world/tx.h"

struct neigh;

/* Opens the socket that hears the answers (CAP_NET_RAW): NULL with errno. */
struct neigh *neigh_open(void);
void	neigh_close(struct neigh *);
/* Puts in what is known already. 0, or -1 out of memory. */
int	neigh_add(struct neigh *, int ifindex, u128 addr,
	    const uint8_t mac[6]);
/* Where to ask: one link, one family, and who we are there. */
struct neigh_link {
	int		ifindex;
	u128		src;
	uint8_t		mac[6];
};

/* Asks on a link for every address of the set (of one family) that is not known
 * yet, and waits for the answers: up to `tries` rounds that end `wait` ns after
 * their last question, or as soon as all have answered; at most `pps` questions
 * a second (0: no bound). Returns 0, or -1 with errno; *stop ends it early. */
int	neigh_ask(struct neigh *, struct tx *, const struct neigh_link *,
	    const struct rangeset *, unsigned tries, uint64_t wait, double pps,
	    const atomic_bool *stop);
/* The link address of a neighbour, NULL when it has not answered. */
const uint8_t *neigh_find(const struct neigh *, int ifindex, u128 addr);

#endif
