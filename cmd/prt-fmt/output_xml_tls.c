/* Certificates and cipher suites, as the scripts ssl-cert and ssl-enum-ciphers of
 * nmap tell them. */
#include "output_xml_priv.h"

#include <string.h>

#include "base/date.h"
#include "base/num.h"
#include "pure/addr.h"

const char *
xml_tls_script(const struct record *r)
{
	if (rec_get(r, "not_after").n > 0)
		return "ssl-cert";
	return rec_get(r, "version_enum").n > 0 ? "ssl-enum-ciphers" : NULL;
}

bool
xml_tls_tells(struct str key)
{
	static const char *const told[] = {
		"subject_cn", "subject_dn", "subject_an", "issuer_cn",
		"issuer_dn", "issuer_org", "key_alg", "key_bits", "sig_alg",
		"not_before", "not_after", "fingerprint_sha256", "version_enum",
		"cipher_enum", "cipher_weak",
	};

	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (str_is(key, told[i]))
			return true;
	return false;
}

/* ---- distinguished names ---- */

/* What RFC 4514 shortens; other types are as they are. */
static struct str
long_name(struct str type)
{
	static const struct {
		const char	*type, *name;
	} names[] = {
		{ "CN", "commonName" }, { "O", "organizationName" },
		{ "OU", "organizationalUnitName" }, { "C", "countryName" },
		{ "ST", "stateOrProvinceName" }, { "L", "localityName" },
		{ "STREET", "streetAddress" }, { "DC", "domainComponent" },
		{ "UID", "userId" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(type, names[i].type))
			return str_of(names[i].name);
	return type;
}

/* The next type and value of a name: false at its end. A character behind a
 * backslash stands for itself; the record has two for one. */
static bool
next_part(struct str *dn, struct str *type, struct buf *value)
{
	const char *eq = dn->n > 0 ? memchr(dn->p, '=', dn->n) : NULL;
	size_t i;

	if (eq == NULL)
		return false;
	*type = (struct str){ dn->p, (size_t)(eq - dn->p) };
	value->n = 0;
	for (i = type->n + 1; i < dn->n; i++) {
		if (dn->p[i] == ',' || dn->p[i] == '+')
			break;
		if (dn->n - i > 2 && memcmp(dn->p + i, "\\\\", 2) == 0)
			i += 2;
		buf_putc(value, dn->p[i]);
	}
	i += i < dn->n;
	dn->p += i;
	dn->n -= i;
	return true;
}

/* "commonName=.../organizationName=..." */
static void
put_name_text(struct buf *b, struct str dn)
{
	struct buf value = { 0 };
	struct str type;
	bool first = true;

	while (next_part(&dn, &type, &value)) {
		buf_puts(b, first ? "" : "/");
		xml_put_text(b, long_name(type));
		buf_putc(b, '=');
		xml_put_text(b, buf_view(&value));
		first = false;
	}
	b->oom |= value.oom;
	buf_release(&value);
}

static void
put_name_table(struct buf *b, const char *key, struct str dn)
{
	struct buf value = { 0 };
	struct str type;

	buf_printf(b, "<table key=\"%s\">", key);
	while (next_part(&dn, &type, &value)) {
		buf_puts(b, "<elem");
		xml_put_attr(b, "key", long_name(type));
		buf_putc(b, '>');
		xml_put_text(b, buf_view(&value));
		buf_puts(b, "</elem>");
	}
	buf_puts(b, "</table>");
	b->oom |= value.oom;
	buf_release(&value);
}

/* ---- the certificate ---- */

/* "2026-11-28T22:40:35", as nmap has it; nothing when it is before 1970. */
static void
put_date(struct buf *b, struct str seconds)
{
	uint64_t t;

	if (num_scan_u64(seconds.p, seconds.n, &t) != seconds.n ||
	    t > INT64_MAX / 1000000000)
		return;
	date_put_iso(b, t * 1000000000, 0);
	b->n -= b->n > 0 && b->p[b->n - 1] == 'Z';
}

static void
put_line(struct buf *b, const char *what, struct str value)
{
	if (value.n == 0)
		return;
	buf_printf(b, "&#xa;%s: ", what);
	xml_put_text(b, value);
}

/* "DNS:a, IP Address:b"; the other kinds stand in front already. */
static void
put_sans(struct buf *b, struct str list)
{
	const char *sep = "&#xa;Subject Alternative Name: ";
	struct str one;
	u128 addr;

	while (list.n > 0) {
		one = str_cut(&list, ',');
		buf_puts(b, sep);
		if (addr_scan(one.p, one.n, &addr) == one.n)
			buf_puts(b, "IP Address:");
		else if (memchr(one.p, ':', one.n) == NULL)
			buf_puts(b, "DNS:");
		xml_put_text(b, one);
		sep = ", ";
	}
}

static void
put_cert_lines(struct buf *b, const struct record *r)
{
	buf_puts(b, "Subject: ");
	put_name_text(b, rec_get(r, "subject_dn"));
	put_sans(b, rec_get(r, "subject_an"));
	buf_puts(b, "&#xa;Issuer: ");
	put_name_text(b, rec_get(r, "issuer_dn"));
	put_line(b, "Public Key type", rec_get(r, "key_alg"));
	put_line(b, "Public Key bits", rec_get(r, "key_bits"));
	put_line(b, "Signature Algorithm", rec_get(r, "sig_alg"));
	buf_puts(b, "&#xa;Not valid before: ");
	put_date(b, rec_get(r, "not_before"));
	buf_puts(b, "&#xa;Not valid after:  ");
	put_date(b, rec_get(r, "not_after"));
	put_line(b, "SHA-256", rec_get(r, "fingerprint_sha256"));
}

static void
put_cert_tables(struct buf *b, const struct record *r)
{
	put_name_table(b, "subject", rec_get(r, "subject_dn"));
	put_name_table(b, "issuer", rec_get(r, "issuer_dn"));
	buf_puts(b, "<table key=\"pubkey\">");
	xml_put_elem(b, "type", rec_get(r, "key_alg"));
	xml_put_elem(b, "bits", rec_get(r, "key_bits"));
	xml_put_elem(b, "ecdhparams", rec_get(r, "key_curve"));
	buf_puts(b, "</table>");
	xml_put_elem(b, "sig_algo", rec_get(r, "sig_alg"));
	buf_puts(b, "<table key=\"validity\"><elem key=\"notBefore\">");
	put_date(b, rec_get(r, "not_before"));
	buf_puts(b, "</elem><elem key=\"notAfter\">");
	put_date(b, rec_get(r, "not_after"));
	buf_puts(b, "</elem></table>");
	xml_put_elem(b, "sha256", rec_get(r, "fingerprint_sha256"));
}

/* ---- versions and suites ---- */

static const char *
version_name(struct str version)
{
	static const char *const names[][2] = {
		{ "ssl20", "SSLv2" }, { "ssl30", "SSLv3" },
		{ "tls10", "TLSv1.0" }, { "tls11", "TLSv1.1" },
		{ "tls12", "TLSv1.2" }, { "tls13", "TLSv1.3" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(version, names[i][0]))
			return names[i][1];
	return NULL;
}

/* The next suite of a version in a list of version:name. */
static bool
next_suite(struct str *list, struct str version, struct str *suite)
{
	while (list->n > 0) {
		*suite = str_cut(list, ',');
		if (suite->n > version.n && suite->p[version.n] == ':' &&
		    memcmp(suite->p, version.p, version.n) == 0) {
			suite->p += version.n + 1;
			suite->n -= version.n + 1;
			return true;
		}
	}
	return false;
}

static void
put_suite_lines(struct buf *b, const struct record *r)
{
	struct str versions = rec_get(r, "version_enum"), list, v, suite;
	const char *name;

	while (versions.n > 0) {
		v = str_cut(&versions, ',');
		if ((name = version_name(v)) == NULL)
			continue;
		buf_printf(b, "&#xa;%s:", name);
		list = rec_get(r, "cipher_enum");
		while (next_suite(&list, v, &suite)) {
			buf_puts(b, "&#xa;  ");
			xml_put_text(b, suite);
		}
	}
	list = rec_get(r, "cipher_weak");
	while (list.n > 0)
		put_line(b, "weak", str_cut(&list, ','));
}

static void
put_suite_tables(struct buf *b, const struct record *r)
{
	struct str versions = rec_get(r, "version_enum"), list, v, suite;
	const char *name;

	while (versions.n > 0) {
		v = str_cut(&versions, ',');
		if ((name = version_name(v)) == NULL)
			continue;
		buf_printf(b, "<table key=\"%s\"><table key=\"ciphers\">",
		    name);
		list = rec_get(r, "cipher_enum");
		while (next_suite(&list, v, &suite)) {
			buf_puts(b, "<table>");
			xml_put_elem(b, "name", suite);
			buf_puts(b, "</table>");
		}
		buf_puts(b, "</table></table>");
	}
}

/* ---- both ---- */

void
xml_tls_put_lines(struct buf *b, const struct record *r)
{
	if (rec_get(r, "not_after").n > 0)
		put_cert_lines(b, r);
	put_suite_lines(b, r);
}

void
xml_tls_put_tables(struct buf *b, const struct record *r)
{
	bool cert = rec_get(r, "not_after").n > 0;
	bool suites = rec_get(r, "version_enum").n > 0;

	if (cert)
		put_cert_tables(b, r);
	if (cert && suites)
		buf_puts(b, "<table key=\"ssl-enum-ciphers\">");
	put_suite_tables(b, r);
	if (cert && suites)
		buf_puts(b, "</table>");
}
