/* The ranking and the names of ports: what share/ports says. Layer 2. */
#ifndef PRT_MEANING_PORTS_H
#define PRT_MEANING_PORTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "pure/portset.h"

enum ports_proto { PORTS_TCP, PORTS_UDP, PORTS_NPROTO };

struct ports_row {
	uint16_t	port;
	struct str	names;	/* the name and its aliases, blanks between */
};

struct ports {
	/* by rank, the most usual first */
	struct ports_row	*row[PORTS_NPROTO];
	size_t			 n[PORTS_NPROTO];
	/* private: port -> 1 + index of its row, 0 for none */
	uint16_t		*at[PORTS_NPROTO];
};

/* The text of a ports file into a zeroed struct, which keeps pointing into the
 * text. 0, or -1: then *line is the line with the error (0 when out of memory)
 * and *what a static message; the struct is empty. */
int	ports_parse(struct ports *, const char *text, size_t n,
	    unsigned long *line, const char **what);
void	ports_release(struct ports *);
/* The first name of a port; p == NULL when it has none. */
struct str ports_name(const struct ports *, enum ports_proto, uint16_t port);
/* Adds every port that has the name (or alias, letter case ignored, `*` and `?`
 * as in file names) to a set, without normalising it: how many, or -1 when out
 * of memory. */
int	ports_find(const struct ports *, enum ports_proto, struct str name,
	    struct portset *);
/* Adds the n most usual ports (all when there are fewer), without normalising:
 * 0, or -1 when out of memory. */
int	ports_top(const struct ports *, enum ports_proto, size_t n,
	    struct portset *);

/* Adds all ports from lo to hi that have a row, without normalising: how many,
 * or -1 when out of memory. */
int	ports_ranked(const struct ports *, enum ports_proto, uint16_t lo,
	    uint16_t hi, struct portset *);

#endif
