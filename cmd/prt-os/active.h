/* prt-os at work: records in, the same and one more for each host out. A
 * program's own header, no layer. */
#ifndef PRT_OS_ACTIVE_H
#define PRT_OS_ACTIVE_H

#include <stdbool.h>

#include "engine.h"
#include "hosts.h"
#include "meaning/record.h"
#include "pure/rangeset.h"
#include "world/recio.h"

struct active_conf {
	struct engine_conf	 engine;
	struct rangeset		 refused;	/* reserved: not asked */
	enum rec_format		 format;
	bool			 progress, strict;
	/* Makes a host's record out of what it has answered, and what else is
	 * known of it (NULL: nothing); false when it has answered nothing. */
	bool			(*report)(void *ctx, struct record *,
				    u128 addr, const struct osprobe_state *,
				    const struct seen *);
	void			*ctx;
};

/* Runs it, and closes stdout: an exit status. */
int	active_run(const struct active_conf *);

#endif
