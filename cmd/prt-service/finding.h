/* What is known about a service so far, kept beyond the next match. */
#ifndef PRT_SERVICE_FINDING_H
#define PRT_SERVICE_FINDING_H

#include <stdbool.h>

#include "meaning/record.h"
#include "meaning/svcmatch.h"

enum finding_how {
	FOUND_NOTHING,
	FOUND_SOFT,
	FOUND_HARD,
	FOUND_WRAPPED,		/* closed at once, without a word */
	FOUND_TLS,		/* TLS, and nothing said inside */
};

/* Zero-initialised is nothing. */
struct finding {
	enum finding_how how;
	const char	*name;	/* of the line's service, as in the database */
	char		*mem;
	struct str	 service, product, version, info, hostname, os, device;
	struct str	 cpe[SVC_CPES];
	unsigned	 ncpe;
};

/* Copies what was found: 0, or -1 when out of memory. */
int	finding_keep(struct finding *, const struct svc_found *);
void	finding_release(struct finding *);
/* Sets the fields of a record, and takes off those that an earlier run set and
 * this one does not know. `table` is the name that the port usually has, p ==
 * NULL for none. */
void	finding_put(const struct finding *, struct record *, struct str table,
	    bool tls);

#endif
