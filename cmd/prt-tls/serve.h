/* The run: records in, conversations with their ports, the same records out. */
#ifndef PRT_TLS_SERVE_H
#define PRT_TLS_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "enumerate.h"
#include "meaning/starttls.h"
#include "pure/rangeset.h"
#include "world/prober.h"
#include "world/recio.h"

struct serve_conf {
	struct prober_conf	 prober;
	struct rangeset		 refused;	/* reserved space */
	uint64_t		 timeout;	/* ns for a port */
	size_t			 most;		/* bytes of handshake messages */
	uint64_t		 soon;		/* ns that a certificate is to last */
	const char		*ca;		/* authorities; NULL: the machine's */
	const struct starttls	*dialect;	/* of all ports; NULL: by port */
	bool			 verify;
	enum enum_what		 enumerate;
	bool			 full;		/* whole handshakes only */
	bool			 progress;
	bool			 strict;	/* stop at a bad line */
	enum rec_format		 format;
};

/* Serves stdin to stdout, without privilege and inside the sandbox; closes
 * stdout. An exit status. */
int	serve_run(const struct serve_conf *);

#endif
