#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "meaning/scan.h"
#include "pure/addr.h"
#include "pure/frame.h"
#include "pure/packet.h"

/* A neighbour answers within microseconds or is not there; a slow one gets
 * three questions. */
#define ASK_TRIES	3
#define ASK_WAIT	(250 * (uint64_t)NS_PER_MS)

const struct route *
paths_route(struct paths *ps, u128 addr)
{
	const struct route *r = ps->last;

	if (r != NULL && addr >= r->first && addr <= r->last)
		return r;
	r = routes_find(ps->routes, addr);
	if (r == NULL)
		msg_warn("cannot ask the kernel for a route: %s",
		    strerror(errno));
	ps->last = r;
	return r;
}

void
paths_release(struct paths *ps)
{
	rangeset_release(&ps->skip[SCANREC_ROUTE]);
	rangeset_release(&ps->skip[SCANREC_NEIGHBOUR]);
	routes_close(ps->routes);
	neigh_close(ps->neigh);
	free(ps->told);
	free(ps->want);
}

static u128
source(const struct paths *ps, const struct route *r, u128 dst)
{
	u128 own = addr_is4(dst) ? ps->src4 : ps->src6;

	return own != 0 ? own : r->src;
}

/* Once for each stretch of addresses that shares a route. */
static bool
told_before(struct paths *ps, const struct route *r)
{
	size_t i, cap = ps->captold != 0 ? ps->captold * 2 : 8;
	u128 *t;

	for (i = 0; i < ps->ntold; i++)
		if (ps->told[i] == r->first)
			return true;
	if (ps->ntold == ps->captold) {
		if ((t = realloc(ps->told, cap * sizeof(*t))) == NULL)
			return false;
		ps->told = t;
		ps->captold = cap;
	}
	ps->told[ps->ntold++] = r->first;
	return false;
}

static int
skip(struct paths *ps, u128 first, u128 last, enum scanrec_why why)
{
	if (rangeset_add(&ps->skip[why], first, last) == 0)
		return 0;
	msg_warn("out of memory");
	return -1;
}

static int
complain(struct paths *ps, const struct route *r, u128 first, u128 last,
    const char *why)
{
	char range[ADDR_RANGE_FMT + 1];

	if (!told_before(ps, r)) {
		range[addr_range_fmt(range, first, last)] = '\0';
		msg_warn("%s: not scanned: %s", range, why);
		ps->complaints++;
	}
	return skip(ps, first, last, SCANREC_ROUTE);
}

static int
ask(struct paths *ps, const struct route *r, const struct rangeset *set)
{
	struct neigh_link l = { .ifindex = r->ifindex,
	    .src = source(ps, r, set->r[0].first) };

	memcpy(l.mac, r->mac, 6);
	if (neigh_ask(ps->neigh, ps->tx, &l, set, ASK_TRIES, ASK_WAIT, ps->pps,
	    ps->stop) == -1) {
		msg_warn("cannot ask for link addresses on %s: %s%s",
		    r->ifname, strerror(errno), errno == ENETDOWN ?
		    "; bring it up with 'ip link set ... up'" : "");
		return -1;
	}
	return 0;
}

/* A gateway that the kernel knows already is not asked again. */
static int
prepare_gateway(struct paths *ps, const struct route *r, u128 first,
    u128 last)
{
	struct range one = { r->gateway, r->gateway };
	struct rangeset set = { &one, 1, 1 };
	char text[ADDR_FMT + 1], why[160];
	uint8_t mac[6];

	if (neigh_find(ps->neigh, r->ifindex, r->gateway) != NULL)
		return 0;
	if (routes_neighbour(ps->routes, r->ifindex, r->gateway, mac) == 0)
		return neigh_add(ps->neigh, r->ifindex, r->gateway, mac);
	if (ask(ps, r, &set) == -1)
		return -1;
	if (neigh_find(ps->neigh, r->ifindex, r->gateway) != NULL)
		return 0;
	text[addr_fmt(text, r->gateway)] = '\0';
	snprintf(why, sizeof(why), "its gateway %s does not answer on %s",
	    text, r->ifname);
	return complain(ps, r, first, last, why);
}

