/* A batch as tables for the program in the kernel that makes its frames. */
#ifndef PRT_BLAST_LIVE_H
#define PRT_BLAST_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "pure/perm.h"
#include "sender.h"

/* Writes plan, ways and order into the sender's program. False when it cannot
 * send them: UDP, ARP, NDP, another kind of way, a device that does not take
 * its frames, or more than its tables hold. */
bool	live_fill(struct sender *, const struct plan *, const struct legs *,
	    const struct perm *, uint64_t shard, uint64_t shards);

#endif
