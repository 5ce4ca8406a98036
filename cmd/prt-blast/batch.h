/* A batch: one plan, its order, and how far each attempt has come. */
#ifndef PRT_BLAST_BATCH_H
#define PRT_BLAST_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "legs.h"
#include "pool.h"
#include "pure/perm.h"
#include "pure/plan.h"
#include "ration.h"
#include "world/board.h"

#define MARKS	128

/* When the sending of an attempt passed which position: the next attempt may
 * follow once the timeout has gone by since then. */
struct marks {
	struct mark {
		uint64_t	pos;	/* everything below it is sent */
		uint64_t	time;	/* since then */
	}		m[MARKS];
	unsigned	n;
	uint64_t	last;	/* time of the last mark ever made */
};

struct cursor {
	uint64_t	pos;	/* the next position to look at */
	struct marks	marks;
};

/* What a batch is made from. */
struct source {
	uint64_t		 first, last;	/* lines of the input */
	uint64_t		 base;		/* of its probes in their plan */
	uint64_t		 digest;	/* plan_digest() */
};

struct batch {
	uint64_t		 id;
	struct source		 source;
	struct plan		 plan;
	struct legs		 legs;
	struct perm		 perm;
	uint64_t		 shard, shards;
	uint64_t		 n;		/* positions of our shard */
	uint64_t		 start;		/* an earlier run sent those below */
	uint64_t		 known;		/* probes answered in it */
	struct board_batch	 board;
	struct cursor		 cur[SCAN_ATTEMPTS];
	unsigned		 attempts;
	unsigned		 sure;		/* of them, in a small plan */
	bool			 asks_hosts;	/* has discovery probes */
	uint64_t		 ration;	/* ns, 0: hosts that ration ... */
	bool			 rationed;	/* ... were collected, */
	struct ration		 slow;		/* and are asked at their pace */
	uint64_t		 unreached;	/* probes without a way */
	bool			 live;	/* the kernel makes its first attempts */
	uint64_t		 live_cost; /* ns of a run that are not its frames' */
	uint64_t		 until;	/* when its hosts are given up; 0: never */
	bool			 done;
};

/* What decides when a retransmission goes out. */
struct batch_clock {
	uint64_t	now;		/* CLOCK_MONOTONIC, ns */
	uint64_t	rto;		/* ns */
	uint64_t	settle;		/* ns: how long the last attempt waits */
	uint64_t	tries;		/* bit a: attempt a was answered */
};

/* A plan of at most BATCH_PATIENT probes gets BATCH_SURE attempts whatever
 * happens. Of a larger one, and beyond, an attempt after the second goes out
 * only where the one before it brought an answer: without loss there is nothing
 * to be had. */
#define BATCH_PATIENT	4096
#define BATCH_SURE	4

/* Sends at most `quota` packets of what is due. How many went out, or -1 after
 * a message. */
int64_t	batch_step(struct batch *, struct pool *,
	    const struct batch_clock *, uint32_t quota);
/* Gives the batch to the senders' programs in the kernel, ->live, when they can
 * make it; they have one batch at a time. */
void	batch_live_open(struct batch *, struct pool *);
/* Sends what goes out in a while, up to half a second and more, of a ->live
 * batch's first attempts, `pps` packets a second (0: all it can). How many went
 * out, or -1 after a message; *stop ends it early. */
int64_t	batch_live(struct batch *, struct pool *, double pps,
	    const atomic_bool *stop);
/* When batch_step() has something to do again: 0 now, UINT64_MAX when all of
 * it is sent and the last timeout has passed (->done is then set). */
uint64_t batch_due(struct batch *, const struct batch_clock *);
/* Is the probe one of our shard, and without an answer? */
bool	batch_waits(const struct batch *, uint64_t i);
/* First attempts sent so far, and probes in all. */
static inline uint64_t
batch_position(const struct batch *b)
{
	return b->cur[0].pos;
}
/* For each attempt, below which position it went out at `before` or earlier, or
 * is over with. */
void	batch_reach(const struct batch *, uint64_t before,
	    uint64_t pos[SCAN_ATTEMPTS]);
/* Goes on from there, long after. */
void	batch_restore(struct batch *, const uint64_t pos[SCAN_ATTEMPTS]);
void	batch_release(struct batch *, struct board *);

#endif
