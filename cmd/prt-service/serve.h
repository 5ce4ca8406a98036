/* The run: records in, conversations with their ports, the same records out. */
#ifndef PRT_SERVICE_SERVE_H
#define PRT_SERVICE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "meaning/ports.h"
#include "meaning/svcdb.h"
#include "program/enrich.h"
#include "world/prober.h"

struct serve_conf {
	struct enrich_conf	 run;
	struct prober_conf	 prober;
	const struct svcdb	*db;
	const struct ports	*names;		/* what ports usually are */
	unsigned		 intensity;
	unsigned		 per_port;	/* conversations at once */
	uint64_t		 grace, pace, timeout;	/* struct port_env */
	bool			 all_ports;	/* Exclude does not count */
	bool			 banner;	/* report it always */
};

/* Serves stdin to stdout; closes stdout. An exit status. */
int	serve_run(const struct serve_conf *);

#endif
