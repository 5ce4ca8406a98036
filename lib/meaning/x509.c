#include "meaning/x509.h"

#include "pure/der.h"

static const char *const key_names[X509_NKEY] = {
	"other", "rsa", "rsa-pss", "dsa", "ec", "ed25519", "ed448"
};

/* ---- algorithms ---- */

#define RSADSI	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d	/* 1.2.840.113549 */
#define X962	0x2a, 0x86, 0x48, 0xce, 0x3d		/* 1.2.840.10045 */
#define NISTSIG	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03
#define TELETRUST 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01

/* RFC 3279, 4055, 5754, 5758, 8410, NIST's registry; the usual ones first. */
static const struct x509_sig sigs[] = {
	{ "sha256WithRSAEncryption", false, 9, { RSADSI, 1, 1, 11 } },
	{ "ecdsa-with-SHA256", false, 8, { X962, 4, 3, 2 } },
	{ "ecdsa-with-SHA384", false, 8, { X962, 4, 3, 3 } },
	{ "sha384WithRSAEncryption", false, 9, { RSADSI, 1, 1, 12 } },
	{ "sha512WithRSAEncryption", false, 9, { RSADSI, 1, 1, 13 } },
	{ "sha1WithRSAEncryption", true, 9, { RSADSI, 1, 1, 5 } },
	{ "rsassaPss", false, 9, { RSADSI, 1, 1, 10 } },
	{ "ED25519", false, 3, { 0x2b, 0x65, 0x70 } },
	{ "ED448", false, 3, { 0x2b, 0x65, 0x71 } },
	{ "ecdsa-with-SHA512", false, 8, { X962, 4, 3, 4 } },
	{ "ecdsa-with-SHA224", false, 8, { X962, 4, 3, 1 } },
	{ "ecdsa-with-SHA1", true, 7, { X962, 4, 1 } },
	{ "sha224WithRSAEncryption", false, 9, { RSADSI, 1, 1, 14 } },
	{ "md5WithRSAEncryption", true, 9, { RSADSI, 1, 1, 4 } },
	{ "md4WithRSAEncryption", true, 9, { RSADSI, 1, 1, 3 } },
	{ "md2WithRSAEncryption", true, 9, { RSADSI, 1, 1, 2 } },
	{ "dsaWithSHA1", true, 7, { 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3 } },
	{ "dsa_with_SHA224", false, 9, { NISTSIG, 1 } },
	{ "dsa_with_SHA256", false, 9, { NISTSIG, 2 } },
};

/* RFC 5480, RFC 5639, SEC 2. */
static const struct x509_curve curves[] = {
	{ "prime256v1", 256, 8, { X962, 3, 1, 7 } },
	{ "secp384r1", 384, 5, { 0x2b, 0x81, 0x04, 0x00, 0x22 } },
	{ "secp521r1", 521, 5, { 0x2b, 0x81, 0x04, 0x00, 0x23 } },
	{ "secp256k1", 256, 5, { 0x2b, 0x81, 0x04, 0x00, 0x0a } },
	{ "secp224r1", 224, 5, { 0x2b, 0x81, 0x04, 0x00, 0x21 } },
	{ "prime192v1", 192, 8, { X962, 3, 1, 1 } },
	{ "brainpoolP256r1", 256, 9, { TELETRUST, 7 } },
	{ "brainpoolP384r1", 384, 9, { TELETRUST, 11 } },
	{ "brainpoolP512r1", 512, 9, { TELETRUST, 13 } },
};

static const struct {
	enum x509_key	key;
	uint8_t		n, oid[9];
} keys[] = {
	{ X509_RSA, 9, { RSADSI, 1, 1, 1 } },
	{ X509_EC, 7, { X962, 2, 1 } },
	{ X509_ED25519, 3, { 0x2b, 0x65, 0x70 } },
	{ X509_ED448, 3, { 0x2b, 0x65, 0x71 } },
	{ X509_RSA_PSS, 9, { RSADSI, 1, 1, 10 } },
	{ X509_DSA, 7, { 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1 } },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static struct str
slice(const struct rd *r)
{
	return (struct str){ (const char *)r->p, r->n };
}

static inline bool
is_oid(const struct rd *r, const uint8_t *oid, size_t n)
{
	/* the last byte tells most of them apart */
	return !r->bad && r->n == n && r->p[n - 1] == oid[n - 1] &&
	    memcmp(r->p, oid, n - 1) == 0;
}

static const struct x509_sig *
sig_of(const struct rd *oid)
{
	for (size_t i = 0; i < COUNT(sigs); i++)
		if (is_oid(oid, sigs[i].oid, sigs[i].n))
			return &sigs[i];
	return NULL;
}

static const struct x509_curve *
curve_of(const struct rd *oid)
{
	for (size_t i = 0; i < COUNT(curves); i++)
		if (is_oid(oid, curves[i].oid, curves[i].n))
			return &curves[i];
	return NULL;
}

static enum x509_key
key_of(const struct rd *oid)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (is_oid(oid, keys[i].oid, keys[i].n))
			return keys[i].key;
	return X509_KEY_OTHER;
}

