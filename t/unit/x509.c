#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MUST(x)	assert_true(x)

#include "x509_oracle.h"

/* ---- certificates, made by OpenSSL ---- */

#define DAY	86400

struct made {
	unsigned char	*der;
	size_t		 n;
};

static void
add_ext(X509 *o, X509V3_CTX *ctx, const char *name, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf(NULL, ctx, name, value);

	if (e == NULL)
		fail_msg("%s=%s", name, value);
	assert_int_equal(X509_add_ext(o, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void
add_part(X509_NAME *n, const char *type, int kind, const char *value)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(n, type, kind,
	    (const unsigned char *)value, -1, -1, 0), 1);
}

static X509 *
blank(EVP_PKEY *key, const char *cn)
{
	X509 *o = X509_new();
	X509_NAME *n;

	assert_non_null(o);
	X509_set_version(o, 2);
	ASN1_INTEGER_set_int64(X509_get_serialNumber(o), 0xc0ffee);
	ASN1_TIME_set(X509_getm_notBefore(o), 1700000000);
	ASN1_TIME_set(X509_getm_notAfter(o), 1700000000 + 90 * DAY);
	n = X509_get_subject_name(o);
	add_part(n, "C", MBSTRING_ASC, "XX");
	add_part(n, "O", MBSTRING_UTF8, "Example, \"Inc\" + \xc3\xa9");
	add_part(n, "CN", MBSTRING_ASC, cn);
	X509_set_issuer_name(o, n);
	X509_set_pubkey(o, key);
	return o;
}

static struct made
finish(X509 *o, EVP_PKEY *key, const EVP_MD *md)
{
	struct made m = { NULL, 0 };
	int n;

	assert_true(X509_sign(o, key, md) > 0);
	n = i2d_X509(o, &m.der);
	assert_true(n > 0);
	m.n = (size_t)n;
	X509_free(o);
	return m;
}

/* With one of each extension. */
static struct made
make_full(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *o = blank(key, "www.example.org");
	X509V3_CTX ctx;
	struct made m;

	X509V3_set_ctx(&ctx, o, o, NULL, NULL, 0);
	add_ext(o, &ctx, "basicConstraints", "critical,CA:TRUE,pathlen:3");
	add_ext(o, &ctx, "keyUsage", "digitalSignature,keyCertSign,decipherOnly");
	add_ext(o, &ctx, "extendedKeyUsage", "serverAuth,clientAuth,1.2.3.4");
	add_ext(o, &ctx, "subjectKeyIdentifier", "hash");
	add_ext(o, &ctx, "authorityKeyIdentifier", "keyid:always");
	add_ext(o, &ctx, "subjectAltName", "DNS:www.example.org,DNS:*.example.net,"
	    "IP:192.0.2.7,IP:2001:db8::7,email:root@example.org,"
	    "URI:https://example.org/,RID:1.2.3.4,"
	    "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:user");
	add_ext(o, &ctx, "authorityInfoAccess",
	    "OCSP;URI:http://ocsp.example.org/,"
	    "caIssuers;URI:http://ca.example.org/ca.der");
	add_ext(o, &ctx, "crlDistributionPoints",
	    "URI:http://crl.example.org/1.crl");
	m = finish(o, key, EVP_sha384());
	EVP_PKEY_free(key);
	return m;
}

static struct made
make_plain(EVP_PKEY *key, const EVP_MD *md)
{
	struct made m;

	assert_non_null(key);
	m = finish(blank(key, "plain"), key, md);
	EVP_PKEY_free(key);
	return m;
}

static void
must_read(struct x509 *x, const struct made *m)
{
	X509 *o;

	assert_int_equal(x509_read(x, m->der, m->n), 0);
	o = oracle_hold(x, m->der, m->n);
	assert_non_null(o);
	X509_free(o);
}

static void
text_is(struct buf *b, const char *want)
{
	buf_putc(b, '\0');
	assert_string_equal(b->p, want);
	buf_release(b);
}

/* ---- tests ---- */

/* The text of a name by OpenSSL, to be freed. */
static char *
oracle_dn(const X509_NAME *name)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p, *z;
	long n;

	MUST(b != NULL);
	X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
	n = BIO_get_mem_data(b, &p);
	z = strndup(n > 0 ? p : "", (size_t)n);
	BIO_free(b);
	return z;
}

