/* The state of one run, shared by the files that make it up: announcing batches
 * to the listener, pacing, the loop, the dry run. */
#ifndef PRT_BLAST_RUN_H
#define PRT_BLAST_RUN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "blast.h"
#include "input.h"
#include "meaning/checkpoint.h"
#include "meaning/payload.h"
#include "paths.h"
#include "pool.h"
#include "pure/congest.h"
#include "pure/rate.h"
#include "save.h"
#include "world/board.h"
#include "world/pcapfile.h"
#include "world/progress.h"
#include "world/recio.h"
#include "world/stop.h"

#define MAX_BATCHES	CHECKPOINT_BATCHES

/* A plan that is scanned in parts, since what answered of it is kept. */
struct rest {
	struct plan		 plan;	/* n == 0: there is none */
	struct source		 source;	/* ->base: the next part's */
	struct buf		 notes;
};

struct scan {
	const struct config	*cfg;
	struct scan_params	 params;
	struct payloads		 payloads;
	uint64_t		 order[2];	/* key of the permutation */
	struct paths		 paths;
	struct pool		 pool;
	struct input		 input;
	struct recout		 out;
	struct record		 rec;
	struct board		 board;
	bool			 have_board;
	bool			 asked_listener;
	bool			 alone;		/* nobody shares the board */
	struct plan		 plan;		/* of what is read */
	long			 pending;	/* targets in it */
	uint64_t		 pending_since, input_at;
	struct batch		*batch[MAX_BATCHES];
	size_t			 nbatch;
	uint64_t		 batches;	/* ever made */
	uint64_t		 ended;		/* of them */
	struct rest		 rest;
	uint64_t		 sealed;	/* lines of the input in batches */
	uint64_t		 sealed_hash[2];
	struct save		 save;
	struct checkpoint	 resume;
	struct rate		 rate;
	struct congest		 congest;
	bool			 steered;	/* by a command */
	double			 ceiling;	/* of the rate; 0: none */
	bool			 beyond;	/* beyond loopback */
	struct progress		 progress;
	struct pcapfile		*pcap;
	pthread_mutex_t		 pcap_lock;
	uint64_t		 started;
	uint64_t		 first_sent, last_sent;	/* 0: nothing was */
	uint64_t		 looked;
	/* counters */
	uint64_t		 probes;	/* of all batches */
	uint64_t		 finished;	/* probes of batches that ended */
	uint64_t		 unreached;
	uint64_t		 written_off;
	bool			 pinged;	/* the listener is to answer */
	uint64_t		 nap;		/* ns, of the next rest */
	uint64_t		 answered_was;
	bool			 failed;
	bool			 gone;		/* the reader of the pipe left */
};

/* ---- announce.c: what the listener is told ---- */

/* Writes s->rec. A reader that left sets ->gone, any other failure ->failed. */
void	announce_put(struct scan *);
/* Seals what was read into a batch, tells the listener and waits for it. 0, or
 * -1 after a message. */
int	announce_batch(struct scan *);
/* As above, of a plan that is sealed already and is taken: from where an earlier
 * run has come, when that is not NULL. */
int	announce_plan(struct scan *, struct plan *, const struct source *,
	    const struct buf *notes, const struct checkpoint_batch *);
/* The next part of ->rest. */
int	announce_part(struct scan *);
/* Tells that nothing of batch i is sent any more, and forgets it. */
void	announce_end(struct scan *, size_t i);
/* The last record; says what went out otherwise than --tx asked. */
void	announce_stat(struct scan *, bool complete);

/* The order of a batch's probes. */
void	announce_order(const struct scan *, struct perm *, uint64_t n);

/* ---- giveup.c: hosts that take too long ---- */

/* The batch's time begins, when it has one. */
void	giveup_start(const struct scan *, struct batch *);
/* Its time is over: tells which hosts are not done. announce_end() is to follow.
 * 0, or -1 after a message. */
int	giveup_tell(struct scan *, const struct batch *);

/* ---- pace.c: how fast ---- */

/* A new plan, before its first packet: the one that leaves this machine bounds
 * the rate. */
void	pace_plan(struct scan *, const struct plan *);
/* Steers the rate by what came back. */
void	pace_update(struct scan *, uint64_t now);
/* Commands have changed ->progress.speed. */
void	pace_steer(struct scan *);
/* How many probes the listener's queue has room for. */
uint64_t pace_window(struct scan *);
/* The retransmission timeout, ns. */
uint64_t pace_timeout(const struct scan *);
/* How long to wait for answers to the last attempt, ns. */
uint64_t pace_settle(const struct scan *);
/* Probes answered, and first attempts sent, in all. */
uint64_t pace_answered(const struct scan *);
uint64_t pace_sent(const struct scan *);

/* ---- loop.c ---- */

/* Reads, sends and retransmits until all is done. */
void	loop_run(struct scan *);
/* Reads what there is on stdin: 0, or -1 after a message. */
int	loop_read(struct scan *, uint64_t now);
/* Sleeps until there is input or `ns` have passed, 20 ms at most. */
void	loop_rest(struct scan *, uint64_t ns);

/* ---- dry.c ---- */

/* Prints the probes of all the input, in the order they would go out; with --tx
 * makes the packets instead. */
void	dry_run(struct scan *);

#endif
