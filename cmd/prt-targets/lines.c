/* Lines and words: which form each has, and what it says. */
#include "input_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/esc.h"
#include "base/msg.h"
#include "meaning/record.h"
#include "world/recio.h"

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
		input_oom();
	else
		r = input_add(in, src, it);
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
		return input_complain(in, src, text, "%s", why);
	return add_spec(in, src, &it);
}

/* ---- records ---- */

/* The protocol of a record: ours, or what naabu calls it, which in its older
 * versions is a number from tcp on. */
static struct str
record_proto(const struct record *r)
{
	struct str proto = r->col[COL_PROTO];

	if (proto.p == NULL)
		proto = rec_get(r, "protocol");
	if (proto.p == NULL)
		proto = rec_get(r, "port.Protocol");
	if (str_is(proto, "0"))
		return STR("tcp");
	return str_is(proto, "1") ? STR("udp") : proto;
}

/* NULL, or what is wrong with them. */
static const char *
record_ports(const struct record *r, struct item *it)
{
	struct str port = r->col[COL_PORT], proto = record_proto(r);
	size_t bad;

	if (port.p == NULL)
		port = rec_get(r, "port.Port");
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
		return input_complain(in, src, ip, "%s", why);
	if (it.spec.has_port || it.spec.tag.p != NULL)
		return input_complain(in, src, ip, "the first column of a record is "
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
		ret = input_complain(in, src, line, "%s", why);
	else
		ret = input_add(in, src, &it);
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
		return input_complain(in, src, line, "%s", why);
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
		return input_complain(in, src, line, "%s", why);
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
				if (input_complain(in, src, STR("..."), "the line is "
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
