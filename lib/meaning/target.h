/* What a record says to a stage that scans: every data record is a target.
 * Layer 2. */
#ifndef PRT_MEANING_TARGET_H
#define PRT_MEANING_TARGET_H

#include "base/num.h"
#include "base/str.h"
#include "meaning/record.h"
#include "pure/portset.h"

enum target_proto {
	TARGET_ANY,	/* none named, or "host": the address is meant */
	TARGET_TCP,
	TARGET_UDP,
	TARGET_OTHER,	/* sctp, icmp, ... */
};

/* Zero-initialised is valid; target_release() frees it, target_of() uses its
 * memory again. */
struct target {
	u128			first, last;	/* inclusive */
	struct portset		ports;		/* empty: none named */
	enum target_proto	proto;
	struct str		host;		/* text forms, as in the record; */
	struct str		tag;		/* p == NULL when absent */
};

/* Reads a REC_DATA record. 0, or -1: *err is then a static message that says
 * what is wrong and the mend. host and tag point into the record. */
int	target_of(struct target *, const struct record *, const char **err);
void	target_release(struct target *);

#endif
