#include "answer.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/checksum.h"
#include "pure/frame.h"
#include "pure/packet.h"
#include "pure/wire.h"
#include "server.h"
#include "system.h"

#define IP4_LEN		20
#define IP6_LEN		40
#define FRAME_WINDOW	1024	/* what frame_tcp() puts in */
/* How much of a packet an error quotes: RFC 1812, 4.3.2.3; RFC 4443, 3.1; and
 * what older stacks do (RFC 792). */
#define QUOTE_4		(576 - IP4_LEN - 8)
#define QUOTE_6		(1280 - IP6_LEN - 8)
#define QUOTE_OLD	8
/* What a hash is for, above what world.c uses. */
#define ABOUT_ISN	64

/* The segments that hosts send. */
enum segment { SYN_ACK, SYN_ACK_SHUT, RST, RST_ACK, RST_WINDOW, ACK, FIN_ACK,
    NSEGMENTS };

struct answers {
	const struct world	*world;
	uint8_t			 mac[6];
	struct frame		 tcp[NSEGMENTS][WORLD_NSTACKS][2];
	struct frame		 udp[WORLD_NSTACKS][2];
	struct limit		*limit;
	struct limit_rate	 total;
	uint64_t		 total_full;
	struct system_memory	 systems;
};

static uint8_t
ttl_of(enum world_stack stack)
{
	return stack == WORLD_WINDOWS ? 128 : 64;
}

/* RFC 1071: sums may be corrected by what changes. */
static void
set_window(struct frame *f, uint16_t window)
{
	wr_be16(f->bytes + f->l4 + 14, window);
	f->l4sum += (uint64_t)(0xffff - FRAME_WINDOW) + window;
}

static int
make_segment(struct frame *f, enum segment s, enum world_stack stack, bool v6)
{
	static const struct {
		uint8_t		flags;
		uint16_t	window;
	} row[NSEGMENTS] = {
		[SYN_ACK] = { TCP_SYN | TCP_ACK, 64240 },
		[SYN_ACK_SHUT] = { TCP_SYN | TCP_ACK, 0 },
		[RST] = { TCP_RST, 0 },
		[RST_ACK] = { TCP_RST | TCP_ACK, 0 },
		[RST_WINDOW] = { TCP_RST, 1024 },
		[ACK] = { TCP_ACK, 64240 },
		[FIN_ACK] = { TCP_FIN | TCP_ACK, 64240 },
	};
	uint8_t mss[4] = { 2, 4 };

	wr_be16(mss + 2, v6 ? 1440 : 1460);
	if (frame_tcp(f, v6, ttl_of(stack), row[s].flags, mss,
	    row[s].flags & TCP_SYN ? sizeof(mss) : 0) == -1)
		return -1;
	set_window(f, row[s].window);
	return 0;
}

static int
make_templates(struct answers *a)
{
	unsigned s, k, v6;

	for (k = 0; k < WORLD_NSTACKS; k++)
		for (v6 = 0; v6 < 2; v6++) {
			for (s = 0; s < NSEGMENTS; s++)
				if (make_segment(&a->tcp[s][k][v6], s, k,
				    v6) == -1)
					return -1;
			if (frame_udp(&a->udp[k][v6], v6, ttl_of(k)) == -1)
				return -1;
		}
	return 0;
}

struct answers *
answers_new(const struct world *w, const uint8_t mac[6],
    struct limit_rate each, struct limit_rate total)
{
	struct answers *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->world = w;
	a->total = total;
	memcpy(a->mac, mac, 6);
	if ((a->limit = limit_new(each)) == NULL || make_templates(a) == -1) {
		answers_free(a);
		return NULL;
	}
	return a;
}

void
answers_free(struct answers *a)
{
	if (a == NULL)
		return;
	limit_free(a->limit);
	free(a);
}

/* ---- packets ---- */

size_t
answers_tcp(const struct answers *a, enum answer_tcp kind, uint8_t *dst,
    u128 from, u128 to, uint16_t sport, uint16_t dport, uint32_t seq,
    uint32_t ack)
{
	const struct frame_vars v = { .src = from, .dst = to, .sport = sport,
	    .dport = dport, .seq = seq, .ack = ack };

	return frame_put_tcp(&a->tcp[kind == ANSWER_SYN_ACK ? SYN_ACK :
	    RST_ACK][WORLD_LINUX][!addr_is4(from)], dst, &v);
}

