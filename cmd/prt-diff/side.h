/* One of the two scans, host by host. A program's own header, no layer. */
#ifndef PRT_DIFF_SIDE_H
#define PRT_DIFF_SIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "sorter.h"
#include "world/dbproc.h"
#include "world/source.h"

/* The last result about each thing of a host. */
struct thing {
	struct reskey	key;
	size_t		at;		/* of its TSV line in ->text */
	size_t		len;
};

struct side {
	const char	*name;
	int		 fd;		/* of its input */
	struct scandb_name database;	/* when it is in one */
	struct sorter	 sorter;
	bool		 incomplete;	/* a scan in it did not end well */
	/* the host that is looked at */
	bool		 has_host;
	u128		 addr;
	struct thing	*thing;
	size_t		 n, cap;
	struct buf	 text;
	bool		 up;
	bool		 timedout;	/* what it lacks says nothing */
	/* private */
	struct dbproc	 beside;	/* has the database open */
	/* the result behind the host */
	int		 got;
	struct reskey	 key;
	struct str	 line;
	struct buf	 scans;		/* ids that have no stat record yet */
	struct record	 scratch;
};

/* Opens an operand, "-" for stdin, sqlite:FILE for a scan in a database, and sorts
 * with so many bytes of memory: 0, or -1 after a message. side_release() either
 * way. */
int	side_open(struct side *, const char *operand, size_t memory);
/* Reads the whole input: 0, or -1 when something was wrong, after a message; what
 * could be read is there then. */
int	side_read(struct side *, const struct source *how);
void	side_release(struct side *);
/* Goes to the next host: 0, or -1 after a message. */
int	side_next(struct side *);
/* The record of one of its things: it points into the side. */
void	side_record(const struct side *, size_t i, struct record *);

#endif
