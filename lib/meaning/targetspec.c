#include "meaning/targetspec.h"

#include <string.h>
#include <strings.h>

#include "pure/addr.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
find(struct str s, char c)
{
	return s.n == 0 ? NULL : memchr(s.p, c, s.n);
}

/* The part of s from p on. */
static struct str
from(struct str s, const char *p)
{
	return (struct str){ p, s.n - (size_t)(p - s.p) };
}

static bool
parse_port(struct str s, uint16_t *port)
{
	uint64_t v;

	if (s.n == 0 || num_scan_u64(s.p, s.n, &v) != s.n || v > 65535)
		return false;
	*port = (uint16_t)v;
	return true;
}

/* ---- octet ranges ---- */

static void
set_bits(uint64_t bits[4], unsigned lo, unsigned hi)
{
	unsigned i;

	for (i = lo; i <= hi; i++)
		bits[i / 64] |= (uint64_t)1 << i % 64;
}

static bool
has_bit(const uint64_t bits[4], unsigned i)
{
	return (bits[i / 64] >> i % 64 & 1) != 0;
}

static bool
is_full(const uint64_t bits[4])
{
	return (bits[0] & bits[1] & bits[2] & bits[3]) == UINT64_MAX;
}

/* "5", "1-9", "-9", "9-", "-" or "*". */
static bool
parse_octet_item(uint64_t bits[4], struct str s)
{
	uint64_t lo = 0, hi = 255;
	size_t k;

	if (s.n == 1 && s.p[0] == '*') {
		set_bits(bits, 0, 255);
		return true;
	}
	if (s.n == 0)
		return false;
	k = num_scan_u64(s.p, s.n, &lo);
	if (k == s.n)
		hi = lo;
	else if (s.p[k] != '-')
		return false;
	else if (++k < s.n && num_scan_u64(s.p + k, s.n - k, &hi) != s.n - k)
		return false;
	if (lo > hi || hi > 255)
		return false;
	set_bits(bits, (unsigned)lo, (unsigned)hi);
	return true;
}

static bool
parse_octets(struct targetspec *t, struct str s)
{
	struct str octet;
	int i;

	memset(t->octet, 0, sizeof(t->octet));
	for (i = 0; i < 4; i++) {
		if (s.p == NULL)
			return false;
		octet = str_cut(&s, '.');
		while (octet.p != NULL)
			if (!parse_octet_item(t->octet[i],
			    str_cut(&octet, ',')))
				return false;
	}
	t->kind = TARGETSPEC_OCTETS;
	return s.p == NULL;
}

/* Of the letters that octet ranges have, with three dots: whatever it holds,
 * it is no name and no CSV. */
static bool
looks_like_octets(struct str s)
{
	size_t i, dots = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '.')
			dots++;
		else if (!is_digit(s.p[i]) && s.p[i] != '-' &&
		    s.p[i] != ',' && s.p[i] != '*')
			return false;
		if (i > 0 && s.p[i] == ',' && s.p[i - 1] == ',')
			return false;
	}
	return dots == 3 && s.p[s.n - 1] != ',' &&
	    (find(s, '-') != NULL || find(s, ',') != NULL ||
	    find(s, '*') != NULL);
}

/* Octets from here on that are full need no ranges of their own. */
static int
octets_used(const struct targetspec *t)
{
	int n = 4;

	while (n > 0 && is_full(t->octet[n - 1]))
		n--;
	return n;
}

/* The run of set bits at or after *lo; false when there is none. */
static bool
next_run(const uint64_t bits[4], unsigned *lo, unsigned *hi)
{
	while (*lo < 256 && !has_bit(bits, *lo))
		++*lo;
	if (*lo == 256)
		return false;
	for (*hi = *lo; *hi < 255 && has_bit(bits, *hi + 1); ++*hi)
		;
	return true;
}

uint64_t
targetspec_nranges(const struct targetspec *t)
{
	uint64_t total = 1, n;
	unsigned lo, hi;
	int i, used = octets_used(t);

	if (t->kind != TARGETSPEC_OCTETS || used == 0)
		return 1;
	for (i = 0; i < used; i++) {
		n = 0;
		for (lo = 0; next_run(t->octet[i], &lo, &hi); lo = hi + 1)
			n += i == used - 1 ? 1 : hi - lo + 1;
		total *= n;
	}
	return total;
}

/* A walk through the octets, the last used one by runs. */
struct walk {
	const struct targetspec	*t;
	int			 used;
	int			(*add)(void *, u128, u128);
	void			*arg;
};

