/* A server's certificates: what they say, and what is wrong with them. */
#ifndef PRT_TLS_CERT_H
#define PRT_TLS_CERT_H

#include <stdint.h>

#include "meaning/record.h"
#include "port.h"
#include "world/verify.h"

/* How they are judged. */
struct cert_conf {
	int64_t		 now;		/* seconds since the epoch */
	int64_t		 soon;		/* expiring within so many seconds */
	struct verify	*verify;	/* or NULL: not asked */
};

/* Sets the fields, and appends to the list of issues. */
void	cert_report(struct record *, struct buf *issues, const struct port *,
	    const struct cert_conf *);

#endif
