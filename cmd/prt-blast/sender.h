/* From a probe's number to packets: templates, paths and the sending. */
#ifndef PRT_BLAST_SENDER_H
#define PRT_BLAST_SENDER_H

#include <stdint.h>

#include "meaning/scan.h"
#include "paths.h"
#include "pure/plan.h"
#include "world/tx.h"

#define SENDER_TYPES	16

struct sender {
	struct tx		*tx;
	struct paths		*paths;
	struct scan_params	 params;
	struct frame		 tmpl[SENDER_TYPES][2];	/* type, family */
	bool			 ready[SENDER_TYPES][2];
	/* ARP and NDP templates hold the interface's link address */
	int			 mac_of[SENDER_TYPES][2];
	uint64_t		 unreached;	/* probes without a way */
};

/* Queues every packet of a probe: how many there were (0: there is no way to
 * the address), or -1 after a message. */
int	sender_put(struct sender *, const struct plan_probe *,
	    unsigned attempt);
/* Sends what is queued: 0, or -1 after a message. */
int	sender_flush(struct sender *);

#endif
