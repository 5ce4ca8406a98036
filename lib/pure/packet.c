#include "pure/packet.h"

#include <netinet/in.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/wire.h"

/* Extension headers in a row before we stop believing the packet. */
#define MAX_EXTENSIONS	8

struct ip {
	u128		src, dst;
	uint8_t		proto;
	uint8_t		ttl;
	uint16_t	id;
	bool		df;
	uint32_t	flow;
};

static u128
rd_addr(struct rd *r, bool v6)
{
	const uint8_t *p;

	if (!v6)
		return ADDR_V4(rd_be32(r));
	p = rd_bytes(r, 16);
	return p == NULL ? 0 : addr_from16(p);
}

/* RFC 791, 3.1. Link-layer padding behind the total length is cut off; a
 * total length beyond what is there is a snapped packet, or zero with
 * segmentation offload: use what there is. */
static int
read_ip4(struct rd *r, struct ip *ip)
{
	struct rd h = *r;
	uint8_t first = rd_u8(&h);
	size_t len = (size_t)(first & 15) * 4, total;
	uint16_t frag;

	if (first >> 4 != 4 || len < 20)
		return -1;
	rd_skip(&h, 1);
	total = rd_be16(&h);
	ip->id = rd_be16(&h);
	frag = rd_be16(&h);
	ip->df = frag >> 14 & 1;
	ip->ttl = rd_u8(&h);
	ip->proto = rd_u8(&h);
	rd_skip(&h, 2);
	ip->src = rd_addr(&h, false);
	ip->dst = rd_addr(&h, false);
	if (h.bad || (frag & 0x1fff) != 0)
		return -1;
	if (total >= len && total < r->n)
		r->n = total;
	rd_skip(r, len);
	return r->bad ? -1 : 0;
}

/* RFC 8200, 4: walks the extension headers that may precede an answer. */
static int
skip_extensions(struct rd *r, struct ip *ip)
{
	uint16_t frag;
	uint8_t next, len;
	int i;

	for (i = 0; i < MAX_EXTENSIONS; i++) {
		switch (ip->proto) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
			next = rd_u8(r);
			len = rd_u8(r);
			rd_skip(r, 6 + (size_t)len * 8);
			break;
		case IPPROTO_FRAGMENT:
			next = rd_u8(r);
			rd_skip(r, 1);
			frag = rd_be16(r);
			rd_skip(r, 4);
			if (frag >> 3 != 0)
				return -1;
			break;
		default:
			return r->bad ? -1 : 0;
		}
		ip->proto = next;
		if (r->bad)
			return -1;
	}
	return -1;
}

static int
read_ip6(struct rd *r, struct ip *ip)
{
	uint32_t first = rd_be32(r);
	size_t len = rd_be16(r);

	ip->flow = first & 0xfffff;
	ip->proto = rd_u8(r);
	ip->ttl = rd_u8(r);
	ip->src = rd_addr(r, true);
	ip->dst = rd_addr(r, true);
	if (r->bad || first >> 28 != 6)
		return -1;
	if (len != 0 && len < r->n)
		r->n = len;
	return skip_extensions(r, ip);
}

/* RFC 792: the quoted header and at least the first 8 bytes behind it. */
static void
read_quote(struct rd *r, bool v6, struct packet_quote *q)
{
	struct ip ip = { 0 };

	if ((v6 ? read_ip6(r, &ip) : read_ip4(r, &ip)) == -1)
		return;
	q->src = ip.src;
	q->dst = ip.dst;
	q->proto = ip.proto;
	q->ip_id = ip.id;
	q->flow = ip.flow;
	switch (ip.proto) {
	case IPPROTO_TCP:
		q->sport = rd_be16(r);
		q->dport = rd_be16(r);
		q->seq = rd_be32(r);
		break;
	case IPPROTO_UDP:
		q->sport = rd_be16(r);
		q->dport = rd_be16(r);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		q->icmp_type = rd_u8(r);
		rd_skip(r, 3);
		q->echo_id = rd_be16(r);
		q->echo_seq = rd_be16(r);
		break;
	default:
		return;
	}
	q->there = !r->bad;
}

