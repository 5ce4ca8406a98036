/* A process beside ours that has a scan database open, which no sandbox allows:
 * what strangers sent it sees only as the clean records that we write. Layer 3. */
#ifndef PRT_WORLD_DBPROC_H
#define PRT_WORLD_DBPROC_H

#include "world/scandb.h"

struct dbproc {
	int	records;	/* a pipe: TSV to it, or from it */
	int	status;		/* private: a pipe, how it went */
};

/* Starts a process that adds one scan to the database of that name, or gives out
 * the one that is named: 0, or -1 with what is wrong appended to err. ->records is
 * the caller's to close. */
int	dbproc_write(struct dbproc *, const struct scandb_name *,
	    struct buf *err);
int	dbproc_read(struct dbproc *, const struct scandb_name *,
	    struct buf *err);
/* Waits for its end, once ->records is closed: 0, or -1 as above. */
int	dbproc_end(struct dbproc *, struct buf *err);

#endif