/* Stretches of one link are asked together: each question waits for its
 * answers. */
static struct paths_want *
want_of(struct paths *ps, const struct route *r)
{
	size_t i, cap = ps->capwant != 0 ? ps->capwant * 2 : 4;
	struct paths_want *w;

	for (i = 0; i < ps->nwant; i++)
		if (ps->want[i].route->ifindex == r->ifindex &&
		    ps->want[i].route->src == r->src)
			return &ps->want[i];
	if (ps->nwant == ps->capwant) {
		if ((w = realloc(ps->want, cap * sizeof(*w))) == NULL)
			return NULL;
		ps->want = w;
		ps->capwant = cap;
	}
	ps->want[ps->nwant] = (struct paths_want){ .route = r };
	return &ps->want[ps->nwant++];
}

static int
want_neighbours(struct paths *ps, const struct route *r, u128 first, u128 last)
{
	struct paths_want *w = want_of(ps, r);

	if (w != NULL && rangeset_add(&w->set, first, last) == 0)
		return 0;
	msg_warn("out of memory");
	return -1;
}

/* Who stayed silent is skipped. */
static int
skip_silent(struct paths *ps, const struct route *r, u128 first, u128 last)
{
	u128 addr, from = 0;
	bool gap = false, known;

	for (addr = first;; addr++) {
		known = neigh_find(ps->neigh, r->ifindex, addr) != NULL;
		if (!known && !gap)
			from = addr;
		else if (known && gap && skip(ps, from, addr - 1,
		    SCANREC_NEIGHBOUR) == -1)
			return -1;
		gap = !known;
		if (addr == last)
			break;
	}
	return gap ? skip(ps, from, last, SCANREC_NEIGHBOUR) : 0;
}

static int
ask_neighbours(struct paths *ps)
{
	struct paths_want *w;
	size_t i, k;
	int r = 0;

	for (i = 0; i < ps->nwant; i++) {
		w = &ps->want[i];
		rangeset_normalise(&w->set);
		if (r == 0)
			r = ask(ps, w->route, &w->set);
		for (k = 0; r == 0 && k < w->set.n; k++)
			r = skip_silent(ps, w->route, w->set.r[k].first,
			    w->set.r[k].last);
		rangeset_release(&w->set);
	}
	ps->nwant = 0;
	return r;
}

/* Of the probes of these lanes: does any go to the link itself (ARP, NDP), does
 * any need the neighbour's link address? */
static bool
has_kind(const struct plan_lanes *s, bool on_link)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (scan_types[s->lane[i].type]->on_link == on_link)
			return true;
	return false;
}

static int
prepare_stretch(struct paths *ps, const struct route *r, u128 first,
    u128 last, const struct plan_lanes *s)
{
	char why[160];

	if (r->kind == ROUTE_GROUP)
		return skip(ps, first, last, SCANREC_ROUTE);
	if (r->down) {
		snprintf(why, sizeof(why), "the interface %s is down; bring "
		    "it up with 'ip link set %s up'", r->ifname, r->ifname);
		return complain(ps, r, first, last, why);
	}
	if (r->kind == ROUTE_NONE)
		return complain(ps, r, first, last, "there is no route (or "
		    "its interface is down): 'ip route' lists routes, -i "
		    "names an interface");
	if (source(ps, r, first) == 0)
		return complain(ps, r, first, last, "its interface has no "
		    "address of that family; add one, or name a source with "
		    "-S");
	/* nobody answers ARP for our own address on the other side */
	if (has_kind(s, true) && r->kind == ROUTE_LOCAL)
		return skip(ps, first, last, SCANREC_ROUTE);
	if (has_kind(s, true) && r->kind != ROUTE_ON_LINK)
		return complain(ps, r, first, last, "arp and ndp ask only "
		    "neighbours on the link; 'ping' chooses what fits");
	if (r->kind == ROUTE_GATEWAY)
		return prepare_gateway(ps, r, first, last);
	if (r->kind == ROUTE_ON_LINK && has_kind(s, false))
		return want_neighbours(ps, r, first, last);
	return 0;
}

