/* Runs a pipeline of real processes. A program's own header, no layer. */
#ifndef PRTIP_RUN_H
#define PRTIP_RUN_H

#include "plan.h"

struct run_conf {
	bool		keys;	/* standard input may be read for keys */
	bool		quiet;	/* no progress */
	bool		streams; /* the last program writes as it goes */
	uint64_t	every;	/* ns between lines of progress, 0: none */
};

/* Starts all of it, hands signals on, shows how far it is, waits for the end,
 * names who died, and returns the worst of the exit statuses. */
int	run(struct pipeline *, const struct run_conf *);
/* The worse of two exit statuses. */
int	run_worse(int, int);

#endif
