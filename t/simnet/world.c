#include "world.h"

#include "pure/addr.h"
#include "pure/packet.h"
#include "pure/siphash.h"
#include "system.h"

/* What hashes are for, above 16 bits of port. */
enum { ABOUT_HOST = 1, ABOUT_TCP, ABOUT_UDP };
/* What draws from a host's hash are for. */
enum { DRAW_UP, DRAW_PING, DRAW_PROXIED, DRAW_TARPIT, DRAW_STACK,
    DRAW_SYSTEM };

static uint64_t
mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint64_t
world_random(uint64_t *state)
{
	return mix(*state += 0x9e3779b97f4a7c15u);
}

uint64_t
world_hash(const struct world *w, u128 addr, uint64_t what)
{
	const uint64_t words[3] = { (uint64_t)(addr >> 64), (uint64_t)addr,
	    what };

	return siphash(w->key, words, 3);
}

uint64_t
world_draw(const struct host *h, uint64_t what)
{
	return mix(h->hash + (what + 1) * 0x9e3779b97f4a7c15u);
}

static bool
chance(uint64_t draw, uint64_t share)
{
	return draw >> 32 < share;
}

bool
world_is_gateway(const struct world *w, u128 addr)
{
	size_t i;

	for (i = 0; i < w->ngateways; i++)
		if (w->gateway[i] == addr)
			return true;
	return false;
}

bool
world_has(const struct world *w, u128 addr)
{
	return world_is_gateway(w, addr) || rangeset_has(&w->prefixes, addr);
}

static enum world_stack
pick_stack(const struct world *w, uint64_t draw)
{
	if (chance(draw, w->stack[WORLD_BSD]))
		return WORLD_BSD;
	if (chance(draw, w->stack[WORLD_BSD] + w->stack[WORLD_WINDOWS]))
		return WORLD_WINDOWS;
	return WORLD_LINUX;
}

static const struct system *
pick_system(const struct world *w, uint64_t draw)
{
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < WORLD_SYSTEMS; i++) {
		at += w->system[i];
		if (chance(draw, at))
			return &systems[i];
	}
	return NULL;
}

void
world_host(const struct world *w, u128 addr, struct host *h)
{
	*h = (struct host){ .addr = addr,
	    .hash = world_hash(w, addr, (uint64_t)ABOUT_HOST << 16) };
	if (world_is_gateway(w, addr)) {
		h->gateway = h->up = h->ping = true;
		return;
	}
	h->up = chance(world_draw(h, DRAW_UP), w->up);
	if (!h->up)
		return;
	h->ping = chance(world_draw(h, DRAW_PING), w->ping);
	h->proxied = chance(world_draw(h, DRAW_PROXIED), w->proxied);
	h->tarpit = chance(world_draw(h, DRAW_TARPIT), w->tarpit);
	h->stack = pick_stack(w, world_draw(h, DRAW_STACK));
	h->system = pick_system(w, world_draw(h, DRAW_SYSTEM));
}

/* RFC 792, RFC 1812 5.2.7.1, RFC 4443 3.1: how a filter that is not silent
 * rejects. A port unreachable from a host itself would close its UDP port. */
static void
pick_error(const struct host *h, enum world_proto proto, uint64_t draw,
    struct world_error *e)
{
	static const uint8_t v4[] = { 13, 10, 9, 3, 1, 0, 2 };
	static const uint8_t v6[] = { 1, 4, 3, 0, 5, 6 };
	bool is4 = addr_is4(h->addr);

	*e = (struct world_error){ .type = is4 ? 3 : 1,
	    .code = is4 ? v4[draw % sizeof(v4)] : v6[draw % sizeof(v6)],
	    .by_router = draw >> 8 & 1 };
	if (proto == WORLD_UDP && e->code == (is4 ? 3 : 4))
		e->by_router = true;
}

enum world_state
world_port(const struct world *w, const struct host *h,
    enum world_proto proto, uint16_t port, struct world_error *e)
{
	uint64_t hash, at = 0;
	unsigned s;

