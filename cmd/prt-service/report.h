/* From what was found out to the record, and the sums of it. */
#ifndef PRT_SERVICE_REPORT_H
#define PRT_SERVICE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "meaning/ports.h"
#include "meaning/record.h"
#include "port.h"

struct report_count {
	uint64_t	answered;	/* a byte at least came */
	uint64_t	identified;	/* a probe showed the service */
};

/* Nothing could be sent to it. */
bool	report_is_unsent(const struct port *);
/* Enriches the record that the port came from, and counts it. */
void	report_port(struct report_count *, struct record *,
	    const struct port *, const struct ports *, bool banner);
void	report_sum(const struct report_count *, struct record *);

#endif
