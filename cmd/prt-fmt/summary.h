/* The end of a report: what the scans say of themselves, and whether they ran
 * to their end. A program's own header, no layer. */
#ifndef PRT_FMT_SUMMARY_H
#define PRT_FMT_SUMMARY_H

#include <stdbool.h>

#include "base/buf.h"
#include "report.h"

struct seen {
	unsigned long	hosts;		/* in the report */
	unsigned long	down;		/* left out of it */
	unsigned long	targets;	/* records without a result */
};

/* How many ports in that state the scans counted, when every scan of the report
 * was of one host; 0 when they do not say. */
uint64_t summary_count(const struct report *, struct str state);
/* Did the scans of the report run to their end? */
enum outcome {
	OUTCOME_UNKNOWN,	/* they do not say */
	OUTCOME_COMPLETE,
	OUTCOME_INCOMPLETE,	/* one at least did not */
};
enum outcome summary_outcome(const struct report *);
/* The largest number that a stat record has under a key; 0 when none has. */
uint64_t summary_most(const struct report *, const char *key);
/* The value of the last meta record of that kind that has the key. It points
 * into the report. */
struct str summary_value(const struct report *, const char *what,
	    const char *key);
/* When the scans of the report were at work, as far as it says. */
struct span {
	uint64_t	start, end;	/* seconds since the epoch, 0: unknown */
	struct str	seconds;	/* how long, or absent */
};
struct span summary_span(const struct report *);
/* For what has to name a time: now, when none is known. */
void	span_or_now(struct span *);
/* Adds the hosts that are down and have no record, as the scans counted them,
 * to seen.down. */
void	summary_fill_down(const struct report *, struct seen *);
/* "Nmap done at DATE -- 2 IP addresses (1 host up) scanned in 0.05 seconds" */
void	summary_done(struct buf *, const struct span *, const struct seen *);
void	summary_put(struct buf *, const struct report *, const struct seen *,
	    bool colour);

#endif
