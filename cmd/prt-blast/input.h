/* From the records on stdin to the items of a plan. */
#ifndef PRT_BLAST_INPUT_H
#define PRT_BLAST_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/portspec.h"
#include "meaning/scan.h"
#include "meaning/target.h"
#include "paths.h"
#include "sender.h"
#include "pure/plan.h"
#include "pure/rangeset.h"
#include "world/recio.h"

/* One question of "ping" to hosts beyond the link. */
struct ping_item {
	const struct scan_type	*type;
	uint16_t		 port;	/* 0 when the type has none */
};

enum { PING_ITEMS = 64 };

struct input {
	struct recin		 in;
	struct record		 rec;
	struct target		 target;
	unsigned		 types[SENDER_TYPES];	/* of -s, without "ping" */
	size_t			 ntypes;
	bool			 ping;
	struct ping_item	 ask[PING_ITEMS]; /* what "ping" is */
	size_t			 nask;
	struct portspec		 ports;		/* for targets without */
	bool			 given_ports;	/* -p was used */
	struct buf		 ports_text;	/* of its default, not parsed */
	char			*ports_path;
	struct rangeset		 reserved;	/* refused */
	struct paths		*paths;
	bool			 strict;
	unsigned long		 bad;		/* lines refused so far */
	/* What is to be written to the listener besides the plan. */
	struct buf		 pass;
	struct buf		 notes;	/* on the targets of the plan */
	bool			 eof;
	/* for --checkpoint and --resume */
	bool			 hashed;
	uint64_t		 hash[2];	/* of the lines so far */
	bool			 skip;		/* lines are only counted */
	uint64_t		 limit;		/* the last to take, 0: all */
};

/* Takes whatever has been read into the plan: how many targets that were, or
 * -1 when it has to stop (out of memory, --strict). Bad lines get their message
 * and are counted. */
long	input_take(struct input *, struct plan *);
void	input_release(struct input *);

#endif
