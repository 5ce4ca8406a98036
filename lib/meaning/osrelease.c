/* What Debian, Ubuntu and Microsoft say of their own versions: Debian policy
 * (3.2.2 and the security team's +debNuM), Ubuntu's package versions, and
 * Microsoft's tables of Windows builds and of IIS. */
#include "meaning/osrelease.h"

#include <stdbool.h>
#include <string.h>

/* ---- tables ---- */

static const struct osrelease debian[] = {
	{ "Debian", "8", NULL, "6.7p1" }, { "Debian", "9", NULL, "7.4p1" },
	{ "Debian", "10", NULL, "7.9p1" }, { "Debian", "11", NULL, "8.4p1" },
	{ "Debian", "12", NULL, "9.2p1" }, { "Debian", "13", NULL, "10.0p2" },
	{ "Debian", "14", NULL, NULL },
};

/* The ones that are kept up for years. */
static const struct osrelease ubuntu[] = {
	{ "Ubuntu", "14.04", NULL, "6.6.1p1" },
	{ "Ubuntu", "16.04", NULL, "7.2p2" },
	{ "Ubuntu", "18.04", NULL, "7.6p1" },
	{ "Ubuntu", "20.04", NULL, "8.2p1" },
	{ "Ubuntu", "22.04", NULL, "8.9p1" },
	{ "Ubuntu", "24.04", NULL, "9.6p1" },
	{ "Ubuntu", "26.04", NULL, NULL },
};

/* By the first number of the kernel's version, of old ones the first two. */
static const struct osrelease kernels[] = {
	{ "Linux", "2.4", "2.4.X", NULL }, { "Linux", "2.6", "2.6.X", NULL },
	{ "Linux", "3", "3.X", NULL }, { "Linux", "4", "4.X", NULL },
	{ "Linux", "5", "5.X", NULL }, { "Linux", "6", "6.X", NULL },
	{ "Linux", "7", "7.X", NULL },
};

#define WINDOWS(sign, name, gens)	{ "Windows", name, gens, sign }

/* By the number of the build, or what old ones say in its place. */
static const struct osrelease builds[] = {
	WINDOWS("5.0", "2000", "2000"),
	WINDOWS("5.1", "XP", "XP"),
	WINDOWS("5.2", "Server 2003", "2003"),
	WINDOWS("6.0", "Vista or Server 2008", "Vista,2008"),
	WINDOWS("6.1", "7 or Server 2008 R2", "7,2008"),
	WINDOWS("6.2", "8 or Server 2012", "8,2012"),
	WINDOWS("6.3", "8.1 or Server 2012 R2", "8.1,2012"),
	WINDOWS("2195", "2000", "2000"),
	WINDOWS("2600", "XP", "XP"),
	WINDOWS("3790", "Server 2003", "2003"),
	WINDOWS("6000", "Vista", "Vista"),
	WINDOWS("6001", "Vista SP1 or Server 2008", "Vista,2008"),
	WINDOWS("6002", "Vista SP2 or Server 2008 SP2", "Vista,2008"),
	WINDOWS("6003", "Server 2008 SP2", "2008"),
	WINDOWS("7600", "7 or Server 2008 R2", "7,2008"),
	WINDOWS("7601", "7 SP1 or Server 2008 R2 SP1", "7,2008"),
	WINDOWS("9200", "8 or Server 2012", "8,2012"),
	WINDOWS("9600", "8.1 or Server 2012 R2", "8.1,2012"),
	WINDOWS("10240", "10 1507", "10"),
	WINDOWS("10586", "10 1511", "10"),
	WINDOWS("14393", "10 1607 or Server 2016", "10,2016"),
	WINDOWS("15063", "10 1703", "10"),
	WINDOWS("16299", "10 1709", "10"),
	WINDOWS("17134", "10 1803", "10"),
	WINDOWS("17763", "10 1809 or Server 2019", "10,2019"),
	WINDOWS("18362", "10 1903", "10"),
	WINDOWS("18363", "10 1909", "10"),
	WINDOWS("19041", "10 2004", "10"),
	WINDOWS("19042", "10 20H2", "10"),
	WINDOWS("19043", "10 21H1", "10"),
	WINDOWS("19044", "10 21H2", "10"),
	WINDOWS("19045", "10 22H2", "10"),
	WINDOWS("20348", "Server 2022", "2022"),
	WINDOWS("22000", "11 21H2", "11"),
	WINDOWS("22621", "11 22H2", "11"),
	WINDOWS("22631", "11 23H2", "11"),
	WINDOWS("26100", "11 24H2 or Server 2025", "11,2025"),
};

/* By the version of IIS, which comes with the system. */
static const struct osrelease iis[] = {
	WINDOWS("5.0", "2000", "2000"),
	WINDOWS("5.1", "XP", "XP"),
	WINDOWS("6.0", "Server 2003", "2003"),
	WINDOWS("7.0", "Vista or Server 2008", "Vista,2008"),
	WINDOWS("7.5", "7 or Server 2008 R2", "7,2008"),
	WINDOWS("8.0", "8 or Server 2012", "8,2012"),
	WINDOWS("8.5", "8.1 or Server 2012 R2", "8.1,2012"),
	WINDOWS("10.0", "10 or Server 2016 or later", "10,11,2016,2019,2022"),
};

#define N(a)	(sizeof(a) / sizeof((a)[0]))

/* ---- texts ---- */

static bool
has(struct str s, const char *what)
{
	return s.n > 0 && memmem(s.p, s.n, what, strlen(what)) != NULL;
}

