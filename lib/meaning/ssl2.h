/* SSL 2.0 in clear: has a server got it, and with which ciphers? Layer 2.
 *
 * Hickman, "The SSL Protocol" (Netscape, 1995), 2 and 5. One question is enough: the
 * server answers by all the ciphers that both sides have. */
#ifndef PRT_MEANING_SSL2_H
#define PRT_MEANING_SSL2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SSL2_VERSION	0x0002
#define SSL2_SUITES	16

enum ssl2_state {
	SSL2_MORE,	/* more is to come */
	SSL2_YES,	/* a SERVER-HELLO */
	SSL2_NO,	/* something else, or out of memory */
};

/* Zero-initialised is the start. */
struct ssl2_in {
	enum ssl2_state	 state;
	uint32_t	 suite[SSL2_SUITES];	/* 24 bits each */
	unsigned	 n;
	struct buf	 got;			/* private */
};

/* Appends a CLIENT-HELLO that offers every cipher. */
void	ssl2_hello_put(struct buf *, const uint8_t challenge[16]);
/* Takes what has come; what is behind the SERVER-HELLO is not looked at. */
enum ssl2_state ssl2_in_feed(struct ssl2_in *, const void *, size_t n);
void	ssl2_in_release(struct ssl2_in *);
/* "SSL_CK_RC4_128_WITH_MD5"; NULL for one that there is not. */
const char *ssl2_suite_name(uint32_t);

#endif
