/* What OpenSSL reads in a certificate, held against what we read. For the unit
 * test and the fuzzer; the one that includes it defines MUST(condition). */
#ifndef PRT_T_X509_ORACLE_H
#define PRT_T_X509_ORACLE_H

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "meaning/x509.h"

/* By the other side's own arithmetic, from the epoch on. */
static int64_t
oracle_time(const ASN1_TIME *t)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int d = 0, s = 0;

	MUST(epoch != NULL && ASN1_TIME_diff(&d, &s, epoch, t) == 1);
	ASN1_TIME_free(epoch);
	return (int64_t)d * 86400 + s;
}

static void
oracle_name(const struct x509_name *name, const X509_NAME *of)
{
	unsigned char *der = NULL;
	int n = i2d_X509_NAME(of, &der), head;

	MUST(n > 0);
	head = n - (int)name->der.n;
	MUST(head >= 2 && head <= 6);
	MUST(name->der.n == 0 ||
	    memcmp(der + head, name->der.p, name->der.n) == 0);
	OPENSSL_free(der);
}

static void
oracle_serial(const struct x509 *x, X509 *o)
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(X509_get_serialNumber(o), NULL);
	struct buf b = { 0 };
	char *hex;

	MUST(bn != NULL);
	if (BN_is_zero(bn)) {
		BN_free(bn);
		return;
	}
	hex = BN_bn2hex(bn);
	x509_serial_put(&b, x->serial);
	buf_putc(&b, '\0');
	MUST(hex != NULL && !b.oom);
	/* -0080 is -80 */
	MUST(strcmp(hex, b.p) == 0 || (hex[0] == '-' &&
	    strcmp(hex + 1, b.p + 1 + strspn(b.p + 1, "0") / 2 * 2) == 0));
	OPENSSL_free(hex);
	BN_free(bn);
	buf_release(&b);
}

static void
oracle_key(const struct x509 *x, X509 *o)
{
	EVP_PKEY *k = X509_get0_pubkey(o);

	if (k == NULL || x->key_bits == 0)
		return;
	switch (x->key) {
	case X509_RSA:
		MUST(EVP_PKEY_base_id(k) == EVP_PKEY_RSA);
		break;
	case X509_RSA_PSS:
		MUST(EVP_PKEY_base_id(k) == EVP_PKEY_RSA_PSS);
		break;
	case X509_DSA:
		MUST(EVP_PKEY_base_id(k) == EVP_PKEY_DSA);
		break;
	case X509_EC:
		MUST(EVP_PKEY_base_id(k) == EVP_PKEY_EC ||
		    EVP_PKEY_base_id(k) == EVP_PKEY_SM2);
		break;
	case X509_ED25519:
		MUST(EVP_PKEY_base_id(k) == EVP_PKEY_ED25519);
		break;
	case X509_ED448:
		MUST(EVP_PKEY_base_id(k) == EVP_PKEY_ED448);
		break;
	default:
		return;
	}
	MUST((int)x->key_bits == EVP_PKEY_bits(k));
}

static void
oracle_sans(const struct x509 *x, X509 *o)
{
	int crit = 0;
	GENERAL_NAMES *g = X509_get_ext_d2i(o, NID_subject_alt_name, &crit,
	    NULL);
	struct rd r = rd_of(x->san.p, x->san.n);
	struct x509_san s;

	if (g == NULL)
		return;
	if (x->san.p != NULL) {
		MUST((int)x->nsan == sk_GENERAL_NAME_num(g));
		for (int i = 0; x509_san_next(&r, &s); i++) {
			GENERAL_NAME *n = sk_GENERAL_NAME_value(g, i);

			MUST((int)s.kind == n->type);
			if (n->type != GEN_DNS && n->type != GEN_EMAIL &&
			    n->type != GEN_URI && n->type != GEN_IPADD)
				continue;
			/* all of them are strings there */
			MUST((size_t)n->d.ia5->length == s.value.n);
			MUST(s.value.n == 0 || memcmp(n->d.ia5->data,
			    s.value.p, s.value.n) == 0);
		}
	}
	GENERAL_NAMES_free(g);
}

