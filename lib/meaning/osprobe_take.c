/* The answers to the probes: read from hostile bytes, and believed only when they
 * repeat what only who got the probe can know. RFC 791, 8200, 9293, 792, 4443. */
#include <netinet/in.h>
#include <string.h>

#include "meaning/osprobe.h"
#include "meaning/osprobe_priv.h"
#include "pure/addr.h"
#include "pure/checksum.h"
#include "pure/packet.h"
#include "pure/wire.h"

#define IP4_LEN		20
#define IP6_LEN		40
#define DF		0x4000
#define FRAGMENT	0x3fff	/* offset, and more of them to come */
/* How far behind our number an answer's may be: SYN and FIN count. */
#define BEHIND		3

struct ip {
	u128		src, dst;
	uint16_t	len;		/* of the whole packet, as it says */
	uint16_t	id;
	uint8_t		ttl, proto;
	bool		df;
	bool		sum;		/* the header's checksum holds */
	uint16_t	csum;
};

static u128
rd_addr6(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 16);

	return p == NULL ? 0 : addr_from16(p);
}

static int
read_ip4(struct rd *r, struct ip *ip)
{
	const uint8_t *start = r->p;
	uint8_t first = rd_u8(r);
	size_t len = (size_t)(first & 15) * 4;
	uint16_t frag;

	rd_skip(r, 1);
	ip->len = rd_be16(r);
	ip->id = rd_be16(r);
	frag = rd_be16(r);
	ip->ttl = rd_u8(r);
	ip->proto = rd_u8(r);
	ip->csum = rd_be16(r);
	ip->src = ADDR_V4(rd_be32(r));
	ip->dst = ADDR_V4(rd_be32(r));
	if (first >> 4 != 4 || len < IP4_LEN || (frag & FRAGMENT) != 0)
		return -1;
	rd_skip(r, len - IP4_LEN);
	if (r->bad)
		return -1;
	ip->df = (frag & DF) != 0;
	ip->sum = checksum_fold(checksum_add(0, start, len)) == 0;
	return (int)len;
}

static int
read_ip6(struct rd *r, struct ip *ip)
{
	uint32_t first = rd_be32(r);

	ip->len = (uint16_t)(IP6_LEN + rd_be16(r));
	ip->proto = rd_u8(r);
	ip->ttl = rd_u8(r);
	ip->src = rd_addr6(r);
	ip->dst = rd_addr6(r);
	return r->bad || first >> 28 != 6 ? -1 : IP6_LEN;
}

/* The header of a packet, or of one that is quoted: r is then at what follows
 * it. 0, or -1. */
static int
read_ip(struct rd *r, bool v6, struct ip *ip)
{
	*ip = (struct ip){ 0 };
	return (v6 ? read_ip6(r, ip) : read_ip4(r, ip)) == -1 ? -1 : 0;
}

/* CRC-32 of IEEE 802.3 (ISO 3309, as in RFC 1952, 8). */
static uint32_t
crc32_of(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffff;
	unsigned k;

	for (; n > 0; n--) {
		c ^= *p++;
		for (k = 0; k < 8; k++)
			c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
	}
	return ~c;
}

/* ---- a reply ---- */

/* Puts a reply in its place when it is the first: what osprobe_take() returns. */
static int
keep(struct osprobe_state *st, enum osprobe p, unsigned try,
    const struct osprobe_reply *got)
{
	struct osprobe_reply *r = osprobe_reply(st, p, try);
	uint64_t sent = r->sent;
	bool first;

	/* of the SYNs each round counts by itself */
	first = st->took[p] == 0 || (p <= OSPROBE_S6 && r->time == 0);
	if (!first || sent == 0)
		return -1;
	*r = *got;
	r->sent = sent;
	if (st->took[p] == 0)
		st->took[p] = (uint8_t)(try + 1);
	return (int)p;
}

static void
from_ip(struct osprobe_reply *r, const struct ip *ip, uint64_t now)
{
	*r = (struct osprobe_reply){ .time = now, .len = ip->len,
	    .ip_id = ip->id, .ttl = ip->ttl, .df = ip->df };
}

/* ---- TCP ---- */

static bool
is_near(uint32_t got, uint32_t sent)
{
	return got - sent <= BEHIND;
}

/* A SYN-ACK acknowledges our SYN; anything else does, or starts where our ACK
 * pointed, or repeats our numbers in some way of its own. */
static bool
proves(enum osprobe p, const struct osprobe_secret *s,
    const struct osprobe_reply *r)
{
	if (p <= OSPROBE_ECN)
		return r->flags & TCP_ACK && r->ack == s->seq + 1;
	return is_near(r->ack, s->seq) || is_near(r->seq, s->ack);
}

/* The port that a try took for closed is open: what it has answered is forgotten,
 * and the next try is another's. */
static void
forget_closed(struct osprobe_state *st, unsigned try)
{
	unsigned p;

	st->not_closed |= (uint8_t)(1 << try);
	for (p = OSPROBE_T5; p <= OSPROBE_T7; p++)
		if (st->took[p] == try + 1) {
			st->took[p] = 0;
			osprobe_reply(st, p, try)->time = 0;
		}
}

/* Is a port what it was taken for? */
static bool
is_expected(struct osprobe_state *st, enum osprobe p, unsigned try,
    const struct osprobe_reply *r)
{
	bool opens = (r->flags & (TCP_SYN | TCP_ACK | TCP_RST)) ==
	    (TCP_SYN | TCP_ACK);

	if (p <= OSPROBE_ECN) {
		if (r->flags & TCP_RST)
			st->not_open = true;
		return opens;
	}
	if (p == OSPROBE_T5 && opens)
		forget_closed(st, try);
	return p < OSPROBE_T5 || (st->not_closed >> try & 1) == 0;
}