size_t
answers_udp(const struct answers *a, uint8_t *dst, u128 from, u128 to,
    uint16_t sport, uint16_t dport, const void *payload, size_t n)
{
	const struct frame_vars v = { .src = from, .dst = to, .sport = sport,
	    .dport = dport };

	return frame_put_udp(&a->udp[WORLD_LINUX][!addr_is4(from)], dst, &v,
	    payload, n);
}

uint64_t
answers_ip(uint8_t *dst, u128 from, u128 to, uint8_t ttl, uint8_t proto,
    size_t n)
{
	uint8_t tail[4] = { 0, proto };
	uint16_t c;

	wr_be16(tail + 2, (uint16_t)n);
	if (!addr_is4(from)) {
		wr_be32(dst, 6u << 28);
		wr_be16(dst + 4, (uint16_t)n);
		dst[6] = proto;
		dst[7] = ttl;
		addr_to16(dst + 8, from);
		addr_to16(dst + 24, to);
		return checksum_add(checksum_add(0, dst + 8, 32), tail, 4);
	}
	memset(dst, 0, IP4_LEN);
	dst[0] = 0x45;
	wr_be16(dst + 2, (uint16_t)(IP4_LEN + n));
	dst[8] = ttl;
	dst[9] = proto;
	wr_be32(dst + 12, addr_v4(from));
	wr_be32(dst + 16, addr_v4(to));
	c = checksum_fold(checksum_add(0, dst, IP4_LEN));
	memcpy(dst + 10, &c, 2);
	return checksum_add(checksum_add(0, dst + 12, 8), tail, 4);
}

size_t
answers_icmp(uint8_t *dst, u128 from, u128 to, uint8_t ttl, uint8_t type,
    uint8_t code, const void *body, size_t n)
{
	bool v6 = !addr_is4(from);
	uint8_t *p = dst + (v6 ? IP6_LEN : IP4_LEN);
	uint64_t sum = answers_ip(dst, from, to, ttl,
	    v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 4 + n);
	uint16_t c;

	p[0] = type;
	p[1] = code;
	p[2] = p[3] = 0;
	memcpy(p + 4, body, n);
	c = checksum_fold(checksum_add(v6 ? sum : 0, p, 4 + n));
	memcpy(p + 2, &c, 2);
	return (v6 ? IP6_LEN : IP4_LEN) + 4 + n;
}

/* ---- errors ---- */

/* Linux rations the errors of a host, RFC 1812, 4.3.2.8 and RFC 4443, 2.4(f)
 * have everybody do it. */
static bool
allowed(struct answers *a, u128 from, uint64_t now)
{
	return limit_allow(a->limit, world_hash(a->world, from, 0), now) &&
	    limit_take(&a->total, &a->total_full, now);
}

static size_t
quote_of(const struct request *q, const struct host *h, bool by_router)
{
	size_t most = q->v6 ? QUOTE_6 : QUOTE_4;

	if (!q->v6 && !by_router && h->stack != WORLD_LINUX)
		most = q->l4 + QUOTE_OLD;
	return q->nip < most ? q->nip : most;
}

static void
make_error(struct answers *a, const struct request *q,
    const struct world_error *e, uint64_t now, uint8_t *dst, struct answer *w)
{
	uint8_t body[4 + QUOTE_6] = { 0 };
	u128 from = e->by_router ? world_router(a->world, q->dst) : q->dst;
	size_t n = quote_of(q, &w->host, e->by_router);

	if (!allowed(a, from, now)) {
		w->kind = ANSWER_RATIONED;
		return;
	}
	memcpy(body + 4, q->ip, n);
	w->kind = ANSWER_NO;
	w->n = answers_icmp(dst, from, q->src,
	    e->by_router ? 64 : ttl_of(w->host.stack), e->type, e->code, body,
	    4 + n);
}

/* ---- TCP ---- */

/* The number that a host starts with: the same for the same SYN again, as long
 * as there is no connection; RFC 6528, without the clock. */
static uint32_t
isn_of(const struct answers *a, const struct request *q)
{
	return (uint32_t)world_hash(a->world, q->dst ^ q->src << 1,
	    (uint64_t)ABOUT_ISN << 48 | (uint64_t)q->sport << 16 | q->dport);
}

static void
put_segment(const struct answers *a, const struct request *q, enum segment s,
    uint32_t seq, uint32_t ack, uint8_t *dst, struct answer *w)
{
	const struct frame_vars v = { .src = q->dst, .dst = q->src,
	    .sport = q->dport, .dport = q->sport, .seq = seq, .ack = ack };

	w->n = frame_put_tcp(&a->tcp[s][w->host.stack][q->v6], dst, &v);
}