/* ---- keys ---- */

/* How many bits a positive INTEGER has; 0 when it is none. */
static unsigned
int_bits(struct rd in)
{
	if (in.bad || in.n == 0 || (in.p[0] & 0x80) != 0)
		return 0;
	while (in.n > 0 && in.p[0] == 0)
		in.p++, in.n--;
	if (in.n == 0 || in.n > UINT16_MAX)
		return 0;
	return (unsigned)in.n * 8 -
	    ((unsigned)__builtin_clz(in.p[0]) - 24);
}

/* RFC 8017, A.1.1, inside a BIT STRING; RFC 3279, 2.3.2 for DSA, whose size is
 * in the parameters. */
static unsigned
first_int_bits(struct rd in)
{
	struct rd seq = der_get(&in, DER_SEQ);

	return int_bits(der_get(&seq, DER_INT));
}

static void
read_key_size(struct x509 *x, struct rd params, struct rd bits)
{
	struct rd oid;

	switch (x->key) {
	case X509_RSA:
	case X509_RSA_PSS:
		rd_skip(&bits, 1);
		x->key_bits = first_int_bits(bits);
		break;
	case X509_DSA:
		x->key_bits = first_int_bits(params);
		break;
	case X509_EC:
		oid = der_get(&params, DER_OID);
		if ((x->curve = curve_of(&oid)) != NULL)
			x->key_bits = x->curve->bits;
		break;
	case X509_ED25519:
		x->key_bits = 256;
		break;
	case X509_ED448:
		x->key_bits = 456;
		break;
	default:
		break;
	}
}

static void
read_key(struct x509 *x, struct rd *tbs)
{
	const uint8_t *start = tbs->p;
	struct rd spki = der_get(tbs, DER_SEQ), alg, oid, bits;

	if (tbs->bad)
		return;
	x->spki = (struct str){ (const char *)start,
	    (size_t)(tbs->p - start) };
	alg = der_get(&spki, DER_SEQ);
	oid = der_get(&alg, DER_OID);
	bits = der_get(&spki, DER_BITS);
	spki.bad |= alg.bad;
	der_close(tbs, &spki);
	if (tbs->bad)
		return;
	x->key = key_of(&oid);
	read_key_size(x, alg, bits);
}

/* ---- names ---- */

/* 4.1.2.4: sets of types and values. */
static void
read_name(struct x509_name *name, struct rd *tbs)
{
	struct rd in = der_get(tbs, DER_SEQ), set, pair, oid, val;
	uint8_t tag;

	name->der = slice(&in);
	while (in.n > 0 && !in.bad) {
		set = der_get(&in, DER_SET);
		while (set.n > 0 && !set.bad) {
			pair = der_get(&set, DER_SEQ);
			oid = der_get(&pair, DER_OID);
			val = der_any(&pair, &tag);
			der_close(&set, &pair);
			if (set.bad || oid.n != 3 || oid.p[0] != 0x55 ||
			    oid.p[1] != 4)
				continue;
			if (oid.p[2] == 3)
				name->cn = (struct x509_text){ slice(&val), tag };
			else if (oid.p[2] == 10)
				name->org = (struct x509_text){ slice(&val), tag };
		}
		der_close(&in, &set);
	}
	der_close(tbs, &in);
}

/* ---- times ---- */

static unsigned
two(const uint8_t *p, bool *bad)
{
	unsigned a = (unsigned)(p[0] - '0'), b = (unsigned)(p[1] - '0');

	*bad |= a > 9 || b > 9;
	return a * 10 + b;
}

/* Days from 1970-01-01, by the proleptic Gregorian calendar. */
static int64_t
days(int y, unsigned m, unsigned d)
{
	unsigned yoe, doy, doe;
	int era;

	y -= m <= 2;
	era = y / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return (int64_t)era * 146097 + doe - 719468;
}

static unsigned
days_in(int y, unsigned m)
{
	static const uint8_t n[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);

	return m == 2 && leap ? 29 : n[m - 1];
}

