/* JARM, a fingerprint of how a server of TLS is set up: by its answers to ten
 * hellos. Layer 2.
 *
 * After the public definition of its authors (salesforce/jarm, 2020), oddities and
 * all: a fingerprint is only good for comparing it with others'. */
#ifndef PRT_MEANING_JARM_H
#define PRT_MEANING_JARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/tlshello.h"

#define JARM_HELLOS	10

/* Zero-initialised is the start. */
struct jarm {
	unsigned	n;			/* answers so far */
	bool		has[JARM_HELLOS];	/* by a ServerHello */
	uint16_t	suite[JARM_HELLOS], version[JARM_HELLOS];
	struct buf	text;			/* protocols and extensions */
};

/* Appends the hello that the next answer is for; there are JARM_HELLOS. `host` is
 * its name, or, as JARM has it, its address: that goes into SNI, too. As
 * tls_hello_put(). */
int	jarm_hello_put(const struct jarm *, struct buf *,
	    const uint8_t random[TLS_RANDOM], struct str host);
/* All that was said to it. */
void	jarm_answer(struct jarm *, const struct tls_in *);
/* Appends the fingerprint, given the SHA-256 of j->text: 62 hexadecimal digits, all
 * of them 0 when no hello was answered by one. */
void	jarm_put(const struct jarm *, struct buf *, const uint8_t sha256[32]);
void	jarm_release(struct jarm *);

#endif