/* A connection that somebody really makes, connect(2) for instance: that the
 * numbers are right shows it, so that no state has to be kept. What comes in is
 * acknowledged, and the end is answered by the end. */
static bool
is_connection(const struct answers *a, const struct request *q, uint8_t *dst,
    struct answer *w)
{
	struct world_reaction syn;
	uint32_t after;

	if ((q->flags & (TCP_ACK | TCP_SYN | TCP_RST)) != TCP_ACK)
		return false;
	after = isn_of(a, q) + 1;
	if (q->ack != after && q->ack != after + 1)
		return false;
	world_tcp(a->world, &w->host, q->dport, TCP_SYN, &syn);
	if (syn.kind != WORLD_SYN_ACK)
		return false;
	if (q->flags & TCP_FIN)
		put_segment(a, q, FIN_ACK, after, q->seq + q->seglen, dst, w);
	else if (q->seglen > 0)
		put_segment(a, q, ACK, q->ack, q->seq + q->seglen, dst, w);
	if (w->n > 0)
		w->kind = ANSWER_YES;
	return true;
}

/* RFC 9293, 3.10.7.1: the number of a RST that answers an ACK is where that
 * pointed; one that answers anything else acknowledges it. */
static void
put_rst(const struct answers *a, const struct request *q, bool window,
    uint8_t *dst, struct answer *w)
{
	w->kind = ANSWER_NO;
	if (q->flags & TCP_ACK)
		put_segment(a, q, window ? RST_WINDOW : RST, q->ack, 0, dst, w);
	else
		put_segment(a, q, RST_ACK, 0, q->seq + q->seglen, dst, w);
}

/* A host that answers as a system does; what filters do, others say. */
static bool
make_system_tcp(struct answers *a, const struct request *q, uint64_t now,
    uint8_t *dst, struct answer *w)
{
	struct world_error e;
	enum world_state s = world_port(a->world, &w->host, WORLD_TCP,
	    q->dport, &e);

	if (w->host.system == NULL || w->host.proxied ||
	    (s != WORLD_OPEN && s != WORLD_CLOSED))
		return false;
	if (q->flags & TCP_RST)
		return true;
	w->n = system_tcp(&a->systems, a->world, &w->host, q, s == WORLD_OPEN,
	    now, dst);
	if (w->n > 0)
		w->kind = s == WORLD_OPEN ? ANSWER_YES : ANSWER_NO;
	return true;
}

static void
make_tcp(struct answers *a, const struct request *q, uint64_t now,
    uint8_t *dst, struct answer *w)
{
	struct world_reaction r;

	if (make_system_tcp(a, q, now, dst, w) || is_connection(a, q, dst, w))
		return;
	world_tcp(a->world, &w->host, q->dport, q->flags, &r);
	switch (r.kind) {
	case WORLD_SYN_ACK:
		w->kind = ANSWER_YES;
		w->tarpit = w->host.tarpit;
		put_segment(a, q, w->tarpit ? SYN_ACK_SHUT : SYN_ACK,
		    isn_of(a, q), q->seq + 1, dst, w);
		return;
	case WORLD_RST:
		put_rst(a, q, r.window, dst, w);
		return;
	case WORLD_ERROR:
		make_error(a, q, &r.error, now, dst, w);
		return;
	default:
		return;
	}
}

/* ---- UDP and ICMP ---- */

static void
make_datagram(struct answers *a, const struct request *q, uint64_t now,
    uint8_t *dst, struct answer *w)
{
	uint8_t bytes[SERVER_MAX];
	const struct frame_vars v = { .src = q->dst, .dst = q->src,
	    .sport = q->dport, .dport = q->sport };
	int n = server_answer(world_server(a->world, &w->host, q->dport),
	    q->body, q->nbody, now, bytes);

	if (n < 0 || (size_t)n > FRAME_PAYLOAD)
		return;
	w->kind = ANSWER_YES;
	w->n = frame_put_udp(&a->udp[w->host.stack][q->v6], dst, &v, bytes,
	    (size_t)n);
}

static void
make_udp(struct answers *a, const struct request *q, uint64_t now,
    uint8_t *dst, struct answer *w)
{
	struct world_reaction r;

	world_udp(a->world, &w->host, q->dport, &r);
	if (r.kind == WORLD_DATAGRAM)
		make_datagram(a, q, now, dst, w);
	else if (r.kind == WORLD_ERROR && w->host.system != NULL &&
	    r.error.code == (q->v6 ? 4 : 3) && !r.error.by_router) {
		w->kind = ANSWER_RATIONED;
		if (!allowed(a, q->dst, now))
			return;
		w->kind = ANSWER_NO;
		w->n = system_unreachable(&a->systems, a->world, &w->host, q,
		    dst);
	} else if (r.kind == WORLD_ERROR)
		make_error(a, q, &r.error, now, dst, w);
}

