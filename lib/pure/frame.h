/* Packet templates: built once, patched for every probe. Layer 1.
 *
 * A template is an IP packet (or an ARP body) whose variable fields are zero
 * and whose checksums are kept as sums of host-order numbers, so that a probe
 * costs a copy and a few additions (RFC 1071, 2: sums add up in any order). */
#ifndef PRT_PURE_FRAME_H
#define PRT_PURE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

/* The longest template: IPv6, TCP with options, or a UDP header. */
#define FRAME_TEMPLATE	128
/* The longest packet that frame_put_*() makes. */
#define FRAME_MAX	1500
/* The longest UDP payload. */
#define FRAME_PAYLOAD	(FRAME_MAX - 40 - 8)

struct frame {
	uint8_t		bytes[FRAME_TEMPLATE];
	uint16_t	n;
	uint16_t	l4;	/* offset of what follows the IP header */
	bool		v6;
	uint64_t	ipsum;	/* of the IPv4 header */
	uint64_t	l4sum;	/* with the pseudo header but the addresses */
};

/* The fields that change from probe to probe. */
struct frame_vars {
	u128		src, dst;
	uint16_t	ip_id;	/* IPv4 */
	uint32_t	flow;	/* IPv6, 20 bits */
	uint16_t	sport, dport;
	uint32_t	seq, ack;
	uint16_t	echo_id, echo_seq;
};

/* Each builds a template: 0, or -1 when libnet failed. */
int	frame_tcp(struct frame *, bool v6, uint8_t ttl, uint8_t flags,
	    const uint8_t *options, size_t noptions);
int	frame_udp(struct frame *, bool v6, uint8_t ttl);
/* RFC 792 and 950: 8 (echo, its type for IPv6 is put in), 13 or 17. */
int	frame_icmp(struct frame *, bool v6, uint8_t ttl, uint8_t type);
/* RFC 826: a request's body, asked from `mac`. */
int	frame_arp(struct frame *, const uint8_t mac[6]);
/* RFC 4861, 4.3: a neighbour solicitation with our link address. */
int	frame_ns(struct frame *, const uint8_t mac[6]);

/* Each writes a whole packet to dst (room for FRAME_MAX) and returns its
 * length. */
size_t	frame_put_tcp(const struct frame *, uint8_t *dst,
	    const struct frame_vars *);
size_t	frame_put_udp(const struct frame *, uint8_t *dst,
	    const struct frame_vars *, const void *payload, size_t npayload);
size_t	frame_put_icmp(const struct frame *, uint8_t *dst,
	    const struct frame_vars *);
size_t	frame_put_arp(const struct frame *, uint8_t *dst,
	    const struct frame_vars *);
size_t	frame_put_ns(const struct frame *, uint8_t *dst,
	    const struct frame_vars *);

/* The solicited-node multicast address of an address (RFC 4291, 2.7.1), and
 * the Ethernet address of an IPv6 multicast group (RFC 2464, 7). */
u128	frame_solicited_node(u128 addr);
void	frame_multicast_mac(uint8_t mac[6], u128 group);

#endif
