/* The ports of a command line, as -p of the other programs takes them. A
 * program's own header, no layer. */
#ifndef PRTIP_PORTARG_H
#define PRTIP_PORTARG_H

#include "ask.h"
#include "base/buf.h"

/* -p, -F, --top-ports and --exclude-ports as one text and a NUL; empty when the
 * default serves. */
void	portarg_put(struct buf *, const struct ask *);
/* Are they ports? 0, or -1 after a message. */
int	portarg_check(const struct ask *);

#endif
