#include "noise.h"

#include <netinet/in.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/checksum.h"
#include "pure/packet.h"
#include "pure/wire.h"

/* A packet that was never sent, for an error to quote. */
struct quote {
	uint8_t	bytes[4 + 40 + 20];
	size_t	n;
};

void
noise_init(struct noise *n, const struct world *w, const struct answers *a,
    double backscatter, double forged, uint64_t now)
{
	*n = (struct noise){ .world = w, .answers = a,
	    .state = w->key[0] + w->key[1], .sport_lo = 61000,
	    .sport_hi = 65095 };
	rate_init(&n->backscatter, backscatter, now);
	rate_init(&n->forged, forged, now);
}

void
noise_hear(struct noise *n, const struct request *q, enum answer_kind kind)
{
	struct noise_heard h = { .kind = q->kind, .scanner = q->src,
	    .host = q->dst, .port = q->dport, .type = q->type };

	if (n->backscatter.pps == 0 && n->forged.pps == 0)
		return;
	memcpy(h.mac, q->mac, 6);
	n->last[q->v6] = h;
	/* of a host that answers pings, "up" would be no lie */
	if (kind != ANSWER_YES)
		n->heard[n->nheard++ % NOISE_HEARD] = h;
}

static uint64_t
below(struct noise *n, uint64_t max)
{
	return max == 0 ? 0 : world_random(&n->state) % max;
}

static uint32_t
random32(struct noise *n)
{
	return (uint32_t)world_random(&n->state);
}

static uint16_t
scanner_port(struct noise *n)
{
	return (uint16_t)(n->sport_lo +
	    below(n, n->sport_hi - n->sport_lo + 1u));
}

/* The head of what the scanner is said to have sent (RFC 791, 8200, 9293). */
static void
make_quote(struct noise *n, struct quote *q, const struct noise_heard *h,
    uint16_t sport)
{
	static const uint8_t proto[] = { [REQUEST_TCP] = IPPROTO_TCP,
	    [REQUEST_UDP] = IPPROTO_UDP, [REQUEST_ICMP] = IPPROTO_ICMP };
	uint8_t *p = q->bytes + 4, *t;
	bool v6 = !addr_is4(h->host);
	uint16_t c;

	memset(q->bytes, 0, sizeof(q->bytes));
	if (v6) {
		wr_be32(p, 6u << 28 | (random32(n) & 0xfffff));
		wr_be16(p + 4, 20);
		p[6] = h->kind == REQUEST_ICMP ? IPPROTO_ICMPV6 :
		    proto[h->kind];
		p[7] = 64;
		addr_to16(p + 8, h->scanner);
		addr_to16(p + 24, h->host);
	} else {
		p[0] = 0x45;
		wr_be16(p + 2, 40);
		wr_be16(p + 4, (uint16_t)random32(n));
		p[8] = 64;
		p[9] = proto[h->kind];
		wr_be32(p + 12, addr_v4(h->scanner));
		wr_be32(p + 16, addr_v4(h->host));
		c = checksum_fold(checksum_add(0, p, 20));
		memcpy(p + 10, &c, 2);
	}
	t = p + (v6 ? 40 : 20);
	wr_be16(t, sport);
	wr_be16(t + 2, h->port);
	wr_be32(t + 4, random32(n));
	t[12] = 5 << 4;
	t[13] = TCP_SYN;
	if (h->kind == REQUEST_ICMP) {
		t[0] = h->type;
		t[1] = 0;
	}
	q->n = 4 + (v6 ? 40u : 20u) + 20;
}

/* From the host itself or from its router, of any code that means something. */
static size_t
make_error(struct noise *n, const struct noise_heard *h, uint16_t sport,
    uint8_t *dst)
{
	struct quote q;
	bool v6 = !addr_is4(h->host);
	u128 from = below(n, 2) ? h->host : world_router(n->world, h->host);

	make_quote(n, &q, h, sport);
	return answers_icmp(dst, from, h->scanner, 64, v6 ? 1 : 3,
	    (uint8_t)below(n, v6 ? 7 : 16), q.bytes, q.n);
}

