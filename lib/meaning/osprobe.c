#include "meaning/osprobe.h"

#include <netinet/in.h>
#include <string.h>

#include "meaning/osprobe_priv.h"
#include "pure/addr.h"
#include "pure/checksum.h"
#include "pure/packet.h"
#include "pure/siphash.h"
#include "pure/wire.h"

#define IP4_LEN		20
#define IP6_LEN		40
#define TCP_LEN		20
#define DF		0x4000
/* The reserved bits of the ECN probe, and its urgent pointer. */
#define ECN_RESERVED	0x08
#define ECN_URGENT	0xf7f5
/* The source ports: UDP, where little else proves an answer, has most of them;
 * TCP has a few for each probe and try. */
#define UDP_PORTS	512
#define TCP_PORTS	16
#define TCP_BASE	(OSPROBE_PORT + OSPROBE_TRIES * UDP_PORTS)
/* Ports that are guessed to be closed: above what services are registered for,
 * and where few systems choose their own ports from. */
#define GUESS_BASE	40000
#define GUESS_PORTS	8192

struct options {
	uint8_t	n;
	uint8_t	p[20];
};

/* kind 3 window scale, 2 maximum segment size, 8 timestamp (all ones, 0), 4
 * selective acknowledgements, 1 nothing, 0 the end: RFC 9293, 3.2, RFC 7323,
 * RFC 2018. */
static const struct options options_seq[OSPROBE_SEQ] = {
	{ 20, { 3, 3, 10, 1, 2, 4, 5, 0xb4, 8, 10, 255, 255, 255, 255, 0, 0, 0,
	    0, 4, 2 } },
	{ 20, { 2, 4, 5, 0x78, 3, 3, 0, 4, 2, 8, 10, 255, 255, 255, 255, 0, 0,
	    0, 0, 0 } },
	{ 20, { 8, 10, 255, 255, 255, 255, 0, 0, 0, 0, 1, 1, 3, 3, 5, 1, 2, 4,
	    2, 0x80 } },
	{ 16, { 4, 2, 8, 10, 255, 255, 255, 255, 0, 0, 0, 0, 3, 3, 10, 0 } },
	{ 20, { 2, 4, 2, 0x18, 4, 2, 8, 10, 255, 255, 255, 255, 0, 0, 0, 0, 3,
	    3, 10, 0 } },
	{ 16, { 2, 4, 1, 9, 4, 2, 8, 10, 255, 255, 255, 255, 0, 0, 0, 0 } },
};
static const struct options options_ecn = { 12, { 3, 3, 10, 1, 2, 4, 5, 0xb4, 4,
	2, 1, 1 } };
static const struct options options_t = { 20, { 3, 3, 10, 1, 2, 4, 1, 9, 8, 10,
	255, 255, 255, 255, 0, 0, 0, 0, 4, 2 } };
static const struct options options_t7 = { 20, { 3, 3, 15, 1, 2, 4, 1, 9, 8, 10,
	255, 255, 255, 255, 0, 0, 0, 0, 4, 2 } };

#define XMAS	(TCP_FIN | TCP_PSH | TCP_URG)

static const struct segment {
	uint8_t			 flags;
	bool			 df;
	uint16_t		 win;
	const struct options	*options;
} segments[OSPROBE_N] = {
	[OSPROBE_S1] = { TCP_SYN, false, 1, &options_seq[0] },
	[OSPROBE_S2] = { TCP_SYN, false, 63, &options_seq[1] },
	[OSPROBE_S3] = { TCP_SYN, false, 4, &options_seq[2] },
	[OSPROBE_S4] = { TCP_SYN, false, 4, &options_seq[3] },
	[OSPROBE_S5] = { TCP_SYN, false, 16, &options_seq[4] },
	[OSPROBE_S6] = { TCP_SYN, false, 512, &options_seq[5] },
	[OSPROBE_ECN] = { TCP_SYN | TCP_ECE | TCP_CWR, false, 3, &options_ecn },
	[OSPROBE_T2] = { 0, true, 128, &options_t },
	[OSPROBE_T3] = { XMAS | TCP_SYN, false, 256, &options_t },
	[OSPROBE_T4] = { TCP_ACK, true, 1024, &options_t },
	[OSPROBE_T5] = { TCP_SYN, false, 31337, &options_t },
	[OSPROBE_T6] = { TCP_ACK, true, 32768, &options_t },
	[OSPROBE_T7] = { XMAS, false, 65535, &options_t7 },
};

/* ---- secrets ---- */

static uint64_t
hash(const struct osprobe_host *h, enum osprobe p, unsigned try, unsigned what)
{
	const uint64_t words[3] = { (uint64_t)(h->dst >> 64), (uint64_t)h->dst,
	    (uint64_t)what << 32 | (uint64_t)p << 8 | try };

	return siphash(h->key, words, 3);
}

