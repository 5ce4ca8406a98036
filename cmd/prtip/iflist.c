#include "iflist.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/msg.h"

static int
prefix_of(const uint8_t *mask, size_t n)
{
	int bits = 0;
	size_t i;

	for (i = 0; i < n; i++)
		bits += __builtin_popcount(mask[i]);
	return bits;
}

static int
mtu_of(int fd, const char *name)
{
	struct ifreq r = { 0 };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	return ioctl(fd, SIOCGIFMTU, &r) == 0 ? r.ifr_mtu : 0;
}

/* The link address of an interface; empty for none. */
static void
mac_of(char dst[18], const struct ifaddrs *all, const char *name)
{
	const struct ifaddrs *i;
	struct sockaddr_ll ll;

	dst[0] = '\0';
	for (i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_PACKET ||
		    strcmp(i->ifa_name, name) != 0)
			continue;
		memcpy(&ll, i->ifa_addr, sizeof(ll));
		if (ll.sll_halen == 6 && !(i->ifa_flags & IFF_LOOPBACK))
			snprintf(dst, 18, "%02x:%02x:%02x:%02x:%02x:%02x",
			    ll.sll_addr[0], ll.sll_addr[1], ll.sll_addr[2],
			    ll.sll_addr[3], ll.sll_addr[4], ll.sll_addr[5]);
	}
}

static void
address_of(char *dst, size_t cap, const struct ifaddrs *i)
{
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in6 a6, m6;
	struct sockaddr_in a4, m4;

	if (i->ifa_addr->sa_family == AF_INET) {
		memcpy(&a4, i->ifa_addr, sizeof(a4));
		memcpy(&m4, i->ifa_netmask, sizeof(m4));
		inet_ntop(AF_INET, &a4.sin_addr, text, sizeof(text));
		snprintf(dst, cap, "%s/%d", text, prefix_of(
		    (const uint8_t *)&m4.sin_addr, 4));
	} else {
		memcpy(&a6, i->ifa_addr, sizeof(a6));
		memcpy(&m6, i->ifa_netmask, sizeof(m6));
		inet_ntop(AF_INET6, &a6.sin6_addr, text, sizeof(text));
		snprintf(dst, cap, "%s/%d", text,
		    prefix_of(m6.sin6_addr.s6_addr, 16));
	}
}

static void
put_interface(const struct ifaddrs *i, const char *address, int fd,
    const struct ifaddrs *all)
{
	char mac[18];

	mac_of(mac, all, i->ifa_name);
	printf("%-12s %-40s %-14s %-5s %6d %s\n", i->ifa_name, address,
	    i->ifa_flags & IFF_LOOPBACK ? "loopback" : mac[0] != '\0' ?
	    "ethernet" : "point2point", i->ifa_flags & IFF_UP ? "up" : "down",
	    mtu_of(fd, i->ifa_name), mac);
}

static bool
has_address(const struct ifaddrs *all, const char *name)
{
	for (; all != NULL; all = all->ifa_next)
		if (all->ifa_addr != NULL && strcmp(all->ifa_name, name) == 0 &&
		    (all->ifa_addr->sa_family == AF_INET ||
		    all->ifa_addr->sa_family == AF_INET6))
			return true;
	return false;
}

static int
interfaces(void)
{
	struct ifaddrs *all, *i;
	char text[64];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (getifaddrs(&all) == -1) {
		msg_warn("cannot list the interfaces: %s", strerror(errno));
		if (fd != -1)
			close(fd);
		return -1;
	}
	printf("%-12s %-40s %-14s %-5s %6s %s\n", "INTERFACE", "ADDRESS",
	    "TYPE", "STATE", "MTU", "MAC");
	for (i = all; i != NULL; i = i->ifa_next) {
		if (i->ifa_addr == NULL)
			continue;
		if (i->ifa_addr->sa_family == AF_INET ||
		    i->ifa_addr->sa_family == AF_INET6) {
			address_of(text, sizeof(text), i);
			put_interface(i, text, fd, all);
		} else if (i->ifa_addr->sa_family == AF_PACKET &&
		    !has_address(all, i->ifa_name)) {
			put_interface(i, "-", fd, all);
		}
	}
	freeifaddrs(all);
	if (fd != -1)
		close(fd);
	return 0;
}

/* ---- routes: proc(5), /proc/net/route and ipv6_route ---- */

static void
put_route(const char *dst, int len, const char *gateway, const char *name,
    unsigned metric)
{
	char text[64];

	snprintf(text, sizeof(text), "%s/%d", dst, len);
	printf("%-40s %-12s %6u %s\n", text, name, metric, gateway);
}

static void
routes4(void)
{
	FILE *f = fopen("/proc/net/route", "re");
	char line[256], name[IF_NAMESIZE], dst[INET_ADDRSTRLEN],
	    gw[INET_ADDRSTRLEN];
	unsigned d, g, m, metric;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%15s %x %x %*s %*s %*s %u %x", name, &d, &g,
		    &metric, &m) != 5)
			continue;
		inet_ntop(AF_INET, &d, dst, sizeof(dst));
		inet_ntop(AF_INET, &g, gw, sizeof(gw));
		put_route(dst, __builtin_popcount(m), g != 0 ? gw : "", name,
		    metric);
	}
	if (f != NULL)
		fclose(f);
}

static int
scan6(const char *hex, struct in6_addr *a)
{
	unsigned byte;
	int i;

	for (i = 0; i < 16; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return -1;
		a->s6_addr[i] = (uint8_t)byte;
	}
	return 0;
}

static void
routes6(void)
{
	static const struct in6_addr none;
	FILE *f = fopen("/proc/net/ipv6_route", "re");
	char line[256], name[IF_NAMESIZE], d[33], g[33],
	    dst[INET6_ADDRSTRLEN], gw[INET6_ADDRSTRLEN];
	struct in6_addr to, by;
	unsigned len, metric, flags;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		/* RTF_UP, and not RTF_REJECT */
		if (sscanf(line, "%32s %x %*s %*s %32s %x %*s %*s %x %15s", d,
		    &len, g, &metric, &flags, name) != 6 ||
		    (flags & 0x1) == 0 || (flags & 0x200) != 0 ||
		    scan6(d, &to) == -1 || scan6(g, &by) == -1)
			continue;
		inet_ntop(AF_INET6, &to, dst, sizeof(dst));
		inet_ntop(AF_INET6, &by, gw, sizeof(gw));
		put_route(dst, (int)len, memcmp(&by, &none, 16) != 0 ? gw : "",
		    name, metric);
	}
	if (f != NULL)
		fclose(f);
}

int
iflist(void)
{
	if (interfaces() == -1)
		return PRT_FAILED;
	printf("\n%-40s %-12s %6s %s\n", "DESTINATION", "INTERFACE", "METRIC",
	    "GATEWAY");
	routes4();
	routes6();
	if (fflush(stdout) == 0)
		return PRT_OK;
	msg_warn("cannot write to standard output: %s", strerror(errno));
	return PRT_FAILED;
}
