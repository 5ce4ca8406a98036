/* What an answer says: the lines of the service-probe database held against it.
 * Layer 2. */
#ifndef PRT_MEANING_SVCMATCH_H
#define PRT_MEANING_SVCMATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "meaning/svcdb.h"

/* Compiled patterns and the memory to match with; of one thread. */
struct svcmatch;

/* What the line that matched says. Texts are bytes, not yet in text form
 * (base/esc.h); p == NULL: nothing is said. Valid until the next
 * svcmatch_find(). */
struct svc_found {
	const struct svc_probe	*probe;	/* whose line it is */
	const struct svc_line	*line;
	struct str		 service, product, version, info, hostname, os,
				 device;
	struct str		 cpe[SVC_CPES];	/* "cpe:/a:openbsd:openssh:9.2" */
	unsigned		 ncpe;
};

/* The database must outlive it, unchanged. NULL when out of memory. */
struct svcmatch *svcmatch_new(const struct svcdb *);
void	svcmatch_free(struct svcmatch *);
/* Holds n bytes that came as answer to `probe` against the lines of
 * probe->look[]: true when one matches. That is the first match line that does,
 * or the first softmatch line when no match line does. `soft` is the service
 * that a soft match has found before, NULL for none: only lines of that service
 * count then. A pattern that is malformed, or takes too long, does not match. */
bool	svcmatch_find(struct svcmatch *, const struct svc_probe *probe,
	    const char *soft, const void *answer, size_t n,
	    struct svc_found *);

/* Is every pattern well-formed, and does every template refer to what its
 * pattern captures? (svcdb_parse() leaves patterns alone: they are compiled when
 * they are wanted.) 0, or -1 with errors appended to *err as svcdb_parse()
 * does. */
int	svcmatch_check(const struct svcdb *, struct buf *err);

#endif
