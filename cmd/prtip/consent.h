/* A question before a large scan of other people's addresses. A program's own
 * header, no layer. */
#ifndef PRTIP_CONSENT_H
#define PRTIP_CONSENT_H

#include "ask.h"
#include "plan.h"

/* Asks on a terminal whether so many public addresses at such a rate are meant:
 * an exit status, PRT_OK to go on. */
int	consent(const struct ask *, const struct pipeline *);

#endif
