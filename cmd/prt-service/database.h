/* The files of service probes, and what can be asked of them without a network. */
#ifndef PRT_SERVICE_DATABASE_H
#define PRT_SERVICE_DATABASE_H

#include <stddef.h>

#include "meaning/svcdb.h"
#include "world/recio.h"

/* Reads files of our own choice (n of them), or else share/service-probes, and
 * then the nadd others. An exit status, after messages. */
int	database_read(struct svcdb *, const char *const *file, size_t n,
	    const char *const *add, size_t nadd);
/* --check: reads the files, patterns included. An exit status. */
int	database_check(const char *const *file, size_t n);
/* --list-probes, to stdout. An exit status. */
int	database_list(const struct svcdb *);
/* --match: holds each file (stdin when there is none) against what the probe
 * brings, and writes a record for each. An exit status. */
int	database_match(const struct svcdb *, const char *probe, char **file,
	    size_t n, size_t most, enum rec_format);

#endif
