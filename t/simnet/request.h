/* A frame from the scanner, taken apart: what is asked, and of whom. */
#ifndef SIMNET_REQUEST_H
#define SIMNET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

enum request_kind {
	REQUEST_ARP,	/* who has `target`? */
	REQUEST_NS,
	REQUEST_TCP,
	REQUEST_UDP,
	REQUEST_ICMP,	/* and ICMPv6 */
};

struct request {
	enum request_kind	 kind;
	bool			 v6;
	uint8_t			 mac[6];	/* who sent the frame */
	u128			 src, dst;
	u128			 target;	/* ARP, NS */
	const uint8_t		*ip;		/* the packet, for quotes */
	size_t			 nip;
	size_t			 l4;		/* offset behind its IP header */
	uint16_t		 sport, dport;
	uint32_t		 seq, ack;	/* TCP */
	uint32_t		 seglen;	/* with SYN and FIN */
	uint8_t			 flags;
	const uint8_t		*options;	/* TCP */
	size_t			 noptions;
	uint8_t			 type, code;	/* ICMP */
	/* UDP: the payload; ICMP: what follows the checksum. */
	const uint8_t		*body;
	size_t			 nbody;
};

/* Takes apart an Ethernet frame of n bytes: 0, or -1 when it is malformed,
 * has a wrong checksum (unless `unsummed`: the sender left it to the card), is
 * a fragment or has IPv6 extension headers, or nobody here speaks its protocol.
 * Lengths in headers that go beyond the frame are malformed. RFC 791, 793, 768,
 * 792, 826, 8200, 4443, 4861. */
int	request_parse(struct request *, const uint8_t *frame, size_t n,
	    bool unsummed);

#endif
