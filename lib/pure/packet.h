/* What a received packet says, taken apart from hostile bytes. Layer 1. */
#ifndef PRT_PURE_PACKET_H
#define PRT_PURE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

enum packet_kind {
	PACKET_TCP,
	PACKET_UDP,
	PACKET_ICMP,	/* ICMPv4, any type */
	PACKET_ICMP6,	/* ICMPv6, any type but a neighbour advertisement */
	PACKET_ARP,	/* an ARP reply for Ethernet and IPv4 */
	PACKET_NA,	/* an ICMPv6 neighbour advertisement */
};

/* Ethertypes of the network layers that packet_dissect() knows. */
#define PACKET_ETH_IPV4	0x0800
#define PACKET_ETH_ARP	0x0806
#define PACKET_ETH_IPV6	0x86dd

#define TCP_FIN		0x01
#define TCP_SYN		0x02
#define TCP_RST		0x04
#define TCP_PSH		0x08
#define TCP_ACK		0x10
#define TCP_URG		0x20
#define TCP_ECE		0x40
#define TCP_CWR		0x80

/* The packet that an ICMP error quotes: the one we are said to have sent. */
struct packet_quote {
	bool		there;
	uint8_t		proto;		/* IPPROTO_* */
	uint8_t		icmp_type;
	u128		src, dst;
	uint16_t	ip_id;		/* IPv4 */
	uint32_t	flow;		/* IPv6 flow label */
	uint16_t	sport, dport;	/* TCP, UDP */
	uint32_t	seq;		/* TCP */
	uint16_t	echo_id, echo_seq;
};

struct packet {
	enum packet_kind kind;
	u128		 src, dst;	/* ARP: of its sender and target fields */
	uint8_t		 ttl;		/* or hop limit */
	uint16_t	 ip_id;		/* IPv4 */
	bool		 df;		/* IPv4: don't fragment */
	uint32_t	 flow;		/* IPv6 flow label */
	uint16_t	 sport, dport;	/* TCP, UDP */
	uint32_t	 seq, ack;	/* TCP */
	uint8_t		 flags;		/* TCP_* */
	uint16_t	 win;
	const uint8_t	*options;	/* TCP: points into the packet */
	size_t		 noptions;
	uint8_t		 type, code;	/* ICMP */
	uint16_t	 echo_id, echo_seq;
	const uint8_t	*payload;	/* UDP: points into the packet */
	size_t		 npayload;
	uint8_t		 mac[6];	/* ARP; NA with a target link address */
	bool		 has_mac;
	bool		 solicited;	/* NA */
	u128		 target;	/* NA */
	struct packet_quote quote;	/* ICMP errors */
};

/* Takes apart n bytes that start at the network header of that ethertype: 0,
 * or -1 when it is cut off before what we need, a fragment other than the
 * first, or of no kind listed above. Lengths in headers are believed only
 * within n. RFC 791, 793, 768, 792, 826, 8200, 4443, 4861. */
int	packet_dissect(struct packet *, unsigned ethertype, const void *,
	    size_t n);

#endif
