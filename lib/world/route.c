#include "world/route.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pure/addr.h"
#include "pure/wire.h"

/* A neighbour entry of the kernel. */
struct neighbour {
	u128	addr;
	int	ifindex;
	uint8_t	mac[6];
};

struct routes {
	struct mnl_socket	*nl;
	unsigned		 seq;
	int			 oif;		/* 0: any */
	u128			*border;	/* first addresses of stretches */
	size_t			 nborder, capborder;
	struct route		**found;	/* by border, NULL: not asked */
	struct neighbour	*neigh;
	size_t			 nneigh, capneigh;
	bool			 oom;
};

static u128
attr_addr(const struct nlattr *a, int family)
{
	const uint8_t *p = mnl_attr_get_payload(a);
	struct rd r = rd_of(p, mnl_attr_get_payload_len(a));

	if (family == AF_INET)
		return ADDR_V4(rd_be32(&r));
	return r.n < 16 ? 0 : addr_from16(p);
}

static void
put_addr(struct nlmsghdr *h, uint16_t type, u128 addr)
{
	uint8_t b[16];

	if (addr_is4(addr)) {
		wr_be32(b, addr_v4(addr));
		mnl_attr_put(h, type, 4, b);
	} else {
		addr_to16(b, addr);
		mnl_attr_put(h, type, 16, b);
	}
}

/* ---- dumps ---- */

static void
add_border(struct routes *rs, u128 at)
{
	size_t cap = rs->capborder != 0 ? rs->capborder * 2 : 64;
	u128 *b;

	if (rs->nborder == rs->capborder) {
		if ((b = realloc(rs->border, cap * sizeof(*b))) == NULL) {
			rs->oom = true;
			return;
		}
		rs->border = b;
		rs->capborder = cap;
	}
	rs->border[rs->nborder++] = at;
}

/* A route of any table: its prefix's first address starts a stretch, and the
 * address behind its last one starts the next. */
static int
on_route(const struct nlmsghdr *h, void *arg)
{
	struct routes *rs = arg;
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct nlattr *a;
	u128 dst = 0, span;
	unsigned bits = rt->rtm_family == AF_INET ? 32 : 128;

	if (rt->rtm_family != AF_INET && rt->rtm_family != AF_INET6)
		return MNL_CB_OK;
	if (rt->rtm_family == AF_INET)
		dst = ADDR_V4(0);
	mnl_attr_for_each(a, h, sizeof(*rt))
		if (mnl_attr_get_type(a) == RTA_DST)
			dst = attr_addr(a, rt->rtm_family);
	if (rt->rtm_dst_len > bits)
		return MNL_CB_OK;
	bits -= rt->rtm_dst_len;
	span = bits == 128 ? ADDR_MAX : ((u128)1 << bits) - 1;
	add_border(rs, dst & ~span);
	if ((dst | span) != ADDR_MAX)
		add_border(rs, (dst | span) + 1);
	return MNL_CB_OK;
}

static int
on_neighbour(const struct nlmsghdr *h, void *arg)
{
	struct routes *rs = arg;
	const struct ndmsg *nd = mnl_nlmsg_get_payload(h);
	struct nlattr *a;
	struct neighbour n = { .ifindex = nd->ndm_ifindex }, *grown;
	bool mac = false, dst = false;
	size_t cap = rs->capneigh != 0 ? rs->capneigh * 2 : 16;

	if (nd->ndm_family != AF_INET && nd->ndm_family != AF_INET6)
		return MNL_CB_OK;
	if ((nd->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY |
	    NUD_PROBE | NUD_PERMANENT)) == 0)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*nd)) {
		if (mnl_attr_get_type(a) == NDA_DST) {
			n.addr = attr_addr(a, nd->ndm_family);
			dst = true;
		} else if (mnl_attr_get_type(a) == NDA_LLADDR &&
		    mnl_attr_get_payload_len(a) == 6) {
			memcpy(n.mac, mnl_attr_get_payload(a), 6);
			mac = true;
		}
	}
	if (!mac || !dst)
		return MNL_CB_OK;
	if (rs->nneigh == rs->capneigh) {
		grown = realloc(rs->neigh, cap * sizeof(*grown));
		if (grown == NULL) {
			rs->oom = true;
			return MNL_CB_OK;
		}
		rs->neigh = grown;
		rs->capneigh = cap;
	}
	rs->neigh[rs->nneigh++] = n;
	return MNL_CB_OK;
}

/* Sends the request and runs the callback on every answer: 0, or -1 with
 * errno (the kernel's own for an error answer). */
