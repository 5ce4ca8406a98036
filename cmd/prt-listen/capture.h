/* The capture thread: judges packets as they come, so that a slow reader of
 * our output never stalls the ring. */
#ifndef PRT_LISTEN_CAPTURE_H
#define PRT_LISTEN_CAPTURE_H

#include <pthread.h>
#include <stdatomic.h>

#include "judge.h"
#include "world/pcapfile.h"
#include "world/rx.h"

struct results {
	struct result	*v;
	size_t		 n, cap;
};

struct capture {
	struct rx	*rx;
	struct judge	*judge;		/* under the lock */
	struct pcapfile	*pcap;		/* --pcap, NULL: none */
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 drained;
	struct results	 ready;		/* under the lock */
	int		 wake_main;	/* eventfd: there are results */
	int		 wake_thread;	/* eventfd: look at `asked`, `quit` */
	uint64_t	 asked, answered; /* drains, under the lock */
	atomic_bool	 quit;
	atomic_uint_fast64_t dropped;
	atomic_int	 error;		/* errno of what ended the thread */
	bool		 running;
};

/* Starts the thread on an opened and started receiver: 0, or -1 with errno. */
int	capture_start(struct capture *, struct rx *, struct judge *,
	    struct pcapfile *);
/* Waits until every packet that has arrived is judged. */
void	capture_drain(struct capture *);
/* Takes what is ready (the caller frees ->v) . */
void	capture_take(struct capture *, struct results *);
/* Ends the thread. */
void	capture_stop(struct capture *);

#endif
