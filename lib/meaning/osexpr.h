/* Expressions of an OS database: which values of an attribute are those of a
 * system. Layer 2. prt-os-fingerprints(5) is the specification. */
#ifndef PRT_MEANING_OSEXPR_H
#define PRT_MEANING_OSEXPR_H

#include <stdbool.h>

#include "base/str.h"

/* Does the value match the expression? One that is malformed matches nothing
 * but itself. */
bool	osexpr_match(struct str expr, struct str value);
/* NULL, or "what is wrong; the mend", a static message. */
const char *osexpr_check(struct str expr);

#endif
