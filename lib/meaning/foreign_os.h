/* What nmap's XML says of a host's system. Layer 2, private to foreign_xml.c. */
#ifndef PRT_MEANING_FOREIGN_OS_H
#define PRT_MEANING_FOREIGN_OS_H

#include <stdbool.h>

#include "base/buf.h"
#include "meaning/record.h"

/* Zero-initialised is empty and valid. */
struct foreign_os {
	struct record	fields;
	bool		vendors, families;	/* ... of the best one differ */
	struct buf	gens, types, matches;	/* lists */
	struct buf	cpes;
	unsigned	nmatches;
};

/* An attribute of an element, atts as expat has them; p == NULL: it has none. */
struct str foreign_attr(const char **atts, const char *name);
void	foreign_os_clear(struct foreign_os *);
void	foreign_os_release(struct foreign_os *);
/* An element inside of <host>, atts as expat has them; those that are not about
 * its system do nothing. True when the text that follows is to be appended to
 * ->cpes, as an item of a list. */
bool	foreign_os_start(struct foreign_os *, const char *name,
	    const char **atts);
/* Sets the fields in a host's record. Texts are those of the fields here. */
void	foreign_os_put(struct foreign_os *, struct record *);

#endif
