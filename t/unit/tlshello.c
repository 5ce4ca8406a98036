#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "meaning/tlshello.h"
#include "world/digest.h"

#define LIST(a)	{ (a), sizeof(a) / sizeof((a)[0]) }

static const uint8_t random32[TLS_RANDOM] = { 1, 2, 3 };
static const uint16_t suites[] = {
	0x1301, 0xc02b, 0xc02f, 0xc009, 0xc013, 0x009c, 0x002f
};
static const uint16_t exts[] = {
	TLS_EXT_SNI, TLS_EXT_MASTER, TLS_EXT_RENEGOTIATION, TLS_EXT_GROUPS,
	TLS_EXT_POINTS, TLS_EXT_SIGALGS, TLS_EXT_ALPN, TLS_EXT_STATUS
};
static const uint16_t exts13[] = {
	TLS_EXT_SNI, TLS_EXT_GROUPS, TLS_EXT_SIGALGS, TLS_EXT_SHARE,
	TLS_EXT_PSK_MODES, TLS_EXT_VERSIONS
};
static const uint16_t groups[] = { 0x001d, 0x0017 };
static const uint16_t sigalgs[] = { 0x0403, 0x0804, 0x0401, 0x0203, 0x0201 };
static const uint16_t versions[] = { TLS_1_3 };
static const uint16_t share[] = { 0x001d };

static struct tls_hello
hello12(uint16_t version)
{
	return (struct tls_hello){ .record = TLS_1_0, .version = version,
	    .random = random32, .suites = LIST(suites), .exts = LIST(exts),
	    .sni = STR("www.example.org"), .alpn = STR("h2,http/1.1"),
	    .groups = LIST(groups), .sigalgs = LIST(sigalgs) };
}

static struct tls_hello
hello13(struct tls_list shares)
{
	return (struct tls_hello){ .record = TLS_1_0, .version = TLS_1_2,
	    .random = random32, .suites = LIST(suites), .exts = LIST(exts13),
	    .sni = STR("www.example.org"), .groups = LIST(groups),
	    .sigalgs = LIST(sigalgs), .versions = LIST(versions),
	    .shares = shares };
}

/* ---- a server of OpenSSL's, without a network ---- */

struct server {
	SSL_CTX		*ctx;
	SSL		*ssl;
	X509		*cert;
	EVP_PKEY	*key;
};

static int
pick(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *in, unsigned int len, void *arg)
{
	(void)ssl;
	(void)in;
	(void)len;
	(void)arg;
	*out = (const unsigned char *)"h2";
	*n = 2;
	return SSL_TLSEXT_ERR_OK;
}

