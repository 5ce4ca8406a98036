#include "world/sock.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <unistd.h>

#include "pure/addr.h"

bool
sock_is_loopback(u128 a)
{
	return a == 1 || (addr_is4(a) && addr_v4(a) >> 24 == 127);
}

static bool
is_linklocal6(u128 a)
{
	return (unsigned)(a >> 118) == 0xfe80u >> 6;
}

socklen_t
sock_addr(struct sockaddr_storage *ss, u128 a, uint16_t port, unsigned scope)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
	    .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
	    .sin6_port = htons(port) };

	if (addr_is4(a)) {
		in4.sin_addr.s_addr = htonl(addr_v4(a));
		memcpy(ss, &in4, sizeof(in4));
		return sizeof(in4);
	}
	addr_to16(in6.sin6_addr.s6_addr, a);
	if (is_linklocal6(a))
		in6.sin6_scope_id = scope;
	memcpy(ss, &in6, sizeof(in6));
	return sizeof(in6);
}

u128
sock_addr_of(const void *p, sa_family_t family, uint16_t *port)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;

	if (family == AF_INET) {
		memcpy(&in4, p, sizeof(in4));
		*port = ntohs(in4.sin_port);
		return ADDR_V4(ntohl(in4.sin_addr.s_addr));
	}
	if (family != AF_INET6)
		return 0;
	memcpy(&in6, p, sizeof(in6));
	*port = ntohs(in6.sin6_port);
	return addr_from16(in6.sin6_addr.s6_addr);
}

/* Binds to some port other than the target's. The kernel chose that one, and
 * may again when its range is narrow: so choose here, all over the range that
 * needs no privilege. */
static int
bind_elsewhere(int fd, u128 to, u128 source, uint16_t avoid)
{
	struct sockaddr_storage ss;
	socklen_t len;
	unsigned port = avoid;

	if (source == 0)
		source = addr_is4(to) ? ADDR_V4(0) : 0;
	for (int i = 0; i < 1000; i++) {
		port = 1024 + (port - 1024 + 40503) % 64512;
		if (port == avoid)
			continue;
		len = sock_addr(&ss, source, (uint16_t)port, 0);
		if (bind(fd, (struct sockaddr *)&ss, len) == 0)
			return 0;
		if (errno != EADDRINUSE && errno != EACCES)
			return -1;
	}
	return -1;
}

/* The local end as the user wants it: 0, or -1 with errno. */
static int
set_source(int fd, u128 to, const struct sock_local *local, uint16_t avoid)
{
	u128 source = addr_is4(to) ? local->source4 : local->source6;
	struct sockaddr_storage ss;
	socklen_t len;
	int one = 1;

	if (local->ifname != NULL && setsockopt(fd, SOL_SOCKET,
	    SO_BINDTODEVICE, local->ifname,
	    (socklen_t)strlen(local->ifname)) == -1)
		return -1;
	if (avoid != 0)
		return bind_elsewhere(fd, to, source, avoid);
	if (source == 0)
		return 0;
	/* The port is chosen at connect(), per destination: else 28,000
	 * connections would be all there are. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	len = sock_addr(&ss, source, 0, local->ifindex);
	return bind(fd, (struct sockaddr *)&ss, len);
}

int
sock_open(int type, u128 to, const struct sock_local *local, uint16_t avoid)
{
	bool is4 = addr_is4(to);
	int fd, e, one = 1;

	fd = socket(is4 ? AF_INET : AF_INET6,
	    type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	/* Without this, an ICMPv6 error waits for the kernel's own
	 * retransmission, and its code is lost; and a datagram socket that is
	 * not connected hears of none. */
	if (!is4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one));
	else if (type == SOCK_DGRAM)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
	if (set_source(fd, to, local, avoid) == -1) {
		e = errno;
		close(fd);
		errno = e;
		return -1;
	}
	return fd;
}

