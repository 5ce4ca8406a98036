/* The hosts that the records speak of, and their names, each asked for once. The
 * program's own, no layer. */
#ifndef PRT_NAMES_LOOKUP_H
#define PRT_NAMES_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "world/ptr.h"

/* So many are remembered; then those that were longest not spoken of are
 * forgotten, and asked again if they come back. */
#define LOOKUP_MOST	65536
/* More than these need not wait for an answer: let some come in first. */
#define LOOKUP_AHEAD	16384

struct lookup;

struct lookup_host {
	u128			 addr;
	char			*names;		/* "a,b" in text form, or NULL */
	bool			 done;		/* what there is is known */
	bool			 own;		/* it has a record of its own */
	bool			 up;		/* a port of it answered */
	unsigned		 waiting;	/* records that wait for it */
	/* private, as all below */
	struct lookup_ticket	*ticket;
	uint64_t		 number, asked;
	struct lookup_host	*next;		/* of its bucket */
	struct lookup_host	*older, *newer;
	struct lookup_host	*before, *after;	/* not done */
};

struct lookup_conf {
	struct ptr_conf	 ptr;		/* its answer is set here */
	uint64_t	 timeout;	/* ns for an address */
	unsigned	 parallel;	/* questions at once */
	/* A host is forgotten, or lookup_tell() is called. */
	void		(*tell)(void *ctx, struct lookup_host *);
	void		*ctx;
};

/* NULL when it fails: *why is then a static text. */
struct lookup *lookup_new(const struct lookup_conf *, const char **why);
void	lookup_free(struct lookup *);
/* The host of an address, which is asked for its names if it was not; NULL when
 * out of memory. Valid until the next call, and as long as it is waited for. */
struct lookup_host *lookup_want(struct lookup *, u128 addr);
/* Asks as many as may be asked, lets go of those whose time is over, and says
 * what to wait for: as ptr_watch(). */
size_t	lookup_watch(struct lookup *, uint64_t now,
	    struct pollfd fd[PTR_SOCKETS], int *ms);
void	lookup_serve(struct lookup *, const struct pollfd *, size_t n);
/* The number of the host that was wanted last, and whether all up to that number
 * are done. */
uint64_t lookup_last(const struct lookup *);
bool	lookup_done(const struct lookup *, uint64_t number);
bool	lookup_is_full(const struct lookup *);
/* Asks no more: all are done. */
void	lookup_give_up(struct lookup *);
/* Tells of every host. */
void	lookup_tell(struct lookup *);

struct lookup_sums {
	uint64_t	hosts;		/* whose names were wanted */
	uint64_t	answered;	/* of which an answer came */
	uint64_t	named;		/* that have a name */
	bool		given_up;	/* because the servers were silent */
};
struct lookup_sums lookup_sums(const struct lookup *);

#endif