/* RFC 9293, 3.1. What is cut off of the options is not there. */
static int
read_tcp(struct rd *r, struct packet *p)
{
	size_t len;

	p->kind = PACKET_TCP;
	p->sport = rd_be16(r);
	p->dport = rd_be16(r);
	p->seq = rd_be32(r);
	p->ack = rd_be32(r);
	len = (size_t)(rd_u8(r) >> 4) * 4;
	p->flags = rd_u8(r);
	p->win = rd_be16(r);
	if (r->bad)
		return -1;
	rd_skip(r, 4);
	if (!r->bad && len > 20) {
		p->options = r->p;
		p->noptions = len - 20 < r->n ? len - 20 : r->n;
	}
	return 0;
}

static int
read_udp(struct rd *r, struct packet *p)
{
	p->kind = PACKET_UDP;
	p->sport = rd_be16(r);
	p->dport = rd_be16(r);
	rd_skip(r, 4);
	if (r->bad)
		return -1;
	p->payload = r->p;
	p->npayload = r->n;
	return 0;
}

static int
read_icmp4(struct rd *r, struct packet *p)
{
	p->kind = PACKET_ICMP;
	p->type = rd_u8(r);
	p->code = rd_u8(r);
	rd_skip(r, 2);
	p->echo_id = rd_be16(r);
	p->echo_seq = rd_be16(r);
	if (r->bad)
		return -1;
	if (p->type == 3 || p->type == 11 || p->type == 12)
		read_quote(r, false, &p->quote);
	return 0;
}

/* RFC 4861, 4.4: the target, then options; the second type holds its MAC. */
static int
read_na(struct rd *r, struct packet *p, uint32_t flags)
{
	const uint8_t *mac;
	uint8_t type, len;

	p->kind = PACKET_NA;
	p->solicited = flags >> 30 & 1;
	p->target = rd_addr(r, true);
	if (r->bad || p->ttl != 255 || p->code != 0)
		return -1;
	while (r->n >= 8) {
		type = rd_u8(r);
		len = rd_u8(r);
		if (len == 0)
			return -1;
		mac = rd_bytes(r, (size_t)len * 8 - 2);
		if (mac != NULL && type == 2 && len == 1) {
			memcpy(p->mac, mac, 6);
			p->has_mac = true;
		}
	}
	return 0;
}

static int
read_icmp6(struct rd *r, struct packet *p)
{
	uint32_t word;

	p->kind = PACKET_ICMP6;
	p->type = rd_u8(r);
	p->code = rd_u8(r);
	rd_skip(r, 2);
	word = rd_be32(r);
	p->echo_id = (uint16_t)(word >> 16);
	p->echo_seq = (uint16_t)word;
	if (r->bad)
		return -1;
	if (p->type == 136)
		return read_na(r, p, word);
	if (p->type < 128)
		read_quote(r, true, &p->quote);
	return 0;
}

/* RFC 826, for Ethernet and IPv4; only replies. */
static int
read_arp(struct rd *r, struct packet *p)
{
	static const uint8_t want[8] = { 0, 1, 8, 0, 6, 4, 0, 2 };
	const uint8_t *head = rd_bytes(r, 8), *mac = rd_bytes(r, 6);

	if (head == NULL || mac == NULL || memcmp(head, want, 8) != 0)
		return -1;
	p->kind = PACKET_ARP;
	memcpy(p->mac, mac, 6);
	p->has_mac = true;
	p->src = rd_addr(r, false);
	rd_skip(r, 6);
	p->dst = rd_addr(r, false);
	return r->bad ? -1 : 0;
}

int
packet_dissect(struct packet *p, unsigned ethertype, const void *bytes,
    size_t n)
{
	struct rd r = rd_of(bytes, n);
	struct ip ip = { 0 };
	bool v6 = ethertype == PACKET_ETH_IPV6;

	memset(p, 0, sizeof(*p));
	if (ethertype == PACKET_ETH_ARP)
		return read_arp(&r, p);
	if (!v6 && ethertype != PACKET_ETH_IPV4)
		return -1;
	if ((v6 ? read_ip6(&r, &ip) : read_ip4(&r, &ip)) == -1)
		return -1;
	p->src = ip.src;
	p->dst = ip.dst;
	p->ttl = ip.ttl;
	p->ip_id = ip.id;
	p->df = ip.df;
	p->flow = ip.flow;
	if (ip.proto == IPPROTO_TCP)
		return read_tcp(&r, p);
	if (ip.proto == IPPROTO_UDP)
		return read_udp(&r, p);
	if (ip.proto == IPPROTO_ICMP && !v6)
		return read_icmp4(&r, p);
	if (ip.proto == IPPROTO_ICMPV6 && v6)
		return read_icmp6(&r, p);
	return -1;
}
