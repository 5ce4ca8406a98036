/* What the database makes of a fingerprint, in the words of a record. The
 * program's own, no layer. */
#ifndef PRT_OS_VERDICT_H
#define PRT_OS_VERDICT_H

#include <stdbool.h>

#include "meaning/osdb.h"
#include "meaning/osevidence.h"
#include "meaning/osfp.h"
#include "meaning/record.h"

struct verdict_conf {
	unsigned	limit;		/* systems in os_matches=, at most */
	bool		guess;		/* also such as hardly match */
	bool		fingerprint;	/* os_fp= even when one matches */
	/* Fingerprints are of what was seen in passing: the few tests that they
	 * have decide, and os_fp= is never said. */
	bool		passive;
};

/* Of one thread. */
struct verdict;

/* The database must outlive it, unchanged. NULL when out of memory. */
struct verdict *verdict_new(const struct osdb *, const struct verdict_conf *);
void	verdict_free(struct verdict *);
/* Sets in a host's record what system it is (os= and its like, os_conf=,
 * os_method=fingerprint), how far away (distance=, by the fingerprint's SCAN
 * line), and the fingerprint itself when it is wanted or none matches. What the
 * record said of these before is taken out. No system is surer than `most`
 * percent. True when one is named. */
bool	verdict_put(struct verdict *, const struct osfp *, unsigned most,
	    struct record *);

/* Weighs what services have said beside it, in the record that it was put in. */
void	verdict_weigh(const struct verdict *, const struct osevidence *,
	    struct record *);
/* Is it the family of a system that the last verdict_put() named? */
bool	verdict_has(const struct verdict *, const char *family);

#endif