static void
oracle_usage(const struct x509 *x, X509 *o)
{
	ASN1_BIT_STRING *ku = X509_get_ext_d2i(o, NID_key_usage, NULL, NULL);
	BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(o, NID_basic_constraints, NULL,
	    NULL);
	EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(o, NID_ext_key_usage, NULL,
	    NULL);
	static const struct { int nid; unsigned bit; } uses[] = {
		{ NID_server_auth, X509_EKU_SERVER },
		{ NID_client_auth, X509_EKU_CLIENT },
		{ NID_code_sign, X509_EKU_CODE },
		{ NID_email_protect, X509_EKU_EMAIL },
		{ NID_time_stamp, X509_EKU_TIME },
		{ NID_OCSP_sign, X509_EKU_OCSP },
		{ NID_anyExtendedKeyUsage, X509_EKU_ANY },
	};
	unsigned got = 0, bit;

	if (ku != NULL && x->has_ku)
		for (int i = 0; i < 9; i++)
			MUST(ASN1_BIT_STRING_get_bit(ku, i) ==
			    (x->ku >> (i < 8 ? 7 - i : 23 - i) & 1));
	if (bc != NULL && x->has_bc) {
		MUST((bc->ca != 0) == x->ca);
		MUST(ASN1_INTEGER_get(bc->pathlen) ==
		    (x->pathlen == -1 ? 0 : x->pathlen));
	}
	if (eku != NULL && x->has_eku) {
		for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
			int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(eku, i));

			bit = X509_EKU_OTHER;
			for (size_t k = 0; k < sizeof(uses) / sizeof(uses[0]);
			    k++)
				if (uses[k].nid == nid)
					bit = uses[k].bit;
			got |= bit;
		}
		MUST(got == x->eku);
	}
	ASN1_BIT_STRING_free(ku);
	BASIC_CONSTRAINTS_free(bc);
	EXTENDED_KEY_USAGE_free(eku);
}

static void
oracle_bytes(struct str ours, const ASN1_OCTET_STRING *s)
{
	if (s == NULL || ours.p == NULL)
		return;
	MUST((size_t)s->length == ours.n);
	MUST(ours.n == 0 || memcmp(s->data, ours.p, ours.n) == 0);
}

static void
oracle_ids(const struct x509 *x, X509 *o)
{
	ASN1_OCTET_STRING *ski = X509_get_ext_d2i(o, NID_subject_key_identifier,
	    NULL, NULL);
	AUTHORITY_KEYID *aki = X509_get_ext_d2i(o, NID_authority_key_identifier,
	    NULL, NULL);

	oracle_bytes(x->ski, ski);
	if (aki != NULL)
		oracle_bytes(x->aki, aki->keyid);
	ASN1_OCTET_STRING_free(ski);
	AUTHORITY_KEYID_free(aki);
}

static void
oracle_aia(const struct x509 *x, X509 *o)
{
	AUTHORITY_INFO_ACCESS *a = X509_get_ext_d2i(o, NID_info_access, NULL,
	    NULL);
	bool ocsp = false, issuer = false;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(a); i++) {
		ACCESS_DESCRIPTION *d = sk_ACCESS_DESCRIPTION_value(a, i);
		int nid = OBJ_obj2nid(d->method);

		if (d->location->type != GEN_URI)
			continue;
		if (nid == NID_ad_OCSP && !ocsp) {
			oracle_bytes(x->ocsp, d->location->d.ia5);
			ocsp = true;
		} else if (nid == NID_ad_ca_issuers && !issuer) {
			oracle_bytes(x->issuer_url, d->location->d.ia5);
			issuer = true;
		}
	}
	AUTHORITY_INFO_ACCESS_free(a);
}

/* Whatever both accept they read alike. NULL when OpenSSL does not accept it;
 * else the caller frees it. */
static X509 *
oracle_hold(const struct x509 *x, const void *der, size_t n)
{
	const unsigned char *p = der;
	X509 *o = d2i_X509(NULL, &p, (long)n);
	const X509_ALGOR *alg;

	ERR_clear_error();
	if (o == NULL)
		return NULL;
	MUST(p == (const unsigned char *)der + n);
	MUST((long)x->version == X509_get_version(o) + 1);
	oracle_serial(x, o);
	oracle_name(&x->issuer, X509_get_issuer_name(o));
	oracle_name(&x->subject, X509_get_subject_name(o));
	MUST(x->not_before == oracle_time(X509_get0_notBefore(o)));
	MUST(x->not_after == oracle_time(X509_get0_notAfter(o)));
	X509_get0_signature(NULL, &alg, o);
	if (x->sig != NULL)
		MUST(strcmp(x->sig->name,
		    OBJ_nid2ln(OBJ_obj2nid(alg->algorithm))) == 0);
	oracle_key(x, o);
	oracle_sans(x, o);
	oracle_usage(x, o);
	oracle_ids(x, o);
	oracle_aia(x, o);
	ERR_clear_error();
	return o;
}

#endif