/* All probes of one try go to the same guess. */
static uint16_t
guess(const struct osprobe_host *h, unsigned try, bool udp)
{
	return (uint16_t)(GUESS_BASE + hash(h, udp ? OSPROBE_U1 : OSPROBE_T5,
	    try, 2) % GUESS_PORTS);
}

static uint16_t
target(const struct osprobe_host *h, enum osprobe p, unsigned try)
{
	if (p == OSPROBE_U1)
		return h->udp_guess ? guess(h, try, true) : h->udp;
	if (p >= OSPROBE_T5)
		return h->closed_guess ? guess(h, try, false) : h->closed;
	return h->open;
}

void
osprobe_secret(struct osprobe_secret *s, const struct osprobe_host *h,
    enum osprobe p, unsigned try)
{
	uint64_t a = hash(h, p, try, 0), b = hash(h, p, try, 1);

	*s = (struct osprobe_secret){ .dport = target(h, p, try),
	    .seq = (uint32_t)a, .ack = (uint32_t)(a >> 32) | 1 << 16,
	    .ip_id = (uint16_t)b | 1 };
	if (p == OSPROBE_ECN)
		s->ack = 0;
	if (p == OSPROBE_U1) {
		s->sport = (uint16_t)(OSPROBE_PORT + try * UDP_PORTS +
		    (b >> 16 & (UDP_PORTS - 1)));
		s->ip_id = OSPROBE_U1_ID;
	} else
		s->sport = (uint16_t)(TCP_BASE + (try * OSPROBE_N + p) *
		    TCP_PORTS + (b >> 16 & (TCP_PORTS - 1)));
	/* the second one's is the first one's and one more */
	s->echo_id = (uint16_t)(hash(h, OSPROBE_IE1, try, 3) +
	    (p == OSPROBE_IE2));
}

int
osprobe_of_port(const struct osprobe_host *h, uint16_t sport, bool udp,
    enum osprobe *p, unsigned *try)
{
	struct osprobe_secret s;
	unsigned at;

	if (sport < OSPROBE_PORT || sport >= OSPROBE_PORT + OSPROBE_NPORTS ||
	    udp != (sport < TCP_BASE))
		return -1;
	if (udp) {
		*p = OSPROBE_U1;
		*try = (unsigned)(sport - OSPROBE_PORT) / UDP_PORTS;
	} else {
		at = (unsigned)(sport - TCP_BASE) / TCP_PORTS;
		*p = at % OSPROBE_N;
		*try = at / OSPROBE_N;
	}
	if (*try >= OSPROBE_TRIES || (!udp && !osprobe_is_tcp(*p)))
		return -1;
	osprobe_secret(&s, h, *p, *try);
	return s.sport == sport ? 0 : -1;
}

struct osprobe_reply *
osprobe_reply(struct osprobe_state *st, enum osprobe p, unsigned try)
{
	return p <= OSPROBE_S6 ? &st->seq[try][p] : &st->other[p - OSPROBE_SEQ];
}

/* ---- packets ---- */

/* An IP header in front of n bytes: its length, and in *sum the pseudo
 * header's. */
static size_t
put_ip(const struct osprobe_host *h, uint8_t *dst, uint8_t proto, uint8_t tos,
    uint16_t id, bool df, size_t n, uint64_t *sum)
{
	uint8_t tail[4] = { 0, proto };
	uint16_t c;

	wr_be16(tail + 2, (uint16_t)n);
	if (!addr_is4(h->dst)) {
		wr_be32(dst, 6u << 28 | (uint32_t)tos << 20);
		wr_be16(dst + 4, (uint16_t)n);
		dst[6] = proto;
		dst[7] = OSPROBE_TTL;
		addr_to16(dst + 8, h->src);
		addr_to16(dst + 24, h->dst);
		*sum = checksum_add(checksum_add(0, dst + 8, 32), tail, 4);
		return IP6_LEN;
	}
	memset(dst, 0, IP4_LEN);
	dst[0] = 0x45;
	dst[1] = tos;
	wr_be16(dst + 2, (uint16_t)(IP4_LEN + n));
	wr_be16(dst + 4, id);
	wr_be16(dst + 6, df ? DF : 0);
	dst[8] = OSPROBE_TTL;
	dst[9] = proto;
	wr_be32(dst + 12, addr_v4(h->src));
	wr_be32(dst + 16, addr_v4(h->dst));
	c = checksum_fold(checksum_add(0, dst, IP4_LEN));
	memcpy(dst + 10, &c, 2);
	*sum = checksum_add(checksum_add(0, dst + 12, 8), tail, 4);
	return IP4_LEN;
}

