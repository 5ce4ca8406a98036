/* nmap -oG, and masscan's own version of it. */
#include "meaning/foreign_priv.h"

#include <string.h>

/* The parts of a port between slashes. */
enum { NUMBER, STATE, PROTO, OWNER, SERVICE, RPC, VERSION, NPART };

static bool
starts(struct str s, const char *z)
{
	size_t n = strlen(z);

	return s.n >= n && memcmp(s.p, z, n) == 0;
}

/* Cuts the text up to `sep` off, and says whether it was there. */
static bool
cut(struct str *rest, char sep, struct str *part)
{
	*part = str_cut(rest, sep);
	return rest->p != NULL;
}

/* ---- the last line ---- */

/* The number in front of a word, such as "2 IP address". */
static struct str
number_before(struct str s, const char *word)
{
	const char *at = memmem(s.p, s.n, word, strlen(word)), *p = at;

	while (p > s.p && ((p[-1] >= '0' && p[-1] <= '9') || p[-1] == '.'))
		p--;
	return at == NULL ? STR_NONE : (struct str){ p, (size_t)(at - p) };
}

static void
set_number(struct foreign *in, const char *key, struct str v)
{
	uint64_t n;

	if (v.n > 0 && num_scan_u64(v.p, v.n, &n) == v.n)
		rec_set_u64(&in->r, key, n);
}

static void
done(struct foreign *in, struct str line)
{
	struct str hosts = number_before(line, " IP address"), up, seconds;
	uint64_t n, k;

	in->ended = true;
	foreign_stat(in, starts(line, "# Nmap") ? "nmap" : "masscan",
	    !in->damaged);
	up = number_before(line, " host");
	set_number(in, "hosts", hosts);
	set_number(in, "up", up);
	if (hosts.n > 0 && up.n > 0 &&
	    num_scan_u64(hosts.p, hosts.n, &n) == hosts.n &&
	    num_scan_u64(up.p, up.n, &k) == up.n && k <= n)
		rec_set_u64(&in->r, "down", n - k);
	seconds = number_before(line, " seconds");
	if (seconds.n > 0 && memchr("0123456789", seconds.p[0], 10) != NULL)
		foreign_field(in, "seconds", seconds);
	foreign_put(in);
}

static void
comment(struct foreign *in, struct str line)
{
	if (memmem(line.p, line.n, "scan initiated", 14) != NULL)
		in->begun = true;
	else if (starts(line, "# Nmap done at") ||
	    starts(line, "# Masscan done at"))
		done(in, line);
}

/* ---- a host ---- */

struct line {
	struct str	ip, name, time;
};

/* One port off the list; false when it is none. Slashes in a version are '|',
 * so seven of them end a port; masscan leaves the version out. */
static bool
take_port(struct str *rest, struct str part[NPART])
{
	size_t i;

	for (i = 0; i < NPART; i++)
		part[i] = STR_NONE;
	for (i = 0; i < NPART; i++) {
		if (i == VERSION && (rest->n == 0 || *rest->p == ','))
			break;
		if (!cut(rest, '/', &part[i]))
			return false;
	}
	if (rest->n > 0 && *rest->p == ',')
		rest->p++, rest->n--;
	else if (rest->n > 0 && *rest->p != ' ')
		return false;
	while (rest->n > 0 && *rest->p == ' ')
		rest->p++, rest->n--;
	return true;
}

static void
put_port(struct foreign *in, const struct line *l, const struct str *part)
{
	struct str service = part[SERVICE], before, after;

	if (!foreign_begin(in, l->ip, part[NUMBER], part[PROTO], part[STATE]))
		return;
	foreign_field(in, "host", l->name);
	foreign_time(in, l->time);
	after = service;
	before = str_cut(&after, '|');
	if (str_is(before, "ssl") && after.p != NULL) {
		rec_set(&in->r, "tunnel", STR("ssl"));
		service = after;
	}
	foreign_field(in, "service", service);
	foreign_field(in, "product", part[VERSION]);
	foreign_put(in);
}

static void
ports(struct foreign *in, const struct line *l, struct str list)
{
	struct str part[NPART];

	list = str_trim(list);
	while (list.n > 0) {
		if (!take_port(&list, part)) {
			foreign_complain(in, "a port that is cut off or none: "
			    "nmap writes 22/open/tcp//ssh///");
			return;
		}
		put_port(in, l, part);
	}
}

