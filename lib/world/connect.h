/* The connect engine: many nonblocking TCP connects at once, within the limits
 * of files, ports and rate. Layer 3. */
#ifndef PRT_WORLD_CONNECT_H
#define PRT_WORLD_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"
#include "pure/timing.h"
#include "world/loop.h"
#include "world/sock.h"

enum connect_result {
	CONNECT_OPEN,
	CONNECT_REFUSED,	/* a RST */
	CONNECT_ICMP,		/* an ICMP error; `icmp` says which */
	CONNECT_ERROR,		/* the kernel's own error, such as no answer to
				 * ARP; `error` says which */
	CONNECT_TIMEOUT,	/* no answer to any attempt */
	CONNECT_UNSENT,		/* nothing could be sent; `error` says why */
};

struct connect_probe {
	u128		addr;
	uint16_t	port;
	void		*owner;		/* the caller's */
};

struct connect_outcome {
	struct connect_probe	probe;
	enum connect_result	result;
	int			error;		/* errno; 0 for open */
	struct sock_icmp	icmp;
	unsigned		attempt;	/* that was answered, from 1 */
	uint64_t		rtt;		/* ns; 0 without an answer */
};

struct connect_conf {
	unsigned	 parallel;	/* connections at once */
	double		 pps;		/* attempts a second; 0: no bound */
	bool		 pps_loopback;	/* the bound holds for loopback too */
	unsigned	 retries;	/* after a timeout, at most */
	/* All of them; else one more than what ever was answered, and some
	 * more where a retry was. */
	bool		 retries_fixed;
	uint64_t	 timeout;	/* ns of each attempt; 0: by RFC 6298 */
	uint64_t	 rto_initial, rto_min, rto_max;	/* ns */
	struct sock_local local;
};

struct connect_calls {
	/* The next probe: true when there is one. */
	bool	(*next)(void *ctx, struct connect_probe *);
	/* A probe is done; each that next() gave is, once. */
	void	(*done)(void *ctx, const struct connect_outcome *);
	/* When not NULL: an open connection, before done(). True when the
	 * caller takes it: then fd is the caller's, and no done() follows. */
	bool	(*opened)(void *ctx, const struct connect_outcome *, int fd);
	/* Nothing is in flight, and next() had nothing. */
	void	(*idle)(void *ctx);
	void	 *ctx;
};

struct connect_count {
	uint64_t	sent;		/* attempts, retries counted in */
	uint64_t	active;		/* in flight now */
	uint64_t	waiting;	/* to be tried again */
};

struct connect;

/* Takes over what a timing template says, and at most `parallel` connections at
 * once; 0: as many as the template says. */
void	connect_set_timing(struct connect_conf *, const struct timing *,
	    unsigned parallel);
/* Copies conf and calls; NULL with errno when out of memory. */
struct connect *connect_new(struct loop *, const struct connect_conf *,
	    const struct connect_calls *);
/* Closes what is in flight, without a done() for it. */
void	connect_free(struct connect *);
/* next() has something (again): the engine goes to work in the next turn of
 * the loop. 0, or -1 when out of memory. */
int	connect_wake(struct connect *);
/* What commands say (world/progress.h): while paused no attempt is begun; the
 * bound of the rate is `speed` times what it was, or, when there was none, times
 * the `reached` attempts a second, and then holds for loopback too. */
void	connect_steer(struct connect *, bool paused, double speed,
	    double reached);
struct connect_count connect_count(const struct connect *);

/* Raises the soft limit of open files to the hard one: how many more files this
 * process may open, at least 1. */
unsigned connect_files(void);

#endif
