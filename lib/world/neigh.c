#include "world/neigh.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "pure/addr.h"
#include "pure/packet.h"
#include "pure/rate.h"
#include "pure/siphash.h"
#include "pure/wire.h"
#include "world/linger.h"

struct entry {
	u128	addr;
	int	ifindex;	/* 0: free */
	uint8_t	mac[6];
};

struct neigh {
	int		 fd;
	unsigned	 bound;		/* ethertype it listens to, 0: none */
	struct entry	*table;		/* open addressing */
	size_t		 cap, n;	/* cap is a power of two */
	uint64_t	 key[2];	/* neighbours choose their addresses */
};

static size_t
slot_of(const struct neigh *nb, int ifindex, u128 addr)
{
	const uint64_t w[3] = { (uint64_t)(addr >> 64), (uint64_t)addr,
	    (uint64_t)ifindex };
	size_t i = siphash(nb->key, w, 3) & (nb->cap - 1);

	while (nb->table[i].ifindex != 0 && (nb->table[i].addr != addr ||
	    nb->table[i].ifindex != ifindex))
		i = (i + 1) & (nb->cap - 1);
	return i;
}

static int
grow(struct neigh *nb)
{
	struct entry *old = nb->table;
	size_t i, n = nb->cap;

	if ((nb->n + 1) * 2 <= nb->cap)
		return 0;
	nb->cap = n != 0 ? n * 2 : 256;
	nb->table = calloc(nb->cap, sizeof(*nb->table));
	if (nb->table == NULL) {
		nb->table = old;
		nb->cap = n;
		return -1;
	}
	for (i = 0; i < n; i++)
		if (old[i].ifindex != 0)
			nb->table[slot_of(nb, old[i].ifindex,
			    old[i].addr)] = old[i];
	free(old);
	return 0;
}

int
neigh_add(struct neigh *nb, int ifindex, u128 addr, const uint8_t mac[6])
{
	size_t i;

	if (grow(nb) == -1)
		return -1;
	i = slot_of(nb, ifindex, addr);
	if (nb->table[i].ifindex == 0)
		nb->n++;
	nb->table[i].addr = addr;
	nb->table[i].ifindex = ifindex;
	memcpy(nb->table[i].mac, mac, 6);
	return 0;
}

const uint8_t *
neigh_find(const struct neigh *nb, int ifindex, u128 addr)
{
	const struct entry *e = &nb->table[slot_of(nb, ifindex, addr)];

	return e->ifindex == 0 ? NULL : e->mac;
}

struct neigh *
neigh_open(void)
{
	struct neigh *nb = calloc(1, sizeof(*nb));

	if (nb == NULL)
		return NULL;
	nb->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (nb->fd == -1 || random_bytes(nb->key, sizeof(nb->key)) == -1 ||
	    grow(nb) == -1) {
		neigh_close(nb);
		return NULL;
	}
	return nb;
}

void
neigh_close(struct neigh *nb)
{
	int saved = errno;

	if (nb == NULL)
		return;
	linger_close(nb->fd);
	free(nb->table);
	free(nb);
	errno = saved;
}

/* ARP replies, or ICMPv6 neighbour advertisements right behind the header. The
 * socket is bound to one ethertype, when it is needed: a tap on all of them
 * costs every packet that leaves. */
