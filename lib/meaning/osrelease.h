/* Which release of a system a service shows: Debian 12, Windows Server 2019.
 * Layer 2. */
#ifndef PRT_MEANING_OSRELEASE_H
#define PRT_MEANING_OSRELEASE_H

#include "meaning/record.h"

struct osrelease {
	const char	*system;	/* "Debian", "Ubuntu", "Windows", "Linux" */
	const char	*name;		/* "12", "10 1809 or Server 2019" */
	/* The generations of Windows or Linux as the OS database has them,
	 * "10,2019", a list; NULL: a distribution has none. */
	const char	*gens;
	/* private: what shows it, besides the name of a distribution's: the
	 * OpenSSH that comes with it, the build of Windows, or its IIS */
	const char	*sign;
};

/* Reads product=, version=, info= and banner= of a port's record, as prt-service
 * writes them: a row of a table, or NULL when they show no release. */
const struct osrelease *osrelease_of(const struct record *);

#endif