/* 4.1.2.5: YYMMDDHHMMSSZ, or with four digits of the year. */
static int64_t
read_time(struct rd *r)
{
	unsigned m, d, h, min, s;
	uint8_t tag;
	struct rd in = der_any(r, &tag);
	const uint8_t *p = in.p;
	bool bad = false;
	int y;

	if (r->bad || !((tag == DER_UTC_TIME && in.n == 13) ||
	    (tag == DER_TIME && in.n == 15))) {
		r->bad = true;
		return 0;
	}
	y = (int)two(p, &bad);
	if (tag == DER_TIME)
		y = y * 100 + (int)two(p += 2, &bad);
	else
		y += y < 50 ? 2000 : 1900;
	m = two(p + 2, &bad);
	d = two(p + 4, &bad);
	h = two(p + 6, &bad);
	min = two(p + 8, &bad);
	s = two(p + 10, &bad);
	if (bad || p[12] != 'Z' || m < 1 || m > 12 || d < 1 ||
	    d > days_in(y, m) || h > 23 || min > 59 || s > 59) {
		r->bad = true;
		return 0;
	}
	return days(y, m, d) * 86400 + h * 3600 + min * 60 + s;
}

static void
read_validity(struct x509 *x, struct rd *tbs)
{
	struct rd in = der_get(tbs, DER_SEQ);

	x->not_before = read_time(&in);
	x->not_after = read_time(&in);
	der_close(tbs, &in);
}

/* ---- extensions ---- */

/* Each takes the contents of the extension, and stores once all is well: 0 or
 * -1. */

static int
ext_san(struct x509 *x, struct rd r)
{
	struct rd in = der_get(&r, DER_SEQ), it = in;
	struct x509_san san;
	unsigned n = 0;

	while (x509_san_next(&it, &san))
		n++;
	if (r.bad || r.n != 0 || it.bad)
		return -1;
	x->san = slice(&in);
	x->nsan = n;
	return 0;
}

/* 4.2.1.9 */
static int
ext_bc(struct x509 *x, struct rd r)
{
	struct rd in = der_get(&r, DER_SEQ), v;
	bool ca = false;
	int len = -1;

	if (der_is(&in, DER_BOOL)) {
		v = der_get(&in, DER_BOOL);
		in.bad |= v.n != 1;
		ca = v.n == 1 && v.p[0] != 0;
	}
	if (der_is(&in, DER_INT)) {
		v = der_get(&in, DER_INT);
		in.bad |= v.n < 1 || v.n > 3 || (v.p[0] & 0x80) != 0;
		for (len = 0; !in.bad && v.n > 0; v.p++, v.n--)
			len = len << 8 | v.p[0];
	}
	der_close(&r, &in);
	if (r.bad || r.n != 0)
		return -1;
	x->has_bc = true;
	x->ca = ca;
	x->pathlen = len;
	return 0;
}

static int
ext_ku(struct x509 *x, struct rd r)
{
	struct rd v = der_get(&r, DER_BITS);
	uint16_t ku = 0;
	unsigned unused;

	if (r.bad || r.n != 0 || v.n < 1 || (unused = v.p[0]) > 7 ||
	    (v.n == 1 && unused != 0))
		return -1;
	if (v.n > 1)
		ku = v.p[1] & (v.n == 2 ? 0xff << unused : 0xff);
	if (v.n > 2)
		ku |= (uint16_t)((v.p[2] & (v.n == 3 ? 0xff << unused :
		    0xff)) << 8);
	x->has_ku = true;
	x->ku = ku;
	return 0;
}

static unsigned
eku_of(const struct rd *oid)
{
	static const uint8_t kp[7] = { 0x2b, 6, 1, 5, 5, 7, 3 };
	static const uint8_t any[4] = { 0x55, 0x1d, 0x25, 0 };

	if (is_oid(oid, any, sizeof(any)))
		return X509_EKU_ANY;
	if (oid->n != sizeof(kp) + 1 || memcmp(oid->p, kp, sizeof(kp)) != 0)
		return X509_EKU_OTHER;
	switch (oid->p[7]) {
	case 1: return X509_EKU_SERVER;
	case 2: return X509_EKU_CLIENT;
	case 3: return X509_EKU_CODE;
	case 4: return X509_EKU_EMAIL;
	case 8: return X509_EKU_TIME;
	case 9: return X509_EKU_OCSP;
	default: return X509_EKU_OTHER;
	}
}

static int
ext_eku(struct x509 *x, struct rd r)
{
	struct rd in = der_get(&r, DER_SEQ), oid;
	unsigned eku = 0;

	while (in.n > 0 && !in.bad) {
		oid = der_get(&in, DER_OID);
		eku |= in.bad ? 0 : eku_of(&oid);
	}
	der_close(&r, &in);
	if (r.bad || r.n != 0)
		return -1;
	x->has_eku = true;
	x->eku = eku;
	return 0;
}

