/* TLS clients on nonblocking sockets. The only room that knows OpenSSL's
 * connections. Layer 3.
 *
 * They are for looking at servers, not for secrets: certificates are not
 * verified, and old protocols and weak ciphers are allowed as far as the library
 * still has them. */
#ifndef PRT_WORLD_TLS_H
#define PRT_WORLD_TLS_H

#include <stddef.h>

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

/* A connection on fd, which stays the caller's; `host`, when not NULL and a
 * name, goes into the hello (SNI, RFC 6066, 3). NULL when out of memory. */
struct tls *tls_new(struct tls_client *, int fd, const char *host);
/* Frees it and says nothing more on the wire. */
void	tls_free(struct tls *);
enum tls_step tls_handshake(struct tls *);
/* *got is how many bytes, at least 1, when TLS_DONE. */
enum tls_step tls_recv(struct tls *, void *, size_t, size_t *got);
enum tls_step tls_send(struct tls *, const void *, size_t, size_t *put);

#endif
