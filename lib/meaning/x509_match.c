/* Certificates and the hosts, and issuers, that they name. */
#include "meaning/x509.h"

#include "pure/addr.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool
same_name(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

static bool
is_wild(struct str name)
{
	return name.n > 2 && name.p[0] == '*' && name.p[1] == '.';
}

/* The wildcard stands for one label, and two more at least follow it. */
static bool
name_matches(struct str name, struct str host)
{
	const char *dot;

	if (!is_wild(name))
		return same_name(name, host);
	dot = host.n > 0 ? memchr(host.p, '.', host.n) : NULL;
	if (dot == NULL || dot == host.p ||
	    memchr(name.p + 2, '.', name.n - 2) == NULL)
		return false;
	name.p++, name.n--;
	return same_name(name, (struct str){ dot,
	    host.n - (size_t)(dot - host.p) });
}

static bool
ip_matches(struct str v, u128 a)
{
	u128 x = 0;

	if (v.n != (addr_is4(a) ? 4 : 16))
		return false;
	for (size_t i = 0; i < v.n; i++)
		x = x << 8 | (uint8_t)v.p[i];
	return (v.n == 4 ? ADDR_V4(x) : x) == a;
}

bool
x509_matches(const struct x509 *x, struct str host)
{
	struct rd r = rd_of(x->san.p, x->san.n);
	struct x509_san san;
	bool named = false, is_addr;
	u128 a = 0;

	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	is_addr = host.n > 0 && addr_scan(host.p, host.n, &a) == host.n;
	while (x509_san_next(&r, &san)) {
		named |= san.kind == X509_SAN_DNS;
		if (is_addr ? san.kind == X509_SAN_IP &&
		    ip_matches(san.value, a) : san.kind == X509_SAN_DNS &&
		    name_matches(san.value, host))
			return true;
	}
	return !is_addr && !named && x->subject.cn.s.p != NULL &&
	    name_matches(x->subject.cn.s, host);
}

bool
x509_is_wildcard(const struct x509 *x)
{
	struct rd r = rd_of(x->san.p, x->san.n);
	struct x509_san san;
	bool named = false;

	while (x509_san_next(&r, &san)) {
		if (san.kind == X509_SAN_DNS && is_wild(san.value))
			return true;
		named |= san.kind == X509_SAN_DNS;
	}
	return !named && is_wild(x->subject.cn.s);
}

bool
x509_names_issuer(const struct x509 *x, const struct x509 *issuer)
{
	return str_eq(x->issuer.der, issuer->subject.der) &&
	    (x->aki.n == 0 || issuer->ski.n == 0 ||
	    str_eq(x->aki, issuer->ski));
}
