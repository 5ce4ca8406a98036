/* The run: records in, conversations with their ports, the same records out. */
#ifndef PRT_TLS_SERVE_H
#define PRT_TLS_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "meaning/starttls.h"
#include "more.h"
#include "program/enrich.h"
#include "world/prober.h"

struct serve_conf {
	struct enrich_conf	 run;
	struct prober_conf	 prober;
	uint64_t		 timeout;	/* ns for a port */
	size_t			 most;		/* bytes of handshake messages */
	uint64_t		 soon;		/* ns that a certificate is to last */
	const char		*ca;		/* authorities; NULL: the machine's */
	const struct starttls	*dialect;	/* of all ports; NULL: by port */
	bool			 verify;
	struct more_conf	 more;
	bool			 dtls;		/* of every UDP port */
	bool			 full;		/* whole handshakes only */
};

/* Serves stdin to stdout; closes stdout. An exit status. */
int	serve_run(const struct serve_conf *);

#endif
