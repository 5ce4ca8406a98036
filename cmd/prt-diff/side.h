/* One of the two scans, host by host. A program's own header, no layer. */
#ifndef PRT_DIFF_SIDE_H
#define PRT_DIFF_SIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "sorter.h"
#include "world/source.h"

/* The last result about each thing of a host. */
struct thing {
	struct reskey	key;
	size_t		at;		/* of its TSV line in ->text */
	size_t		len;
};

struct side {
	const char	*name;
	struct sorter	 sorter;
	bool		 incomplete;	/* a scan in it did not end well */
	/* the host that is looked at */
	bool		 has_host;
	u128		 addr;
	struct thing	*thing;
	size_t		 n, cap;
	struct buf	 text;
	bool		 up;
	/* private: the result behind it */
	int		 got;
	struct reskey	 key;
	struct str	 line;
	struct buf	 scans;		/* ids that have no stat record yet */
	struct record	 scratch;
};

/* Reads a whole input ("-" is stdin): 0, or -1 when something was wrong, after
 * a message; what could be read is there then. `fd` is its own from now on. */
int	side_read(struct side *, int fd, const struct source *how);
void	side_release(struct side *);
/* Goes to the next host: 0, or -1 after a message. */
int	side_next(struct side *);
/* The record of one of its things: it points into the side. */
void	side_record(const struct side *, size_t i, struct record *);

#endif
