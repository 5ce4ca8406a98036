/* Words of a command line as sh(1) reads them back. A program's own header, no
 * layer. */
#ifndef PRTIP_QUOTE_H
#define PRTIP_QUOTE_H

#include "base/buf.h"

void	quote_put(struct buf *, const char *word);
/* "prtip WORD...", of what main() was given: what scans, so without --explain. */
void	quote_command(struct buf *, int argc, char *const *argv);

#endif
