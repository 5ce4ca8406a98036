/* Certificates, read without copying, allocating or believing anything. Layer 2.
 *
 * RFC 5280 in DER (X.690). Nothing is verified here, neither signatures nor
 * names: this is what the certificate says. */
#ifndef PRT_MEANING_X509_H
#define PRT_MEANING_X509_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "pure/wire.h"

enum x509_key {
	X509_KEY_OTHER,
	X509_RSA,
	X509_RSA_PSS,
	X509_DSA,
	X509_EC,
	X509_ED25519,
	X509_ED448,
	X509_NKEY
};

/* Extended key usages (RFC 5280, 4.2.1.12), a bit each. */
enum {
	X509_EKU_SERVER	= 1,
	X509_EKU_CLIENT	= 2,
	X509_EKU_CODE	= 4,
	X509_EKU_EMAIL	= 8,
	X509_EKU_TIME	= 16,
	X509_EKU_OCSP	= 32,
	X509_EKU_ANY	= 64,
	X509_EKU_OTHER	= 128,
};

/* Key usages (4.2.1.3) that are asked for here; bit 0 of the standard is 0x80. */
enum {
	X509_KU_SIGNATURE	= 0x80,
	X509_KU_CERT_SIGN	= 0x04,
};

/* Kinds of GeneralName (4.2.1.6): the numbers of their tags. */
enum x509_san_kind {
	X509_SAN_OTHER, X509_SAN_EMAIL, X509_SAN_DNS, X509_SAN_X400,
	X509_SAN_DIR, X509_SAN_EDI, X509_SAN_URI, X509_SAN_IP, X509_SAN_RID,
	X509_NSAN
};

/* A string of some ASN.1 type; p == NULL: absent. */
struct x509_text {
	struct str	s;
	uint8_t		tag;
};

struct x509_name {
	struct str		der;	/* the contents of the sequence */
	struct x509_text	cn, org;	/* the last ones */
};

/* An algorithm of signatures. */
struct x509_sig {
	const char	*name;		/* as openssl(1) calls it */
	bool		 weak;		/* its hash has been broken */
	uint8_t		 n;
	uint8_t		 oid[11];
};

/* A curve of keys. */
struct x509_curve {
	const char	*name;		/* as openssl(1) calls it */
	unsigned	 bits;
	uint8_t		 n;
	uint8_t		 oid[10];
};

/* What points, points into the certificate. */
struct x509 {
	struct str		 der;		/* all of it */
	unsigned		 version;	/* 1 to 3, as people count */
	struct str		 serial;	/* contents of the INTEGER */
	struct x509_name	 issuer, subject;
	int64_t			 not_before, not_after;	/* since the epoch */
	enum x509_key		 key;
	unsigned		 key_bits;	/* 0: not known */
	const struct x509_curve	*curve;		/* or NULL */
	struct str		 spki;		/* SubjectPublicKeyInfo, all */
	struct str		 sig_oid;
	const struct x509_sig	*sig;		/* NULL: not one we know */
	/* Extensions; an absent one is all zeros. */
	struct str		 san;		/* for x509_san_next() */
	unsigned		 nsan;
	struct str		 ski, aki;	/* identifiers of keys */
	bool			 has_ku, has_eku, has_bc;
	uint16_t		 ku;		/* bit 0 is 0x80, bit 8 0x8000 */
	unsigned		 eku;
	bool			 ca;
	int			 pathlen;	/* -1: no bound */
	unsigned		 nsct;		/* RFC 6962, 3.3 */
	struct str		 ocsp, issuer_url, crl;	/* the first of each */
	/* An extension was there twice, or is not what its standard says: what
	 * it would tell is left out. */
	bool			 odd;
};

struct x509_san {
	enum x509_san_kind	kind;
	struct str		value;	/* contents; a directory name's sequence */
};

/* 0, or -1 when it is no certificate of RFC 5280; bytes behind it are an error.
 * The bytes must outlive the struct. */
int	x509_read(struct x509 *, const void *der, size_t n);
/* Goes through x->san: `struct rd r = rd_of(x.san.p, x.san.n)`. */
bool	x509_san_next(struct rd *, struct x509_san *);
/* Issuer and subject are the same, and so is the key as far as it is named. */
bool	x509_is_self_issued(const struct x509 *);
/* "rsa", "ec", ... */
const char *x509_key_name(enum x509_key);
/* The key is shorter than is done today: RSA and DSA under 2,048 bits, curves
 * under 224 (NIST SP 800-57). */
bool	x509_key_is_weak(const struct x509 *);

/* Is it for this host, a name or an address? RFC 6125, 6.4: a name in it may begin
 * with "*." for one label; without any DNS name in it its common name counts. */
bool	x509_matches(const struct x509 *, struct str host);
/* Does it name itself by a wildcard? */
bool	x509_is_wildcard(const struct x509 *);
/* By the names, did that one issue it? */
bool	x509_names_issuer(const struct x509 *, const struct x509 *issuer);

/* UTF-8, as far as the string is well formed; other bytes as they are. */
void	x509_text_put(struct buf *, struct x509_text);
/* A distinguished name in the text form of RFC 4514, the last part first:
 * what `openssl x509 -nameopt RFC2253,-esc_msb` writes. */
void	x509_name_put(struct buf *, struct str der);
/* What it names: an address, "email:...", "dir:...", and so on; a DNS name is
 * put as it is. */
void	x509_san_put(struct buf *, const struct x509_san *);
/* In hexadecimal, as openssl(1) has it. */
void	x509_serial_put(struct buf *, struct str serial);
/* Usages by the names of RFC 5280, a comma between them; an extended one that has
 * none is "other". */
void	x509_ku_put(struct buf *, uint16_t ku);
void	x509_eku_put(struct buf *, unsigned eku);
/* An OID's contents, with dots. */
void	x509_oid_put(struct buf *, struct str oid);

#endif