/* "1/open/icmp/, 6/open/tcp/": IP protocols. */
static void
protocols(struct foreign *in, const struct line *l, struct str list)
{
	struct str number, state, name;

	for (list = str_trim(list); list.n > 0; list = str_trim(list)) {
		if (!cut(&list, '/', &number) || !cut(&list, '/', &state) ||
		    !cut(&list, '/', &name)) {
			foreign_complain(in, "a protocol that is cut off or "
			    "none: nmap writes 6/open/tcp/");
			return;
		}
		if (list.n > 0 && *list.p == ',')
			list.p++, list.n--;
		if (!foreign_begin(in, l->ip, number, STR("ip"), state))
			continue;
		foreign_field(in, "host", l->name);
		foreign_field(in, "service", name);
		foreign_put(in);
	}
}

static void
status(struct foreign *in, const struct line *l, struct str text)
{
	struct str state = str_is(text, "Up") ? STR("up") :
	    str_is(text, "Down") ? STR("down") : STR_NONE;

	if (state.n == 0) {
		foreign_complain(in, "a status that is neither Up nor Down");
		return;
	}
	if (!foreign_begin(in, l->ip, STR_NONE, STR("host"), state))
		return;
	foreign_field(in, "host", l->name);
	foreign_put(in);
}

/* "OS: Linux 4.15|Linux 5.4": as good as each other. */
static void
operating_system(struct foreign *in, const struct line *l, struct str text)
{
	if (!foreign_begin(in, l->ip, STR_NONE, STR("host"), STR("up")))
		return;
	foreign_field(in, "host", l->name);
	foreign_field(in, "os", str_cut(&text, '|'));
	foreign_put(in);
}

/* masscan: "Port: 22 <TAB> Service: ssh <TAB> Banner: ..." */
static void
banner(struct foreign *in, const struct line *l, struct str port,
    struct str rest)
{
	struct str part;

	if (!foreign_begin(in, l->ip, port, STR("tcp"), STR("open")))
		return;
	while (rest.p != NULL) {
		part = str_cut(&rest, '\t');
		if (starts(part, "Service: "))
			foreign_field(in, "service",
			    (struct str){ part.p + 9, part.n - 9 });
		else if (starts(part, "Banner: "))
			foreign_field(in, "banner",
			    (struct str){ part.p + 8, part.n - 8 });
	}
	foreign_put(in);
}

/* "192.0.2.7 (name)" */
static bool
take_host(struct line *l, struct str text)
{
	l->ip = str_word(&text);
	if (text.n < 2 || text.p[0] != '(' || text.p[text.n - 1] != ')')
		return false;
	l->name = (struct str){ text.p + 1, text.n - 2 };
	return true;
}

static void
parts(struct foreign *in, const struct line *l, struct str rest)
{
	struct str part, key;

	while (rest.p != NULL) {
		part = str_cut(&rest, '\t');
		key = str_cut(&part, ':');
		if (part.p == NULL) {
			foreign_complain(in, "a part without its name, such as "
			    "'Ports: '");
			return;
		}
		part = str_trim(part);
		if (str_is(key, "Status"))
			status(in, l, part);
		else if (str_is(key, "Ports"))
			ports(in, l, part);
		else if (str_is(key, "OS"))
			operating_system(in, l, part);
		else if (str_is(key, "Protocols"))
			protocols(in, l, part);
		else if (str_is(key, "Port")) {
			banner(in, l, part, rest);
			return;
		}
	}
}

static void
gnmap_line(struct foreign *in, struct str line)
{
	struct line l = { 0 };
	struct str part;

	if (line.n == 0)
		return;
	if (line.p[0] == '#') {
		comment(in, line);
		return;
	}
	part = str_cut(&line, '\t');
	if (starts(part, "Timestamp: ") && line.p != NULL) {
		l.time = (struct str){ part.p + 11, part.n - 11 };
		part = str_cut(&line, '\t');
	}
	if (!starts(part, "Host: ")) {
		foreign_complain(in, "a line of nmap -oG starts with 'Host: '");
		return;
	}
	if (!take_host(&l, (struct str){ part.p + 6, part.n - 6 }) ||
	    line.p == NULL) {
		foreign_complain(in, "a host without what was found: nmap "
		    "writes 'Host: 192.0.2.7 (name)', a TAB, and that");
		return;
	}
	parts(in, &l, line);
}

static void
gnmap_end(struct foreign *in)
{
	if (!in->begun || in->ended)
		return;
	foreign_complain(in, "the input ends before its 'done' line: it was "
	    "cut short");
	foreign_stat(in, "nmap", false);
	foreign_put(in);
}

const struct foreign_format foreign_gnmap = {
	.name = "gnmap",
	.about = "nmap -oG",
	.line = gnmap_line,
	.end = gnmap_end,
};
