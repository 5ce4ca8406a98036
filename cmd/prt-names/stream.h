/* Records from stdin to stdout, in their order, those of hosts with the hosts'
 * names. The program's own, no layer. */
#ifndef PRT_NAMES_STREAM_H
#define PRT_NAMES_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "world/recio.h"

struct stream_conf {
	const char	*servers;	/* NULL: the system's */
	uint64_t	 timeout;	/* ns for an address */
	unsigned	 parallel;
	bool		 all;		/* hosts that are down, too */
	bool		 strict;	/* stop at a bad line */
	enum rec_format	 format;
};

/* Runs it, and closes stdout: an exit status. */
int	stream_run(const struct stream_conf *);

#endif
