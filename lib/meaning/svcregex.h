/* Regular expressions over bytes, bounded in time and memory. Layer 2. The only
 * room that knows PCRE2. */
#ifndef PRT_MEANING_SVCREGEX_H
#define PRT_MEANING_SVCREGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

#define SVCREGEX_GROUPS	10	/* that are told: the whole match, 1 .. 9 */

struct svcregex;	/* a compiled expression */

/* The memory to match with; of one thread. */
struct svcregex_memory;

/* NULL when out of memory, or when the expression is malformed: what is wrong
 * is then appended to *err, unless that is NULL. */
struct svcregex *svcregex_new(struct str, bool caseless, bool dotall,
	    struct buf *err);
void	svcregex_free(struct svcregex *);
/* How many groups it captures. */
unsigned svcregex_groups(const struct svcregex *);

struct svcregex_memory *svcregex_memory_new(void);
void	svcregex_memory_free(struct svcregex_memory *);
/* Does it match somewhere in n bytes? group[] is then what was captured, with
 * p == NULL for what took no part. A match that takes too much is none, with
 * *over set. */
bool	svcregex_match(const struct svcregex *, struct svcregex_memory *,
	    const void *text, size_t n, struct str group[SVCREGEX_GROUPS],
	    bool *over);

#endif
