/* What a scan has seen of a host anyway, as a part of the fingerprint of its IP
 * stack. Layer 2.
 *
 * A SYN/ACK is the answer to the first of the sixteen probes, but for the order
 * in which that offers its options; a RST to a SYN is the answer to T5. They
 * give attributes of the same meaning, so the same database names them. */
#ifndef PRT_MEANING_OSPASSIVE_H
#define PRT_MEANING_OSPASSIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "meaning/osfp.h"
#include "meaning/record.h"
#include "pure/tcpopt.h"

enum { OSPASSIVE_OPEN, OSPASSIVE_CLOSED };	/* SYN/ACK, RST */

/* Identifications of the answers of one kind, in their order. */
struct ospassive_ids {
	uint16_t	last;
	uint16_t	most;		/* the greatest step between two */
	uint8_t		n;		/* 255: that, or more */
	uint8_t		zeros;		/* of them */
};

/* What was seen of a host; zero-initialised is nothing. */
struct ospassive {
	struct ospassive_ids	ids[2];
	uint16_t		win[2], mss;
	uint8_t			ttl[2];		/* 0: no such answer */
	bool			df[2];
	bool			v6;
	bool			has_mss, has_scale;
	bool			offered;	/* all options, by the probe */
	/* SYN/ACKs that one stack would not send: ports are forwarded. */
	bool			mixed;
	uint8_t			scale;
	char			options[TCPOPT_ORDER];
};
_Static_assert(sizeof(struct ospassive) == 28 + TCPOPT_ORDER,
    "padding would make equal ones differ");

/* Takes a result of TCP with the fields of prt-listen(1). It changes nothing,
 * and returns false, when the record is none, or an answer by somebody else. */
bool	ospassive_take(struct ospassive *, const struct record *, bool v6);
/* The links between here and the host, by the least initial TTL that the answers
 * may have had: 1 on the same link. 0 when nothing was seen. */
unsigned ospassive_distance(const struct ospassive *);
/* How much of what tells systems apart was seen, in percent: it is never all of
 * it. */
unsigned ospassive_weight(const struct ospassive *);
/* Takes away what says nothing of the system: the length and the MTU of the way
 * to it, and the very identifications. What is left is equal, byte for byte, for
 * hosts that ospassive_read() reads alike. */
void	ospassive_plain(struct ospassive *);
/* The attributes that it makes, of one that was made plain. */
void	ospassive_read(const struct ospassive *, struct osfp *);

#endif