/* Calls prepare_stretch() for each piece of the plan that has one route. */
int
paths_prepare(struct paths *ps, const struct plan *p)
{
	const struct plan_entry *e;
	const struct route *r;
	u128 first, last;
	size_t i;

	ps->skip[SCANREC_ROUTE].n = ps->skip[SCANREC_NEIGHBOUR].n = 0;
	for (i = 0; i < p->nentry; i++) {
		e = &p->entry[i];
		for (first = e->first;; first = last + 1) {
			if ((r = paths_route(ps, first)) == NULL)
				return -1;
			last = e->last < r->last ? e->last : r->last;
			if (prepare_stretch(ps, r, first, last,
			    &p->set[e->set]) == -1)
				return -1;
			if (last == e->last)
				break;
		}
	}
	return ask_neighbours(ps);
}

static bool
range_leaves(struct paths *ps, u128 first, u128 last)
{
	const struct route *r;

	for (;; first = r->last + 1) {
		r = paths_route(ps, first);
		if (r == NULL || (r->kind != ROUTE_LOCAL &&
		    r->kind != ROUTE_GROUP))
			return true;
		if (last <= r->last)
			return false;
	}
}

bool
paths_beyond_loopback(struct paths *ps, const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->nentry; i++)
		if (range_leaves(ps, p->entry[i].first, p->entry[i].last))
			return true;
	return false;
}

/* A dry run has a packet for every probe, with or without a way. */
static bool
find_dry(const struct paths *ps, const struct route *r, u128 addr, bool asks,
    struct path *out)
{
	memset(out, 0, sizeof(*out));
	out->tx.kind = TX_POINT;
	out->tx.ethertype = !addr_is4(addr) ? PACKET_ETH_IPV6 :
	    asks ? PACKET_ETH_ARP : PACKET_ETH_IPV4;
	out->src = addr_is4(addr) ? ps->src4 : ps->src6;
	if (out->src == 0 && r != NULL)
		out->src = r->src;
	if (out->src == 0)
		out->src = addr_is4(addr) ? ADDR_V4(0) : 0;
	return true;
}

bool
paths_find(struct paths *ps, u128 addr, bool asks, struct path *out)
{
	const struct route *r = paths_route(ps, addr);
	const uint8_t *mac = NULL;

	if (ps->dry)
		return find_dry(ps, r, addr, asks, out);
	if (r == NULL || r->kind == ROUTE_NONE || r->kind == ROUTE_GROUP ||
	    r->down)
		return false;
	out->src = source(ps, r, addr);
	out->loopback = r->kind == ROUTE_LOCAL;
	out->tx.ifindex = r->ifindex;
	out->tx.ethertype = addr_is4(addr) ? PACKET_ETH_IPV4 : PACKET_ETH_IPV6;
	if (out->src == 0)
		return false;
	if (asks) {
		if (r->kind != ROUTE_ON_LINK)
			return false;
		out->tx.kind = TX_ETHERNET;
		memcpy(out->tx.src, r->mac, 6);
		if (addr_is4(addr)) {
			out->tx.ethertype = PACKET_ETH_ARP;
			memset(out->tx.dst, 0xff, 6);
		} else {
			frame_multicast_mac(out->tx.dst,
			    frame_solicited_node(addr));
		}
		return true;
	}
	if (r->kind == ROUTE_LOCAL) {
		out->tx.kind = TX_LOOPBACK;
		return true;
	}
	if (r->kind == ROUTE_POINT) {
		out->tx.kind = TX_POINT;
		return true;
	}
	mac = neigh_find(ps->neigh, r->ifindex,
	    r->kind == ROUTE_GATEWAY ? r->gateway : addr);
	if (mac == NULL)
		return false;
	out->tx.kind = TX_ETHERNET;
	memcpy(out->tx.src, r->mac, 6);
	memcpy(out->tx.dst, mac, 6);
	return true;
}
