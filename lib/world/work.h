/* The records that a stage works on, many at once: taken from its input as far as
 * there is room, in the order in which they are done put to its output, and meta
 * records only after all that came before them. Layer 3. */
#ifndef PRT_WORLD_WORK_H
#define PRT_WORLD_WORK_H

#include <stdbool.h>
#include <stddef.h>

#include "meaning/intake.h"
#include "pure/rangeset.h"
#include "world/hosttime.h"
#include "world/stage.h"

struct work;

/* One record that is worked on, at the head of what the program knows of it. */
struct work_item {
	struct work_item	*prev, *next;	/* in the order of the input */
	bool			 meta;		/* it only waits for its turn */
	u128			 addr;		/* whose port it is */
	size_t			 n;
	char			*line;		/* the record */
};

struct work_calls {
	size_t	size;		/* of an item and what follows it, zeroed */
	/* Takes up one port: work_done() is to follow, and not from within.
	 * 0, or -1 when out of memory. */
	int	(*take)(struct work *, struct work_item *,
		    const struct intake_port *);
	/* Ends what goes on with an item that was taken up. */
	void	(*drop)(struct work *, struct work_item *);
	/* Has a conversation with the port begun, and not only been asked for? */
	bool	(*begun)(struct work *, const struct work_item *);
	/* A host, one of whose records is `line`, takes longer than ->limit:
	 * called once for each. */
	void	(*late)(struct work *, struct str line, u128 addr);
	/* A line of the input is not as it should be. */
	void	(*bad)(struct work *, const char *what);
	/* The input, or memory (ENOMEM), has failed. */
	void	(*failed)(struct work *, int error);
	void	(*show)(struct stage *, struct progress_state *);
};

struct work {
	struct stage		 st;		/* first */
	const struct work_calls	*call;
	size_t			 most;		/* items at once */
	const struct rangeset	*refused;	/* addresses not to be asked */
	uint64_t		 limit;		/* ns that a host may take, 0: any */
	struct record		 rec;		/* the input line */
	struct record		 res;		/* for the result */
	bool			 ended;		/* all input is taken */
	/* private */
	struct loop_timer	 more;		/* goes on with the input */
	struct loop_timer	 clock;		/* looks after ->limit */
	struct hosttime		 hosts;		/* since when they are in work */
	struct intake		 intake;	/* a target, port by port */
	struct buf		 line;
	struct work_item	*first, *last;
	size_t			 n;
	bool			 paused;
};

/* As stage_init(); work_release() either way. With ->limit set before the first
 * record, a host's time runs, to a twentieth of a second, from its first
 * conversation: what is in work then is dropped, and that and all that follows of
 * the host passes as it came, behind what late() puts. */
int	work_init(struct work *, const struct work_calls *, size_t most,
	    const struct rangeset *refused, enum rec_format, bool progress,
	    const char *name);
/* Nothing is in work any more: work_put_rest() has been called, if anything was. */
void	work_release(struct work *);
/* Reads an item's record into w->res, to be enriched and put: 0, or -1 when out
 * of memory. */
int	work_result(struct work *, const struct work_item *);
/* It is done, and freed; the next is taken up in the next turn of the loop. When
 * nothing is left, the loop stops. */
void	work_done(struct work *, struct work_item *);
/* Puts what is in work as it came; with `all`, what was read behind it, too. */
void	work_put_rest(struct work *, bool all);

#endif
