/* What the database makes of a stack that was seen in passing: asked once for all
 * hosts that look alike. The program's own, no layer. */
#ifndef PRT_OS_KINDS_H
#define PRT_OS_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meaning/osname.h"
#include "meaning/ospassive.h"
#include "meaning/record.h"
#include "verdict.h"

/* So many are remembered. */
#define KINDS_MOST	4096

struct kind {
	struct ospassive	 seen;
	struct record		 rec;	/* what it is, as fields of a record */
	bool			 named;	/* the database has something to say */
	bool			 sure;	/* ... and it is all of one family */
	unsigned		 conf;	/* percent */
	uint64_t		 may;	/* bit i: osname_rows[i] has that stack */
	struct kind		*next;
};

struct kinds {
	struct verdict	*verdict;
	struct kind	*bucket[KINDS_MOST];
	size_t		 n;
	uint64_t	 key[2];
	struct osfp	 fp;		/* private, as it is large */
};

/* The verdict must outlive it. 0, or -1 with errno. */
int	kinds_init(struct kinds *, struct verdict *);
void	kinds_release(struct kinds *);
/* The kind of what was seen; NULL when out of memory. Valid until the next
 * call. */
const struct kind *kinds_of(struct kinds *, const struct ospassive *);

#endif