static int
talk(struct routes *rs, struct nlmsghdr *h, mnl_cb_t cb, void *arg)
{
	char buf[32768];
	ssize_t n;
	int r = 1;

	h->nlmsg_seq = ++rs->seq;
	if (mnl_socket_sendto(rs->nl, h, h->nlmsg_len) == -1)
		return -1;
	while (r > 0) {
		n = mnl_socket_recvfrom(rs->nl, buf, sizeof(buf));
		if (n == -1)
			return -1;
		r = mnl_cb_run(buf, (size_t)n, rs->seq,
		    mnl_socket_get_portid(rs->nl), cb, arg);
		/* an answer to a single request has no end mark */
		if ((h->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
			break;
	}
	return r == -1 ? -1 : 0;
}

static int
dump(struct routes *rs, uint16_t type, mnl_cb_t cb)
{
	char buf[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *rt;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	/* rtmsg and ndmsg both are 12 bytes and start with the family: any */
	rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	rt->rtm_family = AF_UNSPEC;
	return talk(rs, h, cb, rs);
}

static int
border_cmp(const void *x, const void *y)
{
	const u128 *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

static void
sort_borders(struct routes *rs)
{
	size_t i, n = 0;

	qsort(rs->border, rs->nborder, sizeof(*rs->border), border_cmp);
	for (i = 0; i < rs->nborder; i++)
		if (n == 0 || rs->border[n - 1] != rs->border[i])
			rs->border[n++] = rs->border[i];
	rs->nborder = n;
}

/* Where the kernel's answer changes without a route that says so: the families,
 * the unspecified address, multicast and broadcast. */
static void
add_fixed_borders(struct routes *rs)
{
	static const uint32_t v4[] = { 0, 1, 0xe0000000, 0xf0000000,
	    0xffffffff };
	size_t i;

	add_border(rs, 0);
	add_border(rs, 1);
	add_border(rs, (u128)0xff << 120);
	for (i = 0; i < sizeof(v4) / sizeof(v4[0]); i++)
		add_border(rs, ADDR_V4(v4[i]));
	add_border(rs, ADDR_V4(0xffffffff) + 1);
}

static int
load(struct routes *rs)
{
	add_fixed_borders(rs);
	if (dump(rs, RTM_GETROUTE, on_route) == -1 ||
	    dump(rs, RTM_GETNEIGH, on_neighbour) == -1)
		return -1;
	if (!rs->oom) {
		sort_borders(rs);
		rs->found = calloc(rs->nborder, sizeof(*rs->found));
	}
	if (rs->found == NULL) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

struct routes *
routes_open(const char *ifname)
{
	struct routes *rs = calloc(1, sizeof(*rs));
	int saved;

	if (rs == NULL)
		return NULL;
	if (ifname != NULL && (rs->oif = (int)if_nametoindex(ifname)) == 0) {
		free(rs);
		errno = ENODEV;
		return NULL;
	}
	rs->nl = mnl_socket_open(NETLINK_ROUTE);
	if (rs->nl == NULL || mnl_socket_bind(rs->nl, 0,
	    MNL_SOCKET_AUTOPID) == -1 || load(rs) == -1) {
		saved = errno;
		routes_close(rs);
		errno = saved;
		return NULL;
	}
	return rs;
}

void
routes_close(struct routes *rs)
{
	size_t i;

	if (rs == NULL)
		return;
	for (i = 0; rs->found != NULL && i < rs->nborder; i++)
		free(rs->found[i]);
	free(rs->found);
	free(rs->border);
	free(rs->neigh);
	if (rs->nl != NULL)
		mnl_socket_close(rs->nl);
	free(rs);
}

/* ---- one look-up ---- */

static int
on_answer(const struct nlmsghdr *h, void *arg)
{
	struct route *r = arg;
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct nlattr *a;

	if (h->nlmsg_type != RTM_NEWROUTE)
		return MNL_CB_OK;
	if (rt->rtm_type == RTN_LOCAL)
		r->kind = ROUTE_LOCAL;
	else if (rt->rtm_type == RTN_UNICAST)
		r->kind = ROUTE_ON_LINK;
	else if (rt->rtm_type == RTN_BROADCAST ||
	    rt->rtm_type == RTN_MULTICAST)
		r->kind = ROUTE_GROUP;
	mnl_attr_for_each(a, h, sizeof(*rt))
		switch (mnl_attr_get_type(a)) {
		case RTA_OIF:
			r->ifindex = (int)mnl_attr_get_u32(a);
			break;
		case RTA_GATEWAY:
			r->gateway = attr_addr(a, rt->rtm_family);
			if (r->kind == ROUTE_ON_LINK)
				r->kind = ROUTE_GATEWAY;
			break;
		case RTA_VIA:
			/* an IPv4 route over an IPv6 gateway, RFC 5549 */
			if (r->kind == ROUTE_ON_LINK &&
			    mnl_attr_get_payload_len(a) >= 18) {
				r->gateway = addr_from16((const uint8_t *)
				    mnl_attr_get_payload(a) + 2);
				r->kind = ROUTE_GATEWAY;
			}
			break;
		case RTA_PREFSRC:
			r->src = attr_addr(a, rt->rtm_family);
			break;
		}
	return MNL_CB_OK;
}

/* What the device is: its name, link address, and whether it needs one. */
static void
ask_device(struct route *r)
{
	struct ifreq ifr;
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_ifindex = r->ifindex;
	if (s == -1 || ioctl(s, SIOCGIFNAME, &ifr) == -1)
		goto out;
	memcpy(r->ifname, ifr.ifr_name, sizeof(r->ifname));
	if (ioctl(s, SIOCGIFFLAGS, &ifr) == 0) {
		r->down = (ifr.ifr_flags & (IFF_UP | IFF_RUNNING)) !=
		    (IFF_UP | IFF_RUNNING);
		if (ifr.ifr_flags & IFF_NOARP && r->kind >= ROUTE_ON_LINK)
			r->kind = ROUTE_POINT;
	}
	if (ioctl(s, SIOCGIFHWADDR, &ifr) == 0) {
		if (ifr.ifr_hwaddr.sa_family == ARPHRD_ETHER)
			memcpy(r->mac, ifr.ifr_hwaddr.sa_data, 6);
		else if (ifr.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK &&
		    r->kind >= ROUTE_ON_LINK)
			r->kind = ROUTE_POINT;
	}
out:
	if (s != -1)
		close(s);
}

static int
ask(struct routes *rs, u128 addr, struct route *r)
{
	char buf[256];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *rt;
	bool v4 = addr_is4(addr);

	h->nlmsg_type = RTM_GETROUTE;
	h->nlmsg_flags = NLM_F_REQUEST;
	rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	rt->rtm_family = v4 ? AF_INET : AF_INET6;
	rt->rtm_dst_len = v4 ? 32 : 128;
	put_addr(h, RTA_DST, addr);
	if (rs->oif != 0)
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)rs->oif);
	if (talk(rs, h, on_answer, r) == -1) {
		/* the kernel's way to say that there is no route */
		if (errno == ENETUNREACH || errno == EHOSTUNREACH ||
		    errno == EACCES || errno == EINVAL || errno == ENETDOWN) {
			r->kind = ROUTE_NONE;
			/* is it because the interface that was named is down? */
			r->ifindex = rs->oif;
			if (rs->oif != 0)
				ask_device(r);
			return 0;
		}
		return -1;
	}
	if (r->ifindex != 0)
		ask_device(r);
	return 0;
}

const struct route *
routes_find(struct routes *rs, u128 addr)
{
	size_t lo = 0, hi = rs->nborder, mid;
	struct route *r;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (rs->border[mid] <= addr)
			lo = mid;
		else
			hi = mid;
	}
	if (rs->found[lo] != NULL)
		return rs->found[lo];
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->first = rs->border[lo];
	r->last = lo + 1 < rs->nborder ? rs->border[lo + 1] - 1 : ADDR_MAX;
	if (ask(rs, addr, r) == -1) {
		free(r);
		return NULL;
	}
	rs->found[lo] = r;
	return r;
}

int
routes_neighbour(struct routes *rs, int ifindex, u128 addr, uint8_t mac[6])
{
	size_t i;

	for (i = 0; i < rs->nneigh; i++)
		if (rs->neigh[i].ifindex == ifindex &&
		    rs->neigh[i].addr == addr) {
			memcpy(mac, rs->neigh[i].mac, 6);
			return 0;
		}
	return -1;
}

/* ---- generic netlink ---- */

/* linux/netdev.h, from Linux 6.3 on */
#define NETDEV_DEV_GET		1
#define NETDEV_IFINDEX		1
#define NETDEV_XDP_FEATURES	3
#define NDO_XMIT		4

/* The attribute that is wanted: a number of 2 or 8 bytes. */
struct question {
	uint16_t	want;
	uint64_t	out;
	bool		there;
};

static int
on_number(const struct nlmsghdr *h, void *arg)
{
	struct question *q = arg;
	struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(a) != q->want)
			continue;
		q->there = true;
		q->out = mnl_attr_get_payload_len(a) == 2 ?
		    mnl_attr_get_u16(a) : mnl_attr_get_u64(a);
	}
	return MNL_CB_OK;
}

