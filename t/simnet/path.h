/* The way between the scanner and the hosts: a bottleneck, loss, duplication,
 * delay. What happens to the n-th packet is a matter of the seed and of n. */
#ifndef SIMNET_PATH_H
#define SIMNET_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "world.h"

struct path_config {
	uint64_t	loss_in, loss_out;	/* shares of WORLD_ALL */
	uint64_t	dup, reorder;
	uint64_t	delay;		/* ns, there and back, on the average */
	uint64_t	jitter;		/* ns, at most */
	uint64_t	cap;		/* packets a second, 0: no bottleneck */
	uint64_t	queue;		/* packets that wait for it */
	uint64_t	tarpit;		/* ns that tarpits add */
};

struct path {
	struct path_config	conf;
	uint64_t		key;
	uint64_t		count[2];	/* packets towards the hosts, back */
	uint64_t		free_at;	/* when the bottleneck is idle */
	uint64_t		capped, lost_in, lost_out, doubled, reordered;
};

void	path_init(struct path *, const struct path_config *,
	    const struct world *);
/* A packet towards the hosts: how many of it arrive (0, 1 or 2), and after how
 * many ns of waiting at the bottleneck. */
unsigned path_there(struct path *, uint64_t now, uint64_t *wait);
/* The answer's way back: how many of it arrive, and how long it takes there and
 * back, without the bottleneck's part. */
unsigned path_back(struct path *, const struct host *, bool tarpit,
	    uint64_t *delay);

#endif
