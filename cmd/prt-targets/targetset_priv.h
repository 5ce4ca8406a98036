/* What targetset.c and finish.c share. */
#ifndef PRT_TARGETS_TARGETSET_PRIV_H
#define PRT_TARGETS_TARGETSET_PRIV_H

#include <stdbool.h>

#include "targetset.h"

/* May b, which does not start before a, be one item with it? */
bool	target_joins(const struct target_item *a, const struct target_item *b);
/* Appends, or lengthens the last item: 0, or -1 when out of memory. */
int	targetset_push(struct target_layer *, struct target_item);
int	targetset_push_named(struct targetset *, struct target_named);

#endif
