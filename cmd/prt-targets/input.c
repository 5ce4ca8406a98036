#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/esc.h"
#include "base/msg.h"
#include "meaning/portspec.h"
#include "meaning/record.h"
#include "meaning/targetspec.h"
#include "pure/addr.h"
#include "world/recio.h"

/* Names that are asked for at the same time. */
#define MAX_PENDING	2000

/* Where an item comes from; file is NULL for the command line. */
struct source {
	const char	*file;
	unsigned long	 line;
};

/* One target, whatever form it had. */
struct item {
	struct targetspec	 spec;
	struct portset		 ports;		/* none: a host */
	enum targetspec_proto	 proto;
	struct str		 host, tag;	/* text form */
	struct str		 text;		/* for messages */
};

/* Which groups a target goes to: one for each protocol. */
struct want {
	int			 n;
	enum target_kind	 kind[PORTS_NPROTO];
	uint32_t		 group[PORTS_NPROTO];
};

/* A name on its way through DNS. */
struct question {
	struct input	*in;
	struct source	 src;
	struct want	 want;
	uint32_t	 host, tag;
};

/* ---- messages ---- */

static int
out_of_memory(void)
{
	msg_warn("out of memory");
	return -1;
}

/* One bad item: what it is, and why. */
static int __attribute__((format(printf, 4, 5)))
complain(struct input *in, struct source src, struct str text,
    const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (text.n > 80)
		text.n = 80;
	msg_at(src.file, src.line, "'%.*s': %s", STR_ARG(text), why);
	in->bad++;
	return in->strict ? -1 : 0;
}

/* ---- adding ---- */

static bool
touches(const struct rangeset *s, u128 first, u128 last)
{
	size_t lo = 0, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->r[mid].last < first)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && s->r[lo].first <= last;
}

/* Says so when some of in->ranges are reserved and not excluded anyway. */
static int
check_reserved(struct input *in, struct source src, struct str text)
{
	struct rangeset bad = { 0 };
	char at[ADDR_FMT + 1], count[NUM_FMT_U128 + 1];
	size_t i;
	int r = 0;

	for (i = 0; i < in->ranges.n; i++)
		if (touches(in->reserved, in->ranges.r[i].first,
		    in->ranges.r[i].last))
			break;
	if (i == in->ranges.n)
		return 0;
	rangeset_normalise(&in->ranges);
	if (rangeset_intersect(&bad, &in->ranges, in->reserved) == -1 ||
	    rangeset_subtract(&bad, in->exclude) == -1)
		r = out_of_memory();
	else if (bad.n > 0) {
		at[addr_fmt(at, bad.r[0].first)] = '\0';
		count[num_fmt_u128(count, rangeset_count(&bad))] = '\0';
		r = complain(in, src, text, "%s reserved address%s (first %s) "
		    "left out: --allow-reserved scans, --exclude silences",
		    count, rangeset_count(&bad) == 1 ? "" : "es", at);
	}
	rangeset_release(&bad);
	return r;
}

static int
collect(void *arg, u128 first, u128 last)
{
	return rangeset_add(arg, first, last);
}

/* Puts in->ranges where they belong. */
static int
add_ranges(struct input *in, struct source src, struct str text,
    const struct want *want, uint32_t host, uint32_t tag)
{
	size_t i;
	int k;

	if (in->excluding) {
		for (i = 0; i < in->ranges.n; i++)
			if (rangeset_add(in->exclude, in->ranges.r[i].first,
			    in->ranges.r[i].last) == -1)
				return out_of_memory();
		return 0;
	}
	if (check_reserved(in, src, text) == -1)
		return -1;
	for (k = 0; k < want->n; k++)
		for (i = 0; i < in->ranges.n; i++)
			if (targetset_add(in->ts, want->kind[k],
			    want->group[k], in->ranges.r[i].first,
			    in->ranges.r[i].last, host, tag) == -1)
				return out_of_memory();
	return 0;
}

