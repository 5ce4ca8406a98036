#include "request.h"

#include <netinet/in.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/checksum.h"
#include "pure/packet.h"
#include "pure/wire.h"


/* The checksum of all of r, and of the pseudo header: does it hold? */
static bool
sum_holds(const struct request *q, const struct rd *r, uint8_t proto)
{
	uint8_t tail[4] = { 0, proto };
	uint64_t sum = 0;

	if (proto != IPPROTO_ICMP) {
		wr_be16(tail + 2, (uint16_t)r->n);
		sum = checksum_add(0, tail, sizeof(tail));
		sum = q->v6 ? checksum_add(sum, q->ip + 8, 32) :
		    checksum_add(sum, q->ip + 12, 8);
	}
	return checksum_fold(checksum_add(sum, r->p, r->n)) == 0;
}

static int
read_ip4(struct request *q, struct rd *r, uint8_t *proto)
{
	struct rd h = *r;
	uint8_t first = rd_u8(&h);
	size_t len = (size_t)(first & 15) * 4, total;

	rd_skip(&h, 1);
	total = rd_be16(&h);
	rd_skip(&h, 2);
	if (first >> 4 != 4 || len < 20 || (rd_be16(&h) & 0x3fff) != 0)
		return -1;
	rd_skip(&h, 1);
	*proto = rd_u8(&h);
	rd_skip(&h, 2);
	q->src = ADDR_V4(rd_be32(&h));
	q->dst = ADDR_V4(rd_be32(&h));
	if (h.bad || total < len || total > r->n ||
	    checksum_fold(checksum_add(0, r->p, len)) != 0)
		return -1;
	q->ip = r->p;
	q->nip = r->n = total;
	q->l4 = len;
	rd_skip(r, len);
	return r->bad ? -1 : 0;
}

static int
read_ip6(struct request *q, struct rd *r, uint8_t *proto)
{
	const uint8_t *start = r->p, *src, *dst;
	size_t len;

	if (rd_be32(r) >> 28 != 6)
		return -1;
	len = rd_be16(r);
	*proto = rd_u8(r);
	rd_skip(r, 1);
	src = rd_bytes(r, 16);
	dst = rd_bytes(r, 16);
	if (dst == NULL || len > r->n)
		return -1;
	r->n = len;
	q->src = addr_from16(src);
	q->dst = addr_from16(dst);
	q->ip = start;
	q->nip = 40 + len;
	q->l4 = 40;
	return 0;
}

static int
read_tcp(struct request *q, struct rd *r)
{
	size_t n = r->n, len;

	q->kind = REQUEST_TCP;
	q->sport = rd_be16(r);
	q->dport = rd_be16(r);
	q->seq = rd_be32(r);
	q->ack = rd_be32(r);
	len = (size_t)(rd_u8(r) >> 4) * 4;
	q->flags = rd_u8(r);
	rd_skip(r, 6);
	if (r->bad || len < 20 || len > n)
		return -1;
	q->options = r->p;
	q->noptions = len - 20;
	q->seglen = (uint32_t)(n - len) + !!(q->flags & TCP_SYN) +
	    !!(q->flags & TCP_FIN);
	return 0;
}

static int
read_udp(struct request *q, struct rd *r)
{
	size_t n = r->n;

	q->kind = REQUEST_UDP;
	q->sport = rd_be16(r);
	q->dport = rd_be16(r);
	if (rd_be16(r) != n)
		return -1;
	rd_skip(r, 2);
	q->body = r->p;
	q->nbody = r->n;
	return r->bad ? -1 : 0;
}

/* RFC 4861, 4.3 and 7.1.1: a solicitation from the link, of one address. */
static int
read_ns(struct request *q, struct rd *r)
{
	const uint8_t *target;

	rd_skip(r, 4);
	target = rd_bytes(r, 16);
	if (target == NULL || q->ip[7] != 255 || q->code != 0 || q->src == 0)
		return -1;
	q->kind = REQUEST_NS;
	q->target = addr_from16(target);
	return 0;
}

static int
read_icmp(struct request *q, struct rd *r)
{
	q->kind = REQUEST_ICMP;
	q->type = rd_u8(r);
	q->code = rd_u8(r);
	rd_skip(r, 2);
	if (r->bad)
		return -1;
	if (q->v6 && q->type == 135)
		return read_ns(q, r);
	q->body = r->p;
	q->nbody = r->n;
	return 0;
}

/* RFC 768: no checksum is a zero; RFC 8200, 8.1: not in IPv6. */
static bool
has_no_sum(const struct request *q, const struct rd *r, uint8_t proto)
{
	return proto == IPPROTO_UDP && !q->v6 && r->n >= 8 && r->p[6] == 0 &&
	    r->p[7] == 0;
}

static int
read_ip(struct request *q, struct rd *r, bool unsummed)
{
	uint8_t proto = 0;

	if ((q->v6 ? read_ip6(q, r, &proto) : read_ip4(q, r, &proto)) == -1)
		return -1;
	if (!unsummed && !has_no_sum(q, r, proto) &&
	    !sum_holds(q, r, proto))
		return -1;
	if (proto == IPPROTO_TCP)
		return read_tcp(q, r);
	if (proto == IPPROTO_UDP)
		return read_udp(q, r);
	if (proto == (q->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return read_icmp(q, r);
	return -1;
}

/* RFC 826: a question, over Ethernet, for an IPv4 address. */
static int
read_arp(struct request *q, struct rd *r)
{
	static const uint8_t want[8] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	const uint8_t *head = rd_bytes(r, 8), *mac = rd_bytes(r, 6);

	if (head == NULL || mac == NULL || memcmp(head, want, 8) != 0)
		return -1;
	q->kind = REQUEST_ARP;
	memcpy(q->mac, mac, 6);
	q->src = ADDR_V4(rd_be32(r));
	rd_skip(r, 6);
	q->target = ADDR_V4(rd_be32(r));
	return r->bad ? -1 : 0;
}

int
request_parse(struct request *q, const uint8_t *frame, size_t n,
    bool unsummed)
{
	struct rd r = rd_of(frame, n);
	const uint8_t *mac;

	rd_skip(&r, 6);
	mac = rd_bytes(&r, 6);
	if (mac == NULL)
		return -1;
	memcpy(q->mac, mac, 6);
	q->v6 = false;
	switch (rd_be16(&r)) {
	case PACKET_ETH_ARP:
		return read_arp(q, &r);
	case PACKET_ETH_IPV6:
		q->v6 = true;
		/* FALLTHROUGH */
	case PACKET_ETH_IPV4:
		return read_ip(q, &r, unsummed);
	default:
		return -1;
	}
}
