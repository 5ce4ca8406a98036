/* Certificates, in words. */
#include "meaning/x509.h"

#include "pure/addr.h"
#include "pure/der.h"

/* ---- strings ---- */

static void
put_utf8(struct buf *b, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_putc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_putc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_putc(b, (char)(0xf0 | c >> 18));
			buf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_putc(b, (char)(0x80 | (c & 0x3f)));
}

static bool
is_char(uint32_t c)
{
	return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* Strings of 2 or 4 bytes a character. False when it is none: nothing is put. */
static bool
put_wide(struct buf *b, struct str s, size_t width)
{
	struct rd r = rd_of(s.p, s.n);
	size_t was = b->n;
	uint32_t c;

	while (r.n > 0 && !r.bad) {
		c = width == 2 ? rd_be16(&r) : rd_be32(&r);
		r.bad |= !is_char(c);
		if (!r.bad)
			put_utf8(b, c);
	}
	if (r.bad)
		b->n = was;
	return !r.bad;
}

void
x509_text_put(struct buf *b, struct x509_text t)
{
	size_t i;

	switch (t.tag) {
	case DER_BMP:
		if (put_wide(b, t.s, 2))
			return;
		break;
	case DER_UNIVERSAL:
		if (put_wide(b, t.s, 4))
			return;
		break;
	case DER_T61:		/* Latin-1 is what issuers mean by it */
		for (i = 0; i < t.s.n; i++)
			put_utf8(b, (uint8_t)t.s.p[i]);
		return;
	default:
		break;
	}
	buf_str(b, t.s);
}

static void
put_hex(struct buf *b, const void *p, size_t n)
{
	static const char digit[] = "0123456789ABCDEF";
	const uint8_t *u = p;

	for (size_t i = 0; i < n; i++) {
		buf_putc(b, digit[u[i] >> 4]);
		buf_putc(b, digit[u[i] & 15]);
	}
}

/* ---- identifiers ---- */

void
x509_oid_put(struct buf *b, struct str oid)
{
	uint64_t v = 0;
	bool first = true;

	for (size_t i = 0; i < oid.n; i++) {
		uint8_t c = (uint8_t)oid.p[i];

		if (v >> 57 != 0) {	/* no registry has such numbers */
			buf_puts(b, first ? "?" : ".?");
			return;
		}
		v = v << 7 | (c & 0x7f);
		if (c & 0x80)
			continue;
		if (first) {
			buf_u64(b, v < 80 ? v / 40 : 2);
			v -= v < 80 ? v / 40 * 40 : 80;
		}
		buf_putc(b, '.');
		buf_u64(b, v);
		first = false;
		v = 0;
	}
}

/* RFC 4519 and its like, with the short names of openssl(1). */
static const struct {
	const char	*name;
	uint8_t		 n, oid[11];
} types[] = {
	{ "CN", 3, { 0x55, 4, 3 } },
	{ "SN", 3, { 0x55, 4, 4 } },
	{ "serialNumber", 3, { 0x55, 4, 5 } },
	{ "C", 3, { 0x55, 4, 6 } },
	{ "L", 3, { 0x55, 4, 7 } },
	{ "ST", 3, { 0x55, 4, 8 } },
	{ "street", 3, { 0x55, 4, 9 } },
	{ "O", 3, { 0x55, 4, 10 } },
	{ "OU", 3, { 0x55, 4, 11 } },
	{ "title", 3, { 0x55, 4, 12 } },
	{ "description", 3, { 0x55, 4, 13 } },
	{ "businessCategory", 3, { 0x55, 4, 15 } },
	{ "postalCode", 3, { 0x55, 4, 17 } },
	{ "name", 3, { 0x55, 4, 41 } },
	{ "GN", 3, { 0x55, 4, 42 } },
	{ "initials", 3, { 0x55, 4, 43 } },
	{ "generationQualifier", 3, { 0x55, 4, 44 } },
	{ "dnQualifier", 3, { 0x55, 4, 46 } },
	{ "pseudonym", 3, { 0x55, 4, 65 } },
	{ "organizationIdentifier", 3, { 0x55, 4, 97 } },
	{ "emailAddress", 9,
	    { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 } },
	{ "UID", 10,
	    { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1 } },
	{ "DC", 10,
	    { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25 } },
	{ "jurisdictionL", 11,
	    { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 1 } },
	{ "jurisdictionST", 11,
	    { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 2 } },
	{ "jurisdictionC", 11,
	    { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 3 } },
};

static const char *
type_name(const struct rd *oid)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (oid->n == types[i].n &&
		    memcmp(oid->p, types[i].oid, oid->n) == 0)
			return types[i].name;
	return NULL;
}

/* ---- distinguished names ---- */

/* RFC 4514, 2.4. */
static void
put_value(struct buf *b, struct x509_text t)
{
	size_t from = b->n, n;
	struct buf v = { 0 };

	x509_text_put(&v, t);
	b->oom |= v.oom;
	n = v.n;
	for (size_t i = 0; i < n; i++) {
		char c = v.p[i];

		if ((uint8_t)c < 0x20 || c == 0x7f) {
			buf_putc(b, '\\');
			put_hex(b, &c, 1);
			continue;
		}
		if (strchr(",+\"\\<>;", c) != NULL ||
		    (i == 0 && (c == '#' || c == ' ')) ||
		    (i == n - 1 && c == ' '))
			buf_putc(b, '\\');
		buf_putc(b, c);
	}
	buf_release(&v);
	if (b->oom)
		b->n = from < b->n ? from : b->n;
}

