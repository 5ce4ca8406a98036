/* What the services of a host say of its system, and what that is worth beside
 * what its IP stack shows. Layer 2. */
#ifndef PRT_MEANING_OSEVIDENCE_H
#define PRT_MEANING_OSEVIDENCE_H

#include <stdbool.h>

#include "meaning/osname.h"
#include "meaning/osrelease.h"
#include "meaning/record.h"

/* How sure it is what a service says, in percent: it may be one of another
 * machine that is behind this one, and banners can be made up. */
#define OSEVIDENCE_CONF	75

/* Zero-initialised: nothing was said. */
struct osevidence {
	const struct osname	*system;	/* a row, or NULL */
	const struct osname	*distro;	/* likewise */
	const struct osrelease	*release;	/* of Windows, or of a distribution */
	const struct osrelease	*kernel;	/* of Linux */
	const char		*device;	/* "printer", or NULL */
	bool			 torn;	/* they say different things */
	bool			 torn_release;	/* ... of that alone */
	bool			 torn_device;	/* ... likewise */
};

/* Takes what prt-service has found out about a port: os=, cpe=, device=, what info=
 * starts with, and what shows a release. */
void	osevidence_take(struct osevidence *, const struct record *port);
/* The system that they agree on; NULL when there is none. */
const struct osname *osevidence_system(const struct osevidence *);

/* How sure a system is that the stack shows with `conf` percent and the services
 * confirm; and one that they contradict, which may still be the host's, while
 * the port is another machine's. */
unsigned osevidence_agreed(unsigned conf);
unsigned osevidence_denied(unsigned conf);

/* Says in a host's record what the system is of which nothing but its services
 * is known: os=, os_family=, os_vendor=, device_type=, os_cpe=. */
void	osevidence_name(const struct osevidence *, struct record *host);
/* Adds distribution and release to a record that names this system already:
 * "Linux 6.X (Debian 12)", "Windows 10 1809 or Server 2019". */
void	osevidence_refine(const struct osevidence *, struct record *host);
/* Says what kind of device it is, which services know of a stack that is in many. */
void	osevidence_device(const struct osevidence *, struct record *host);
/* Weighs the services beside a record that the stack alone has made, by os=,
 * os_conf= and os_method=, and says the device. `fits`: one of the systems that
 * match is of the family that osevidence_system() has, or of that whose stack it
 * has. */
void	osevidence_weigh(const struct osevidence *, bool fits,
	    struct record *host);

#endif
