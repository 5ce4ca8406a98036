/* Hosts that ration their ICMP errors: what they have not answered of a UDP scan
 * goes out again one port at a time, at the pace of each host.
 *
 * RFC 1812, 4.3.2.8, and RFC 4443, 2.4(f), want a limit of errors; Linux sends
 * six at once and then one a second to each asker. Closed ports that are asked
 * faster look as if they were open|filtered. */
#ifndef PRT_BLAST_RATION_H
#define PRT_BLAST_RATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "pure/rangeset.h"

struct batch;
struct batch_clock;
struct pool;

/* The pace that a host is asked at first, and the one that is its due: no known
 * host rations to less. Timeouts that may not be that long (-T5) leave no time
 * for it. */
#define RATION_NS	((uint64_t)NS_PER_S)
/* The first attempt that keeps to it: the one before it is for what was lost. */
#define RATION_ATTEMPT	2

/* Zero-initialised has no hosts. */
struct ration {
	struct ration_host	*host;
	size_t			 n;
	uint64_t		 due;	/* of the first of them */
};

/* Is this a UDP probe to a host that has sent an ICMP error? Then attempts from
 * RATION_ATTEMPT on are ration_step()'s to make. */
bool	ration_has(const struct batch *, uint64_t i);
/* Collects the batch's hosts that have sent errors and have UDP probes without
 * an answer: how many seconds that may take at the worst, 0 when there is none
 * or no memory for them. */
uint64_t ration_start(struct batch *, uint64_t now);
/* Sends at most `quota` packets of what is due: how many went out, or -1 after a
 * message. */
int64_t	ration_step(struct batch *, struct pool *, const struct batch_clock *,
	    uint32_t quota);
/* Adds the addresses of the hosts that are left: 0, or -1 out of memory. */
int	ration_hosts(const struct batch *, struct rangeset *);
void	ration_release(struct ration *);

#endif
