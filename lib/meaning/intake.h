/* What an input record asks a stage for that speaks with open ports: one port,
 * many, or nothing. Layer 2. */
#ifndef PRT_MEANING_INTAKE_H
#define PRT_MEANING_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/target.h"

enum intake_kind {
	INTAKE_NONE,	/* not ours: it passes */
	INTAKE_PORT,	/* a port that is open, or may be */
	INTAKE_MANY,	/* a target: intake_next() gives its ports */
	INTAKE_BAD,	/* intake.err says why */
};

struct intake_port {
	u128		addr;
	uint16_t	port;
	bool		udp;
	bool		open;		/* known to be, from before */
	struct str	host;		/* text form; p == NULL: none */
};

/* Zero-initialised is idle. */
struct intake {
	bool		 on;		/* there are ports left */
	const char	*err;
	struct target	 target;
	struct record	 rec;		/* the target's */
	struct buf	 line;		/* its text */
	u128		 addr;		/* the next one */
	uint32_t	 at;		/* of the ports */
};

enum intake_kind intake_of(struct intake *, const struct record *,
	    struct intake_port *);
/* The next port of a target, and the record that stands for it; false when there
 * is none left. */
bool	intake_next(struct intake *, struct intake_port *, struct buf *line);
/* The name that TLS asks for, to be freed; NULL when there is none. */
char	*intake_name(const struct intake_port *);
void	intake_release(struct intake *);

#endif
