/* What travels with an address through a scan: the name it was resolved from
 * and the user's tag. Layer 2. */
#ifndef PRT_MEANING_NOTES_H
#define PRT_MEANING_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/str.h"
#include "meaning/target.h"

struct note {
	u128		first, last;
	u128		reach;		/* the largest `last` up to this one */
	uint16_t	lo, hi;		/* ports; 0-65535 for all */
	uint32_t	host, tag;	/* 1 + place of the text, 0: none */
};

/* Zero-initialised is empty and valid. */
struct notes {
	struct note	*v;
	size_t		 n;
	size_t		 cap;
	struct buf	 text;
	bool		 oom;		/* sticky */
};

void	notes_release(struct notes *);
/* Notes a target's host and tag, if it has any: 0, or -1 out of memory. */
int	notes_add(struct notes *, const struct target *);
/* To be called after the last notes_add(). */
void	notes_seal(struct notes *);
/* The notes on a probe, one by one (an address may have several names): true
 * while there is one more. *cursor starts as 0. A probe without ports asks for
 * port -1 and gets what is noted for any port. Texts are valid until
 * notes_release(); p == NULL: none. */
bool	notes_next(const struct notes *, u128 addr, int32_t port,
	    size_t *cursor, struct str *host, struct str *tag);

#endif