/* RFC 792, RFC 950, RFC 4443, 4.2: the type that answers a query and the least
 * that it has behind the checksum; 0: no query. */
static uint8_t
reply_type(const struct request *q, size_t *least)
{
	*least = 4;
	if (q->v6)
		return q->type == 128 ? 129 : 0;
	switch (q->type) {
	case 8:
		return 1;	/* an echo reply is type 0 */
	case 13:
		*least = 16;
		return 14;
	case 17:
		*least = 8;
		return 18;
	default:
		return 0;
	}
}

static void
make_icmp(struct answers *a, const struct request *q, uint64_t now,
    uint8_t *dst, struct answer *w)
{
	uint8_t body[FRAME_MAX - IP6_LEN - 4], type;
	struct world_reaction r;
	uint32_t ms = (uint32_t)(now / 1000000 % 86400000);
	size_t least, n = q->nbody;

	if ((type = reply_type(q, &least)) == 0 || n < least ||
	    n > sizeof(body))
		return;
	if (!w->host.up) {
		/* any port tells what the router says */
		world_udp(a->world, &w->host, 0, &r);
		if (r.kind == WORLD_ERROR)
			make_error(a, q, &r.error, now, dst, w);
		return;
	}
	if (!w->host.ping)
		return;
	if (w->host.system != NULL && q->type == (q->v6 ? 128 : 8)) {
		w->kind = ANSWER_YES;
		w->n = system_echo(&a->systems, a->world, &w->host, q, dst);
		return;
	}
	memcpy(body, q->body, n);
	if (type == 14) {
		wr_be32(body + 8, ms);
		wr_be32(body + 12, ms);
	} else if (type == 18)
		memcpy(body + 4, "\xff\xff\xff\x00", 4);
	w->kind = ANSWER_YES;
	w->n = answers_icmp(dst, q->dst, q->src, ttl_of(w->host.stack),
	    type == 1 ? 0 : type, 0, body, n);
}

/* ---- the link ---- */

static void
make_arp(const struct answers *a, const struct request *q, uint8_t *dst)
{
	static const uint8_t head[8] = { 0, 1, 8, 0, 6, 4, 0, 2 };

	memcpy(dst, head, 8);
	memcpy(dst + 8, a->mac, 6);
	wr_be32(dst + 14, addr_v4(q->target));
	memcpy(dst + 18, q->mac, 6);
	wr_be32(dst + 24, addr_v4(q->src));
}

/* RFC 4861, 4.4: solicited, overriding, from a router if it is one. */
static size_t
make_na(const struct answers *a, const struct request *q, bool router,
    uint8_t *dst)
{
	uint8_t body[28] = { router ? 0xe0 : 0x60 };

	addr_to16(body + 4, q->target);
	body[20] = 2;	/* target link-layer address, */
	body[21] = 1;	/* eight bytes long */
	memcpy(body + 22, a->mac, 6);
	return answers_icmp(dst, q->target, q->src, 255, 136, 0, body,
	    sizeof(body));
}

static void
make_link(const struct answers *a, const struct request *q, uint8_t *dst,
    struct answer *w)
{
	if (!world_has(a->world, q->target))
		return;
	world_host(a->world, q->target, &w->host);
	if (!w->host.up)
		return;
	w->kind = ANSWER_YES;
	if (q->kind == REQUEST_ARP) {
		w->ethertype = PACKET_ETH_ARP;
		w->n = 28;
		make_arp(a, q, dst);
	} else
		w->n = make_na(a, q, w->host.gateway, dst);
}

void
answers_make(struct answers *a, const struct request *q, uint64_t now,
    uint8_t *dst, struct answer *w)
{
	*w = (struct answer){ .kind = ANSWER_SILENCE,
	    .ethertype = q->v6 ? PACKET_ETH_IPV6 : PACKET_ETH_IPV4 };
	if (q->kind == REQUEST_ARP || q->kind == REQUEST_NS) {
		make_link(a, q, dst, w);
		return;
	}
	world_host(a->world, q->dst, &w->host);
	if (q->kind == REQUEST_TCP)
		make_tcp(a, q, now, dst, w);
	else if (q->kind == REQUEST_UDP)
		make_udp(a, q, now, dst, w);
	else
		make_icmp(a, q, now, dst, w);
}
