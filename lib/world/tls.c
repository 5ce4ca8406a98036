#include "world/tls.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/str.h"
#include "pure/addr.h"

/* No machine's configuration: it would be a file to open, and would forbid what
 * is to be found. */
#define INIT	(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT)

#define NAME_MAX_BYTES	256

struct tls_client {
	SSL_CTX	*ctx;
	bool	 more;
};

static void
allow_all(SSL_CTX *ctx)
{
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_set_min_proto_version(ctx, 0);
	SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	/* Servers without RFC 5746, and those that end without a close_notify,
	 * are servers too. */
	SSL_CTX_set_options(ctx, SSL_OP_LEGACY_SERVER_CONNECT |
	    SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static int
ask_more(SSL_CTX *ctx)
{
	static const unsigned char alpn[] = "\2h2\10http/1.1";

	SSL_CTX_set_tlsext_status_type(ctx, TLSEXT_STATUSTYPE_ocsp);
	return SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn) - 1) == 0 ?
	    0 : -1;
}

struct tls_client *
tls_client_new(void)
{
	return calloc(1, sizeof(struct tls_client));
}

/* Takes 2 ms: many runs meet no TLS. */
static int
set_up(struct tls_client *c)
{
	if (c->ctx != NULL)
		return 0;
	if (OPENSSL_init_ssl(INIT, NULL) == 0 ||
	    (c->ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		return -1;
	allow_all(c->ctx);
	return c->more ? ask_more(c->ctx) : 0;
}

void
tls_client_free(struct tls_client *c)
{
	if (c == NULL)
		return;
	SSL_CTX_free(c->ctx);
	free(c);
}

void
tls_client_ask_more(struct tls_client *c)
{
	c->more = true;
}

/* RFC 6066, 3: no address is a name. */
static bool
is_name(const char *host)
{
	size_t n = strlen(host);
	u128 a;

	return n > 0 && n < NAME_MAX_BYTES && addr_scan(host, n, &a) != n;
}

/* What is kept of what a server says. */
struct heard {
	struct buf	hello;
	int		alert;
};

/* RFC 8446, 4.1.3: the last hello counts, before it there may be a request for
 * another one. */
static void
keep(int sent, int version, int type, const void *bytes, size_t n, SSL *s,
    void *arg)
{
	struct heard *h = SSL_get_app_data(s);
	const unsigned char *p = bytes;

	(void)version;
	(void)arg;
	if (h == NULL || sent || n < 2)
		return;
	if (type == SSL3_RT_ALERT) {
		h->alert = p[1];
	} else if (type == SSL3_RT_HANDSHAKE && p[0] == SSL3_MT_SERVER_HELLO) {
		h->hello.n = 0;
		buf_put(&h->hello, p, n);
	}
}

static int
keep_what_it_says(SSL *s)
{
	struct heard *h = calloc(1, sizeof(*h));

	if (h == NULL || SSL_set_app_data(s, h) != 1) {
		free(h);
		return -1;
	}
	h->alert = -1;
	SSL_set_msg_callback(s, keep);
	return 0;
}

struct tls *
tls_new(struct tls_client *c, int fd, const char *host, bool plain)
{
	SSL *s = set_up(c) == 0 ? SSL_new(c->ctx) : NULL;
	char name[NAME_MAX_BYTES];	/* OpenSSL's macro wants no const */

	if (s == NULL)
		return NULL;
	if (SSL_set_fd(s, fd) != 1 || (c->more && keep_what_it_says(s) == -1)) {
		tls_free((struct tls *)s);
		return NULL;
	}
	if (plain)
		SSL_set_alpn_protos(s, NULL, 0);
	else if (host != NULL && is_name(host) &&
	    str_copy(name, sizeof(name), str_of(host)))
		SSL_set_tlsext_host_name(s, name);
	SSL_set_connect_state(s);
	return (struct tls *)s;
}

void
tls_free(struct tls *t)
{
	SSL *s = (SSL *)t;
	struct heard *h = s == NULL ? NULL : SSL_get_app_data(s);

	SSL_free(s);
	if (h != NULL)
		buf_release(&h->hello);
	free(h);
}

/* The library's own reasons that only a peer who speaks TLS can give rise to.
 * An alert's reason is 1000 and the alert's number (RFC 8446, 6). */
static bool
is_refusal(int reason)
{
	return reason >= SSL_AD_REASON_OFFSET ||
	    reason == SSL_R_UNSUPPORTED_PROTOCOL ||
	    reason == SSL_R_UNKNOWN_PROTOCOL ||
	    reason == SSL_R_DH_KEY_TOO_SMALL ||
	    reason == SSL_R_UNKNOWN_CIPHER_RETURNED ||
	    reason == SSL_R_WRONG_CIPHER_RETURNED ||
	    reason == SSL_R_BAD_SIGNATURE ||
	    reason == SSL_R_WRONG_SIGNATURE_TYPE ||
	    reason == SSL_R_NO_PROTOCOLS_AVAILABLE;
}

static enum tls_step
step_of(SSL *s, int r)
{
	unsigned long e;

	switch (SSL_get_error(s, r)) {
	case SSL_ERROR_WANT_READ:
		return TLS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_END;
	case SSL_ERROR_SYSCALL:
		return errno == ENOMEM ? TLS_FAILED : TLS_END;
	default:
		break;
	}
	e = ERR_peek_error();
	if (ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE)
		return TLS_FAILED;
	if (ERR_GET_REASON(e) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return TLS_END;
	return is_refusal(ERR_GET_REASON(e)) ? TLS_ALERT : TLS_NONE;
}

enum tls_step
tls_handshake(struct tls *t)
{
	SSL *s = (SSL *)t;
	int r;

	ERR_clear_error();
	errno = 0;
	r = SSL_do_handshake(s);
	return r == 1 ? TLS_DONE : step_of(s, r);
}

enum tls_step
tls_recv(struct tls *t, void *p, size_t n, size_t *got)
{
	SSL *s = (SSL *)t;
	int r;

	ERR_clear_error();
	errno = 0;
	r = SSL_read_ex(s, p, n, got);
	return r == 1 ? TLS_DONE : step_of(s, r);
}

enum tls_step
tls_send(struct tls *t, const void *p, size_t n, size_t *put)
{
	SSL *s = (SSL *)t;
	int r;

	ERR_clear_error();
	errno = 0;
	r = SSL_write_ex(s, p, n, put);
	return r == 1 ? TLS_DONE : step_of(s, r);
}

/* ---- what was agreed on ---- */

uint16_t
tls_version_of(const struct tls *t)
{
	return (uint16_t)SSL_version((const SSL *)t);
}

uint16_t
tls_suite_of(const struct tls *t)
{
	const SSL_CIPHER *c = SSL_get_current_cipher((const SSL *)t);

	return c == NULL ? 0 : SSL_CIPHER_get_protocol_id(c);
}

struct str
tls_alpn_of(const struct tls *t)
{
	const unsigned char *p;
	unsigned n;

	SSL_get0_alpn_selected((const SSL *)t, &p, &n);
	return (struct str){ (const char *)p, n };
}

struct str
tls_staple_of(struct tls *t)
{
	const unsigned char *p = NULL;
	long n = SSL_get_tlsext_status_ocsp_resp((SSL *)t, &p);

	return n > 0 ? (struct str){ (const char *)p, (size_t)n } : STR_NONE;
}

struct str
tls_hello_of(const struct tls *t)
{
	const struct heard *h = SSL_get_app_data((const SSL *)t);

	return h == NULL || h->hello.oom ? STR_NONE : buf_view(&h->hello);
}

int
tls_alert_of(const struct tls *t)
{
	const struct heard *h = SSL_get_app_data((const SSL *)t);

	return h == NULL ? -1 : h->alert;
}

size_t
tls_cert_of(const struct tls *t, unsigned i, struct buf *b)
{
	STACK_OF(X509) *all = SSL_get_peer_cert_chain((const SSL *)t);
	unsigned char *der = NULL;
	int n;

	if ((int)i >= sk_X509_num(all))
		return 0;
	n = i2d_X509(sk_X509_value(all, (int)i), &der);
	if (n <= 0)
		return 0;
	buf_put(b, der, (size_t)n);
	OPENSSL_free(der);
	return b->oom ? 0 : (size_t)n;
}
