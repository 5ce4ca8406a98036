/* The plan: which probes there are, as the integers [0, n). Layer 1.
 *
 * A plan is a list of disjoint, ascending address ranges. Each range has a lane
 * set: the lanes (scan type and ports) that every address of the range gets.
 * Both sides of a scan build the same plan from the same items, so a probe's
 * index names it on either side. Nothing is expanded: memory goes with the
 * number of ranges, not of addresses or probes. */
#ifndef PRT_PURE_PLAN_H
#define PRT_PURE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "pure/portset.h"

/* More probes than this are refused. */
#define PLAN_MAX	((uint64_t)1 << 63)

/* One scan type and its ports. `type` is the caller's number. */
struct plan_lane {
	unsigned	 type;
	struct portset	 ports;	/* empty: the type has no ports, one probe */
	uint32_t	 nprobe;
	uint32_t	 slot;	/* of its first probe among an address's */
};

struct plan_lanes {
	struct plan_lane *lane;
	size_t		  n;
	uint32_t	  nprobe;	/* probes for each address */
};

struct plan_entry {
	u128		 first, last;
	uint32_t	 set;	/* index into plan.sets */
	uint64_t	 base;	/* index of the range's first probe */
};

/* Zero-initialised is empty. */
struct plan {
	struct plan_entry	*entry;		/* once sealed */
	size_t			 nentry;
	struct plan_lanes	*set;
	size_t			 nset;
	uint64_t		 n;		/* probes in all, once sealed */
	struct plan_draft	*draft;		/* private, until sealed */
};

struct plan_probe {
	u128		addr;
	unsigned	type;
	uint16_t	port;	/* 0 when the type has no ports */
	uint32_t	slot;	/* which of the address's probes it is */
};

void	plan_release(struct plan *);
/* Adds every address in [first, last] for one type and one set of ports (NULL
 * or empty: no ports); ports are copied. Overlaps are merged: a probe exists
 * once. 0, or -1 out of memory. */
int	plan_add(struct plan *, u128 first, u128 last, unsigned type,
	    const struct portset *ports);
/* Nothing was added yet? */
int	plan_is_empty(const struct plan *);
/* Makes the entries; nothing can be added afterwards. 0, or -1 with errno:
 * ENOMEM, or EOVERFLOW for more than PLAN_MAX probes. */
int	plan_seal(struct plan *);

/* The probe with index i < n. */
void	plan_at(const struct plan *, uint64_t i, struct plan_probe *);
/* The probe `off` probes behind the first one of address `first`, both in one
 * entry that has these lanes. */
void	plan_among(const struct plan_lanes *, u128 first, uint64_t off,
	    struct plan_probe *);
/* The entry that holds an address, or NULL. */
const struct plan_entry *plan_entry_of(const struct plan *, u128 addr);
/* The index of a probe, or -1 when the plan has no such probe. */
int64_t	plan_find(const struct plan *, u128 addr, unsigned type,
	    uint16_t port);
/* The index of the first probe of the address that probe i goes to, and how
 * many that address has. */
uint64_t plan_host(const struct plan *, uint64_t i, uint32_t *nprobe);

/* ---- plan_part.c ---- */

/* A number that differs, but for chance, when the probes do. */
uint64_t plan_digest(const struct plan *);
/* Makes a sealed plan, from an empty one, of the probes of whole hosts from
 * index `base` < n on, where a host begins: at most `most` of them, but one host
 * at least. The part's probe i is probe base + i of the whole. 0, or -1 out of
 * memory. */
int	plan_part(const struct plan *, uint64_t base, uint64_t most,
	    struct plan *part);

#endif
