/* One lot of targets: its probes in random order, and what travels with them.
 * Input that keeps arriving becomes one batch after another. */
#ifndef PRT_CONNECT_BATCH_H
#define PRT_CONNECT_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "meaning/notes.h"
#include "meaning/target.h"
#include "pure/perm.h"
#include "pure/plan.h"
#include "pure/rangeset.h"
#include "world/hosttime.h"

struct shard {
	uint64_t	i, k;		/* 1-based; 1 of 1: everything */
};

struct batch {
	struct batch	*next;
	struct plan	 plan;
	struct notes	 notes;
	struct perm	 perm;
	uint64_t	 nrecord;	/* records in it */
	struct shard	 shard;
	uint64_t	 at, end;	/* probes given out, and all of them */
	uint64_t	 out;		/* given out, and not done yet */
	uint64_t	*up;		/* discovery: a bit for each host that
					 * answered, at its first probe */
	uint64_t	 until;		/* hosts that take longer are given up;
					 * 0: they may take any time */
	struct rangeset	 late;		/* those */
	struct hosttime	 heard;		/* hosts that answered, with ->until */
};

/* NULL when out of memory. */
struct batch *batch_new(void);
void	batch_free(struct batch *);
/* Adds a target's addresses, with its ports or else the usual ones: 0, or -1
 * when out of memory. */
int	batch_add(struct batch *, const struct target *,
	    const struct portset *usual);
/* Nothing can be added from here on; without a key the order is that of addresses
 * and ports: 0, or -1 with errno (plan_seal()). */
int	batch_seal(struct batch *, const uint64_t *key, struct shard);
/* For discovery, in a sealed batch: 0, or -1 out of memory. */
int	batch_count_hosts(struct batch *);
/* Notes that a host is up: true when that is news. */
bool	batch_host_is_up(struct batch *, u128 addr, uint16_t port);
/* Calls f for each host that is not. */
void	batch_each_down(const struct batch *, void (*f)(void *, u128 addr),
	    void *);
/* The next probe of a sealed batch: false when all were given out. */
bool	batch_next(struct batch *, u128 *addr, uint16_t *port);

/* Gives out no more: the hosts that are not done are ->late. 0, or -1 out of
 * memory. */
int	batch_give_up(struct batch *);

#endif
