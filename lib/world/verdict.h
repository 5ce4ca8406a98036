/* From the outcome of a connect to a record's state and reason. Layer 3. */
#ifndef PRT_WORLD_VERDICT_H
#define PRT_WORLD_VERDICT_H

#include <stdbool.h>

#include "meaning/record.h"
#include "world/connect.h"

struct verdict {
	const char	*state;		/* nmap's words; NULL: nothing was sent */
	const char	*reason;
};

struct verdict verdict_of(const struct connect_outcome *);

/* What became of a port that was asked something. */
enum port_state {
	PORT_UNKNOWN,	/* no connection, and no word of why: the outcome tells */
	PORT_OPEN,
	PORT_REFUSED,
	PORT_SILENT,	/* UDP: no answer */
};

struct port_verdict {
	enum port_state	 state;
	bool		 udp;
	bool		 was_open;	/* an earlier stage says so */
	/* TCP, when it is not open; NULL: it was not asked */
	const struct connect_outcome *outcome;
};

/* Sets the state of the record to what the port is now, as far as that is news. */
void	verdict_set(struct record *, const struct port_verdict *);

#endif
