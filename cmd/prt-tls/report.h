/* From what a port showed to the record, what is wrong with it, and the sums. */
#ifndef PRT_TLS_REPORT_H
#define PRT_TLS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "cert.h"
#include "meaning/record.h"
#include "port.h"

struct report_count {
	uint64_t	tls;		/* that speak TLS */
	uint64_t	certs;		/* that showed a certificate */
};

/* Nothing could be sent to it. */
bool	report_is_unsent(const struct port *);
/* Enriches the record that the port came from, and counts it. */
void	report_port(struct report_count *, struct record *, const struct port *,
	    const struct cert_conf *);
void	report_sum(const struct report_count *, struct record *);

#endif
