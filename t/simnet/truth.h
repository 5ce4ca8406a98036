/* What a scan of the simulated internet has to find. */
#ifndef SIMNET_TRUTH_H
#define SIMNET_TRUTH_H

#include <stdbool.h>

#include "base/str.h"
#include "pure/portset.h"
#include "world.h"
#include "world/recio.h"

struct truth;

/* The scan type of that name (`prt-blast --list-types`), NULL when there is
 * none whose truth is known. */
const struct truth *truth_find(struct str name);
bool	truth_wants_ports(const struct truth *);
/* Writes a record for each address of the world's prefixes and each port: as
 * prt-listen --all reports them when nothing is lost, or only what is open or
 * up. Stops when the output fails, or `stop` is set. */
void	truth_write(const struct truth *, const struct world *,
	    const struct portset *, bool open, struct recout *);

#endif
