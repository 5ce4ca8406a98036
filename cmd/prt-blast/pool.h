/* The threads that send: each takes a part of what is due, and the caller, who
 * is one of them, waits until all are done. */
#ifndef PRT_BLAST_POOL_H
#define PRT_BLAST_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "sender.h"

#define POOL_MAX	64

/* Positions of one attempt of a batch, and what became of them. */
struct slice {
	uint64_t	from, to;
	uint64_t	sent;		/* packets */
	uint64_t	unreached;	/* probes without a way */
};

/* Sends a slice: 0, or -1 after a message. */
typedef int pool_work(void *job, struct sender *, struct slice *);

struct pool {
	struct worker {
		struct pool	*pool;
		struct sender	 sender;
		struct slice	 slice;
		int		 result;
		pthread_t	 thread;
		bool		 started;
		bool		 busy;		/* under the lock */
	}		*worker;
	unsigned	 n;		/* of worker[]; the caller is the first */
	unsigned	 active;	/* of them that are used */
	pool_work	*work;
	void		*job;
	bool		 quit;		/* under the lock, as what is below */
	pthread_mutex_t	 lock;
	pthread_cond_t	 given, taken;
};

/* Opens the means to send for n threads; ->active is 1. 0, or -1 with errno. */
int	pool_open(struct pool *, unsigned n, const struct tx_setup *);
void	pool_close(struct pool *);
/* Has the active workers do [from, to) in equal parts: 0, or -1 after a
 * message. *sum gets what all of them did. */
int	pool_run(struct pool *p, pool_work *work, void *job,
	    struct slice *sum);
/* Of all workers together, as tx_sent() and so on. */
uint64_t pool_sent(const struct pool *);
uint64_t pool_refused(const struct pool *, int *last_errno);
void	pool_names(const struct pool *, struct buf *);

#endif