static int
find_groups(struct input *in, const struct item *it, struct want *want)
{
	static const enum target_kind kinds[] = {
		[PORTS_TCP] = TARGET_TCP, [PORTS_UDP] = TARGET_UDP,
	};
	unsigned protos = in->protos;
	const struct portrange *r = it->ports.r;
	int i, bad;

	want->n = 0;
	if (it->ports.n == 0) {
		want->kind[0] = TARGET_HOST;
		want->group[0] = 0;
		want->n = 1;
		return 0;
	}
	if (it->proto != TARGETSPEC_ANY)
		protos = it->proto == TARGETSPEC_TCP ? PORTSPEC_TCP :
		    PORTSPEC_UDP;
	for (i = 0; i < PORTS_NPROTO; i++) {
		if ((protos & 1u << i) == 0)
			continue;
		want->kind[want->n] = kinds[i];
		if (it->ports.n == 1 && r->lo == r->hi)
			bad = targetset_port(in->ts, kinds[i], r->lo,
			    &want->group[want->n]);
		else
			bad = targetset_ports(in->ts, kinds[i], &it->ports,
			    &want->group[want->n]);
		if (bad == -1)
			return out_of_memory();
		want->n++;
	}
	return 0;
}

/* ---- names ---- */

static void
answered(void *arg, const u128 *addr, size_t n, const char *why)
{
	struct question *q = arg;
	struct input *in = q->in;
	struct str name = target_text(in->ts, q->host);
	size_t i;

	if (*in->stop || in->failed)
		goto out;
	if (n == 0) {
		if (complain(in, q->src, name, "%s", why) == -1)
			in->failed = true;
		goto out;
	}
	in->ranges.n = 0;
	for (i = 0; i < (in->first ? 1 : n) && !in->failed; i++)
		in->failed = collect(&in->ranges, addr[i], addr[i]) == -1;
	if (in->failed)
		out_of_memory();
	else
		in->failed = add_ranges(in, q->src, name, &q->want, q->host,
		    q->tag) == -1;
out:
	free(q);
}

static int
start_resolver(struct input *in, struct source src, struct str name)
{
	struct resolve_conf conf = {
		.family = in->family, .servers = in->servers,
		.max_pending = MAX_PENDING, .answer = answered,
	};
	const char *why;

	in->res = resolve_new(&conf, &why);
	if (in->res != NULL)
		return 0;
	msg_at(src.file, src.line, "'%.*s': %s", STR_ARG(name), why);
	return -1;
}

static int
ask(struct input *in, struct source src, const struct item *it,
    struct question q)
{
	struct question *p;

	if (in->no_resolve)
		return complain(in, src, it->text, "a name, and -n (or "
		    "--no-resolve) resolves none: give its address");
	if (in->res == NULL && start_resolver(in, src, it->spec.host) == -1)
		return -1;
	if ((p = malloc(sizeof(*p))) == NULL)
		return out_of_memory();
	*p = q;
	if (resolve_ask(in->res, it->spec.host, p) == -1) {
		msg_warn("cannot ask for names: %s", strerror(errno));
		return -1;
	}
	return in->failed ? -1 : 0;
}

/* ---- one item ---- */

static int
add_item(struct input *in, struct source src, struct item *it)
{
	struct question q = { .in = in, .src = src };
	struct targetspec *t = &it->spec;

	if (in->excluding && it->ports.n > 0)
		return complain(in, src, it->text, "an exclude is a whole "
		    "host: ports are excluded with -p, as in -p 1-1024,^80");
	if (t->kind == TARGETSPEC_OCTETS &&
	    targetspec_nranges(t) > TARGETSPEC_MAX_RANGES)
		return complain(in, src, it->text, "more than a million "
		    "separate ranges: write it in smaller parts");
	if (find_groups(in, it, &q.want) == -1)
		return -1;
	if (targetset_text(in->ts, it->host, &q.host) == -1 ||
	    targetset_text(in->ts, it->tag, &q.tag) == -1)
		return out_of_memory();
	if (t->kind == TARGETSPEC_NAME)
		return ask(in, src, it, q);
	in->ranges.n = 0;
	if (targetspec_each(t, collect, &in->ranges) != 0)
		return out_of_memory();
	return add_ranges(in, src, it->text, &q.want, q.host, q.tag);
}

/* A single port is a set of one, without allocation. */
static void
set_port(struct item *it, struct portrange *one)
{
	if (!it->spec.has_port)
		return;
	*one = (struct portrange){ it->spec.port, it->spec.port, 0 };
	it->ports = (struct portset){ one, 1, 1 };
	it->proto = it->spec.proto;
}