static struct server
server(int least, int most)
{
	struct server s = { .ctx = SSL_CTX_new(TLS_server_method()),
	    .cert = X509_new(), .key = EVP_EC_gen("P-256") };

	X509_set_version(s.cert, 2);
	X509_gmtime_adj(X509_getm_notBefore(s.cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(s.cert), 86400);
	X509_set_pubkey(s.cert, s.key);
	assert_true(X509_sign(s.cert, s.key, EVP_sha256()) > 0);
	SSL_CTX_set_security_level(s.ctx, 0);
	SSL_CTX_set_cipher_list(s.ctx, "ALL:@SECLEVEL=0");
	SSL_CTX_set_min_proto_version(s.ctx, least);
	SSL_CTX_set_max_proto_version(s.ctx, most);
	SSL_CTX_set_alpn_select_cb(s.ctx, pick, NULL);
	SSL_CTX_use_certificate(s.ctx, s.cert);
	SSL_CTX_use_PrivateKey(s.ctx, s.key);
	s.ssl = SSL_new(s.ctx);
	SSL_set_bio(s.ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return s;
}

static void
server_end(struct server *s)
{
	SSL_free(s->ssl);
	SSL_CTX_free(s->ctx);
	X509_free(s->cert);
	EVP_PKEY_free(s->key);
}

/* What it answers, fed in pieces of `step` bytes. */
static void
answer(struct server *s, const struct tls_hello *h, struct tls_in *in,
    size_t step)
{
	struct buf b = { 0 };
	char *p;
	size_t n, k;

	assert_int_equal(tls_hello_put(&b, h), 0);
	BIO_write(SSL_get_rbio(s->ssl), b.p, (int)b.n);
	SSL_accept(s->ssl);
	n = (size_t)BIO_get_mem_data(SSL_get_wbio(s->ssl), &p);
	for (; n > 0; p += k, n -= k) {
		k = n < step ? n : step;
		tls_in_feed(in, p, k);
	}
	buf_release(&b);
}

static void
test_server_shows_its_certificate(void **state)
{
	static const uint16_t all[] = { TLS_1_0, TLS_1_1, TLS_1_2 };
	static const size_t steps[] = { 1, 7, 100000 };
	struct tls_in in;
	struct server s;
	struct tls_hello h;
	unsigned char *der;
	int n;

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		s = server(all[i / 3], TLS_1_3);
		h = hello12(all[i / 3]);
		in = (struct tls_in){ .most = 65536 };
		answer(&s, &h, &in, steps[i % 3]);
		assert_int_equal(in.state, TLS_IN_DONE);
		assert_int_equal(in.version, all[i / 3]);
		assert_int_equal(in.suite,
		    all[i / 3] == TLS_1_2 ? 0xc02b : 0xc009);
		assert_true(in.has_alpn);
		assert_true(str_is(tls_in_at(&in, in.alpn), "h2"));
		assert_int_equal(in.ncert, 1);
		der = NULL;
		n = i2d_X509(s.cert, &der);
		assert_int_equal(in.cert[0].n, n);
		assert_memory_equal(tls_in_at(&in, in.cert[0]).p, der,
		    (size_t)n);
		OPENSSL_free(der);
		assert_string_equal(SSL_get_servername(s.ssl,
		    TLSEXT_NAMETYPE_host_name), "www.example.org");
		tls_in_release(&in);
		server_end(&s);
	}
}

static void
test_hello_of_13(void **state)
{
	struct tls_list shares[] = { LIST(share), { NULL, 0 } };
	struct tls_in in;
	struct server s;
	struct tls_hello h;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		s = server(TLS_1_2, TLS_1_3);
		h = hello13(shares[i]);
		in = (struct tls_in){ .most = 65536 };
		answer(&s, &h, &in, 1);
		assert_int_equal(in.state, TLS_IN_DONE);
		assert_int_equal(in.version, TLS_1_3);
		assert_int_equal(in.suite, 0x1301);
		assert_int_equal(in.retry, i == 1);
		assert_false(in.has_certs);
		tls_in_release(&in);
		server_end(&s);
	}
}

static void
test_refusal(void **state)
{
	struct server s = server(TLS_1_3, TLS_1_3);
	struct tls_hello h = hello12(TLS_1_2);
	struct tls_in in = { .most = 65536 };

	(void)state;
	answer(&s, &h, &in, 1);
	assert_int_equal(in.state, TLS_IN_ALERT);
	assert_string_equal(tls_alert_name(in.alert), "protocol_version");
	assert_false(in.hello);
	tls_in_release(&in);
	server_end(&s);
}

/* ---- by hand ---- */

static enum tls_in_state
fed(struct tls_in *in, size_t most, const char *p, size_t n)
{
	enum tls_in_state whole, s = TLS_IN_MORE;

	*in = (struct tls_in){ .most = most };
	whole = tls_in_feed(in, p, n);
	tls_in_release(in);
	*in = (struct tls_in){ .most = most };
	for (size_t i = 0; i < n; i++)
		s = tls_in_feed(in, p + i, 1);
	assert_int_equal(s, whole);
	return s;
}

#define FED(in, most, lit)	fed(in, most, lit, sizeof(lit) - 1)
#define HELLO	"\x02\0\0\x26\x03\x01" "0123456789abcdef0123456789abcdef" \
	"\0\0\x2f\0"

