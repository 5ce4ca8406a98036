/* How long a certificate takes, on one core:
 *
 *	tls [COUNT]
 *
 * Lines of a measure and its microseconds, a TAB between. The certificate is
 * made on the spot: RSA of 2,048 bits, 1.3 KB, with the extensions that public
 * ones have. "read" is x509_read(), "d2i" OpenSSL's d2i_X509(), "digest" the
 * SHA-256 of it. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
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

int
main(int argc, char **argv)
{
	unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	unsigned char *der = NULL;
	size_t n = make(&der);

	if (digest_init() == -1)
		errx(1, "no digests");
	printf("bytes\t%zu\n", n);
	measure("read", read_it, der, n, count);
	measure("digest", digest_it, der, n, count);
	measure("d2i", d2i_it, der, n, count / 100 + 1);
	OPENSSL_free(der);
	return 0;
}
