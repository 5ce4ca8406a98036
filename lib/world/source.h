/* An input of records or of what another scanner wrote, read to its end.
 * Layer 3. */
#ifndef PRT_WORLD_SOURCE_H
#define PRT_WORLD_SOURCE_H

#include <stdbool.h>

#include "meaning/foreign.h"
#include "world/recio.h"

enum source_kind {
	SOURCE_AUTO,		/* what its first line shows */
	SOURCE_RECORDS,		/* prt-record(5) */
	SOURCE_FOREIGN,		/* as `format` says */
};

struct source {
	enum source_kind		 kind;
	const struct foreign_format	*format;
	bool				 strict;	/* end at the first fault */
	/* When not NULL, and true: the reading ends. */
	const bool			*enough;
};

/* Sets kind and format by the name of -i: 0, or -1 with the names that there
 * are, "auto, ... and ndjson", appended. */
int	source_named(struct source *, const char *name, struct buf *names);

/* Nothing is wrong, or some of these: */
enum {
	SOURCE_MALFORMED	= 1,	/* a record, and the others were read */
	SOURCE_DAMAGED		= 2,	/* another scanner's output */
	SOURCE_ERROR		= 4,	/* reading failed, with errno */
};

/* Reads a whole input, whose flush and stop have been set. The records and what
 * is wrong with them go to the user. */
int	source_read(const struct source *, struct recin *,
	    const struct foreign_user *);

#endif