static bool
is_string(uint8_t tag)
{
	/* Utf8, Numeric, Printable, T61, IA5, Visible, Universal, BMP */
	return tag == 0x0c || (tag >= 0x12 && tag <= 0x14) || tag == 0x16 ||
	    tag == 0x1a || tag == 0x1c || tag == 0x1e;
}

static void
put_pair(struct buf *b, struct rd pair)
{
	struct rd oid = der_get(&pair, DER_OID), all = pair, val;
	const char *name = type_name(&oid);
	uint8_t tag;

	val = der_any(&pair, &tag);
	if (name != NULL)
		buf_puts(b, name);
	else
		x509_oid_put(b, (struct str){ (const char *)oid.p, oid.n });
	buf_putc(b, '=');
	if (name != NULL && is_string(tag)) {
		put_value(b, (struct x509_text){
		    { (const char *)val.p, val.n }, tag });
		return;
	}
	buf_putc(b, '#');
	put_hex(b, all.p, all.n);
}

/* Parts are listed from the back: they are kept, of so many. */
#define PARTS	64

struct part {
	struct rd	pair;
	size_t		set;
};

static size_t
split_name(struct str der, struct part *part)
{
	struct rd in = rd_of(der.p, der.n), set, pair;
	size_t n = 0, nset = 0;

	for (; in.n > 0 && !in.bad; nset++) {
		set = der_get(&in, DER_SET);
		while (set.n > 0 && !set.bad && n < PARTS) {
			pair = der_get(&set, DER_SEQ);
			part[n++] = (struct part){ pair, nset };
		}
	}
	return n;
}

void
x509_name_put(struct buf *b, struct str der)
{
	struct part part[PARTS];
	size_t n = split_name(der, part);

	while (n-- > 0) {
		put_pair(b, part[n].pair);
		if (n > 0)
			buf_putc(b, part[n].set == part[n - 1].set ? '+' : ',');
	}
}

/* ---- other parts ---- */

/* Addresses as they are written; with a mask, or of no known length, in
 * hexadecimal. */
static void
put_ip(struct buf *b, struct str v)
{
	char text[ADDR_FMT];
	u128 a = 0;

	if (v.n != 4 && v.n != 16) {
		buf_puts(b, "ip:");
		put_hex(b, v.p, v.n);
		return;
	}
	for (size_t i = 0; i < v.n; i++)
		a = a << 8 | (uint8_t)v.p[i];
	buf_put(b, text, addr_fmt(text, v.n == 4 ? ADDR_V4(a) : a));
}

void
x509_san_put(struct buf *b, const struct x509_san *san)
{
	static const char *const kind[X509_NSAN] = {
		"other:", "email:", "", "x400:", "dir:", "edi:", "uri:", "",
		"rid:"
	};

	buf_puts(b, kind[san->kind]);
	switch (san->kind) {
	case X509_SAN_EMAIL:
	case X509_SAN_DNS:
	case X509_SAN_URI:
		buf_str(b, san->value);
		break;
	case X509_SAN_IP:
		put_ip(b, san->value);
		break;
	case X509_SAN_DIR:
		x509_name_put(b, san->value);
		break;
	case X509_SAN_RID:
		x509_oid_put(b, san->value);
		break;
	default:
		put_hex(b, san->value.p, san->value.n);
	}
}

void
x509_serial_put(struct buf *b, struct str s)
{
	size_t from, zero = 0;
	bool neg = s.n > 0 && (s.p[0] & 0x80) != 0, carry = true;

	if (neg)
		buf_putc(b, '-');
	while (!neg && zero + 1 < s.n && s.p[zero] == 0)
		zero++;
	from = b->n;
	put_hex(b, s.p + zero, s.n - zero);
	/* Two's complement, from the last digit on. */
	for (size_t i = b->n; neg && !b->oom && i-- > from;) {
		char *d = &b->p[i];
		unsigned v = (unsigned)(*d <= '9' ? *d - '0' : *d - 'A' + 10);

		v = (15 - v) + carry;
		carry = v > 15;
		v &= 15;
		*d = (char)(v < 10 ? '0' + v : 'A' + v - 10);
	}
}

/* ---- usages ---- */

static void
put_word(struct buf *b, size_t from, const char *word)
{
	if (b->n > from)
		buf_putc(b, ',');
	buf_puts(b, word);
}

void
x509_ku_put(struct buf *b, uint16_t ku)
{
	static const struct {
		uint16_t	 bit;
		const char	*name;
	} names[] = {
		{ 0x80, "digitalSignature" }, { 0x40, "nonRepudiation" },
		{ 0x20, "keyEncipherment" }, { 0x10, "dataEncipherment" },
		{ 0x08, "keyAgreement" }, { 0x04, "keyCertSign" },
		{ 0x02, "cRLSign" }, { 0x01, "encipherOnly" },
		{ 0x8000, "decipherOnly" },
	};
	size_t from = b->n;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((ku & names[i].bit) != 0)
			put_word(b, from, names[i].name);
}

void
x509_eku_put(struct buf *b, unsigned eku)
{
	static const char *const names[] = {
		"serverAuth", "clientAuth", "codeSigning", "emailProtection",
		"timeStamping", "OCSPSigning", "anyExtendedKeyUsage", "other",
	};
	size_t from = b->n;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((eku >> i & 1) != 0)
			put_word(b, from, names[i]);
}