static void
test_all_fields(void **state)
{
	struct made m = make_full();
	struct x509 x;
	struct buf b = { 0 };

	(void)state;
	must_read(&x, &m);
	assert_int_equal(x.version, 3);
	assert_int_equal(x.key, X509_EC);
	assert_int_equal(x.key_bits, 256);
	assert_string_equal(x.curve->name, "prime256v1");
	assert_string_equal(x.sig->name, "ecdsa-with-SHA384");
	assert_false(x.sig->weak);
	assert_false(x509_key_is_weak(&x));
	assert_int_equal(x.not_before, 1700000000);
	assert_int_equal(x.not_after, 1700000000 + 90 * DAY);
	assert_true(x.has_bc && x.ca);
	assert_int_equal(x.pathlen, 3);
	assert_int_equal(x.ku, X509_KU_SIGNATURE | X509_KU_CERT_SIGN | 0x8000);
	assert_int_equal(x.eku, X509_EKU_SERVER | X509_EKU_CLIENT |
	    X509_EKU_OTHER);
	assert_int_equal(x.nsan, 8);
	assert_true(str_is(x.ocsp, "http://ocsp.example.org/"));
	assert_true(str_is(x.issuer_url, "http://ca.example.org/ca.der"));
	assert_true(str_is(x.crl, "http://crl.example.org/1.crl"));
	assert_int_equal(x.ski.n, 20);
	assert_true(str_eq(x.ski, x.aki));
	assert_true(x509_is_self_issued(&x));
	assert_false(x.odd);
	x509_serial_put(&b, x.serial);
	text_is(&b, "C0FFEE");
	x509_text_put(&b, x.subject.cn);
	text_is(&b, "www.example.org");
	x509_text_put(&b, x.issuer.org);
	text_is(&b, "Example, \"Inc\" + \xc3\xa9");
	OPENSSL_free(m.der);
}

static void
test_sans_in_words(void **state)
{
	struct made m = make_full();
	struct x509_san san;
	struct buf b = { 0 };
	struct x509 x;
	struct rd r;

	(void)state;
	must_read(&x, &m);
	r = rd_of(x.san.p, x.san.n);
	while (x509_san_next(&r, &san) && san.kind != X509_SAN_OTHER) {
		x509_san_put(&b, &san);
		buf_putc(&b, ' ');
	}
	text_is(&b, "www.example.org *.example.net 192.0.2.7 2001:db8::7 "
	    "email:root@example.org uri:https://example.org/ rid:1.2.3.4 ");
	OPENSSL_free(m.der);
}

static void
test_names_as_openssl(void **state)
{
	static const struct { const char *type; int kind; const char *value; }
	    parts[] = {
		{ "C", MBSTRING_ASC, "DE" },
		{ "DC", MBSTRING_ASC, "example" },
		{ "UID", MBSTRING_ASC, " a b " },
		{ "O", V_ASN1_BMPSTRING, "\x20\xac\0" },
		{ "OU", V_ASN1_T61STRING, "\xe9t\xe9" },
		{ "emailAddress", MBSTRING_ASC, "#a@example.org" },
		{ "CN", MBSTRING_ASC, "a,b+c\"d\\e<f>g;h\n" },
		{ "1.2.3.4.5", MBSTRING_ASC, "unheard" },
		{ "serialNumber", MBSTRING_ASC, "17" },
		{ "jurisdictionC", MBSTRING_ASC, "FR" },
	};
	X509_NAME *n = X509_NAME_new();
	unsigned char *der = NULL;
	struct buf b = { 0 };
	char *want;
	int len;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_int_equal(X509_NAME_add_entry_by_txt(n, parts[i].type,
		    parts[i].kind, (const unsigned char *)parts[i].value,
		    parts[i].kind == V_ASN1_BMPSTRING ? 2 : -1, -1,
		    i == 4 ? -1 : 0), 1);
	want = oracle_dn(n);
	len = i2d_X509_NAME(n, &der);
	assert_true(len > 4);
	x509_name_put(&b, (struct str){ (char *)der + (der[1] < 0x80 ? 2 :
	    (der[1] & 0x7f) + 2), (size_t)len - (der[1] < 0x80 ? 2 :
	    (der[1] & 0x7fu) + 2) });
	text_is(&b, want);
	free(want);
	OPENSSL_free(der);
	X509_NAME_free(n);
}

static void
test_keys(void **state)
{
	struct {
		struct made	 m;
		enum x509_key	 key;
		unsigned	 bits;
		bool		 weak;
		const char	*sig;
	} all[] = {
		{ make_plain(EVP_RSA_gen(1024), EVP_sha1()), X509_RSA, 1024,
		    true, "sha1WithRSAEncryption" },
		{ make_plain(EVP_RSA_gen(2048), EVP_sha256()), X509_RSA, 2048,
		    false, "sha256WithRSAEncryption" },
		{ make_plain(EVP_EC_gen("P-521"), EVP_sha512()), X509_EC, 521,
		    false, "ecdsa-with-SHA512" },
		{ make_plain(EVP_EC_gen("prime192v1"), EVP_sha1()), X509_EC, 192,
		    true, "ecdsa-with-SHA1" },
		{ make_plain(EVP_EC_gen("brainpoolP256r1"), EVP_sha256()),
		    X509_EC, 256, false, "ecdsa-with-SHA256" },
		{ make_plain(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL),
		    X509_ED25519, 256, false, "ED25519" },
		{ make_plain(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), NULL),
		    X509_ED448, 456, false, "ED448" },
	};
	struct x509 x;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		must_read(&x, &all[i].m);
		assert_int_equal(x.key, all[i].key);
		assert_int_equal(x.key_bits, all[i].bits);
		assert_int_equal(x509_key_is_weak(&x), all[i].weak);
		assert_string_equal(x.sig->name, all[i].sig);
		assert_false(x.has_bc || x.has_ku || x.has_eku);
		assert_int_equal(x.nsan, 0);
		OPENSSL_free(all[i].m.der);
	}
}

