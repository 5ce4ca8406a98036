/* UDP scan: a datagram that the service would answer (prt-payloads(5)); an ICMP
 * port unreachable from the target itself is closed (RFC 1122, 4.1.3.1). */
#include "meaning/scan.h"

#include <string.h>

#include "pure/addr.h"

/* ---- what UDP types share ---- */

static enum scan_udp_of
owner(const struct scan_type *t)
{
	return t->proto == SCAN_HOST ? SCAN_UDP_OF_HOSTS : SCAN_UDP_OF_PORTS;
}

int
scan_udp_ask(struct scan_params *sp, const struct scan_type *t)
{
	if (!t->udp)
		return 0;
	if (sp->udp_of != SCAN_UDP_UNTOLD && sp->udp_of != owner(t))
		return -1;
	sp->udp_of = owner(t);
	return 0;
}

bool
scan_udp_has(const struct scan_type *t, const struct scan_params *sp)
{
	return (sp->udp_of == SCAN_UDP_OF_HOSTS) ==
	    (owner(t) == SCAN_UDP_OF_HOSTS);
}

int
scan_udp_prepare(const struct scan_type *t, struct frame *f,
    const struct scan_params *sp, bool v6, const uint8_t mac[6])
{
	(void)t;
	(void)mac;
	return frame_udp(f, v6, sp->ttl);
}

unsigned
scan_udp_count(const struct scan_params *sp, uint16_t port)
{
	return (unsigned)payloads_for(sp->payloads, port).n;
}

size_t
scan_udp_fill(const struct scan_type *t, const struct frame *f,
    const struct scan_params *sp, const struct scan_probe *pr, unsigned i,
    uint8_t *dst)
{
	const struct payload *pl = payloads_for(sp->payloads, pr->port).v[i];
	uint8_t bytes[PAYLOAD_MAX];
	struct cookie c;

	scan_cookie(t, sp, pr->dst, pr->port, pr->attempt, &c);
	payload_put(pl, bytes, c.payload);
	return frame_put_udp(f, dst, &(struct frame_vars){ .src = pr->src,
	    .dst = pr->dst, .ip_id = c.ip_id, .flow = c.flow,
	    .sport = c.sport, .dport = pr->port }, bytes, pl->n);
}

/* On loopback our own probes come by as well, and those to one of our source
 * ports look like answers from there. */
static bool
is_own_probe(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p)
{
	struct cookie c;
	unsigned attempt;

	if ((uint16_t)(p->sport - sp->sport) >= sp->nsports)
		return false;
	scan_cookie(t, sp, p->dst, p->dport, 0, &c);
	return scan_sport_attempt(sp, &c, p->sport, &attempt) == 0 &&
	    (addr_is4(p->dst) ? p->ip_id == c.ip_id : p->flow == c.flow);
}

enum scan_match
scan_udp_match(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	struct cookie c;

	if (p->kind != PACKET_UDP || !scan_udp_has(t, sp) ||
	    (uint16_t)(p->dport - sp->sport) >= sp->nsports ||
	    is_own_probe(t, sp, p))
		return SCAN_OTHER;
	v->addr = p->src;
	v->port = p->sport;
	v->reason = "udp-response";
	scan_cookie(t, sp, p->src, p->sport, 0, &c);
	if (scan_sport_attempt(sp, &c, p->dport, &v->attempt) == -1)
		return SCAN_INVALID;
	if (payloads_prove(sp->payloads, p->sport, p->payload, p->npayload,
	    c.payload) == PAYLOAD_UNPROVEN)
		return SCAN_INVALID;
	return SCAN_VALID;
}

/* ---- the scan ---- */

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	enum scan_match m;

	if (p->kind == PACKET_UDP) {
		v->state = "open";
		return scan_udp_match(t, sp, p, v);
	}
	m = scan_icmp_match(t, sp, p, v);
	if (m != SCAN_VALID)
		return m;
	v->state = strcmp(v->reason, "port-unreach") == 0 &&
	    p->src == v->addr ? "closed" : "filtered";
	return m;
}

const struct scan_type scan_udp = {
	.name = "udp",
	.about = "UDP with a payload that fits the port",
	.salt = 9,
	.proto = SCAN_UDP,
	.ports = true,
	.udp = true,
	.v4 = true,
	.v6 = true,
	.silent_state = "open|filtered",
	.prepare = scan_udp_prepare,
	.count = scan_udp_count,
	.fill = scan_udp_fill,
	.judge = judge,
};
