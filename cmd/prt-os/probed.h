/* A host's record, out of what it has answered to the probes. A program's own
 * header, no layer. */
#ifndef PRT_OS_PROBED_H
#define PRT_OS_PROBED_H

#include <stdbool.h>

#include "meaning/osprobe.h"
#include "meaning/record.h"
#include "verdict.h"

struct probed_conf {
	struct verdict	*verdict;
	bool		 uptime_guess;
};

/* Makes the record; false when the host has answered nothing. `said`: by its
 * services, or NULL. */
bool	probed_put(const struct probed_conf *, struct record *, u128 addr,
	    const struct osprobe_state *, const struct osevidence *said);

#endif
