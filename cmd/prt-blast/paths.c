#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "meaning/scan.h"
#include "pure/addr.h"
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

typedef int each_stretch(struct paths *, const struct route *, u128 first,
    u128 last, const struct plan *, const struct plan_entry *, void *arg);

/* Calls f for each piece of the plan that has one route. */
static int
for_stretches(struct paths *ps, const struct plan *p, each_stretch *f,
    void *arg)
{
	const struct plan_entry *e;
	const struct route *r;
	u128 first, last;
	size_t i;

	for (i = 0; i < p->nentry; i++) {
		e = &p->entry[i];
		for (first = e->first;; first = last + 1) {
			if ((r = paths_route(ps, first)) == NULL)
				return -1;
			last = e->last < r->last ? e->last : r->last;
			if (f(ps, r, first, last, p, e, arg) == -1)
				return -1;
			if (last == e->last)
				break;
		}
	}
	return 0;
}

static int
prepare(struct paths *ps, const struct route *r, u128 first, u128 last,
    const struct plan *p, const struct plan_entry *e, void *arg)
{
	(void)arg;
	return prepare_stretch(ps, r, first, last, &p->set[e->set]);
}

/* ---- legs ---- */

static void
way_of(const struct paths *ps, const struct route *r, u128 addr,
    struct way *w)
{
	const uint8_t *mac = NULL;

	*w = (struct way){ .src = source(ps, r, addr), .tx = {
	    .ifindex = r->ifindex, .ethertype = addr_is4(addr) ?
	    PACKET_ETH_IPV4 : PACKET_ETH_IPV6 } };
	memcpy(w->tx.src, r->mac, 6);
	if (r->down || w->src == 0)
		return;
	switch (r->kind) {
	case ROUTE_NONE:
	case ROUTE_GROUP:
		return;
	case ROUTE_LOCAL:
		w->tx.kind = addr == 1 ? TX_LOOPBACK6 : TX_LOOPBACK;
		break;
	case ROUTE_POINT:
		w->tx.kind = TX_POINT;
		break;
	case ROUTE_ON_LINK:
		w->tx.kind = TX_ETHERNET;
		w->on_link = true;
		w->kind = WAY_NEIGHBOUR;
		return;
	case ROUTE_GATEWAY:
		w->tx.kind = TX_ETHERNET;
		mac = neigh_find(ps->neigh, r->ifindex, r->gateway);
		if (mac == NULL)
			return;
		memcpy(w->tx.dst, mac, 6);
		break;
	}
	w->kind = WAY_DIRECT;
}

/* A dry run has a packet for every probe, with or without a way. */
static void
way_dry(const struct paths *ps, const struct route *r, u128 addr,
    struct way *w)
{
	*w = (struct way){ .kind = WAY_DIRECT, .on_link = true,
	    .src = source(ps, r, addr), .tx = { .kind = TX_POINT,
	    .ethertype = addr_is4(addr) ? PACKET_ETH_IPV4 :
	    PACKET_ETH_IPV6 } };
	if (w->src == 0 && addr_is4(addr))
		w->src = ADDR_V4(0);
}

static int
add_leg(struct paths *ps, const struct route *r, u128 first, u128 last,
    const struct plan *p, const struct plan_entry *e, void *arg)
{
	struct way w;

	(void)last;
	if (ps->dry)
		way_dry(ps, r, first, &w);
	else
		way_of(ps, r, first, &w);
	if (legs_add(arg, e->base + (uint64_t)(first - e->first) *
	    p->set[e->set].nprobe, first, e->set, &w) == 0)
		return 0;
	msg_warn("out of memory");
	return -1;
}

int
paths_prepare(struct paths *ps, const struct plan *p, struct legs *legs)
{
	ps->skip[SCANREC_ROUTE].n = ps->skip[SCANREC_NEIGHBOUR].n = 0;
	if (!ps->dry && (for_stretches(ps, p, prepare, NULL) == -1 ||
	    ask_neighbours(ps) == -1))
		return -1;
	return for_stretches(ps, p, add_leg, legs);
}

static int
meet(struct paths *ps, const struct route *r, u128 first, u128 last,
    const struct plan *p, const struct plan_entry *e, void *arg)
{
	const struct paths_met *m = arg;
	const uint8_t *mac;

	(void)p;
	(void)e;
	for (; r->kind == ROUTE_ON_LINK; first++) {
		mac = neigh_find(ps->neigh, r->ifindex, first);
		if (mac != NULL)
			m->f(m->arg, first, mac);
		if (first == last)
			break;
	}
	return 0;
}

int
paths_each_met(struct paths *ps, const struct plan *p, struct paths_met *m)
{
	return for_stretches(ps, p, meet, m);
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