/* What targetspec_parse() or targetspec_masscan() understood. */
static int
add_spec(struct input *in, struct source src, struct item *it)
{
	struct buf host = { 0 }, tag = { 0 };
	struct portrange one;
	int r = -1;

	set_port(it, &one);
	if (it->spec.host.p != NULL) {
		esc_put(&host, it->spec.host.p, it->spec.host.n);
		it->host = buf_view(&host);
	}
	if (it->spec.tag.p != NULL) {
		esc_put(&tag, it->spec.tag.p, it->spec.tag.n);
		it->tag = buf_view(&tag);
	}
	if (host.oom || tag.oom)
		out_of_memory();
	else
		r = add_item(in, src, it);
	buf_release(&host);
	buf_release(&tag);
	return r;
}

static int
add_text(struct input *in, struct source src, struct str text)
{
	struct item it = { .text = text };
	const char *why;

	if (targetspec_parse(&it.spec, text, &why) == -1)
		return complain(in, src, text, "%s", why);
	return add_spec(in, src, &it);
}

/* ---- records ---- */

/* The ports of a record, naabu's nested spelling too: NULL, or what is wrong. */
static const char *
record_ports(const struct record *r, struct item *it)
{
	struct str port = r->col[COL_PORT], proto = r->col[COL_PROTO];
	size_t bad;

	if (port.p == NULL)
		port = rec_get(r, "port.Port");
	if (proto.p == NULL)
		proto = rec_get(r, "protocol");
	if (port.p == NULL)
		return NULL;
	if (portset_parse(&it->ports, port.p, port.n, &bad) == -1)
		return "the port is a list such as 22,80,8000-8100, or - for "
		    "none";
	if (str_is(proto, "tcp"))
		it->proto = TARGETSPEC_TCP;
	else if (str_is(proto, "udp"))
		it->proto = TARGETSPEC_UDP;
	else if (proto.p != NULL)
		return "ports are of tcp or udp";
	return NULL;
}

static int
add_record(struct input *in, struct source src, const struct record *r,
    struct str line)
{
	struct item it = { .text = line };
	struct str ip = r->col[COL_IP];
	const char *why = NULL;
	int ret;

	if (targetspec_parse(&it.spec, ip, &why) == -1)
		return complain(in, src, ip, "%s", why);
	if (it.spec.has_port || it.spec.tag.p != NULL)
		return complain(in, src, ip, "the first column of a record is "
		    "an address, a range or a name");
	it.text = ip;
	it.host = rec_get(r, "host");
	it.tag = rec_get(r, "tag");
	if (it.host.p != NULL && str_eq(it.host, ip) &&
	    it.spec.kind != TARGETSPEC_NAME)
		it.host = STR_NONE;
	if (it.host.p == NULL && it.spec.kind == TARGETSPEC_NAME)
		it.host = ip;
	if ((why = record_ports(r, &it)) != NULL)
		ret = complain(in, src, line, "%s", why);
	else
		ret = add_item(in, src, &it);
	portset_release(&it.ports);
	return ret;
}

static int
scan_record(struct input *in, struct source src, struct record *r,
    struct str line)
{
	const char *why;

	rec_clear(r);
	if (rec_scan(r, line.p, line.n, &why) == -1)
		return complain(in, src, line, "%s", why);
	return r->kind == REC_DATA ? add_record(in, src, r, line) : 0;
}

/* ---- lines ---- */

/* A '#' at the start or behind a blank begins a comment; in a line with TABs,
 * whose values may have blanks, only one behind a TAB. */
static struct str
cut_comment(struct str s, bool tabs)
{
	size_t i, k;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '#')
			continue;
		for (k = i; tabs && k > 0 && s.p[k - 1] == ' '; k--)
			;
		if (k == 0 || s.p[k - 1] == '\t' ||
		    (!tabs && s.p[k - 1] == ' ')) {
			s.n = k;
			break;
		}
	}
	return str_trim(s);
}

static bool
is_port_column(struct str s)
{
	struct portset ports = { 0 };
	size_t bad;
	bool r = str_is(s, "-") || portset_parse(&ports, s.p, s.n, &bad) == 0;

	portset_release(&ports);
	return r;
}

