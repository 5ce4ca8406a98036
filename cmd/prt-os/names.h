/* What travels with a host's address: its name and the user's tag. The program's
 * own, no layer. */
#ifndef PRT_OS_NAMES_H
#define PRT_OS_NAMES_H

#include "meaning/record.h"

/* Takes host= and tag= of a record into *names, which is the caller's to free,
 * when nothing is there: 0, or -1 when out of memory. */
int	names_take(char **names, const struct record *);
/* Sets them in a record; they have to outlive it. NULL: there are none. */
void	names_put(const char *names, struct record *);

#endif
