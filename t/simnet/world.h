/* Who is what: the hosts of the simulated internet and what is on their ports,
 * all of it from a keyed hash of seed, address, protocol and port. Nothing is
 * remembered, so that a whole network costs no memory, and --truth can say what
 * the packets will. */
#ifndef SIMNET_WORLD_H
#define SIMNET_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "pure/rangeset.h"

#define WORLD_GATEWAYS	8

/* A share, as a number out of WORLD_ALL. */
#define WORLD_ALL	((uint64_t)1 << 32)

enum world_proto { WORLD_TCP, WORLD_UDP, WORLD_NPROTO };

/* In the order in which shares add up; what no share takes is closed. */
enum world_state {
	WORLD_OPEN,
	WORLD_FILTERED,
	WORLD_REJECTED,
	WORLD_CLOSED,
	WORLD_NSTATES
};

/* How a host deviates from RFC 9293: see world_tcp(). */
enum world_stack { WORLD_LINUX, WORLD_BSD, WORLD_WINDOWS, WORLD_NSTACKS };

/* Systems that hosts may have: see system.h. */
#define WORLD_SYSTEMS	14

struct system;

struct world {
	uint64_t	 key[2];
	struct rangeset	 prefixes;	/* normalised */
	u128		 gateway[WORLD_GATEWAYS];
	size_t		 ngateways;
	uint64_t	 up, ping, proxied, tarpit;
	uint64_t	 share[WORLD_NPROTO][WORLD_NSTATES];
	uint64_t	 stack[WORLD_NSTACKS];	/* linux: what is left */
	uint64_t	 system[WORLD_SYSTEMS];	/* the rest has none */
	bool		 unreach;	/* routers tell of hosts that are down */
};

struct host {
	u128			 addr;
	uint64_t		 hash;
	bool			 up;
	bool			 ping;
	bool			 proxied;	/* behind a SYN proxy */
	bool			 tarpit;
	bool			 gateway;
	enum world_stack	 stack;
	const struct system	*system;	/* NULL: only a stack */
};

/* An ICMP or ICMPv6 error. */
struct world_error {
	uint8_t	type, code;
	bool	by_router;	/* else the host itself sends it */
};

/* What a probe brings. */
enum world_kind {
	WORLD_SILENCE,
	WORLD_SYN_ACK,
	WORLD_RST,
	WORLD_ERROR,
	WORLD_DATAGRAM,		/* from a server on a UDP port */
};

struct world_reaction {
	enum world_kind		kind;
	bool			window;	/* RST: with a window that is not 0 */
	struct world_error	error;
};

/* What answers on an open UDP port. */
enum world_server {
	WORLD_MUTE,	/* nothing: it does not understand us */
	WORLD_ECHO,	/* sends back what it gets (RFC 862) */
	WORLD_DNS,
	WORLD_NTP,
	WORLD_SNMP,
};

/* Is the address one of the gateways, or in one of the prefixes? */
bool	world_has(const struct world *, u128 addr);
bool	world_is_gateway(const struct world *, u128 addr);
void	world_host(const struct world *, u128 addr, struct host *);
enum world_state world_port(const struct world *, const struct host *,
	    enum world_proto, uint16_t port, struct world_error *);
/* The segment's flags are TCP_*. RFC 9293, 3.10.7.1 and .2; where the stacks
 * differ: Linux drops SYN with FIN; BSD gives the RST for an ACK to an open
 * port a window, and drops FIN with ACK to it; Windows answers FIN, NULL and
 * Xmas from open ports too. */
void	world_tcp(const struct world *, const struct host *, uint16_t port,
	    uint8_t flags, struct world_reaction *);
void	world_udp(const struct world *, const struct host *, uint16_t port,
	    struct world_reaction *);
enum world_server world_server(const struct world *, const struct host *,
	    uint16_t port);
/* Who speaks for hosts that do not: the first gateway of the family, or the
 * first host of the address's /24 or /64. */
u128	world_router(const struct world *, u128 addr);
/* A number that depends on the seed, the host and `what` only. */
uint64_t world_draw(const struct host *, uint64_t what);
/* A number that depends on the seed and these only. */
uint64_t world_hash(const struct world *, u128 addr, uint64_t what);
/* The next number of a sequence (Steele et al., SplitMix64, 2014). */
uint64_t world_random(uint64_t *state);

#endif
