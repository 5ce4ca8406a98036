#include "legs.h"

#include <stdlib.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/frame.h"
#include "pure/packet.h"

void
legs_release(struct legs *l)
{
	free(l->leg);
	free(l->way);
	*l = (struct legs){ 0 };
}

static bool
way_eq(const struct way *a, const struct way *b)
{
	return a->kind == b->kind && a->on_link == b->on_link &&
	    a->src == b->src && a->tx.kind == b->tx.kind &&
	    a->tx.ifindex == b->tx.ifindex &&
	    a->tx.ethertype == b->tx.ethertype &&
	    memcmp(a->tx.src, b->tx.src, 6) == 0 &&
	    memcmp(a->tx.dst, b->tx.dst, 6) == 0;
}

/* Neighbours in a plan mostly leave alike: comparing with the last is enough
 * to keep the list short. */
static int
add_way(struct legs *l, const struct way *w)
{
	size_t cap = l->capway != 0 ? l->capway * 2 : 4;
	struct way *v;

	if (l->nway > 0 && way_eq(&l->way[l->nway - 1], w))
		return 0;
	if (l->nway == l->capway) {
		if ((v = realloc(l->way, cap * sizeof(*v))) == NULL)
			return -1;
		l->way = v;
		l->capway = cap;
	}
	l->way[l->nway++] = *w;
	return 0;
}

int
legs_add(struct legs *l, uint64_t base, u128 first, uint32_t set,
    const struct way *w)
{
	size_t cap = l->cap != 0 ? l->cap * 2 : 8;
	struct leg *v;

	if (add_way(l, w) == -1)
		return -1;
	if (l->n == l->cap) {
		if ((v = realloc(l->leg, cap * sizeof(*v))) == NULL)
			return -1;
		l->leg = v;
		l->cap = cap;
	}
	l->leg[l->n++] = (struct leg){ first, base, set,
	    (uint32_t)(l->nway - 1) };
	return 0;
}

const struct leg *
legs_at(const struct legs *l, uint64_t i)
{
	size_t lo = 0, hi = l->n, mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (l->leg[mid].base <= i)
			lo = mid;
		else
			hi = mid;
	}
	return &l->leg[lo];
}

/* ARP goes to all on the link (RFC 826), a neighbour solicitation to the
 * group of those whose address ends alike (RFC 4861, 7.2.2). */
static bool
find_link(const struct way *w, u128 addr, struct tx_path *out)
{
	if (!w->on_link)
		return false;
	*out = w->tx;
	out->ethertype = addr_is4(addr) ? PACKET_ETH_ARP : PACKET_ETH_IPV6;
	if (addr_is4(addr))
		memset(out->dst, 0xff, 6);
	else
		frame_multicast_mac(out->dst, frame_solicited_node(addr));
	return true;
}

bool
way_find(const struct way *w, const struct neigh *nb, u128 addr, bool asks,
    struct tx_path *out)
{
	const uint8_t *mac;

	if (asks)
		return find_link(w, addr, out);
	if (w->kind == WAY_NONE)
		return false;
	*out = w->tx;
	if (w->kind == WAY_DIRECT)
		return true;
	if ((mac = neigh_find(nb, w->tx.ifindex, addr)) == NULL)
		return false;
	memcpy(out->dst, mac, 6);
	return true;
}
