#include "truth.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "meaning/record.h"
#include "pure/addr.h"
#include "pure/packet.h"
#include "system.h"
#include "world/stop.h"

enum about { TCP_PORT, UDP_PORT, HOST_TCP, HOST_UDP, HOST_ICMP,
    HOST_LINK };

/* Stated here once more, and not taken from the scanner, which is held against
 * it: nmap(1), "Port scanning techniques". */
struct truth {
	const char	*name;
	enum about	 about;
	uint8_t		 flags;
	bool		 v4, v6;
	const char	*syn_ack, *rst, *silent;
	const char	*reason;	/* HOST_*: of who is up */
};

#define BOTH	.v4 = true, .v6 = true

static const struct truth truths[] = {
	{ "syn", TCP_PORT, TCP_SYN, BOTH, "open", "closed", "filtered", NULL },
	{ "ack", TCP_PORT, TCP_ACK, BOTH, NULL, "unfiltered", "filtered",
	    NULL },
	/* an open port is told by the window, see state_of() */
	{ "window", TCP_PORT, TCP_ACK, BOTH, NULL, NULL, "filtered", NULL },
	{ "maimon", TCP_PORT, TCP_FIN | TCP_ACK, BOTH, NULL, "closed",
	    "open|filtered", NULL },
	{ "fin", TCP_PORT, TCP_FIN, BOTH, NULL, "closed", "open|filtered",
	    NULL },
	{ "null", TCP_PORT, 0, BOTH, NULL, "closed", "open|filtered", NULL },
	{ "xmas", TCP_PORT, TCP_FIN | TCP_PSH | TCP_URG, BOTH, NULL, "closed",
	    "open|filtered", NULL },
	{ "udp", UDP_PORT, 0, BOTH, NULL, NULL, "open|filtered", NULL },
	{ "syn-ping", HOST_TCP, TCP_SYN, BOTH, "up", "up", "down", NULL },
	{ "ack-ping", HOST_TCP, TCP_ACK, BOTH, "up", "up", "down", NULL },
	{ "udp-ping", HOST_UDP, 0, BOTH, NULL, NULL, "down", NULL },
	{ "icmp-echo", HOST_ICMP, 0, BOTH, NULL, NULL, "down", "echo-reply" },
	{ "icmp-timestamp", HOST_ICMP, 0, true, false, NULL, NULL, "down",
	    "timestamp-reply" },
	{ "icmp-mask", HOST_ICMP, 0, true, false, NULL, NULL, "down",
	    "addressmask-reply" },
	{ "arp", HOST_LINK, 0, true, false, NULL, NULL, "down",
	    "arp-response" },
	{ "ndp", HOST_LINK, 0, false, true, NULL, NULL, "down",
	    "nd-response" },
};

const struct truth *
truth_find(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(truths) / sizeof(truths[0]); i++)
		if (str_is(name, truths[i].name))
			return &truths[i];
	return NULL;
}

bool
truth_wants_ports(const struct truth *t)
{
	return t->about == TCP_PORT || t->about == UDP_PORT ||
	    t->about == HOST_TCP || t->about == HOST_UDP;
}

/* RFC 792, RFC 1812, RFC 4443, in nmap's words. */
static const char *
error_name(const struct world_error *e)
{
	static const char *const v4[] = { [0] = "net-unreach",
	    [1] = "host-unreach", [2] = "proto-unreach", [3] = "port-unreach",
	    [9] = "net-prohibited", [10] = "host-prohibited",
	    [13] = "admin-prohibited" };
	static const char *const v6[] = { "no-route", "admin-prohibited",
	    "beyond-scope", "host-unreach", "port-unreach",
	    "admin-prohibited", "reject-route" };

	return e->type == 3 ? v4[e->code] : v6[e->code];
}

static bool
closes(const struct truth *t, const struct world_error *e)
{
	return t->about == UDP_PORT && !e->by_router &&
	    e->code == (e->type == 3 ? 3 : 4);
}

static const char *
state_of(const struct truth *t, const struct world_reaction *r,
    const char **reason)
{
	switch (r->kind) {
	case WORLD_SYN_ACK:
		*reason = "syn-ack";
		return t->syn_ack;
	case WORLD_RST:
		*reason = "reset";
		if (t->rst == NULL)
			return r->window ? "open" : "closed";
		return t->rst;
	case WORLD_ERROR:
		/* a router that knows of nobody does not end the search */
		if (t->about != TCP_PORT && t->about != UDP_PORT) {
			*reason = r->error.by_router ? "no-response" :
			    error_name(&r->error);
			return r->error.by_router ? t->silent : "up";
		}
		*reason = error_name(&r->error);
		return closes(t, &r->error) ? "closed" : "filtered";
	case WORLD_DATAGRAM:
		*reason = "udp-response";
		return t->about == HOST_UDP ? "up" : "open";
	default:
		*reason = "no-response";
		return t->silent;
	}
}

