/* Where packets to an address leave: the kernel's own answer. Layer 3. */
#ifndef PRT_WORLD_ROUTE_H
#define PRT_WORLD_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

enum route_kind {
	ROUTE_NONE,		/* no route, or one that refuses */
	ROUTE_GROUP,		/* a broadcast or multicast address */
	ROUTE_LOCAL,		/* an address of this machine: over loopback */
	ROUTE_ON_LINK,		/* a neighbour: needs ARP or NDP */
	ROUTE_GATEWAY,		/* over `gateway` */
	ROUTE_POINT,		/* a device without link addresses */
};

struct route {
	enum route_kind	 kind;
	int		 ifindex;
	u128		 gateway;	/* ROUTE_GATEWAY */
	u128		 src;		/* preferred source, 0: none known */
	uint8_t		 mac[6];	/* of the interface, when it has one */
	char		 ifname[16];
	bool		 down;		/* the interface is down */
	/* The addresses that share this answer: between the borders of all
	 * prefixes in the routing tables. */
	u128		 first, last;
};

struct routes;

/* Opens rtnetlink and reads the borders of all routing tables. `ifname` (NULL:
 * any) binds every look-up to that interface. NULL with errno: ENODEV when
 * there is no such interface. */
struct routes *routes_open(const char *ifname);
void	routes_close(struct routes *);
/* The route to an address; it stays valid until routes_close(). One netlink
 * round trip for each stretch between borders, then from memory. NULL when out
 * of memory or netlink fails. */
const struct route *routes_find(struct routes *, u128 addr);
/* The link address the kernel's neighbour table has for an address: 0 or -1. */
int	routes_neighbour(struct routes *, int ifindex, u128 addr,
	    uint8_t mac[6]);
/* Does the device take frames that a program redirects to it (netdev netlink,
 * NETDEV_XDP_ACT_NDO_XMIT)? Where the kernel does not tell (before 6.3): true.
 * A veth does when its other end has an XDP program, or GRO. */
bool	route_redirects(int ifindex);

#endif
