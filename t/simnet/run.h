/* The simulated internet at work: what comes is answered, until a signal. */
#ifndef SIMNET_RUN_H
#define SIMNET_RUN_H

#include <stdint.h>

#include "answer.h"
#include "base/buf.h"
#include "noise.h"
#include "path.h"
#include "wheel.h"
#include "wire.h"

struct run {
	const struct world	*world;
	struct wire		*wire;
	struct answers		*answers;
	struct wheel		*wheel;
	struct path		 path;
	struct noise		 noise;
	uint64_t		 received;	/* that are for us */
	uint64_t		 answered;	/* packets sent as answers */
	uint64_t		 rationed, malformed, strange, full;
	int			 error;		/* errno of a dead device */
};

/* Answers until `stop` (world/stop.h) is set, then sends what is due within
 * another second. 0, or -1 with errno when the device is gone. */
int	run_net(struct run *);
/* Appends the counts, a record of prt-record(5). */
void	run_stat(struct run *, struct buf *);

#endif
