#include "live.h"

#include <string.h>

#include "pure/addr.h"
#include "pure/patch.h"
#include "pure/wire.h"
#include "world/live.h"
#include "world/route.h"

struct fill {
	struct sender		*s;
	const struct plan	*plan;
	struct live		*to;
	uint32_t		 slots[LIVE_LEGS];	/* of a plan's set */
	uint32_t		 nslot, nway;
	int			 ifindex;	/* that was asked about last */
	bool			 taken;
};

/* ---- what is asked ---- */

static bool
put_template(struct fill *f, unsigned type, bool v6)
{
	static const uint8_t no_mac[6];
	const struct scan_type *t = scan_types[type];
	struct live_template *to = &f->to->tmpl[2 * type + v6];
	uint8_t flags = t == &scan_flags ? f->s->params.flags : t->flags;
	struct frame frame;

	if ((t->fill != scan_tcp_fill && t->fill != scan_icmp_fill) ||
	    2 * type + v6 >= LIVE_TEMPLATES)
		return false;
	if (v6 ? !t->v6 : !t->v4)
		return true;
	if (t->prepare(t, &frame, &f->s->params, v6, no_mac) == -1 ||
	    frame.n > LIVE_PACKET)
		return false;
	memcpy(to->bytes, frame.bytes, LIVE_PACKET);
	to->ipsum = frame.ipsum;
	to->l4sum = frame.l4sum;
	to->n = frame.n;
	to->salt = t->salt;
	to->ack = flags & TCP_ACK ? ~(uint32_t)0 : 0;
	to->icmp = t->fill == scan_icmp_fill;
	return true;
}

static bool
put_lane(struct fill *f, const struct plan_lane *l)
{
	uint32_t k;

	if (l->nprobe > LIVE_SLOTS - f->nslot || !put_template(f, l->type,
	    false) || !put_template(f, l->type, true))
		return false;
	for (k = 0; k < l->nprobe; k++)
		f->to->slot[f->nslot++] = (struct live_slot){
		    (uint16_t)l->type, l->ports.n == 0 ? 0 :
		    portset_at(&l->ports, k) };
	return true;
}

static bool
put_sets(struct fill *f)
{
	const struct plan_lanes *s;
	size_t i, k;

	if (f->plan->nset > LIVE_LEGS)
		return false;
	for (i = 0; i < f->plan->nset; i++) {
		s = &f->plan->set[i];
		f->slots[i] = f->nslot;
		for (k = 0; k < s->n; k++)
			if (!put_lane(f, &s->lane[k]))
				return false;
	}
	return true;
}

/* ---- where it goes ---- */

static bool
put_way(struct fill *f, const struct way *w, const struct tx_path *p)
{
	struct live_way *to = &f->to->way[f->nway];

	if (f->nway == LIVE_WAYS || p->kind != TX_ETHERNET)
		return false;
	if (f->ifindex != p->ifindex) {
		f->ifindex = p->ifindex;
		f->taken = route_redirects(p->ifindex);
	}
	f->nway++;
	*to = (struct live_way){ .ifindex = (uint32_t)p->ifindex,
	    .v6 = p->ethertype == PACKET_ETH_IPV6,
	    .src = { (uint64_t)(w->src >> 64), (uint64_t)w->src } };
	memcpy(to->ether, p->dst, 6);
	memcpy(to->ether + 6, p->src, 6);
	wr_be16(to->ether + 12, p->ethertype);
	return f->taken;
}

static bool
put_leg(struct fill *f, const struct leg *leg, uint64_t base, u128 first,
    bool none)
{
	struct live_leg *to = &f->to->leg[f->to->nleg];

	if (f->to->nleg == LIVE_LEGS)
		return false;
	f->to->nleg++;
	*to = (struct live_leg){ .base = base,
	    .hi = (uint64_t)(first >> 64), .lo = (uint64_t)first,
	    .nprobe = f->plan->set[leg->set].nprobe,
	    .slots = f->slots[leg->set],
	    .way = none ? 0 : f->nway - 1, .none = none };
	return true;
}

/* Neighbours have link addresses of their own; those who have none are silent,
 * and make one leg together. */
static bool
put_neighbours(struct fill *f, const struct leg *leg, const struct way *w,
    uint64_t hosts)
{
	uint64_t i, step = f->plan->set[leg->set].nprobe;
	bool silent = false;
	struct tx_path p;
	u128 addr;

	for (i = 0; i < hosts; i++) {
		addr = leg->first + i;
		if (way_find(w, f->s->neigh, addr, false, &p)) {
			silent = false;
			if (!put_way(f, w, &p))
				return false;
		} else if (silent) {
			continue;
		} else {
			silent = true;
		}
		if (!put_leg(f, leg, leg->base + i * step, addr, silent))
			return false;
	}
	return true;
}

static bool
put_legs(struct fill *f, const struct legs *legs)
{
	const struct leg *leg;
	const struct way *w;
	uint64_t end;
	size_t i;
	bool ok;

	for (i = 0; i < legs->n; i++) {
		leg = &legs->leg[i];
		w = &legs->way[leg->way];
		end = i + 1 < legs->n ? legs->leg[i + 1].base : f->plan->n;
		if (w->kind == WAY_NEIGHBOUR)
			ok = put_neighbours(f, leg, w, (end - leg->base) /
			    f->plan->set[leg->set].nprobe);
		else
			ok = (w->kind == WAY_NONE || put_way(f, w, &w->tx)) &&
			    put_leg(f, leg, leg->base, leg->first,
			    w->kind == WAY_NONE);
		if (!ok)
			return false;
	}
	return true;
}

bool
live_fill(struct sender *s, const struct plan *plan, const struct legs *legs,
    const struct perm *perm, uint64_t shard, uint64_t shards)
{
	struct fill f = { .s = s, .plan = plan,
	    .to = live_memory(s->live) };

	f.to->perm = *perm;
	f.to->first = shard - 1;
	f.to->step = shards;
	memcpy(f.to->key, s->params.key, sizeof(f.to->key));
	f.to->sport = s->params.sport;
	f.to->spread = s->params.nsports != 1;
	f.to->nleg = 0;
	return put_sets(&f) && put_legs(&f, legs);
}
