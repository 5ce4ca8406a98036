/* Which systems of the OS database have a fingerprint. Layer 2. */
#ifndef PRT_MEANING_OSMATCH_H
#define PRT_MEANING_OSMATCH_H

#include <stddef.h>
#include <stdint.h>

#include "meaning/osdb.h"
#include "meaning/osfp.h"

/* Memory to match with; of one thread. */
struct osmatch;

/* A system of the database, and how well the fingerprint agrees with it. */
struct osmatch_hit {
	const struct osdb_entry	*entry;
	/* Points of the tests that agree, and of all that both have: the
	 * accuracy is got/of, and 1 is a perfect match. */
	uint32_t		 got, of;
};

/* The database must outlive it, unchanged. NULL when out of memory. */
struct osmatch *osmatch_new(const struct osdb *);
void	osmatch_free(struct osmatch *);
/* The `max` best hits, best first, and of equal ones in the order of the
 * database: how many there are. Systems without a test in common with the
 * fingerprint, or of the other version of IP, are none. */
size_t	osmatch_find(struct osmatch *, const struct osfp *,
	    struct osmatch_hit *, size_t max);
/* The accuracy in percent, rounded down as nmap does: only a perfect match has
 * 100. */
unsigned osmatch_accuracy(const struct osmatch_hit *);
/* How sure the hit is, in percent: its accuracy, and less when the host answered
 * so little that hardly anything could have disagreed. That is so when the
 * attributes of the fingerprint carry less than a quarter of all points of the
 * database: then it sinks with their share. So it does with the share of what the
 * host answered that the system has tests of, when that is less than a fifth. */
unsigned osmatch_conf(const struct osmatch *, const struct osfp *,
	    const struct osmatch_hit *);

#endif
