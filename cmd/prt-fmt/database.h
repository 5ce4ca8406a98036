/* The process beside us that has a database open, which no sandbox allows: what
 * strangers sent it sees only as the clean records that we write, or reads. A
 * program's own header, no layer. */
#ifndef PRT_FMT_DATABASE_H
#define PRT_FMT_DATABASE_H

struct database {
	int	records;	/* a pipe: TSV to it, or from it */
	int	status;		/* a pipe: how it went, one byte */
};

/* Starts a process that adds one scan to the database, or gives its newest one
 * out: 0, or -1 after a message. */
int	database_write(struct database *, const char *path);
int	database_read(struct database *, const char *path);
/* Waits for its end, once ->records is closed: 0, or -1 when it failed, which it
 * has said. */
int	database_end(struct database *);

#endif
