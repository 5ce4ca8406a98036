/* All targets of one run: merged, excluded, counted, and given a number each.
 *
 * Memory goes with the number of ranges in the input, never with the number of
 * addresses in them. */
#ifndef PRT_TARGETS_TARGETSET_H
#define PRT_TARGETS_TARGETSET_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "meaning/ports.h"
#include "pure/portset.h"
#include "pure/rangeset.h"

/* What a target asks for: the host alone (the next program chooses what to do
 * with it), or ports of a protocol. */
enum target_kind { TARGET_HOST, TARGET_TCP, TARGET_UDP, TARGET_NKIND };

/* A range that wants the ports of a group. */
struct target_item {
	u128		first, last;
	uint32_t	group;
};

/* The targets of one kind; a group is a port set that was seen. */
struct target_layer {
	struct portset		*group;
	size_t			 n;
	uint32_t		*slot;		/* open hash of 1 + group */
	size_t			 nslot;
	uint32_t		*single;	/* port -> 1 + group */
	struct target_item	*item;
	size_t			 nitem, capitem;
};

/* A target with a name or a tag: it is merged with nothing else. */
struct target_named {
	u128		 first, last;
	enum target_kind kind;
	uint32_t	 group;
	uint32_t	 host, tag;	/* numbers of texts, 0 for none */
};

/* What comes out: the ranges of one kind and one port set. */
struct target_entry {
	u128		 first, last;
	uint64_t	 base;		/* number of its first probe */
	enum target_kind kind;
	uint32_t	 group;
	uint32_t	 host, tag;
};

/* Texts, each with a number from 1 on. */
struct target_texts {
	struct str	*s;
	size_t		 n, cap;
	uint32_t	*slot;
	size_t		 nslot;
};

struct targetset {
	struct target_layer	 layer[TARGET_NKIND];
	struct target_named	*named;
	size_t			 nnamed, capnamed;
	struct target_texts	 texts;
	/* after targetset_finish() */
	struct target_entry	*entry;
	size_t			 nentry, capentry;
	u128			 hosts;		/* addresses; saturate */
	u128			 probes;
};

/* 0, or -1 when out of memory: so do all of these. */
int	targetset_init(struct targetset *);
void	targetset_release(struct targetset *);

/* The number of a port set of one kind. TARGET_HOST has only 0. */
int	targetset_ports(struct targetset *, enum target_kind,
	    const struct portset *, uint32_t *group);
int	targetset_port(struct targetset *, enum target_kind, uint16_t port,
	    uint32_t *group);
/* The number of a text, which is copied; 0 for an absent one. */
int	targetset_text(struct targetset *, struct str, uint32_t *number);

/* Adds a range; host and tag are numbers of texts or 0. */
int	targetset_add(struct targetset *, enum target_kind, uint32_t group,
	    u128 first, u128 last, uint32_t host, uint32_t tag);

/* Ends the adding: hosts without ports get the ports of `def` (PORTS_NPROTO
 * sets, or NULL), `out` (normalised) is taken away, and the rest becomes
 * entries in order of address, no two of which want the same probe. */
int	targetset_finish(struct targetset *, const struct portset *def,
	    const struct rangeset *out);

const struct portset *target_ports(const struct targetset *,
	    const struct target_entry *);
struct str target_text(const struct targetset *, uint32_t number);
/* The entry of a probe, i < probes; only when probes < 2^63. */
const struct target_entry *targetset_at(const struct targetset *, uint64_t i);

#endif
