/* --match: fingerprints that were stored. The program's own, no layer. */
#ifndef PRT_OS_STORED_H
#define PRT_OS_STORED_H

#include <stdbool.h>

#include "verdict.h"
#include "world/recio.h"

/* Reads a file, "-" for stdin: what a scanner printed, with fingerprints among
 * it, or records, of which those with os_fp= are enriched and all others pass.
 * Records of the hosts go to stdout: an exit status. */
int	stored_match(struct verdict *, const char *file, enum rec_format,
	    bool strict);

#endif
