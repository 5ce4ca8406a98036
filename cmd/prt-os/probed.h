/* A host's record, out of what it has answered to the probes. A program's own
 * header, no layer. */
#ifndef PRT_OS_PROBED_H
#define PRT_OS_PROBED_H

#include <stdbool.h>

#include "hosts.h"
#include "kinds.h"
#include "meaning/osprobe.h"
#include "meaning/record.h"
#include "verdict.h"

struct probed_conf {
	struct verdict	*verdict;
	/* What the answers to the scan show, where those to the probes do not
	 * name a system. */
	struct kinds	*kinds;
	bool		 uptime_guess;
};

/* Makes the record, with what else is known of the host (NULL: nothing), which has
 * to outlive it; false when the host has answered nothing. */
bool	probed_put(const struct probed_conf *, struct record *, u128 addr,
	    const struct osprobe_state *, const struct seen *);

#endif