static void
test_other_protocols(void **state)
{
	static const char *const said[] = {
		"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n", "220 hi\r\n",
		"\x16\x02", "\x15\x03\x01\xff\xff", "\x80\x2e\x04"
	};
	struct tls_in in;

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		assert_int_equal(fed(&in, 100, said[i], strlen(said[i])),
		    TLS_IN_NOTLS);
		tls_in_release(&in);
	}
}

static void
test_alerts(void **state)
{
	struct tls_in in;

	(void)state;
	assert_int_equal(FED(&in, 100, "\x15\x03\x01\0\x02\x02\x28"),
	    TLS_IN_ALERT);
	assert_int_equal(in.alert, 40);
	tls_in_release(&in);
	/* a warning, and then the hello; an alert in two records */
	assert_int_equal(FED(&in, 100, "\x15\x03\x01\0\x02\x01\x70"
	    "\x16\x03\x01\0\x2a" HELLO "\x15\x03\x01\0\x01\x02"
	    "\x15\x03\x01\0\x01\x50"), TLS_IN_ALERT);
	assert_true(in.hello);
	assert_int_equal(in.suite, 0x2f);
	assert_int_equal(in.alert, 80);
	tls_in_release(&in);
}

static void
test_broken(void **state)
{
	struct tls_in in;

	(void)state;
	/* a certificate before the hello; two hellos; a list that is longer
	 * than its message; data in clear */
	assert_int_equal(FED(&in, 100, "\x16\x03\x01\0\x07\x0b\0\0\x03\0\0\0"),
	    TLS_IN_BAD);
	tls_in_release(&in);
	assert_int_equal(FED(&in, 200, "\x16\x03\x01\0\x54" HELLO HELLO),
	    TLS_IN_BAD);
	tls_in_release(&in);
	assert_int_equal(FED(&in, 200, "\x16\x03\x01\0\x31" HELLO
	    "\x0b\0\0\x03\0\0\x04"), TLS_IN_BAD);
	tls_in_release(&in);
	assert_int_equal(FED(&in, 200, "\x17\x03\x01\0\x01x"), TLS_IN_BAD);
	tls_in_release(&in);
	/* records without contents go on for ever, and change nothing */
	assert_int_equal(FED(&in, 200, "\x16\x03\x01\0\0\x16\x03\x01\0\0"),
	    TLS_IN_MORE);
	tls_in_release(&in);
}

static void
test_too_long(void **state)
{
	struct tls_in in;

	(void)state;
	/* the first certificate fits, the second does not */
	assert_int_equal(FED(&in, 60, "\x16\x03\x01\0\x50" HELLO
	    "\x0b\0\x40\0\0\x3f\xfd\0\0\x03" "abc" "\0\x20\0"
	    "dddddddddddddddddddd"), TLS_IN_FULL);
	assert_int_equal(in.ncert, 1);
	assert_true(str_is(tls_in_at(&in, in.cert[0]), "abc"));
	assert_true(in.hs.n <= 60);
	tls_in_release(&in);
}

static void
test_hello_that_does_not_fit(void **state)
{
	static uint16_t many[8200];
	static char name[70000];
	struct tls_hello h = hello12(TLS_1_2);
	struct buf b = { 0 };

	(void)state;
	h.suites = (struct tls_list)LIST(many);
	assert_int_equal(tls_hello_put(&b, &h), -1);
	h = hello12(TLS_1_2);
	h.sni = (struct str){ name, sizeof(name) };
	assert_int_equal(tls_hello_put(&b, &h), -1);
	h = hello12(TLS_1_2);
	h.session = (struct str){ name, 33 };
	assert_int_equal(tls_hello_put(&b, &h), -1);
	buf_release(&b);
}

