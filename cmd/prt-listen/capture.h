/* The capture thread: judges packets as they come, so that a slow reader of
 * our output never stalls the ring. */
#ifndef PRT_LISTEN_CAPTURE_H
#define PRT_LISTEN_CAPTURE_H

#include <pthread.h>
#include <stdatomic.h>

#include "judge.h"
#include "world/pcapfile.h"
#include "world/rx.h"

/* Results in the order of their packets, in pieces that never move. */
#define RESULTS_PIECE	256

struct results_piece {
	struct results_piece	*next;
	size_t			 n;
	struct result		 v[RESULTS_PIECE];
};

struct results {
	struct results_piece	*first, *last;
	size_t			 n;	/* pieces */
};

/* Packets judged under one holding of the lock. */
#define CAPTURE_BURST	256

struct capture {
	struct rx	*rx;
	struct judge	*judge;		/* under the lock */
	struct pcapfile	*pcap;		/* --pcap, NULL: none */
	bool		 trace;		/* --trace */
	pthread_t	 thread;
	struct result	 fresh[CAPTURE_BURST];	/* the thread's */
	size_t		 nfresh;
	pthread_mutex_t	 lock;
	pthread_cond_t	 drained;
	/* under `door`, which is taken last and left soon */
	pthread_mutex_t	 door;
	struct results	 ready, spare;
	bool		 wanted;	/* wake_main is */
	int		 wake_main;	/* eventfd: there are results */
	int		 wake_thread;	/* eventfd: look at `asked`, `quit` */
	uint64_t	 asked, answered; /* drains, under the lock */
	size_t		 since;		/* packets since a drain was asked */
	uint64_t	 counted;	/* when drops were, ns */
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
/* Asks that ->wake_main become readable, once, when there is a result; false when
 * there is one already. */
bool	capture_wants(struct capture *);
/* Makes it unreadable again. */
void	capture_calm(struct capture *);
/* Takes some of what is ready, the oldest, and gives it back when it is done
 * with: false when there is nothing. While much is left untaken the sender is
 * told to wait. */
bool	capture_take(struct capture *, struct results *);
void	capture_give(struct capture *, struct results *);
/* Ends the thread, once every packet that has arrived is judged; results may
 * be left to take. */
void	capture_stop(struct capture *);
/* Frees what is left. */
void	capture_release(struct capture *);

#endif
