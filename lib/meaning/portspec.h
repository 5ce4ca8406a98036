/* What people write for ports: the argument of -p. Layer 2.
 *
 * A list, separated by commas, of
 *	22  8000-8100  -100 (1-100)  60000- (to 65535)  - (1-65535)
 *	ssh  http*	every port of that name in share/ports
 *	[1-1024]	those of the range that share/ports has
 *	top:100		the 100 most usual ports of share/ports
 * An item may start with T: or U: (TCP, UDP), which then holds for the items
 * behind it too; items before any such prefix go to the protocols that the
 * caller chose. ^item takes its ports out again, wherever it stands; a prefix
 * behind the ^ holds for that item only. */
#ifndef PRT_MEANING_PORTSPEC_H
#define PRT_MEANING_PORTSPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "meaning/ports.h"
#include "pure/portset.h"

enum { PORTSPEC_TCP = 1 << PORTS_TCP, PORTSPEC_UDP = 1 << PORTS_UDP };

struct portspec {
	struct portset	set[PORTS_NPROTO];	/* normalised */
};

struct portspec_error {
	size_t		 at;	/* where the bad item starts in the text */
	size_t		 n;	/* its length */
	const char	*what;	/* static: what is wrong, and the mend */
};

/* Must the text be parsed with a table of names: has it names or top:N? */
bool	portspec_wants_ports(const char *text);
/* Parses a NUL-terminated text into a zeroed struct. `protos` is where items
 * without a prefix go: PORTSPEC_* or'ed. `ports` may be NULL when
 * portspec_wants_ports() is false. 0, or -1 with *err (the struct is empty
 * then). */
int	portspec_parse(struct portspec *, const char *text, unsigned protos,
	    const struct ports *ports, struct portspec_error *err);
void	portspec_release(struct portspec *);

#endif