static int
ask_family(struct mnl_socket *nl, struct nlmsghdr *h, struct question *q)
{
	char buf[8192];
	ssize_t n;

	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = 1;
	if (mnl_socket_sendto(nl, h, h->nlmsg_len) == -1)
		return -1;
	while ((n = mnl_socket_recvfrom(nl, buf, sizeof(buf))) > 0)
		if (mnl_cb_run(buf, (size_t)n, 1, mnl_socket_get_portid(nl),
		    on_number, q) <= 0)
			break;
	return q->there ? 0 : -1;
}

static struct nlmsghdr *
family_request(char *buf, uint16_t family, uint8_t cmd)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	h->nlmsg_type = family;
	g->cmd = cmd;
	g->version = 1;
	return h;
}

bool
route_redirects(int ifindex)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_GENERIC);
	struct question family = { .want = CTRL_ATTR_FAMILY_ID };
	struct question xdp = { .want = NETDEV_XDP_FEATURES };
	struct nlmsghdr *h;
	char buf[256];

	if (nl == NULL)
		return true;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == -1)
		goto out;
	h = family_request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, "netdev");
	if (ask_family(nl, h, &family) == -1)
		goto out;
	h = family_request(buf, (uint16_t)family.out, NETDEV_DEV_GET);
	mnl_attr_put_u32(h, NETDEV_IFINDEX, (uint32_t)ifindex);
	(void)ask_family(nl, h, &xdp);
out:
	mnl_socket_close(nl);
	return !xdp.there || (xdp.out & NDO_XMIT) != 0;
}