	if (h->gateway)
		return WORLD_CLOSED;
	hash = world_hash(w, h->addr, (uint64_t)(proto == WORLD_TCP ?
	    ABOUT_TCP : ABOUT_UDP) << 16 | port);
	for (s = 0; s < WORLD_CLOSED; s++) {
		at += w->share[proto][s];
		if (chance(hash, at))
			break;
	}
	if (s == WORLD_REJECTED)
		pick_error(h, proto, hash & 0xffff, e);
	return (enum world_state)s;
}

/* A host that is down: its last router may say so. */
static void
of_nobody(const struct world *w, const struct host *h,
    struct world_reaction *r)
{
	if (!w->unreach)
		return;
	r->kind = WORLD_ERROR;
	r->error = (struct world_error){ .type = addr_is4(h->addr) ? 3 : 1,
	    .code = addr_is4(h->addr) ? 1 : 3, .by_router = true };
}

static void
of_open(const struct host *h, uint8_t flags, struct world_reaction *r)
{
	if (flags & TCP_ACK) {
		if (h->stack == WORLD_BSD && flags & TCP_FIN &&
		    (flags & TCP_SYN) == 0)
			return;
		r->kind = WORLD_RST;
		r->window = h->stack == WORLD_BSD;
	} else if (flags & TCP_SYN) {
		if (h->stack != WORLD_LINUX || (flags & TCP_FIN) == 0)
			r->kind = WORLD_SYN_ACK;
	} else if (h->stack == WORLD_WINDOWS)
		r->kind = WORLD_RST;
}

void
world_tcp(const struct world *w, const struct host *h, uint16_t port,
    uint8_t flags, struct world_reaction *r)
{
	*r = (struct world_reaction){ .kind = WORLD_SILENCE };
	if (!h->up) {
		of_nobody(w, h, r);
		return;
	}
	if (h->proxied) {
		/* it takes what starts a connection and drops the rest */
		if ((flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) ==
		    TCP_SYN)
			r->kind = WORLD_SYN_ACK;
		return;
	}
	switch (world_port(w, h, WORLD_TCP, port, &r->error)) {
	case WORLD_OPEN:
		if ((flags & TCP_RST) == 0)
			of_open(h, flags, r);
		return;
	case WORLD_CLOSED:
		if ((flags & TCP_RST) == 0)
			r->kind = WORLD_RST;
		return;
	case WORLD_REJECTED:
		r->kind = WORLD_ERROR;
		return;
	default:
		return;
	}
}

enum world_server
world_server(const struct world *w, const struct host *h, uint16_t port)
{
	switch (port) {
	case 53:
		return WORLD_DNS;
	case 123:
		return WORLD_NTP;
	case 161:
		return WORLD_SNMP;
	/* QUIC, STAMP, OpenVPN, L2TP, RDP: an answer has the client's number in
	 * another place than the request, so an echo would be no answer. */
	case 80: case 784: case 862: case 1194: case 1701: case 3389: case 8853:
		return WORLD_MUTE;
	default:
		/* not the bits that opened the port */
		return world_hash(w, h->addr, (uint64_t)ABOUT_UDP << 16 |
		    port) & 1 ? WORLD_ECHO : WORLD_MUTE;
	}
}

void
world_udp(const struct world *w, const struct host *h, uint16_t port,
    struct world_reaction *r)
{
	*r = (struct world_reaction){ .kind = WORLD_SILENCE };
	if (!h->up) {
		of_nobody(w, h, r);
		return;
	}
	switch (world_port(w, h, WORLD_UDP, port, &r->error)) {
	case WORLD_OPEN:
		if (world_server(w, h, port) != WORLD_MUTE)
			r->kind = WORLD_DATAGRAM;
		return;
	case WORLD_CLOSED:
		r->error = (struct world_error){ .type =
		    addr_is4(h->addr) ? 3 : 1, .code =
		    addr_is4(h->addr) ? 3 : 4 };
		r->kind = WORLD_ERROR;
		return;
	case WORLD_REJECTED:
		r->kind = WORLD_ERROR;
		return;
	default:
		return;
	}
}

u128
world_router(const struct world *w, u128 addr)
{
	size_t i;

	for (i = 0; i < w->ngateways; i++)
		if (addr_is4(w->gateway[i]) == addr_is4(addr))
			return w->gateway[i];
	return addr_is4(addr) ? (addr & ~(u128)0xff) | 1 :
	    (addr >> 64) << 64 | 1;
}
