/* What the readers of other scanners' formats share. Layer 2, private. */
#ifndef PRT_MEANING_FOREIGN_PRIV_H
#define PRT_MEANING_FOREIGN_PRIV_H

#include "base/num.h"
#include "meaning/foreign.h"

/* Says what is wrong at this place; nothing more is read with foreign_die(). */
void	foreign_complain(struct foreign *, const char *why);
void	foreign_die(struct foreign *, const char *why);
/* Starts in->r: false after a complaint when ip is no address. `port` may be
 * empty, for the host. */
bool	foreign_begin(struct foreign *, struct str ip, struct str port,
	    struct str proto, struct str state);
/* A field, when there is a value. */
void	foreign_field(struct foreign *, const char *key, struct str value);
/* time=, from decimal seconds or RFC 3339; nothing when it is none, or 0. */
void	foreign_time(struct foreign *, struct str);
/* Gives out in->r. */
void	foreign_put(struct foreign *);
/* Gives out a "#prt stat" of a scanner, in->r then. */
void	foreign_stat(struct foreign *, const char *by, bool complete);
/* Reads an object of JSON into in->object: false after a complaint. */
bool	foreign_object(struct foreign *, struct str text);
/* A member of it. */
struct str foreign_member(const struct foreign *, const char *name);

#endif