static int
take_tcp(struct osprobe_state *st, const struct ip *ip, struct rd *r,
    uint64_t now, unsigned *try)
{
	size_t n = r->n, len;
	uint16_t sport = rd_be16(r), dport = rd_be16(r);
	struct osprobe_reply got;
	struct osprobe_secret s;
	const uint8_t *options;
	enum osprobe p;
	uint8_t off;

	if (osprobe_of_port(&st->host, dport, false, &p, try) == -1)
		return -1;
	osprobe_secret(&s, &st->host, p, *try);
	from_ip(&got, ip, now);
	got.seq = rd_be32(r);
	got.ack = rd_be32(r);
	off = rd_u8(r);
	got.flags = rd_u8(r);
	got.win = rd_be16(r);
	rd_skip(r, 2);
	got.urgent = rd_be16(r);
	len = (size_t)(off >> 4) * 4;
	if (r->bad || sport != s.dport || len < 20 || len > n)
		return -1;
	got.reserved = off & 15;
	got.noptions = (uint8_t)(len - 20);
	options = rd_bytes(r, len - 20);
	if (options != NULL && got.noptions > 0)
		memcpy(got.option, options, got.noptions);
	if (got.flags & TCP_RST && r->n > 0)
		got.data = crc32_of(r->p, r->n);
	if (!proves(p, &s, &got) || !is_expected(st, p, *try, &got))
		return -1;
	return keep(st, p, *try, &got);
}

/* ---- ICMP ---- */

static int
take_echo(struct osprobe_state *st, const struct ip *ip, struct rd *r,
    uint8_t code, uint64_t now, unsigned *try)
{
	uint16_t id = rd_be16(r), seq = rd_be16(r);
	struct osprobe_secret s;
	struct osprobe_reply got;
	enum osprobe p = seq == OSPROBE_ECHO ? OSPROBE_IE1 : OSPROBE_IE2;

	if (r->bad || (p == OSPROBE_IE2 && seq != OSPROBE_ECHO + 1))
		return -1;
	for (*try = 0; *try < OSPROBE_TRIES; ++*try) {
		osprobe_secret(&s, &st->host, p, *try);
		if (s.echo_id == id)
			break;
	}
	if (*try == OSPROBE_TRIES)
		return -1;
	from_ip(&got, ip, now);
	got.code = code;
	return keep(st, p, *try, &got);
}

/* What comes back of the UDP probe, from its ports on. */
static void
read_datagram(struct osprobe_reply *got, struct rd *r)
{
	rd_skip(r, 2);
	got->qsum = rd_be16(r);
	got->qudp = !r->bad;
	got->qdata = true;
	while (!r->bad && r->n > 0)
		if (rd_u8(r) != 'C')
			got->qdata = false;
}

/* RFC 792: an error quotes what it is about; ours has our secrets in it. */
static int
take_error(struct osprobe_state *st, const struct ip *ip, struct rd *r,
    bool v6, uint8_t type, uint8_t code, uint64_t now, unsigned *try)
{
	struct osprobe_reply got;
	struct osprobe_secret s;
	struct ip quoted;
	uint16_t sport, dport;
	enum osprobe p;
	bool udp;

	from_ip(&got, ip, now);
	got.code = code;
	got.unused = rd_be32(r);
	if (read_ip(r, v6, &quoted) == -1 || quoted.src != st->host.src ||
	    quoted.dst != st->host.dst)
		return -1;
	udp = quoted.proto == IPPROTO_UDP;
	if (!udp && quoted.proto != IPPROTO_TCP)
		return -1;
	sport = rd_be16(r);
	dport = rd_be16(r);
	if (osprobe_of_port(&st->host, sport, udp, &p, try) == -1)
		return -1;
	osprobe_secret(&s, &st->host, p, *try);
	if (dport != s.dport || r->bad || (!udp && rd_be32(r) != s.seq))
		return -1;
	if (!udp || type != (v6 ? 1 : 3) || code != (v6 ? 4 : 3)) {
		/* somebody forbids it: to ask again is of no use */
		st->refused++;
		st->tries[p] = OSPROBE_TRIES;
		return -1;
	}
	got.qlen = quoted.len;
	got.qid = quoted.id;
	got.qttl = quoted.ttl;
	got.qvalid = quoted.sum;
	got.qzero = quoted.csum == 0;
	read_datagram(&got, r);
	return keep(st, p, *try, &got);
}

static int
take_icmp(struct osprobe_state *st, const struct ip *ip, struct rd *r, bool v6,
    uint64_t now, unsigned *try)
{
	uint8_t type = rd_u8(r), code = rd_u8(r);

	rd_skip(r, 2);
	if (type == (v6 ? 129 : 0))
		return take_echo(st, ip, r, code, now, try);
	if (v6 ? type == 1 : type == 3)
		return take_error(st, ip, r, v6, type, code, now, try);
	return -1;
}

int
osprobe_take(struct osprobe_state *st, const void *bytes, size_t n,
    uint64_t now, unsigned *try)
{
	bool v6 = !addr_is4(st->host.dst);
	struct rd r = rd_of(bytes, n);
	struct ip ip;

	if (read_ip(&r, v6, &ip) == -1 || ip.src != st->host.dst ||
	    ip.dst != st->host.src)
		return -1;
	/* what the link has padded is not the packet's */
	if (ip.len > n - r.n && ip.len - (n - r.n) < r.n)
		r.n = ip.len - (n - r.n);
	if (ip.proto == IPPROTO_TCP)
		return take_tcp(st, &ip, &r, now, try);
	if (ip.proto == (v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
		return take_icmp(st, &ip, &r, v6, now, try);
	return -1;
}
