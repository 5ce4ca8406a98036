/* What a text must have for a regular expression to match it: so most lines of
 * a service-probe database are ruled out without running theirs. Layer 2.
 *
 * It is conservative: what it does not understand demands nothing. Texts are
 * bytes, and letters those of ASCII. */
#ifndef PRT_MEANING_SVCLIT_H
#define PRT_MEANING_SVCLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define SVCLIT_HEAD	8	/* bytes that a head looks at */
#define SVCLIT_RUNS	32
#define SVCLIT_BYTES	512	/* of all runs */
#define SVCLIT_RUN	3	/* the shortest run that is kept */

/* Bytes in lower case, by their place in byte[]. */
struct svclit_run {
	uint16_t	at, n;
	uint16_t	choice;		/* whose: 0, 1, ... */
};

struct svclit {
	/* The text's first bytes, & mask, are value; 0 stands for bytes behind
	 * its end. */
	uint8_t			mask[SVCLIT_HEAD], value[SVCLIT_HEAD];
	/* Somewhere in the text, whose case does not matter, is each of these */
	struct svclit_run	run[SVCLIT_RUNS];
	unsigned		nrun;
	/* and all of one choice, when there are any: "(?:this|that)". */
	struct svclit_run	choice[SVCLIT_RUNS];
	unsigned		nchoice;	/* the runs of all choices */
	uint8_t			byte[2 * SVCLIT_BYTES];
};

void	svclit_find(struct svclit *, struct str regex, bool caseless);

static inline uint8_t
svclit_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

#endif
