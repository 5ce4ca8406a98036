/* Addresses that are not scanned by mistake: what share/reserved says.
 * Layer 2. */
#ifndef PRT_MEANING_RESERVED_H
#define PRT_MEANING_RESERVED_H

#include <stddef.h>

#include "pure/rangeset.h"

/* The text of share/reserved (an address, a/len or a-b a line, `#` comments)
 * into an empty set, normalised. 0, or -1: then *line is the line with the
 * error (0 when out of memory), *what a static message, and the set empty. */
int	reserved_parse(struct rangeset *, const char *text, size_t n,
	    unsigned long *line, const char **what);

#endif
