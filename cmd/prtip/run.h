/* Runs a pipeline of real processes. A program's own header, no layer. */
#ifndef PRTIP_RUN_H
#define PRTIP_RUN_H

#include "plan.h"

/* Starts all of it, hands signals on, waits for the end, names who died, and
 * returns the worst of the exit statuses. */
int	run(struct pipeline *);

#endif