static size_t
make_segment(struct noise *n, const struct noise_heard *h, uint16_t sport,
    uint8_t *dst)
{
	return answers_tcp(n->answers, below(n, 2) ? ANSWER_SYN_ACK :
	    ANSWER_RST, dst, h->host, h->scanner, h->port, sport, random32(n),
	    random32(n));
}

static size_t
make_reply(struct noise *n, const struct noise_heard *h, uint8_t *dst)
{
	uint8_t body[4];

	wr_be32(body, random32(n));
	return answers_icmp(dst, h->host, h->scanner, 64,
	    addr_is4(h->host) ? 0 : 129, 0, body, sizeof(body));
}

static size_t
make_lie(struct noise *n, const struct noise_heard *h, uint16_t sport,
    uint8_t *dst)
{
	uint8_t bytes[32];

	if (below(n, 3) == 0)
		return make_error(n, h, sport, dst);
	if (h->kind == REQUEST_TCP)
		return make_segment(n, h, sport, dst);
	if (h->kind == REQUEST_ICMP)
		return make_reply(n, h, dst);
	memset(bytes, (int)random32(n), sizeof(bytes));
	return answers_udp(n->answers, dst, h->host, h->scanner, h->port,
	    sport, bytes, sizeof(bytes));
}

/* One of the hosts, and a port, that somebody else attacks in our name. */
static size_t
make_backscatter(struct noise *n, const struct noise_heard *last,
    uint8_t *dst)
{
	const struct rangeset *all = &n->world->prefixes;
	struct noise_heard h = *last;
	const struct range *r;
	u128 offset;
	size_t i;

	/* a range of the scanner's family */
	for (i = 0; i < 64; i++) {
		r = &all->r[below(n, all->n)];
		if (addr_is4(r->first) == addr_is4(h.scanner))
			break;
	}
	if (i == 64)
		return 0;
	offset = (u128)world_random(&n->state) << 64 |
	    world_random(&n->state);
	h.host = r->first + (r->last - r->first == ADDR_MAX ? offset :
	    offset % (r->last - r->first + 1));
	h.kind = REQUEST_TCP;
	h.port = (uint16_t)random32(n);
	if (below(n, 3) == 0)
		return make_error(n, &h, (uint16_t)random32(n), dst);
	return make_segment(n, &h, (uint16_t)random32(n), dst);
}

static const struct noise_heard *
some_scanner(struct noise *n)
{
	unsigned v6 = (unsigned)below(n, 2);

	if (n->last[v6].scanner == 0)
		v6 = !v6;
	return n->last[v6].scanner == 0 ? NULL : &n->last[v6];
}

size_t
noise_make(struct noise *n, uint64_t now, uint8_t *dst, unsigned *ethertype,
    uint8_t mac[6])
{
	const struct noise_heard *h = NULL;
	size_t len = 0;

	if (n->nheard > 0 && n->forged.pps != 0 &&
	    rate_grant(&n->forged, now, 1) == 1) {
		h = &n->heard[below(n, n->nheard < NOISE_HEARD ? n->nheard :
		    NOISE_HEARD)];
		len = make_lie(n, h, scanner_port(n), dst);
		n->nforged++;
	} else if (n->backscatter.pps != 0 && (h = some_scanner(n)) != NULL &&
	    rate_grant(&n->backscatter, now, 1) == 1) {
		len = make_backscatter(n, h, dst);
		n->nbackscatter += len > 0;
	}
	if (len == 0)
		return 0;
	*ethertype = addr_is4(h->scanner) ? PACKET_ETH_IPV4 : PACKET_ETH_IPV6;
	memcpy(mac, h->mac, 6);
	return len;
}

uint64_t
noise_wait(const struct noise *n, uint64_t now)
{
	uint64_t wait = UINT64_MAX, w;

	if (n->nheard > 0 && n->forged.pps != 0)
		wait = rate_wait(&n->forged, now);
	if ((n->last[0].scanner != 0 || n->last[1].scanner != 0) &&
	    n->backscatter.pps != 0 &&
	    (w = rate_wait(&n->backscatter, now)) < wait)
		wait = w;
	return wait;
}
