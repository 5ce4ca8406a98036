/* Operating systems by the names that services give them. Layer 2. */
#ifndef PRT_MEANING_OSNAME_H
#define PRT_MEANING_OSNAME_H

#include "base/str.h"

struct osname {
	const char	*said;		/* the value of os=; NULL: none */
	const char	*cpe;		/* its part "microsoft:windows" */
	/* As in Class lines of the OS database; `stack` is the family whose IP
	 * stack it has, `type` may be NULL: it is on anything. */
	const char	*family, *vendor, *type, *stack;
	const char	*distro;	/* of Linux; NULL: it is none */
};

#define OSNAME_N	31

extern const struct osname osname_rows[OSNAME_N];

/* The row for what a service says in os=, or in one element of cpe=
 * ("cpe:/o:debian:debian_linux:12"); NULL when there is none. */
const struct osname *osname_of(struct str said);
const struct osname *osname_of_cpe(struct str cpe);
/* The row for what stands in info=: a system that one of its parts, which
 * semicolons part, starts with ("Debian GNU/Linux 12", "Win64", "SNMPv1, public;
 * FreeBSD fw 13.2-RELEASE amd64"); NULL when there is none. */
const struct osname *osname_of_info(struct str info);

#endif
