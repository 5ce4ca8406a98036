/* --checkpoint: where the scan has come, every few seconds, in a file.
 *
 * What the file says is behind what was sent by what may still be answered, and
 * behind what was answered by what prt-listen has yet to write: it is taken first,
 * and goes to the file when prt-listen has written all results of before. */
#ifndef PRT_BLAST_SAVE_H
#define PRT_BLAST_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/checkpoint.h"
#include "world/keeper.h"

struct scan;

struct save {
	struct keeper	*file;		/* NULL: there is none */
	char		*opt[CHECKPOINT_NOPTS];
	struct buf	 text;		/* that prt-listen is to catch up with */
	bool		 asked;
	uint64_t	 mark, ended;	/* what it is asked for */
	uint64_t	 put;		/* when the file's process got it, 0: idle */
	uint64_t	 due;		/* the next */
	bool		 failed;
};

/* The options that say what is scanned, for a checkpoint: 0, or -1 out of
 * memory. */
int	save_options(struct scan *);
/* With privilege: 0, or -1 after a message. */
int	save_open(struct scan *);
/* Does what there is to do now. */
void	save_turn(struct scan *, uint64_t now);
/* The scan was stopped: keeps where, if prt-listen soon says that it has written
 * what it heard; else the last one stays. */
void	save_stop(struct scan *);
/* The scan has come to its end, and prt-listen was told: waits for it, and keeps
 * that nothing is left. */
void	save_end(struct scan *);
void	save_release(struct scan *);

#endif
