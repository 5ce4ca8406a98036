/* A command line as a whole, before anything is done. A program's own header, no
 * layer. */
#ifndef PRTIP_CHECK_H
#define PRTIP_CHECK_H

#include "ask.h"

/* Finds what is wrong with it, and what it leaves open: afterwards ->scans,
 * ->unprivileged are set. An exit status, after a message that names the mend
 * when it is not PRT_OK. Touches the output files, so that one that cannot be
 * written shows. */
int	check(struct ask *);

#endif