static int
listen_to(struct neigh *nb, unsigned ethertype)
{
	struct sock_filter arp[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter na[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 136, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(na) / sizeof(na[0]), na };
	struct sockaddr_ll sll = { .sll_family = AF_PACKET };

	if (nb->bound == ethertype)
		return 0;
	if (ethertype == ETH_P_ARP)
		prog = (struct sock_fprog){ sizeof(arp) / sizeof(arp[0]), arp };
	wr_be16((uint8_t *)&sll.sll_protocol, (uint16_t)ethertype);
	if (setsockopt(nb->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == -1 ||
	    bind(nb->fd, (struct sockaddr *)&sll, sizeof(sll)) == -1)
		return -1;
	nb->bound = ethertype;
	return 0;
}

/* One sweep over a range of neighbours. */
struct ask {
	struct neigh	*nb;
	struct tx	*tx;
	int		 ifindex;
	u128		 src;
	const struct rangeset *set;
	struct frame	 tmpl;
	struct tx_path	 path;
	u128		 missing;
};

static void
hear(struct ask *a)
{
	uint8_t buf[256];
	struct sockaddr_ll sll;
	socklen_t len = sizeof(sll);
	struct packet p;
	u128 who;
	ssize_t n;

	while ((n = recvfrom(a->nb->fd, buf, sizeof(buf), MSG_TRUNC,
	    (struct sockaddr *)&sll, &len)) > 0) {
		len = sizeof(sll);
		if (sll.sll_ifindex != a->ifindex || packet_dissect(&p,
		    (unsigned)(sll.sll_protocol >> 8 |
		    (sll.sll_protocol & 255) << 8), buf,
		    (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf)) == -1)
			continue;
		if (p.kind == PACKET_NA && !p.has_mac && sll.sll_halen == 6) {
			/* RFC 4861, 4.4: it may leave its address out */
			memcpy(p.mac, sll.sll_addr, 6);
			p.has_mac = true;
		}
		who = p.kind == PACKET_NA ? p.target : p.src;
		if ((p.kind != PACKET_NA && p.kind != PACKET_ARP) ||
		    !p.has_mac || !rangeset_has(a->set, who) ||
		    neigh_find(a->nb, a->ifindex, who) != NULL)
			continue;
		if (neigh_add(a->nb, a->ifindex, who, p.mac) == 0)
			a->missing--;
	}
}

static int
ask_one(struct ask *a, u128 addr)
{
	struct frame_vars v = { .src = a->src, .dst = addr };
	uint8_t *p = tx_slot(a->tx);
	size_t n;

	if (addr_is4(addr)) {
		n = frame_put_arp(&a->tmpl, p, &v);
	} else {
		n = frame_put_ns(&a->tmpl, p, &v);
		frame_multicast_mac(a->path.dst, frame_solicited_node(addr));
	}
	return tx_commit(a->tx, n, &a->path);
}

static int
pause_until(struct ask *a, uint64_t until, const atomic_bool *stop)
{
	struct pollfd pfd = { .fd = a->nb->fd, .events = POLLIN };
	uint64_t now;

	while (a->missing > 0 && !atomic_load(stop) && (now = clock_mono_ns()) < until) {
		struct timespec ts = {
		    (time_t)((until - now) / NS_PER_S),
		    (long)((until - now) % NS_PER_S) };

		if (ppoll(&pfd, 1, &ts, NULL) == -1 && errno != EINTR)
			return -1;
		hear(a);
	}
	return 0;
}

static int
ask_range(struct ask *a, const struct range *range, struct rate *rate,
    const atomic_bool *stop)
{
	uint32_t granted = 0;
	u128 addr;

	for (addr = range->first; !atomic_load(stop); addr++) {
		if (neigh_find(a->nb, a->ifindex, addr) == NULL) {
			while (granted == 0 && !atomic_load(stop)) {
				granted = rate_grant(rate, clock_mono_ns(),
				    TX_BATCH / 4);
				if (granted > 0)
					break;
				if (tx_flush(a->tx) == -1 || pause_until(a,
				    clock_mono_ns() + rate_wait(rate,
				    clock_mono_ns()), stop) == -1)
					return -1;
			}
			granted -= granted > 0;
			if (ask_one(a, addr) == -1)
				return -1;
			hear(a);
		}
		if (addr == range->last)
			break;
	}
	rate_settle(rate, granted);
	return tx_flush(a->tx);
}

int
neigh_ask(struct neigh *nb, struct tx *tx, const struct neigh_link *l,
    const struct rangeset *set, unsigned tries, uint64_t wait, double pps,
    const atomic_bool *stop)
{
	struct ask a = { .nb = nb, .tx = tx, .ifindex = l->ifindex,
	    .src = l->src, .set = set, .path = { .kind = TX_ETHERNET,
	    .ifindex = l->ifindex } };
	bool v4 = set->n > 0 && addr_is4(set->r[0].first);
	struct rate rate;
	size_t i, k;

	if ((v4 ? frame_arp(&a.tmpl, l->mac) :
	    frame_ns(&a.tmpl, l->mac)) == -1) {
		errno = ENOMEM;
		return -1;
	}
	a.path.ethertype = v4 ? ETH_P_ARP : ETH_P_IPV6;
	if (listen_to(nb, a.path.ethertype) == -1)
		return -1;
	memcpy(a.path.src, l->mac, 6);
	memset(a.path.dst, 0xff, 6);
	a.missing = rangeset_count(set);
	for (i = 0; i < nb->cap; i++)
		a.missing -= nb->table[i].ifindex == l->ifindex &&
		    rangeset_has(set, nb->table[i].addr);
	rate_init(&rate, pps, clock_mono_ns());
	for (i = 0; i < tries && a.missing > 0 && !atomic_load(stop); i++) {
		for (k = 0; k < set->n; k++)
			if (ask_range(&a, &set->r[k], &rate, stop) == -1)
				return -1;
		if (pause_until(&a, clock_mono_ns() + wait, stop) == -1)
			return -1;
	}
	return 0;
}