static int
walk_octet(const struct walk *w, int i, uint32_t above)
{
	const uint64_t *bits = w->t->octet[i];
	unsigned lo, hi, shift = 24 - 8 * (unsigned)i, v;
	uint32_t rest = shift == 0 ? 0 : ((uint32_t)1 << shift) - 1;
	int r;

	for (lo = 0; next_run(bits, &lo, &hi); lo = hi + 1) {
		if (i == w->used - 1) {
			r = w->add(w->arg, ADDR_V4(above | lo << shift),
			    ADDR_V4(above | hi << shift | rest));
			if (r != 0)
				return r;
			continue;
		}
		for (v = lo; v <= hi; v++) {
			r = walk_octet(w, i + 1, above | v << shift);
			if (r != 0)
				return r;
		}
	}
	return 0;
}

int
targetspec_each(const struct targetspec *t, int (*add)(void *, u128, u128),
    void *arg)
{
	struct walk w = { t, octets_used(t), add, arg };

	if (t->kind != TARGETSPEC_OCTETS)
		return add(arg, t->first, t->last);
	if (w.used == 0)
		return add(arg, ADDR_V4(0), ADDR_V4(UINT32_MAX));
	return walk_octet(&w, 0, 0);
}

/* ---- names ---- */

static bool
is_name_byte(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
	    (unsigned char)c >= 0x80;
}

/* RFC 1035, 2.3.1, with the underscores that are in use; the bytes of an
 * internationalised name are checked when it is looked up. */
static int
parse_name(struct targetspec *t, struct str s, const char **why)
{
	struct str rest = s, label;
	size_t i, digits = 0;

	*why = "no address, range or name of a host: prt-targets(7) has the "
	    "forms";
	if (s.n == 0 || s.n > 253)
		return -1;
	while (rest.p != NULL) {
		label = str_cut(&rest, '.');
		if (label.n == 0 && rest.p == NULL && label.p > s.p)
			break;	/* the dot of the root */
		if (label.n == 0 || label.n > 63 || label.p[0] == '-' ||
		    label.p[label.n - 1] == '-')
			return -1;
		for (i = digits = 0; i < label.n; i++) {
			if (!is_name_byte(label.p[i]))
				return -1;
			digits += is_digit(label.p[i]);
		}
		digits = digits == label.n;
	}
	if (digits) {
		*why = "it looks like an address and is none: IPv4 is four "
		    "numbers from 0 to 255 without leading zeros";
		return -1;
	}
	t->kind = TARGETSPEC_NAME;
	t->host = s;
	return 0;
}

/* ---- what has no port ---- */

static int
parse_place(struct targetspec *t, struct str s, const char **why)
{
	if (addr_range_parse(s.p, s.n, &t->first, &t->last) == 0) {
		t->kind = TARGETSPEC_RANGE;
		return 0;
	}
	if (looks_like_octets(s)) {
		if (parse_octets(t, s))
			return 0;
		*why = "no octet ranges: four numbers, ranges (1-9), lists "
		    "(1,5-9) or * with dots between, each from 0 to 255";
		return -1;
	}
	if (find(s, '%') != NULL && find(s, ':') != NULL) {
		*why = "a zone is no part of a target: leave out the % and "
		    "what follows, and name the interface to the scanner";
		return -1;
	}
	if (find(s, '/') != NULL) {
		*why = "no prefix: it is an address, a slash and a length "
		    "(up to 32 for IPv4, 128 for IPv6)";
		return -1;
	}
	if (find(s, ':') != NULL) {
		*why = "no IPv6 address; with a port it is [address]:port";
		return -1;
	}
	return parse_name(t, s, why);
}

static const char bad_port[] = "the port is a number from 0 to 65535";

/* "[2001:db8::1]", with or without :port. */
static int
parse_bracket(struct targetspec *t, struct str s, const char **why)
{
	const char *end = find(s, ']');
	struct str in, rest;

	if (end == NULL) {
		*why = "a '[' without its ']': an IPv6 address with a port is "
		    "[address]:port";
		return -1;
	}
	in = (struct str){ s.p + 1, (size_t)(end - s.p) - 1 };
	rest = from(s, end + 1);
	if (find(in, ':') == NULL) {
		*why = "brackets go round IPv6 addresses only";
		return -1;
	}
	if (parse_place(t, in, why) == -1)
		return -1;
	if (rest.n == 0)
		return 0;
	t->has_port = rest.p[0] == ':' && parse_port(from(rest, rest.p + 1),
	    &t->port);
	*why = bad_port;
	return t->has_port ? 0 : -1;
}

