/* Results as records, and the sums at the end. */
#ifndef PRT_LISTEN_REPORT_H
#define PRT_LISTEN_REPORT_H

#include "judge.h"
#include "world/recio.h"

enum report_what {
	REPORT_ANSWERS,	/* what the target itself answered */
	REPORT_OPEN,	/* open ports and hosts up */
	REPORT_ALL,	/* filtered, silent and down too */
};

enum report_state {
	STATE_OPEN, STATE_CLOSED, STATE_FILTERED, STATE_UNFILTERED,
	STATE_OPEN_FILTERED, STATE_UP, STATE_DOWN, NSTATES
};

struct report {
	enum report_what	 what;
	struct recout		*out;
	struct record		 rec;
	enum scan_offer		 offer;		/* of the SYN probes */
	uint64_t		 count[NSTATES];
	uint64_t		 suspects;	/* suspects.h */
	uint64_t		 timeouts;	/* hosts that took too long */
};

/* Writes ->rec, which is about this address, once for each of its names; port -1
 * for the host itself. */
void	report_put(struct report *, const struct batch *, u128 addr,
	    int32_t port);

/* Writes a result, if it is wanted, once for each name of the address. */
void	report_result(struct report *, const struct result *);
/* What silence says of the probes of a batch that nobody answered. */
void	report_silent(struct report *, struct batch *);
/* Sets the sums in a record. */
void	report_counts(const struct report *, struct record *);
void	report_release(struct report *);

#endif
