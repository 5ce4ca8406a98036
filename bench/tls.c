/* How long a certificate takes, on one core, and a server to take it from:
 *
 *	tls [COUNT]
 *	tls serve PORT SILENT
 *
 * The first: lines of a measure and its microseconds, a TAB between. The certificate is
 * made on the spot: RSA of 2,048 bits, 1.3 KB, with the extensions that public
 * ones have. "read" is x509_read(), "d2i" OpenSSL's d2i_X509(), "digest" the
 * SHA-256 of it. The second speaks TLS 1.2 and 1.3 on PORT of 127.0.0.1, one
 * connection after the other, with a P-256 certificate, and always answers the
 * same to hellos of TLS 1.2; on SILENT it lets connections wait. It ends when it
 * is killed. */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "meaning/x509.h"
#include "world/digest.h"

#define ROUNDS	7

static void
add(X509 *o, const char *name, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, o, o, NULL, NULL, 0);
	if ((e = X509V3_EXT_conf(NULL, &ctx, name, value)) == NULL ||
	    X509_add_ext(o, e, -1) != 1)
		errx(1, "%s", name);
	X509_EXTENSION_free(e);
}

static void
part(X509_NAME *n, const char *type, const char *value)
{
	X509_NAME_add_entry_by_txt(n, type, MBSTRING_ASC,
	    (const unsigned char *)value, -1, -1, 0);
}

/* As a certificate authority of the web issues them. */
static size_t
make(unsigned char **der)
{
	static const char sct[] = "DER:04:81:f2:00:f0";
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *o = X509_new();
	char scts[1024];
	size_t n = sizeof(sct) - 1;

	if (key == NULL || o == NULL)
		errx(1, "openssl");
	X509_set_version(o, 2);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(o),
	    UINT64_C(0x123456789abcdef0));
	X509_gmtime_adj(X509_getm_notBefore(o), 0);
	X509_gmtime_adj(X509_getm_notAfter(o), 90 * 86400);
	part(X509_get_issuer_name(o), "C", "XX");
	part(X509_get_issuer_name(o), "O", "Example Trust Services");
	part(X509_get_issuer_name(o), "CN", "Example Intermediate R3");
	part(X509_get_subject_name(o), "CN", "www.example.org");
	X509_set_pubkey(o, key);
	add(o, "keyUsage", "critical,digitalSignature,keyEncipherment");
	add(o, "extendedKeyUsage", "serverAuth,clientAuth");
	add(o, "basicConstraints", "critical,CA:FALSE");
	add(o, "subjectKeyIdentifier", "hash");
	add(o, "authorityInfoAccess", "OCSP;URI:http://ocsp.example.org,"
	    "caIssuers;URI:http://ca.example.org/r3.der");
	add(o, "subjectAltName", "DNS:www.example.org,DNS:example.org,"
	    "DNS:mail.example.org,DNS:static.example.org,DNS:api.example.org");
	add(o, "certificatePolicies",
	    "DER:30:0a:30:08:06:06:67:81:0c:01:02:01");
	add(o, "crlDistributionPoints", "URI:http://crl.example.org/r3.crl");
	memcpy(scts, sct, n);
	for (unsigned i = 0; i < 240; i++)
		n += (size_t)snprintf(scts + n, sizeof(scts) - n, ":%02x",
		    i % 120 == 0 ? 0 : i % 120 == 1 ? 118 : i);
	add(o, "1.3.6.1.4.1.11129.2.4.2", scts);
	if (X509_sign(o, key, EVP_sha256()) <= 0)
		errx(1, "sign");
	n = (size_t)i2d_X509(o, der);
	X509_free(o);
	EVP_PKEY_free(key);
	return n;
}

static void
read_it(const unsigned char *der, size_t n)
{
	struct x509 x;

	if (x509_read(&x, der, n) == -1 || x.nsan != 5 || x.nsct != 2 || x.odd)
		errx(1, "it was not read");
}

