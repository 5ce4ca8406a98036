/* The engine that asks hosts by the sixteen probes: many at once, paced, what is
 * lost again. A program's own header, no layer. */
#ifndef PRT_OS_ENGINE_H
#define PRT_OS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meaning/osprobe.h"
#include "pure/timing.h"
#include "world/loop.h"

struct engine;

struct engine_conf {
	const struct timing	*timing;
	unsigned		 parallel;	/* hosts at once */
	double			 pps;	/* probes a second; 0: no bound */
	u128			 src4, src6;	/* 0: by the route */
	const char		*ifname;	/* NULL: by the route */
};

struct engine_ask {
	u128		 addr;
	uint16_t	 open, closed, udp;	/* 0: none is known */
};

/* What became of a host: `state` is NULL, and `error` says why, when nothing
 * could be sent to it. */
typedef void engine_done(void *ctx, u128 addr,
	    const struct osprobe_state *state, int error);

/* Opens the sockets, for which it takes CAP_NET_RAW: NULL with errno. conf has to
 * outlive it. */
struct engine *engine_open(const struct engine_conf *);
/* Watches them: 0, or -1 with errno. Before engine_ask(). */
int	engine_start(struct engine *, struct loop *, engine_done *, void *ctx);
/* Drops what is in work without a word. */
void	engine_close(struct engine *);
/* Can it take another host? */
bool	engine_has_room(const struct engine *);
size_t	engine_busy(const struct engine *);
/* Asks a host, of which there must be room, and that is not in work: done()
 * follows in a later turn of the loop. 0, or -1 when out of memory. */
int	engine_ask(struct engine *, const struct engine_ask *);
uint64_t engine_sent(const struct engine *);

#endif
