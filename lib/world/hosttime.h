/* Since when hosts are in work. Layer 3. */
#ifndef PRT_WORLD_HOSTTIME_H
#define PRT_WORLD_HOSTTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

struct hosttime_host {
	u128		addr;
	uint64_t	since;
	bool		told;	/* the caller's own; false at first */
	bool		used;
};

/* Zero-initialised is empty. */
struct hosttime {
	struct hosttime_host	*host;	/* a table of ->cap, a power of two */
	size_t			 n, cap;
};

/* The host's entry, made with this time when it has none; it is valid until the
 * next call. NULL when out of memory. */
struct hosttime_host *hosttime_of(struct hosttime *, u128 addr, uint64_t now);
/* Its entry; NULL when it has none. */
struct hosttime_host *hosttime_find(const struct hosttime *, u128 addr);
void	hosttime_release(struct hosttime *);

#endif
