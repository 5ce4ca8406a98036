/* Scans in an SQLite database. Layer 3.
 *
 * libsqlite3 is loaded when one is opened (world/late.h). It opens files and takes
 * locks as it goes along, so this does not work in a sandbox. */
#ifndef PRT_WORLD_SCANDB_H
#define PRT_WORLD_SCANDB_H

#include <stdbool.h>

#include "base/buf.h"
#include "meaning/record.h"

struct scandb;

/* A database as the command line names it: sqlite:FILE, and sqlite:FILE@N for one
 * scan of it. */
struct scandb_name {
	char		*path;		/* to be freed; NULL: it is no database */
	long long	 scan;		/* N: its number; from the newest, which
					 * is -1; 0: none is named */
};

/* 0, also when it names none, or -1 when out of memory. */
int	scandb_name(struct scandb_name *, const char *text);
/* Opens a database; to write one more scan, makes it and its tables if they are
 * not there, and begins a transaction. NULL, with what is wrong appended to err. */
struct scandb *scandb_open(const char *path, bool write, struct buf *err);
/* Adds a result or meta record to the scan; a target is nothing to keep. 0, or
 * -1 with what is wrong appended to err. */
int	scandb_add(struct scandb *, const struct record *, struct buf *err);
/* Ends the transaction: the scan is in the database. 0 or -1, as above. */
int	scandb_commit(struct scandb *, struct buf *err);
/* Gives out the lines of a scan, the newest one when it is 0, with their newlines,
 * results first, until `put` does not return 0. 0 or -1, as above. */
int	scandb_read(struct scandb *, long long scan,
	    int (*put)(void *arg, struct str line), void *arg, struct buf *err);
/* Closes it; what was not committed is gone. */
void	scandb_close(struct scandb *);

#endif
