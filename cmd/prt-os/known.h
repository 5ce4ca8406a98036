/* The hosts that the records have spoken of. The program's own, no layer. */
#ifndef PRT_OS_KNOWN_H
#define PRT_OS_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "meaning/osevidence.h"
#include "meaning/ospassive.h"

/* So many are kept; then the one that was longest not spoken of goes. */
#define KNOWN_MOST	262144

struct known_host {
	u128			 addr;
	struct ospassive	 seen;
	struct osevidence	 said;		/* by its services */
	char			*names;		/* names.h */
	uint32_t		 next;		/* of its bucket; private */
	uint32_t		 older, newer;	/* private */
};

/* Zero-initialised is empty. */
struct known {
	struct known_host	*host;		/* n of them */
	uint32_t		*bucket;	/* 1 + number */
	uint32_t		 n, cap;
	uint32_t		 oldest, newest;	/* 1 + number */
	uint64_t		 key[2];
	/* Says what is known of a host that goes. */
	void			(*tell)(void *ctx, const struct known_host *);
	void			*ctx;
};

/* Makes room for the first: 0, or -1 with errno. */
int	known_init(struct known *);
void	known_release(struct known *);
/* The host of that address, new if need be, and now the newest; NULL when out of
 * memory. Valid until the next call. */
struct known_host *known_host(struct known *, u128 addr);
/* Tells of all, those first that were spoken of first, and forgets them. */
void	known_tell(struct known *);

#endif
