/* The run: records in, conversations with their ports, the same records out. */
#ifndef PRT_SERVICE_SERVE_H
#define PRT_SERVICE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "meaning/ports.h"
#include "meaning/svcdb.h"
#include "pure/rangeset.h"
#include "world/prober.h"
#include "world/recio.h"

struct serve_conf {
	struct prober_conf	 prober;
	const struct svcdb	*db;
	const struct ports	*names;		/* what ports usually are */
	struct rangeset		 refused;	/* reserved space */
	unsigned		 intensity;
	unsigned		 per_port;	/* conversations at once */
	uint64_t		 grace, pace, timeout;	/* struct port_env */
	bool			 all_ports;	/* Exclude does not count */
	bool			 banner;	/* report it always */
	bool			 progress;
	bool			 strict;	/* stop at a bad line */
	enum rec_format		 format;
};

/* Serves stdin to stdout, without privilege and inside the sandbox; closes
 * stdout. An exit status. */
int	serve_run(const struct serve_conf *);

#endif
