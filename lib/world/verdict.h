/* From the outcome of a connect to a record's state and reason. Layer 3. */
#ifndef PRT_WORLD_VERDICT_H
#define PRT_WORLD_VERDICT_H

#include "world/connect.h"

struct verdict {
	const char	*state;		/* nmap's words; NULL: nothing was sent */
	const char	*reason;
};

struct verdict verdict_of(const struct connect_outcome *);

#endif
