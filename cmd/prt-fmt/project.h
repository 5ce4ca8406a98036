/* Records with the wanted columns and fields only. A program's own header, no
 * layer. */
#ifndef PRT_FMT_PROJECT_H
#define PRT_FMT_PROJECT_H

#include "output.h"

/* Writes a record, and of a data record what sink.columns names: the fields in
 * that order, the columns in their places, the address always. */
void	project_put(struct sink *, const struct record *);

#endif