static int
ext_ski(struct x509 *x, struct rd r)
{
	struct rd v = der_get(&r, DER_OCTETS);

	if (r.bad || r.n != 0)
		return -1;
	x->ski = slice(&v);
	return 0;
}

/* 4.2.1.1: the identifier is [0]; issuer and serial may follow. */
static int
ext_aki(struct x509 *x, struct rd r)
{
	struct rd in = der_get(&r, DER_SEQ), v = { NULL, 0, false };
	uint8_t tag;

	if (der_is(&in, DER_CONTEXT))
		v = der_get(&in, DER_CONTEXT);
	while (in.n > 0 && !in.bad) {
		der_any(&in, &tag);
		in.bad |= tag != (DER_WITHIN | 1) && tag != (DER_CONTEXT | 2);
	}
	der_close(&r, &in);
	if (r.bad || r.n != 0)
		return -1;
	x->aki = slice(&v);
	return 0;
}

/* RFC 6962, 3.3: a list of TLS inside an OCTET STRING. */
static int
ext_sct(struct x509 *x, struct rd r)
{
	struct rd v = der_get(&r, DER_OCTETS);
	unsigned n = 0;

	if (r.bad || r.n != 0 || rd_be16(&v) != v.n)
		return -1;
	for (; v.n > 0 && !v.bad; n++)
		rd_skip(&v, rd_be16(&v));
	if (v.bad)
		return -1;
	x->nsct = n;
	return 0;
}

/* 4.2.2.1 */
static int
ext_aia(struct x509 *x, struct rd r)
{
	static const uint8_t ad[7] = { 0x2b, 6, 1, 5, 5, 7, 0x30 };
	struct rd in = der_get(&r, DER_SEQ), one, oid, val;
	struct str ocsp = STR_NONE, issuer = STR_NONE;
	uint8_t tag;

	while (in.n > 0 && !in.bad) {
		one = der_get(&in, DER_SEQ);
		oid = der_get(&one, DER_OID);
		val = der_any(&one, &tag);
		der_close(&in, &one);
		if (in.bad || tag != (DER_CONTEXT | X509_SAN_URI) ||
		    oid.n != 8 || memcmp(oid.p, ad, sizeof(ad)) != 0)
			continue;
		if (oid.p[7] == 1 && ocsp.p == NULL)
			ocsp = slice(&val);
		else if (oid.p[7] == 2 && issuer.p == NULL)
			issuer = slice(&val);
	}
	der_close(&r, &in);
	if (r.bad || r.n != 0)
		return -1;
	x->ocsp = ocsp;
	x->issuer_url = issuer;
	return 0;
}

/* The first URL of the names in a distribution point (4.2.1.13). */
static struct str
point_url(struct rd point)
{
	struct rd names;
	struct x509_san san;

	if (!der_is(&point, DER_WITHIN))
		return STR_NONE;
	point = der_get(&point, DER_WITHIN);
	if (!der_is(&point, DER_WITHIN))
		return STR_NONE;
	names = der_get(&point, DER_WITHIN);
	while (x509_san_next(&names, &san))
		if (san.kind == X509_SAN_URI)
			return san.value;
	return STR_NONE;
}

static int
ext_crl(struct x509 *x, struct rd r)
{
	struct rd in = der_get(&r, DER_SEQ), point;
	struct str url = STR_NONE;

	while (in.n > 0 && !in.bad) {
		point = der_get(&in, DER_SEQ);
		if (url.p == NULL && !in.bad)
			url = point_url(point);
	}
	der_close(&r, &in);
	if (r.bad || r.n != 0)
		return -1;
	x->crl = url;
	return 0;
}

#define CE	0x55, 0x1d		/* 2.5.29 */
#define PKIX	0x2b, 6, 1, 5, 5, 7	/* 1.3.6.1.5.5.7 */

static const struct {
	int	(*read)(struct x509 *, struct rd);
	uint8_t	 n, oid[10];
} exts[] = {
	{ ext_ski, 3, { CE, 14 } },
	{ ext_aki, 3, { CE, 35 } },
	{ ext_ku, 3, { CE, 15 } },
	{ ext_eku, 3, { CE, 37 } },
	{ ext_bc, 3, { CE, 19 } },
	{ ext_san, 3, { CE, 17 } },
	{ ext_crl, 3, { CE, 31 } },
	{ ext_aia, 8, { PKIX, 1, 1 } },
	{ ext_sct, 10, { 0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 2 } },
};

