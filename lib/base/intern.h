/* Byte strings as numbers: the same one for the same string, counted from 0 in
 * the order in which they came. Layer 0. */
#ifndef PRT_BASE_INTERN_H
#define PRT_BASE_INTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct intern_key {
	struct str	text;
	uint32_t	kind;
	uint32_t	hash;
};

/* Zero-initialised is empty and valid. */
struct intern {
	struct intern_key	*key;	/* n of them, by number */
	uint32_t		 n;
	uint32_t		 cap;
	uint64_t		*table;	/* private: hash, and 1 + number */
	uint32_t		 mask;
};

void	intern_release(struct intern *);
/* The number of a string among those of its kind, and whether it is new. The
 * text is not copied: it must outlive the table. UINT32_MAX when out of
 * memory. */
uint32_t intern_put(struct intern *, uint32_t kind, struct str text,
	    bool *fresh);

#endif
