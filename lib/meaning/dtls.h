/* DTLS in clear: the flight of a server in datagrams, put together to what
 * tls_in_feed() reads. Layer 2.
 *
 * RFC 6347, 4.1 and 4.2, on top of RFC 5246. */
#ifndef PRT_MEANING_DTLS_H
#define PRT_MEANING_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/tlshello.h"

/* As they are on the wire: the ones' complement of 1.0 and 1.2. */
#define DTLS_1_0	0xfeff
#define DTLS_1_2	0xfefd

/* Zero-initialised but for tls.most is the start. */
struct dtls_in {
	struct tls_in	 tls;		/* as if it had come by TLS */
	bool		 verify;	/* it wants its cookie in another hello */
	struct buf	 cookie;
	/* private */
	bool		 begun;		/* a message has; its number is `seq` */
	uint16_t	 seq;
	struct buf	 msg;		/* that has come of it, with its header */
};

/* Takes a datagram. What is lost of a flight the server sends once more: until then
 * nothing that is behind it counts. */
enum tls_in_state dtls_in_feed(struct dtls_in *, const void *, size_t n);
void	dtls_in_release(struct dtls_in *);

#endif
