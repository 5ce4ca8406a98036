/* What a report says of a host's operating system. A program's own header, no
 * layer. */
#ifndef PRT_FMT_OS_H
#define PRT_FMT_OS_H

#include <stdbool.h>

#include "base/buf.h"
#include "meaning/record.h"

/* Values of the fields os=, os_conf= and so on; absent ones have p == NULL. */
struct host_os {
	struct str	name, conf, family, gen, vendor, cpe, matches, print;
	struct str	type;			/* device_type= */
	struct str	uptime, distance;
};

/* One of the systems that match. */
struct os_match {
	struct str	name;	/* a comma in it is \x2c */
	struct str	conf;	/* percent */
};

/* Takes over what a host's own record says. Texts point into the record. */
void	os_learn(struct host_os *, const struct record *);
/* The next system that matches, best first; *rest starts as os->matches. A host
 * without such a list has the one that is named. False when there is none
 * left. */
bool	os_next(const struct host_os *, struct str *rest, struct os_match *);
/* Appends an item of a list, with its commas. */
void	os_put_item(struct buf *, struct str item);
/* Appends a whole list, with ", " between its items. */
void	os_put_list(struct buf *, struct str list);
/* Appends the fingerprint folded behind "OS:", or nothing when there is none, or
 * it is malformed. */
void	os_put_print(struct buf *, const struct host_os *);
/* Is a field of this name one of those above? */
bool	os_has(struct str key);

#endif