static void
read_exts(struct x509 *x, struct rd *tbs)
{
	struct rd in = der_get(tbs, DER_WITHIN | 3), all, one, oid, v;
	unsigned seen = 0;

	all = der_get(&in, DER_SEQ);
	while (all.n > 0 && !all.bad) {
		one = der_get(&all, DER_SEQ);
		oid = der_get(&one, DER_OID);
		if (der_is(&one, DER_BOOL)) {
			v = der_get(&one, DER_BOOL);
			one.bad |= v.n != 1;
		}
		v = der_get(&one, DER_OCTETS);
		der_close(&all, &one);
		for (unsigned i = 0; i < COUNT(exts) && !all.bad; i++) {
			if (!is_oid(&oid, exts[i].oid, exts[i].n))
				continue;
			if ((seen & 1u << i) != 0 || exts[i].read(x, v) == -1)
				x->odd = true;
			seen |= 1u << i;
			break;
		}
	}
	der_close(&in, &all);
	der_close(tbs, &in);
}

/* ---- the certificate ---- */

static void
read_version(struct x509 *x, struct rd *tbs)
{
	struct rd in, v;

	x->version = 1;
	if (!der_is(tbs, DER_WITHIN))
		return;
	in = der_get(tbs, DER_WITHIN);
	v = der_get(&in, DER_INT);
	der_close(tbs, &in);
	tbs->bad |= v.n != 1 || v.p[0] > 2;
	if (!tbs->bad)
		x->version = v.p[0] + 1u;
}

/* 4.1.2 */
static void
read_tbs(struct x509 *x, struct rd *cert)
{
	struct rd tbs = der_get(cert, DER_SEQ), v;

	read_version(x, &tbs);
	v = der_get(&tbs, DER_INT);
	tbs.bad |= v.n == 0;
	x->serial = slice(&v);
	der_get(&tbs, DER_SEQ);		/* the signature's algorithm, again */
	read_name(&x->issuer, &tbs);
	read_validity(x, &tbs);
	read_name(&x->subject, &tbs);
	read_key(x, &tbs);
	for (uint8_t i = 1; i <= 2; i++)	/* unique identifiers */
		if (der_is(&tbs, DER_CONTEXT | i))
			der_get(&tbs, DER_CONTEXT | i);
	if (der_is(&tbs, DER_WITHIN | 3))
		read_exts(x, &tbs);
	der_close(cert, &tbs);
}

int
x509_read(struct x509 *x, const void *der, size_t n)
{
	struct rd r = rd_of(der, n), cert, alg, v;

	*x = (struct x509){ .der = { der, n }, .pathlen = -1 };
	cert = der_get(&r, DER_SEQ);
	read_tbs(x, &cert);
	alg = der_get(&cert, DER_SEQ);
	v = der_get(&alg, DER_OID);
	der_get(&cert, DER_BITS);
	cert.bad |= alg.bad;
	der_close(&r, &cert);
	if (r.bad || r.n != 0)
		return -1;
	x->sig_oid = slice(&v);
	x->sig = sig_of(&v);
	return 0;
}

bool
x509_san_next(struct rd *r, struct x509_san *san)
{
	/* constructed: otherName, x400Address, directoryName (explicit, as
	 * Name is a CHOICE), ediPartyName */
	static const uint16_t within = 1 << X509_SAN_OTHER |
	    1 << X509_SAN_X400 | 1 << X509_SAN_DIR | 1 << X509_SAN_EDI;
	struct rd v;
	uint8_t tag;
	unsigned kind;

	if (r->bad || r->n == 0)
		return false;
	v = der_any(r, &tag);
	kind = tag & 0x1f;
	r->bad |= kind >= X509_NSAN ||
	    (tag & 0xe0) != (within >> kind & 1 ? DER_WITHIN : DER_CONTEXT);
	if (!r->bad && kind == X509_SAN_DIR) {
		struct rd dir = der_get(&v, DER_SEQ);

		der_close(r, &v);
		v = dir;
	}
	if (r->bad)
		return false;
	*san = (struct x509_san){ (enum x509_san_kind)kind, slice(&v) };
	return true;
}

bool
x509_is_self_issued(const struct x509 *x)
{
	return str_eq(x->issuer.der, x->subject.der) &&
	    (x->aki.n == 0 || x->ski.n == 0 || str_eq(x->aki, x->ski));
}

const char *
x509_key_name(enum x509_key k)
{
	return key_names[k];
}

bool
x509_key_is_weak(const struct x509 *x)
{
	unsigned least = x->key == X509_EC ? 224 : 2048;

	if (x->key_bits == 0 || x->key == X509_ED25519 || x->key == X509_ED448)
		return false;
	return x->key_bits < least;
}
