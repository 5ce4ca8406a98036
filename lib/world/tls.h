/* TLS clients on nonblocking sockets. The only room that knows OpenSSL's
 * connections. Layer 3.
 *
 * They are for looking at servers, not for secrets: certificates are not
 * verified, and old protocols and weak ciphers are allowed as far as the library
 * still has them. */
#ifndef PRT_WORLD_TLS_H
#define PRT_WORLD_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum tls_step {
	TLS_DONE,	/* it is done */
	TLS_READ,	/* again once the socket can be read */
	TLS_WRITE,	/* again once it can be written */
	TLS_END,	/* the peer has closed, or reset, the connection */
	TLS_ALERT,	/* the peer speaks TLS and has refused by an alert, or
		 * wants what this library does not have */
	TLS_NONE,	/* what came is no TLS */
	TLS_FAILED,	/* out of memory, or the like */
};

struct tls_client;	/* what all connections share */
struct tls;

/* NULL when out of memory. What it needs is linked, and no file is opened later:
 * it works inside of sandbox_sockets(). */
struct tls_client *tls_client_new(void);
void	tls_client_free(struct tls_client *);
/* Before the first tls_new(): servers are asked for HTTP by ALPN, too, and for a
 * stapled OCSP response, and their hello and alert are kept. */
void	tls_client_ask_more(struct tls_client *);

/* A connection on fd, which stays the caller's; `host`, when not NULL and a
 * name, goes into the hello (SNI, RFC 6066, 3). When it is to be plain, it does not,
 * and nothing is asked for by ALPN. NULL when out of memory. */
struct tls *tls_new(struct tls_client *, int fd, const char *host, bool plain);
/* Frees it and says nothing more on the wire. */
void	tls_free(struct tls *);
enum tls_step tls_handshake(struct tls *);
/* *got is how many bytes, at least 1, when TLS_DONE. */
enum tls_step tls_recv(struct tls *, void *, size_t, size_t *got);
enum tls_step tls_send(struct tls *, const void *, size_t, size_t *put);

/* The number of the last alert that has come; -1 when there was none. */
int	tls_alert_of(const struct tls *);

/* Of a connection that the handshake is done on: */

/* Version and cipher suite as on the wire. */
uint16_t tls_version_of(const struct tls *);
uint16_t tls_suite_of(const struct tls *);
/* The protocol agreed on; p == NULL: none. Valid as long as the connection. */
struct str tls_alpn_of(const struct tls *);
struct str tls_staple_of(struct tls *);
/* The ServerHello, with the header of its message: what has come in clear. */
struct str tls_hello_of(const struct tls *);
/* Appends the i-th certificate that the server sent, in DER: how many bytes, 0
 * when there is none. */
size_t	tls_cert_of(const struct tls *, unsigned i, struct buf *);

#endif
