/* The event loop: descriptors and timers, on epoll and a heap. Layer 3.
 *
 * Watchers are the caller's memory, embedded in what they serve; the loop keeps
 * pointers. A callback may add, change, remove or free any watcher, its own
 * included. One loop belongs to one thread; there may be several loops. */
#ifndef PRT_WORLD_LOOP_H
#define PRT_WORLD_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_BATCH	256

struct loop;

struct loop_fd {
	int		 fd;
	/* `events` are EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, ... */
	void		(*ready)(struct loop *, struct loop_fd *,
			    uint32_t events);
	size_t		 always;	/* private */
};

struct loop_timer {
	void		(*fire)(struct loop *, struct loop_timer *);
	uint64_t	 at;		/* private */
	size_t		 slot;		/* private: 1 + place in the heap */
};

struct loop {
	int			 ep;
	bool			 stop;
	uint64_t		 now;	/* when the loop last woke up */
	size_t			 nfd;	/* descriptors watched */
	struct loop_timer	**heap;
	size_t			 ntimer;
	size_t			 captimer;
	struct loop_fd		**always;
	size_t			 nalways;
	size_t			 capalways;
	int			 nev;	/* events of this turn */
	int			 at;	/* the one being served */
	struct epoll_event	 ev[LOOP_BATCH];
};

/* 0, or -1 with errno. */
int	loop_init(struct loop *);
/* Closes the loop's own descriptor; watchers and their descriptors are the
 * caller's. */
void	loop_release(struct loop *);

/* Watches f->fd for events (EPOLLIN ...): 0, or -1 with errno. Regular files,
 * which epoll does not take, count as ready all the time. */
int	loop_add(struct loop *, struct loop_fd *f, uint32_t events);
/* Changes what is watched for; 0 pauses. 0, or -1 with errno. */
int	loop_mod(struct loop *, struct loop_fd *f, uint32_t events);
/* Ends watching; f->fd must still be open. */
void	loop_del(struct loop *, struct loop_fd *f);
/* As loop_del() for a descriptor that is not shared and is closed right after
 * this: the kernel then forgets it by itself, which saves a system call. */
void	loop_forget(struct loop *, struct loop_fd *f);

/* Fires once at clock_mono_ns() >= at; a timer that is set already moves. 0, or
 * -1 when out of memory. A zero-initialised timer with `fire` is valid. */
int	loop_timer_set(struct loop *, struct loop_timer *, uint64_t at);
void	loop_timer_clear(struct loop *, struct loop_timer *);
static inline bool
loop_timer_is_set(const struct loop_timer *t)
{
	return t->slot != 0;
}

/* Serves until loop_stop() is called or nothing is left to wait for: 0, or -1
 * with errno. */
int	loop_run(struct loop *);
/* One turn: waits at most max_wait_ns (UINT64_MAX: as long as it takes), serves
 * what is ready and due. 0, or -1 with errno. */
int	loop_turn(struct loop *, uint64_t max_wait_ns);
void	loop_stop(struct loop *);

#endif
