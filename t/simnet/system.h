/* How the IP stacks of some systems answer, as their makers and RFCs document it:
 * hosts of the simulated internet that are told apart by it. */
#ifndef SIMNET_SYSTEM_H
#define SIMNET_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "request.h"
#include "world.h"

enum system_ids {
	IDS_ZERO,
	IDS_COUNT,	/* up by one with each packet */
	IDS_RANDOM,
};

struct system {
	const char	*name;		/* for --systems */
	const char	*family;	/* what its name has in it */
	const char	*gen;		/* its generation, NULL: not to be told */
	/* The options of a SYN/ACK, in words of CONDITIONS?OPTIONS: which of
	 * S(ACK), T(imestamp), W(indow scale) have to be offered, or in small
	 * letters not to be; then M(aximum segment size), N(othing), L(ast),
	 * S, T, W in their order. */
	const char	*options;
	/* What other segments bring: "FLAGS SEQ ACK", with Z for 0, A for our
	 * acknowledgement number and S for our sequence number, each with a +
	 * for one more, O for another number; "" for silence, "SYN" for what a
	 * SYN brings. To an open port: nothing set, SYN with FIN, ACK. */
	const char	*null, *synfin, *ack;
	/* To a closed one: SYN, ACK, anything else. */
	const char	*closed_syn, *closed_ack, *closed_other;
	uint16_t	 win, win_ecn;
	uint8_t		 scale;
	uint8_t		 ttl, ttl_icmp;
	bool		 df, df_rst;	/* of SYN/ACK; of RST */
	bool		 ecn;
	enum system_ids	 ids, ids_icmp;
	bool		 shared;	/* one counter for both */
	uint32_t	 isn_step;	/* a second, 0: random */
	uint32_t	 hz;		/* of timestamps; 0: random each time */
	bool		 no_time;	/* timestamps are zeros */
	bool		 code_zero;	/* of an echo reply; else as it was asked */
	char		 dfi;		/* echo reply: N, Y, S: as it was asked */
	uint16_t	 quote;		/* bytes behind the IP header, 0: all */
};

/* Ended by a row without a name. */
extern const struct system systems[WORLD_SYSTEMS + 1];

/* What hosts keep in mind: how far they have counted. */
#define SYSTEM_COUNTERS	16384
struct system_memory {
	uint16_t	count[SYSTEM_COUNTERS];
};

/* The row of a name, or -1. */
int	system_find(struct str name);
/* Seconds that the host has been up. */
uint64_t system_uptime(const struct world *, const struct host *, uint64_t now);
/* Each writes what the host, which has a system, answers to dst, and returns its
 * length, 0: nothing. `now` is in ns. */
size_t	system_tcp(struct system_memory *, const struct world *,
	    const struct host *, const struct request *, bool open,
	    uint64_t now, uint8_t *dst);
size_t	system_unreachable(struct system_memory *, const struct world *,
	    const struct host *, const struct request *, uint8_t *dst);
size_t	system_echo(struct system_memory *, const struct world *,
	    const struct host *, const struct request *, uint8_t *dst);

#endif
