/* What changed between two results about the same thing. A program's own
 * header, no layer. */
#ifndef PRT_DIFF_CHANGE_H
#define PRT_DIFF_CHANGE_H

#include "side.h"
#include "world/recio.h"

struct differ {
	struct side	*old, *new;
	struct recout	 out;
	bool		 normal;	/* for people, not records */
	uint64_t	 soon;		/* ns; 0: no certificate is looked at */
	uint64_t	 now;		/* ns since the epoch */
	unsigned long	 changes;
	/* private */
	bool		 gave_up;	/* on this host, in the new scan */
	struct record	 was, is, r;
	struct buf	 line, text;
};

/* Writes all changes: 0, or -1 after a message. */
int	differ_run(struct differ *);
void	differ_release(struct differ *);

#endif