static bool
is_digit(struct str s, size_t i)
{
	return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* What follows it in the text; empty when it is not there. */
static struct str
after(struct str s, const char *what)
{
	size_t skip = strlen(what);
	const char *at = s.n == 0 ? NULL : memmem(s.p, s.n, what, skip);

	if (at == NULL)
		return STR_NONE;
	return (struct str){ at + skip, s.n - (size_t)(at - s.p) - skip };
}

static const struct osrelease *
by_sign(const struct osrelease *table, size_t n, struct str sign)
{
	size_t i;

	for (i = 0; i < n && sign.n > 0; i++)
		if (table[i].sign != NULL && str_is(sign, table[i].sign))
			return &table[i];
	return NULL;
}

static const struct osrelease *
by_name(const struct osrelease *table, size_t n, struct str name)
{
	size_t i;

	for (i = 0; i < n && name.n > 0; i++)
		if (str_is(name, table[i].name))
			return &table[i];
	return NULL;
}

/* ---- distributions ---- */

/* "+deb12u3", "~deb11u1" */
static const struct osrelease *
debian_suffix(struct str s)
{
	size_t i, k;

	for (i = 0; i + 5 < s.n; i++) {
		if ((s.p[i] != '+' && s.p[i] != '~') ||
		    memcmp(s.p + i + 1, "deb", 3) != 0)
			continue;
		for (k = i + 4; is_digit(s, k); k++)
			;
		if (k < s.n && s.p[k] == 'u')
			return by_name(debian, N(debian),
			    (struct str){ s.p + i + 4, k - i - 4 });
	}
	return NULL;
}

/* "0ubuntu0.22.04.1" */
static const struct osrelease *
ubuntu_suffix(struct str s)
{
	const char *at = s.n == 0 ? NULL : memmem(s.p, s.n, "ubuntu", 6);
	const struct osrelease *r = NULL;
	size_t i;

	if (at == NULL)
		return NULL;
	for (i = (size_t)(at - s.p) + 6; i + 5 <= s.n && r == NULL; i++)
		if (!is_digit(s, i - 1) && !is_digit(s, i + 5))
			r = by_name(ubuntu, N(ubuntu),
			    (struct str){ s.p + i, 5 });
	return r;
}

/* "Debian GNU/Linux 12 (bookworm)", "Ubuntu 22.04" */
static const struct osrelease *
by_title(struct str s, const char *title, const struct osrelease *table,
    size_t n)
{
	size_t k;

	s = after(s, title);
	for (k = 0; is_digit(s, k) || (k < s.n && s.p[k] == '.'); k++)
		;
	return by_name(table, n, (struct str){ s.p, k });
}

static const struct osrelease *
distribution(const struct record *port)
{
	static const char *const field[] = { "info", "version", "banner" };
	struct str info = rec_get(port, "info"),
	    version = rec_get(port, "version");
	const struct osrelease *r = NULL;
	size_t i;

	for (i = 0; i < N(field) && r == NULL; i++)
		if ((r = debian_suffix(rec_get(port, field[i]))) == NULL)
			r = ubuntu_suffix(rec_get(port, field[i]));
	if (r == NULL)
		r = by_title(info, "Debian GNU/Linux ", debian, N(debian));
	if (r == NULL)
		r = by_title(info, "Ubuntu ", ubuntu, N(ubuntu));
	if (r != NULL || !str_is(rec_get(port, "product"), "OpenSSH"))
		return r;
	if (has(info, "Ubuntu"))
		return by_sign(ubuntu, N(ubuntu), version);
	return has(info, "Debian") ? by_sign(debian, N(debian), version) :
	    NULL;
}

/* "Linux 6.18.44-fc-v669", as agents of SNMP say. */
static const struct osrelease *
kernel(const struct record *port)
{
	struct str v = after(rec_get(port, "info"), "Linux ");
	size_t k = 0, dots = 0;

	if (!is_digit(v, 0))
		return NULL;
	for (; is_digit(v, k) || (k < v.n && v.p[k] == '.' && dots == 0 &&
	    v.p[0] == '2'); k++)
		dots += v.p[k] == '.';
	return k < v.n && v.p[k] == '.' ?
	    by_name(kernels, N(kernels), (struct str){ v.p, k }) : NULL;
}

/* ---- Windows ---- */

/* "10.0.17763" */
static const struct osrelease *
by_version(struct str version)
{
	str_cut(&version, '.');
	str_cut(&version, '.');
	return by_sign(builds, N(builds), version);
}

/* "Microsoft Windows Server 2012 R2 Standard 9600": what SMB 1 says ends with
 * the build, or with a service pack behind it. */
static const struct osrelease *
by_words(struct str words)
{
	const struct osrelease *r = NULL;
	struct str word;

	while (r == NULL && (word = str_word(&words)).n > 0)
		r = by_sign(builds, N(builds), word);
	return r;
}

static const struct osrelease *
windows(const struct record *port)
{
	struct str product = rec_get(port, "product"),
	    version = rec_get(port, "version"), said;

	if (str_is(product, "Microsoft Windows SMB") ||
	    str_is(product, "Microsoft DNS"))
		return by_version(version);
	if (has(product, "Microsoft IIS"))
		return by_sign(iis, N(iis), version);
	if (has(product, "Microsoft Windows "))
		return by_words(product);
	/* an agent of SNMP */
	said = after(rec_get(port, "info"), "Windows ");
	return by_sign(builds, N(builds), str_word(&said));
}

const struct osrelease *
osrelease_of(const struct record *port)
{
	const struct osrelease *r = windows(port);

	if (r == NULL)
		r = distribution(port);
	return r != NULL ? r : kernel(port);
}
