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
#define SVCLIT_RUNS	16
#define SVCLIT_BYTES	256	/* of all runs */
#define SVCLIT_RUN	3	/* the shortest run that is kept */

struct svclit {
	/* The text's first bytes, & mask, are value; 0 stands for bytes behind
	 * its end. */
	uint8_t		mask[SVCLIT_HEAD], value[SVCLIT_HEAD];
	/* Somewhere in the text, in lower case, is each of these. */
	struct {
		uint16_t at, n;		/* in byte[] */
	}		run[SVCLIT_RUNS];
	unsigned	nrun;
	uint8_t		byte[SVCLIT_BYTES];
};

void	svclit_find(struct svclit *, struct str regex, bool caseless);

static inline uint8_t
svclit_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

#endif