static size_t
make_tcp(const struct osprobe_host *h, enum osprobe p,
    const struct osprobe_secret *s, uint8_t *dst)
{
	const struct segment *g = &segments[p];
	size_t n = TCP_LEN + g->options->n, ip;
	uint64_t sum;
	uint16_t c;
	uint8_t *t;

	ip = put_ip(h, dst, IPPROTO_TCP, 0, s->ip_id, g->df, n, &sum);
	t = dst + ip;
	memset(t, 0, TCP_LEN);
	wr_be16(t, s->sport);
	wr_be16(t + 2, s->dport);
	wr_be32(t + 4, s->seq);
	wr_be32(t + 8, s->ack);
	t[12] = (uint8_t)(n / 4 << 4 | (p == OSPROBE_ECN ? ECN_RESERVED : 0));
	t[13] = g->flags;
	wr_be16(t + 14, g->win);
	wr_be16(t + 18, p == OSPROBE_ECN ? ECN_URGENT : 0);
	memcpy(t + TCP_LEN, g->options->p, g->options->n);
	c = checksum_fold(checksum_add(sum, t, n));
	memcpy(t + 16, &c, 2);
	return ip + n;
}

static size_t
make_udp(const struct osprobe_host *h, const struct osprobe_secret *s,
    uint8_t *dst)
{
	size_t n = 8 + OSPROBE_U1_DATA, ip;
	uint64_t sum;
	uint16_t c;
	uint8_t *t;

	ip = put_ip(h, dst, IPPROTO_UDP, 0, s->ip_id, false, n, &sum);
	t = dst + ip;
	wr_be16(t, s->sport);
	wr_be16(t + 2, s->dport);
	wr_be16(t + 4, (uint16_t)n);
	wr_be16(t + 6, 0);
	memset(t + 8, 'C', OSPROBE_U1_DATA);
	c = checksum_fold(checksum_add(sum, t, n));
	/* RFC 768: a zero would say that there is none */
	if (c == 0)
		c = 0xffff;
	memcpy(t + 6, &c, 2);
	return ip + n;
}

static size_t
make_echo(const struct osprobe_host *h, enum osprobe p,
    const struct osprobe_secret *s, uint8_t *dst)
{
	bool second = p == OSPROBE_IE2, v6 = !addr_is4(h->dst);
	size_t n = 8 + (second ? 150 : 120), ip;
	uint64_t sum;
	uint16_t c;
	uint8_t *t;

	ip = put_ip(h, dst, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
	    second ? 4 : 0, s->ip_id, !second, n, &sum);
	t = dst + ip;
	memset(t, 0, n);
	t[0] = v6 ? 128 : 8;
	t[1] = second ? 0 : 9;
	wr_be16(t + 4, s->echo_id);
	wr_be16(t + 6, (uint16_t)(OSPROBE_ECHO + second));
	c = checksum_fold(checksum_add(v6 ? sum : 0, t, n));
	memcpy(t + 2, &c, 2);
	return ip + n;
}

size_t
osprobe_make(const struct osprobe_host *h, enum osprobe p, unsigned try,
    uint8_t *dst)
{
	struct osprobe_secret s;

	osprobe_secret(&s, h, p, try);
	if (p == OSPROBE_IE1 || p == OSPROBE_IE2)
		return make_echo(h, p, &s, dst);
	if (s.dport == 0)
		return 0;
	return p == OSPROBE_U1 ? make_udp(h, &s, dst) :
	    make_tcp(h, p, &s, dst);
}

uint16_t
osprobe_udp_sum(const struct osprobe_host *h, unsigned try)
{
	uint8_t p[OSPROBE_MAX];
	struct osprobe_secret s;
	struct rd r;

	osprobe_secret(&s, h, OSPROBE_U1, try);
	r = rd_of(p, make_udp(h, &s, p));
	rd_skip(&r, (addr_is4(h->dst) ? IP4_LEN : IP6_LEN) + 6);
	return rd_be16(&r);
}

/* ---- what was sent ---- */

unsigned
osprobe_sent(struct osprobe_state *st, enum osprobe p, uint64_t now)
{
	unsigned try = st->tries[p];

	if (try >= OSPROBE_TRIES)
		try = OSPROBE_TRIES - 1;
	else
		st->tries[p]++;
	osprobe_reply(st, p, try)->sent = now;
	return try;
}

bool
osprobe_answered(const struct osprobe_state *st, enum osprobe p)
{
	return st->took[p] != 0;
}

static unsigned
answers_of(const struct osprobe_reply *round)
{
	unsigned i, n = 0;

	for (i = 0; i < OSPROBE_SEQ; i++)
		n += round[i].time != 0;
	return n;
}

unsigned
osprobe_best_round(const struct osprobe_state *st)
{
	unsigned i, n, most = 0;

	for (i = 0; i < OSPROBE_TRIES; i++)
		if ((n = answers_of(st->seq[i])) > most)
			most = n;
	return most;
}
