/* What a result is about, and the order of results in reports: by address, IPv4
 * first, the host's own records before its ports, then by protocol and port.
 * Layer 2. */
#ifndef PRT_MEANING_RESKEY_H
#define PRT_MEANING_RESKEY_H

#include <stdint.h>

#include "base/num.h"
#include "meaning/record.h"

enum { RESKEY_HOST = 0, RESKEY_OTHER = 255 };

struct reskey {
	u128		addr;
	uint16_t	port;
	uint8_t		proto;	/* RESKEY_HOST, then tcp, udp, sctp, ip */
};

/* The key of a data record with a state: NULL, or what keeps it from being about
 * one address and one port, and the mend. */
const char *reskey_of(struct reskey *, const struct record *);
/* Less than, equal to or greater than 0. */
int	reskey_cmp(const struct reskey *, const struct reskey *);

#endif