static void
test_times(void **state)
{
	static const int64_t at[] = {
		0, -1, 951782400 /* 2000-02-29 */, 2524607999, 2524608000,
		4107542400 /* 2100-03-01 */, 253402300799
	};
	struct made m;
	struct x509 x;

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		EVP_PKEY *key = EVP_EC_gen("P-256");
		X509 *o = blank(key, "time");

		ASN1_TIME_set(X509_getm_notAfter(o), at[i]);
		m = finish(o, key, EVP_sha256());
		must_read(&x, &m);
		assert_int_equal(x.not_after, at[i]);
		EVP_PKEY_free(key);
		OPENSSL_free(m.der);
	}
}

static void
test_serials(void **state)
{
	static const struct { const char *der, *want; size_t n; } all[] = {
		{ "\x00", "00", 1 }, { "\x7f", "7F", 1 }, { "\x00\x80", "80", 2 },
		{ "\x80", "-80", 1 }, { "\xff", "-01", 1 },
		{ "\xff\x00", "-0100", 2 }, { "\x12\x34", "1234", 2 },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		x509_serial_put(&b, (struct str){ all[i].der, all[i].n });
		text_is(&b, all[i].want);
	}
}

static void
test_same_extension_twice(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *o = blank(key, "twice");
	X509V3_CTX ctx;
	struct made m;
	struct x509 x;

	(void)state;
	X509V3_set_ctx(&ctx, o, o, NULL, NULL, 0);
	add_ext(o, &ctx, "subjectAltName", "DNS:one.example.org");
	add_ext(o, &ctx, "subjectAltName", "DNS:two.example.org");
	add_ext(o, &ctx, "keyUsage", "DER:05:00");
	m = finish(o, key, EVP_sha256());
	must_read(&x, &m);
	assert_true(x.odd);
	assert_int_equal(x.nsan, 1);
	assert_false(x.has_ku);
	EVP_PKEY_free(key);
	OPENSSL_free(m.der);
}

static void
test_scts(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *o = blank(key, "sct");
	X509V3_CTX ctx;
	struct made m;
	struct x509 x;

	(void)state;
	X509V3_set_ctx(&ctx, o, o, NULL, NULL, 0);
	/* an OCTET STRING of a list of 8 bytes: items of 2 bytes each */
	add_ext(o, &ctx, "1.3.6.1.4.1.11129.2.4.2",
	    "DER:04:0a:00:08:00:02:aa:bb:00:02:cc:dd");
	m = finish(o, key, EVP_sha256());
	assert_int_equal(x509_read(&x, m.der, m.n), 0);
	assert_int_equal(x.nsct, 2);
	EVP_PKEY_free(key);
	OPENSSL_free(m.der);
}

/* Cut anywhere it is no certificate; with any byte changed it is read as OpenSSL
 * does, or not at all. */
static void
test_damage(void **state)
{
	struct made m = make_full();
	struct x509 x;

	(void)state;
	for (size_t n = 0; n < m.n; n++) {
		unsigned char *cut = malloc(n + 1);

		memcpy(cut, m.der, n);
		assert_int_equal(x509_read(&x, cut, n), -1);
		free(cut);
	}
	for (size_t i = 0; i < m.n; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			m.der[i] ^= (unsigned char)(1u << bit);
			if (x509_read(&x, m.der, m.n) == 0)
				X509_free(oracle_hold(&x, m.der, m.n));
			m.der[i] ^= (unsigned char)(1u << bit);
		}
	OPENSSL_free(m.der);
}

static void
test_something_behind(void **state)
{
	struct made m = make_plain(EVP_EC_gen("P-256"), EVP_sha256());
	unsigned char *more = malloc(m.n + 1);
	struct x509 x;

	(void)state;
	memcpy(more, m.der, m.n);
	more[m.n] = 0;
	assert_int_equal(x509_read(&x, more, m.n), 0);
	assert_int_equal(x509_read(&x, more, m.n + 1), -1);
	free(more);
	OPENSSL_free(m.der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_fields),
		cmocka_unit_test(test_sans_in_words),
		cmocka_unit_test(test_names_as_openssl),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_serials),
		cmocka_unit_test(test_same_extension_twice),
		cmocka_unit_test(test_scts),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_something_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