static void
d2i_it(const unsigned char *der, size_t n)
{
	X509 *o = d2i_X509(NULL, &der, (long)n);

	if (o == NULL)
		errx(1, "d2i_X509");
	X509_free(o);
}

static void
digest_it(const unsigned char *der, size_t n)
{
	uint8_t out[DIGEST_SHA256];

	digest_sha256(out, der, n);
}

/* The least of some rounds: what disturbs only adds. */
static void
measure(const char *what, void (*it)(const unsigned char *, size_t),
    const unsigned char *der, size_t n, unsigned long count)
{
	double best = 1e9, us;
	uint64_t t;

	for (int r = 0; r < ROUNDS; r++) {
		t = clock_mono_ns();
		for (unsigned long i = 0; i < count; i++)
			it(der, n);
		us = (double)(clock_mono_ns() - t) / 1e3 / (double)count;
		best = us < best ? us : best;
	}
	printf("%s\t%.3f\n", what, best);
}

/* ---- the server ---- */

static int
listen_on(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)atoi(port)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
	    sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    listen(fd, 4096) == -1)
		err(1, "port %s", port);
	return fd;
}

static SSL_CTX *
make_ctx(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *o = X509_new();

	if (ctx == NULL || key == NULL || o == NULL)
		errx(1, "openssl");
	X509_set_version(o, 2);
	X509_gmtime_adj(X509_getm_notBefore(o), 0);
	X509_gmtime_adj(X509_getm_notAfter(o), 90 * 86400);
	part(X509_get_subject_name(o), "CN", "www.example.org");
	X509_set_issuer_name(o, X509_get_subject_name(o));
	X509_set_pubkey(o, key);
	if (X509_sign(o, key, EVP_sha256()) <= 0 ||
	    SSL_CTX_use_certificate(ctx, o) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1)
		errx(1, "certificate");
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx, 0);
	return ctx;
}

/* The answer to a hello of TLS 1.2, made once: signing for every connection would
 * keep the client waiting. False when it is another hello. */
static bool
replay(SSL_CTX *ctx, int c)
{
	static char flight[8192];
	static int nflight;
	char hello[4096], *p;
	ssize_t n = recv(c, hello, sizeof(hello), MSG_PEEK);
	SSL *ssl;

	/* supported_versions with TLS 1.3 in it */
	if (n <= 0 || memmem(hello, (size_t)n, "\x03\x04\x03\x03", 4) != NULL)
		return false;
	if (nflight == 0 && (ssl = SSL_new(ctx)) != NULL) {
		SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		BIO_write(SSL_get_rbio(ssl), hello, (int)n);
		SSL_accept(ssl);
		nflight = (int)BIO_get_mem_data(SSL_get_wbio(ssl), &p);
		memcpy(flight, p, (size_t)nflight);
		SSL_free(ssl);
	}
	recv(c, hello, sizeof(hello), 0);
	return send(c, flight, (size_t)nflight, MSG_NOSIGNAL) == nflight;
}

static void
serve(const char *port, const char *silent)
{
	SSL_CTX *ctx = make_ctx();
	int fd = listen_on(port), c;
	SSL *ssl;

	listen_on(silent);
	signal(SIGPIPE, SIG_IGN);
	puts("ready");
	fflush(stdout);
	for (;;) {
		if ((c = accept(fd, NULL, NULL)) == -1)
			continue;
		if (!replay(ctx, c) && (ssl = SSL_new(ctx)) != NULL) {
			if (SSL_set_fd(ssl, c) == 1)
				SSL_accept(ssl);
			SSL_free(ssl);
		}
		close(c);
	}
}

int
main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	unsigned char *der = NULL;
	size_t n;

	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		serve(argv[2], argv[3]);
	n = make(&der);
	if (digest_init() == -1)
		errx(1, "no digests");
	printf("bytes\t%zu\n", n);
	measure("read", read_it, der, n, count);
	measure("digest", digest_it, der, n, count);
	measure("d2i", d2i_it, der, n, count / 100 + 1);
	OPENSSL_free(der);
	return 0;
}
