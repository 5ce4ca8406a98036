/* From lines and words to targets: every form that prt-targets(7) has. */
#ifndef PRT_TARGETS_INPUT_H
#define PRT_TARGETS_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "pure/rangeset.h"
#include "targetset.h"
#include "world/resolve.h"

struct input {
	struct targetset	*ts;
	struct rangeset		*exclude;
	const struct rangeset	*reserved;	/* empty: all is allowed */
	unsigned		 protos;	/* PORTSPEC_*: ports without one */
	enum resolve_family	 family;
	const char		*servers;	/* resolve_conf.servers */
	bool			 no_resolve;
	bool			 first;		/* one address a name */
	bool			 strict;
	const atomic_bool	*stop;		/* a signal came */
	/* private */
	bool			 excluding;
	struct resolve		*res;
	struct rangeset		 ranges;
	unsigned long		 bad;		/* messages about input */
	bool			 failed;	/* while names were answered */
};

/* Each of these returns 0 to go on, or -1 when the run has to end: out of
 * memory, a bad item under ->strict (both after a message), or *->stop. */

/* The items of a file, "-" for stdin; excludes when `excluding`. */
int	input_file(struct input *, const char *path, bool excluding);
/* One operand, or one value of --exclude. */
int	input_word(struct input *, const char *word, bool excluding);
/* Waits for the names that were asked for. */
int	input_finish(struct input *);
void	input_release(struct input *);

#endif
