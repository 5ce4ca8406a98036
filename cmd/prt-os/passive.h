/* --passive: hosts are named by what the records say of them, and nothing is
 * sent. The program's own, no layer. */
#ifndef PRT_OS_PASSIVE_H
#define PRT_OS_PASSIVE_H

#include <stdbool.h>

#include "verdict.h"
#include "world/recio.h"

/* Serves stdin to stdout, which it closes: an exit status. */
int	passive_run(struct verdict *, enum rec_format, bool strict);

#endif