static const char *
port_state(const struct truth *t, const struct world *w, const struct host *h,
    uint16_t port, const char **reason)
{
	struct world_reaction r;

	if (t->about == UDP_PORT || t->about == HOST_UDP)
		world_udp(w, h, port, &r);
	else
		world_tcp(w, h, port, t->flags, &r);
	return state_of(t, &r, reason);
}

static const char *
host_state(const struct truth *t, const struct host *h, const char **reason)
{
	bool up = h->up && (t->about == HOST_LINK || h->ping);

	*reason = up ? t->reason : "no-response";
	return up ? "up" : t->silent;
}

/* ---- output ---- */

static bool
is_open(const char *state)
{
	return strcmp(state, "open") == 0 || strcmp(state, "up") == 0;
}

static void
put(struct recout *out, struct record *r, struct str ip, struct str port,
    const char *proto, const char *state, const char *reason)
{
	rec_clear(r);
	rec_data(r, ip, port, str_of(proto), str_of(state), str_of(reason));
	recout_put(out, r);
}

/* What the system is, and, where its clock tells it, since when it runs. */
static void
set_system(const struct world *w, const struct host *h, struct record *r)
{
	const struct system *s = h->system;

	rec_set(r, "os", str_of(s->family));
	if (s->gen != NULL)
		rec_set(r, "os_gen", str_of(s->gen));
	if (s->hz >= 50 && s->hz < 1000 && !s->no_time)
		rec_set_u64(r, "uptime", system_uptime(w, h, clock_wall_ns()));
}

/* Probes of all ports make one record for a host: the best that they show. */
static void
put_host(const struct truth *t, const struct world *w, const struct host *h,
    const struct portset *ports, struct str ip, bool open, struct recout *out,
    struct record *r)
{
	const char *state = t->silent, *reason = "no-response";
	uint32_t i;

	if (t->about != HOST_TCP && t->about != HOST_UDP)
		state = host_state(t, h, &reason);
	else
		for (i = 0; i < portset_count(ports); i++) {
			state = port_state(t, w, h, portset_at(ports, i),
			    &reason);
			if (is_open(state))
				break;
		}
	if (open && !is_open(state))
		return;
	rec_clear(r);
	rec_data(r, ip, STR_NONE, STR("host"), str_of(state), str_of(reason));
	if (h->system != NULL && is_open(state))
		set_system(w, h, r);
	recout_put(out, r);
}

static void
put_ports(const struct truth *t, const struct world *w, const struct host *h,
    const struct portset *ports, struct str ip, bool open, struct recout *out,
    struct record *r)
{
	const char *state, *reason;
	char text[NUM_FMT_U64];
	struct portrange *p;
	uint32_t port;
	size_t i;

	for (i = 0; i < ports->n; i++) {
		p = &ports->r[i];
		for (port = p->lo; port <= p->hi; port++) {
			state = port_state(t, w, h, (uint16_t)port, &reason);
			if (open && !is_open(state))
				continue;
			put(out, r, ip, (struct str){ text,
			    num_fmt_u64(text, port) }, t->about == UDP_PORT ?
			    "udp" : "tcp", state, reason);
		}
	}
}

void
truth_write(const struct truth *t, const struct world *w,
    const struct portset *ports, bool open, struct recout *out)
{
	const struct rangeset *all = &w->prefixes;
	struct record r = { 0 };
	struct host h;
	char text[ADDR_FMT];
	struct str ip;
	u128 a;
	size_t i;

	for (i = 0; i < all->n; i++) {
		if (addr_is4(all->r[i].first) ? !t->v4 : !t->v6)
			continue;
		for (a = all->r[i].first; !stop && out->error == 0; a++) {
			ip = (struct str){ text, addr_fmt(text, a) };
			world_host(w, a, &h);
			if (t->about == TCP_PORT || t->about == UDP_PORT)
				put_ports(t, w, &h, ports, ip, open, out, &r);
			else
				put_host(t, w, &h, ports, ip, open, out, &r);
			if (a == all->r[i].last)
				break;
		}
	}
	rec_release(&r);
}
