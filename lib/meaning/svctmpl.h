/* Templates of the service-probe database: text that refers to what a pattern
 * captured. Layer 2. prt-service-probes(5) is the specification. */
#ifndef PRT_MEANING_SVCTMPL_H
#define PRT_MEANING_SVCTMPL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

#define SVCTMPL_GROUPS	10	/* the whole match, $1 .. $9 */
#define SVCTMPL_MAX	512	/* bytes that one field may become */

/* What is wrong with a template, and the mend: static; NULL when it is sound.
 * *highest is then the highest group that it refers to, 0 for none. */
const char *svctmpl_check(struct str tmpl, unsigned *highest);
/* Appends what a sound template becomes, without blanks around it, commas at its
 * end, and what follows a NUL or is longer than SVCTMPL_MAX. With `cpe`, what
 * was captured is put as a CPE 2.2 URI binds it: lower-case, blanks as _, the
 * rest that is no plain character as %HH. 0, or -1 when a reference cannot be
 * filled (nothing is appended then): its group has p == NULL, as one that took
 * no part in the match, or is no number of at most 8 bytes. */
int	svctmpl_expand(struct buf *, struct str tmpl,
	    const struct str group[SVCTMPL_GROUPS], bool cpe);

#endif