/* A place, with or without :port. */
static int
parse_endpoint(struct targetspec *t, struct str s, const char **why)
{
	const char *colon = find(s, ':');

	if (s.n > 0 && s.p[0] == '[')
		return parse_bracket(t, s, why);
	if (colon == NULL || find(from(s, colon + 1), ':') != NULL)
		return parse_place(t, s, why);
	t->has_port = true;
	if (!parse_port(from(s, colon + 1), &t->port)) {
		*why = bad_port;
		return -1;
	}
	s.n = (size_t)(colon - s.p);
	return parse_place(t, s, why);
}

/* ---- URLs ---- */

struct scheme {
	const char		*name;
	uint16_t		 port;
	enum targetspec_proto	 proto;
};

/* The registered default ports of the schemes that hosts are written with. */
static const struct scheme schemes[] = {
	{ "https", 443, TARGETSPEC_TCP }, { "http", 80, TARGETSPEC_TCP },
	{ "amqp", 5672, TARGETSPEC_TCP }, { "amqps", 5671, TARGETSPEC_TCP },
	{ "coap", 5683, TARGETSPEC_UDP }, { "coaps", 5684, TARGETSPEC_UDP },
	{ "dns", 53, TARGETSPEC_UDP }, { "ftp", 21, TARGETSPEC_TCP },
	{ "ftps", 990, TARGETSPEC_TCP }, { "git", 9418, TARGETSPEC_TCP },
	{ "gopher", 70, TARGETSPEC_TCP }, { "imap", 143, TARGETSPEC_TCP },
	{ "imaps", 993, TARGETSPEC_TCP }, { "ipp", 631, TARGETSPEC_TCP },
	{ "ipps", 631, TARGETSPEC_TCP }, { "irc", 6667, TARGETSPEC_TCP },
	{ "ircs", 6697, TARGETSPEC_TCP }, { "ldap", 389, TARGETSPEC_TCP },
	{ "ldaps", 636, TARGETSPEC_TCP }, { "mongodb", 27017, TARGETSPEC_TCP },
	{ "mqtt", 1883, TARGETSPEC_TCP }, { "mqtts", 8883, TARGETSPEC_TCP },
	{ "mysql", 3306, TARGETSPEC_TCP }, { "nfs", 2049, TARGETSPEC_TCP },
	{ "nntp", 119, TARGETSPEC_TCP }, { "nntps", 563, TARGETSPEC_TCP },
	{ "ntp", 123, TARGETSPEC_UDP }, { "pop3", 110, TARGETSPEC_TCP },
	{ "pop3s", 995, TARGETSPEC_TCP }, { "postgres", 5432, TARGETSPEC_TCP },
	{ "postgresql", 5432, TARGETSPEC_TCP },
	{ "rdp", 3389, TARGETSPEC_TCP }, { "redis", 6379, TARGETSPEC_TCP },
	{ "rediss", 6379, TARGETSPEC_TCP }, { "rsync", 873, TARGETSPEC_TCP },
	{ "rtmp", 1935, TARGETSPEC_TCP }, { "rtsp", 554, TARGETSPEC_TCP },
	{ "rtsps", 322, TARGETSPEC_TCP }, { "sftp", 22, TARGETSPEC_TCP },
	{ "sip", 5060, TARGETSPEC_UDP }, { "sips", 5061, TARGETSPEC_TCP },
	{ "smb", 445, TARGETSPEC_TCP }, { "smtp", 25, TARGETSPEC_TCP },
	{ "smtps", 465, TARGETSPEC_TCP }, { "snmp", 161, TARGETSPEC_UDP },
	{ "ssh", 22, TARGETSPEC_TCP }, { "stun", 3478, TARGETSPEC_UDP },
	{ "svn", 3690, TARGETSPEC_TCP }, { "telnet", 23, TARGETSPEC_TCP },
	{ "tftp", 69, TARGETSPEC_UDP }, { "vnc", 5900, TARGETSPEC_TCP },
	{ "ws", 80, TARGETSPEC_TCP }, { "wss", 443, TARGETSPEC_TCP },
	{ "xmpp", 5222, TARGETSPEC_TCP },
};

static const struct scheme *
find_scheme(struct str name)
{
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strlen(schemes[i].name) == name.n &&
		    strncasecmp(schemes[i].name, name.p, name.n) == 0)
			return &schemes[i];
	return NULL;
}

