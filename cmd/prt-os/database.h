/* The OS database that a run works with. The program's own, no layer. */
#ifndef PRT_OS_DATABASE_H
#define PRT_OS_DATABASE_H

#include <stddef.h>

#include "meaning/osdb.h"

/* Reads `file`, NULL: prt's own: an exit status. What is wrong has been said;
 * when that is about some of its fingerprints only, the others are there. */
int	database_read(struct osdb *, const char *file);
/* --check: tells what is wrong with each of the files. */
int	database_check(const char *const *file, size_t n);

#endif
