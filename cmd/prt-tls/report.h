/* From what a port showed to the record, what is wrong with it, and the sums. */
#ifndef PRT_TLS_REPORT_H
#define PRT_TLS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "meaning/record.h"
#include "port.h"
#include "world/verify.h"

/* How certificates are judged. */
struct report_conf {
	int64_t		 now;		/* seconds since the epoch */
	int64_t		 soon;		/* expiring within so many seconds */
	struct verify	*verify;	/* or NULL: not asked */
};

struct report_count {
	uint64_t	probes;		/* ports that were taken on */
	uint64_t	done;
	uint64_t	tls;		/* that speak TLS */
	uint64_t	certs;		/* that showed a certificate */
	uint64_t	open, closed, filtered;
	uint64_t	unreached;
	uint64_t	sent;
	uint64_t	seconds;	/* ns */
	bool		complete;
};

/* Nothing could be sent to it. */
bool	report_is_unsent(const struct port *);
/* Enriches the record that the port came from, and counts it. */
void	report_port(struct report_count *, struct record *, const struct port *,
	    const struct report_conf *);
void	report_stat(const struct report_count *, struct record *);

#endif