void
sock_close_hard(int fd)
{
	struct linger hard = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

bool
sock_icmp(int fd, struct sock_icmp *icmp)
{
	union {
		char		buf[256];
		struct cmsghdr	align;
	} control;
	char quoted[64];
	struct iovec io = { quoted, sizeof(quoted) };
	struct msghdr m = { .msg_iov = &io, .msg_iovlen = 1,
	    .msg_control = control.buf, .msg_controllen = sizeof(control.buf) };
	struct sock_extended_err e;
	struct sockaddr_storage from;
	struct cmsghdr *h;
	uint16_t port;

	if (recvmsg(fd, &m, MSG_ERRQUEUE) == -1)
		return false;
	for (h = CMSG_FIRSTHDR(&m); h != NULL; h = CMSG_NXTHDR(&m, h)) {
		size_t n = h->cmsg_len - CMSG_LEN(0);

		if (!((h->cmsg_level == IPPROTO_IP &&
		    h->cmsg_type == IP_RECVERR) ||
		    (h->cmsg_level == IPPROTO_IPV6 &&
		    h->cmsg_type == IPV6_RECVERR)) || n < sizeof(e))
			continue;
		memcpy(&e, CMSG_DATA(h), sizeof(e));
		if (e.ee_origin != SO_EE_ORIGIN_ICMP &&
		    e.ee_origin != SO_EE_ORIGIN_ICMP6)
			continue;
		icmp->type = e.ee_type;
		icmp->code = e.ee_code;
		memset(&from, 0, sizeof(from));
		n -= sizeof(e);
		memcpy(&from, CMSG_DATA(h) + sizeof(e),
		    n < sizeof(from) ? n : sizeof(from));
		icmp->from = sock_addr_of(&from, from.ss_family, &port);
		return true;
	}
	return false;
}

bool
sock_icmp_refuses(const struct sock_icmp *i, bool is4)
{
	return is4 ? i->type == ICMP_DEST_UNREACH && i->code == ICMP_PORT_UNREACH :
	    i->type == ICMP6_DST_UNREACH && i->code == ICMP6_DST_UNREACH_NOPORT;
}

/* ---- datagrams ---- */

ssize_t
sock_send(int fd, const struct sock_peer *peer, const void *p, size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr(&ss, peer->addr, peer->port, peer->scope);

	return sendto(fd, p, n, MSG_NOSIGNAL, (struct sockaddr *)&ss, len);
}

ssize_t
sock_recv(int fd, const struct sock_peer *peer, void *p, size_t n)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	uint16_t port;
	ssize_t r = recvfrom(fd, p, n, 0, (struct sockaddr *)&ss, &len);

	if (r == -1 || sock_addr_of(&ss, ss.ss_family, &port) == peer->addr)
		return r;
	errno = EAGAIN;
	return -1;
}

int
sock_check_route(int fd, const struct sock_peer *peer)
{
	struct sockaddr_storage ss;
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	socklen_t len = sock_addr(&ss, peer->addr, peer->port, peer->scope);

	if (connect(fd, (struct sockaddr *)&ss, len) == -1)
		return -1;
	return connect(fd, &none, sizeof(none));
}

/* ---- what the user asks for ---- */

const char *
sock_read_source(void *dst, const char *value)
{
	struct sock_local *l = dst;
	size_t n = strlen(value);
	u128 a;

	if (n == 0 || addr_scan(value, n, &a) != n)
		return "an address of this machine: `ip address` lists them";
	*(addr_is4(a) ? &l->source4 : &l->source6) = a;
	return NULL;
}

static int
try_source(u128 a, unsigned ifindex)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr(&ss, a, 0, ifindex);
	int fd, r, e;

	fd = socket(addr_is4(a) ? AF_INET : AF_INET6,
	    SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	r = bind(fd, (struct sockaddr *)&ss, len);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static int
try_interface(const char *ifname)
{
	int fd, r, e;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	r = setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname,
	    (socklen_t)strlen(ifname));
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static int
check_interface(struct sock_local *l, struct buf *err)
{
	int e;

	if ((l->ifindex = if_nametoindex(l->ifname)) == 0) {
		buf_printf(err, "%s: no such interface: `ip link` lists them",
		    l->ifname);
		errno = ENODEV;
		return -1;
	}
	if (try_interface(l->ifname) == 0)
		return 0;
	e = errno;
	if (e == EPERM)
		buf_printf(err, "%s: this kernel wants CAP_NET_RAW to choose "
		    "an interface: choose by source address, or `setcap "
		    "cap_net_raw+ep` on the program", l->ifname);
	else
		buf_printf(err, "%s: %s", l->ifname, strerror(e));
	errno = e;
	return -1;
}

static int
check_source(u128 a, unsigned ifindex, struct buf *err)
{
	char text[ADDR_FMT];
	int e;

	if (a == 0 || try_source(a, ifindex) == 0)
		return 0;
	e = errno;
	buf_put(err, text, addr_fmt(text, a));
	buf_printf(err, ": %s: `ip address` lists this machine's", strerror(e));
	errno = e;
	return -1;
}

int
sock_check_local(struct sock_local *l, struct buf *err)
{
	if (l->ifname != NULL && check_interface(l, err) == -1)
		return -1;
	if (check_source(l->source4, l->ifindex, err) == -1)
		return -1;
	return check_source(l->source6, l->ifindex, err);
}
