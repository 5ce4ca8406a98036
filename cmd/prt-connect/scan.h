/* The scan: target records in, connects, result records out. */
#ifndef PRT_CONNECT_SCAN_H
#define PRT_CONNECT_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "pure/portset.h"
#include "pure/rangeset.h"
#include "world/connect.h"
#include "world/recio.h"

enum scan_show {
	SHOW_FOUND,		/* open and closed ports */
	SHOW_OPEN,		/* open ports only */
	SHOW_ALL,		/* filtered ones too */
};

struct scan_conf {
	struct connect_conf	 connect;
	struct portset		 ports;		/* of targets that name none */
	struct rangeset		 refused;	/* reserved space */
	struct shard		 shard;
	/* Is the plan of the whole input, or of what has come so far? */
	bool			 whole;
	uint64_t		 key[2];	/* of the random order */
	enum scan_show		 show;
	bool			 in_order;
	uint64_t		 host_timeout;	/* ns, 0: none */
	bool			 ping;	/* hosts are asked for, not ports */
	enum rec_format		 format;
	bool			 progress;
	bool			 strict;	/* stop at a bad line */
};

/* Scans what stdin says, to stdout; closes stdout. An exit status. */
int	scan_run(const struct scan_conf *);

#endif