static void
test_old_hello_has_no_extensions(void **state)
{
	struct tls_hello h = { .record = TLS_SSL3, .version = TLS_SSL3,
	    .random = random32, .suites = LIST(suites) };
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(tls_hello_put(&b, &h), 0);
	assert_int_equal(b.n, 5 + 4 + 2 + 32 + 1 + 2 + sizeof(suites) + 2);
	assert_memory_equal(b.p, "\x16\x03\0\0\x39\x01\0\0\x35\x03\0", 11);
	buf_release(&b);
}

static void
test_suites(void **state)
{
	const SSL_CIPHER *c;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	STACK_OF(SSL_CIPHER) *all;

	(void)state;
	for (size_t i = 1; i < tls_nsuites; i++)
		assert_true(tls_suites[i].id > tls_suites[i - 1].id);
	assert_string_equal(tls_suite_name(0x0005), "TLS_RSA_WITH_RC4_128_SHA");
	assert_null(tls_suite_name(0x0a0a));
	/* those that OpenSSL has, it calls the same */
	SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL:@SECLEVEL=0");
	ssl = SSL_new(ctx);
	all = SSL_get_ciphers(ssl);
	assert_true(sk_SSL_CIPHER_num(all) > 100);
	for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
		c = sk_SSL_CIPHER_value(all, i);
		assert_string_equal(tls_suite_name(
		    SSL_CIPHER_get_protocol_id(c)),
		    SSL_CIPHER_standard_name(c));
	}
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	assert_int_equal(tls_suite_weakness(0x1301), 0);
	assert_int_equal(tls_suite_weakness(0xc02f), 0);
	assert_int_equal(tls_suite_weakness(0x0003), TLS_WEAK_EXPORT |
	    TLS_WEAK_RC4 | TLS_WEAK_MD5 | TLS_WEAK_STATIC);
	assert_int_equal(tls_suite_weakness(0x0034), TLS_WEAK_ANON);
	assert_int_equal(tls_suite_weakness(0x000a), TLS_WEAK_DES |
	    TLS_WEAK_STATIC);
	assert_int_equal(tls_suite_weakness(0x0002), TLS_WEAK_NULL |
	    TLS_WEAK_STATIC);
}

/* Texts and hashes as they have been published: of a server of TrickBot's (Althouse,
 * 2019, and Arkime's and Suricata's manuals), and of nginx with TLS 1.3. */
static void
test_published_ja3s(void **state)
{
	static const struct {
		struct tls_in	 in;
		const char	*text, *md5;
	} all[] = {
		{ { .legacy = TLS_1_0, .suite = 0xc014, .next = 2,
		    .ext = { 0xff01, 11 } }, "769,49172,65281-11",
		    "623de93db17d313345d7ea481e7443cf" },
		{ { .legacy = TLS_1_2, .suite = 0x1301, .next = 2,
		    .ext = { 43, 51 } }, "771,4865,43-51",
		    "f4febc55ea12b31ae17cfb7e614afda8" },
		{ { .legacy = TLS_1_2, .suite = 0x1302, .next = 2,
		    .ext = { 43, 51 } }, "771,4866,43-51",
		    "15af977ce25de452b96affa2addb1036" },
	};
	uint8_t d[DIGEST_MD5];

	(void)state;
	assert_int_equal(digest_init(), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct buf b = { 0 };

		tls_ja3s_put(&b, &all[i].in);
		assert_true(str_is(buf_view(&b), all[i].text));
		assert_int_equal(digest_md5(d, b.p, b.n), 0);
		b.n = 0;
		digest_put(&b, d, sizeof(d));
		assert_true(str_is(buf_view(&b), all[i].md5));
		buf_release(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_shows_its_certificate),
		cmocka_unit_test(test_hello_of_13),
		cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_other_protocols),
		cmocka_unit_test(test_alerts),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_hello_that_does_not_fit),
		cmocka_unit_test(test_old_hello_has_no_extensions),
		cmocka_unit_test(test_suites),
		cmocka_unit_test(test_published_ja3s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