/* RFC 3986, 3.2: scheme "://" [ userinfo "@" ] host [ ":" port ] ... */
static int
parse_url(struct targetspec *t, struct str s, const char *mark,
    const char **why)
{
	const struct scheme *sch;
	struct str auth = from(s, mark + 3);
	size_t i;

	sch = find_scheme((struct str){ s.p, (size_t)(mark - s.p) });
	for (i = 0; i < auth.n && strchr("/?#", auth.p[i]) == NULL; i++)
		;
	auth.n = i;
	while (i > 0 && auth.p[i - 1] != '@')
		i--;
	auth = from(auth, auth.p + i);
	/* "http://host:/" has an empty port, which is the default one */
	if (auth.n > 0 && auth.p[auth.n - 1] == ':')
		auth.n--;
	*why = "a URL without a host";
	if (auth.n == 0 || parse_endpoint(t, auth, why) == -1)
		return -1;
	if (sch != NULL)
		t->proto = sch->proto;
	if (!t->has_port) {
		if (sch == NULL) {
			*why = "no default port is known for this kind of "
			    "URL: write it as host:port";
			return -1;
		}
		t->port = sch->port;
		t->has_port = true;
	}
	return 0;
}

/* ---- CSV ---- */

/* A field, without blanks around it and without a pair of quotes. */
static struct str
csv_field(struct str *rest)
{
	struct str f;

	if (rest->p == NULL)
		return STR_NONE;
	f = str_trim(str_cut(rest, ','));
	if (f.n >= 2 && f.p[0] == '"' && f.p[f.n - 1] == '"')
		f = (struct str){ f.p + 1, f.n - 2 };
	return f.n == 0 ? STR_NONE : f;
}

/* zgrab2's: ip (or a prefix), host, tag, port; any may be empty. */
static int
parse_csv(struct targetspec *t, struct str s, const char **why)
{
	struct str ip = csv_field(&s), host = csv_field(&s);
	struct str tag = csv_field(&s), port = csv_field(&s);
	struct targetspec name = { 0 };

	*why = "text with commas is ip,host,tag,port: write a list one target "
	    "a line";
	if (s.p != NULL || (ip.p == NULL && host.p == NULL))
		return -1;
	if (host.p != NULL && parse_name(&name, host, why) == -1) {
		*why = "the second of ip,host,tag,port is no name: write a "
		    "list one target a line";
		return -1;
	}
	if (ip.p == NULL)
		*t = name;
	else if (addr_range_parse(ip.p, ip.n, &t->first, &t->last) == -1) {
		*why = "the first of ip,host,tag,port is no address: leave it "
		    "empty for a host without one";
		return -1;
	}
	t->host = host;
	t->tag = tag;
	if (port.p == NULL)
		return 0;
	t->has_port = parse_port(port, &t->port);
	*why = bad_port;
	return t->has_port ? 0 : -1;
}

int
targetspec_parse(struct targetspec *t, struct str s, const char **why)
{
	const char *mark;

	*t = (struct targetspec){ 0 };
	if (addr_range_parse(s.p, s.n, &t->first, &t->last) == 0)
		return 0;
	if ((mark = find(s, ':')) != NULL && mark > s.p &&
	    from(s, mark).n >= 3 && memcmp(mark, "://", 3) == 0)
		return parse_url(t, s, mark, why);
	if (find(s, ',') != NULL && (mark == NULL ||
	    !looks_like_octets((struct str){ s.p, (size_t)(mark - s.p) })) &&
	    !looks_like_octets(s))
		return parse_csv(t, s, why);
	return parse_endpoint(t, s, why);
}

/* ---- masscan -oL ---- */

static struct str
next_word(struct str *s)
{
	struct str w;

	*s = str_trim(*s);
	w = (struct str){ s->p, 0 };
	while (w.n < s->n && s->p[w.n] != ' ' && s->p[w.n] != '\t')
		w.n++;
	*s = from(*s, s->p + w.n);
	return w;
}

int
targetspec_masscan(struct targetspec *t, struct str s, const char **why)
{
	struct str state = next_word(&s), proto = next_word(&s);
	struct str port = next_word(&s), ip = next_word(&s);

	if (!str_is(state, "open") && !str_is(state, "closed") &&
	    !str_is(state, "banner"))
		return 0;
	*t = (struct targetspec){ 0 };
	if (str_is(proto, "tcp"))
		t->proto = TARGETSPEC_TCP;
	else if (str_is(proto, "udp"))
		t->proto = TARGETSPEC_UDP;
	else if (!str_is(proto, "icmp") && !str_is(proto, "arp") &&
	    !str_is(proto, "sctp") && !str_is(proto, "oproto"))
		return 0;
	*why = "not the columns of masscan -oL: state, protocol, port, address";
	if (addr_range_parse(ip.p, ip.n, &t->first, &t->last) == -1)
		return -1;
	if (t->proto == TARGETSPEC_ANY)
		return 1;
	t->has_port = parse_port(port, &t->port);
	return t->has_port ? 1 : -1;
}