/* CSV whose fields have blanks at their ends, or in quotes. */
static bool
is_csv(struct str s)
{
	size_t i;

	if (memchr(s.p, '"', s.n) != NULL)
		return true;
	for (i = 0; i + 1 < s.n; i++)
		if ((s.p[i] == ',' && s.p[i + 1] == ' ') ||
		    (s.p[i] == ' ' && s.p[i + 1] == ','))
			return true;
	return false;
}

/* A line with blanks and without TABs: masscan's, CSV with blanks, a record as
 * people type it, or several targets. */
static int
add_words(struct input *in, struct source src, struct record *r,
    struct str line)
{
	struct item it = { .text = line };
	struct str rest = line, word, second;
	const char *why;

	switch (targetspec_masscan(&it.spec, line, &why)) {
	case 1:
		return add_spec(in, src, &it);
	case -1:
		return complain(in, src, line, "%s", why);
	default:
		break;
	}
	if (is_csv(line))
		return add_text(in, src, line);
	str_cut(&rest, ' ');
	rest = str_trim(rest);
	second = str_cut(&rest, ' ');
	if (is_port_column(second))
		return scan_record(in, src, r, line);
	for (rest = line; rest.p != NULL; rest = str_trim(rest)) {
		word = str_cut(&rest, ' ');
		if (word.n > 0 && add_text(in, src, word) == -1)
			return -1;
	}
	return 0;
}

static int
add_line(struct input *in, struct source src, struct record *r,
    struct str line)
{
	bool tabs;

	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (line.p[0] == '{')
		return scan_record(in, src, r, line);
	tabs = memchr(line.p, '\t', line.n) != NULL;
	if (memchr(line.p, '#', line.n) != NULL || tabs)
		line = cut_comment(line, tabs);
	else
		line = str_trim(line);
	if (line.n == 0)
		return 0;
	if (tabs && memchr(line.p, '\t', line.n) != NULL)
		return scan_record(in, src, r, line);
	if (memchr(line.p, ' ', line.n) != NULL)
		return add_words(in, src, r, line);
	return add_text(in, src, line);
}

/* ---- files and words ---- */

static int
read_lines(struct input *in, struct recin *rin, struct record *r)
{
	struct source src = { rin->name, 0 };
	struct str line;
	long n;

	for (;;) {
		while (recin_line(rin, &line)) {
			src.line = rin->line;
			if (rin->toolong) {
				if (complain(in, src, STR("..."), "the line is "
				    "longer than 4 MiB") == -1)
					return -1;
			} else if (add_line(in, src, r, line) == -1)
				return -1;
		}
		if (rin->eof)
			return 0;
		while ((n = recin_fill(rin)) == -1 && errno == EINTR &&
		    !*in->stop)
			;
		if (*in->stop)
			return -1;
		if (n == -1) {
			msg_at(rin->name, 0, "%s", strerror(errno));
			return -1;
		}
	}
}

int
input_file(struct input *in, const char *path, bool excluding)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct record r = { 0 };
	struct recin rin;
	int fd, ret;

	in->excluding = excluding;
	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		msg_at(path, 0, "%s", strerror(errno));
		return -1;
	}
	recin_init(&rin, fd, is_stdin ? "stdin" : path);
	ret = read_lines(in, &rin, &r);
	recin_release(&rin);
	rec_release(&r);
	if (!is_stdin)
		close(fd);
	return ret;
}

int
input_word(struct input *in, const char *word, bool excluding)
{
	struct source src = { 0 };
	struct str rest = str_of(word);
	struct targetspec t;
	const char *why;

	in->excluding = excluding;
	rest = str_trim(rest);
	if (!excluding || memchr(word, ',', strlen(word)) == NULL ||
	    (targetspec_parse(&t, rest, &why) == 0 &&
	    t.kind == TARGETSPEC_OCTETS))
		return add_text(in, src, rest);
	while (rest.p != NULL)
		if (add_text(in, src, str_trim(str_cut(&rest, ','))) == -1)
			return -1;
	return 0;
}

int
input_finish(struct input *in)
{
	if (in->res != NULL && resolve_finish(in->res) == -1) {
		if (!*in->stop)
			msg_warn("cannot wait for names: %s", strerror(errno));
		return -1;
	}
	return *in->stop || in->failed ? -1 : 0;
}

void
input_release(struct input *in)
{
	resolve_free(in->res);
	rangeset_release(&in->ranges);
}
