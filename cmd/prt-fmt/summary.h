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
void	summary_put(struct buf *, const struct report *, const struct seen *,
	    bool colour);

#endif
