/* From a probe's number to packets: what one thread sends with. */
#ifndef PRT_BLAST_SENDER_H
#define PRT_BLAST_SENDER_H

#include <stdint.h>

#include "legs.h"
#include "meaning/scan.h"
#include "pure/plan.h"
#include "world/neigh.h"
#include "world/tx.h"

#define SENDER_TYPES	32

struct sender {
	struct tx		*tx;
	const struct neigh	*neigh;
	void			*live;	/* state of "xdp-live", or NULL */
	const char		*file;	/* packets go there, NULL: out */
	struct scan_params	 params;
	struct frame		 tmpl[SENDER_TYPES][2];	/* type, family */
	bool			 ready[SENDER_TYPES][2];
	/* ARP and NDP templates hold the interface's link address */
	int			 mac_of[SENDER_TYPES][2];
};

/* Queues every packet of probe i: how many there were (0: there is no way to
 * the address), or -1 after a message. */
int	sender_put(struct sender *, const struct plan *, const struct legs *,
	    uint64_t i, unsigned attempt);
/* Says, with errno, that nothing can be sent: -1. */
int	sender_fail(const struct sender *);
/* Sends what is queued: 0, or -1 after a message. */
int	sender_flush(struct sender *);

#endif
