/* masscan -oL, -oD and -oJ, as version 1.3.2 writes them. */
#include "meaning/foreign_priv.h"

#include <string.h>

/* What masscan says of a host by ICMP is a port 0 there. */
static bool
begin(struct foreign *in, struct str ip, struct str port, struct str proto,
    struct str state)
{
	if (!str_is(proto, "icmp"))
		return foreign_begin(in, ip, port, proto, state);
	return foreign_begin(in, ip, STR_NONE, STR("host"),
	    str_is(state, "open") ? STR("up") : state);
}

/* ---- the list ---- */

static void
list_line(struct foreign *in, struct str line)
{
	struct str kind, proto, port, ip, time, service;

	line = str_trim(line);
	if (line.n == 0)
		return;
	if (line.p[0] == '#') {
		in->begun |= str_is(line, "#masscan");
		in->ended |= str_is(line, "# end");
		return;
	}
	kind = str_word(&line);
	proto = str_word(&line);
	port = str_word(&line);
	ip = str_word(&line);
	time = str_word(&line);
	if (!str_is(kind, "open") && !str_is(kind, "closed") &&
	    !str_is(kind, "banner")) {
		foreign_complain(in, "a line of masscan -oL starts with open, "
		    "closed or banner");
		return;
	}
	if (time.n == 0) {
		foreign_complain(in, "a line of masscan -oL is such as "
		    "'open tcp 80 192.0.2.7 1764000000'");
		return;
	}
	if (!begin(in, ip, port, proto, str_is(kind, "banner") ?
	    STR("open") : kind))
		return;
	foreign_time(in, time);
	if (str_is(kind, "banner")) {
		service = str_word(&line);
		if (!str_is(service, "unknown"))
			foreign_field(in, "service", service);
		foreign_field(in, "banner", line);
	}
	foreign_put(in);
}

/* A list or array without its beginning is one that grep(1) has picked from. */
static void
end(struct foreign *in)
{
	if (!in->begun)
		return;
	if (!in->ended && !in->dead)
		foreign_complain(in, "the input ends before masscan's last "
		    "line: it was cut short");
	foreign_stat(in, "masscan", in->ended && !in->damaged);
	foreign_put(in);
}

const struct foreign_format foreign_masscan_list = {
	.name = "masscan-list",
	.about = "masscan -oL",
	.line = list_line,
	.end = end,
};

/* ---- an object a line ---- */

static void
ndjson_line(struct foreign *in, struct str line)
{
	struct str banner, service;
	bool is_banner;

	if (str_trim(line).n == 0 || !foreign_object(in, line))
		return;
	is_banner = str_is(foreign_member(in, "rec_type"), "banner");
	if (!begin(in, foreign_member(in, "ip"), foreign_member(in, "port"),
	    foreign_member(in, "proto"), is_banner ? STR("open") :
	    foreign_member(in, "data.status")))
		return;
	banner = foreign_member(in, "data.banner");
	service = foreign_member(in, "data.service_name");
	if (!is_banner)
		rec_set_column(&in->r, COL_REASON,
		    foreign_member(in, "data.reason"));
	foreign_field(in, "ttl", foreign_member(in, "data.ttl"));
	foreign_time(in, foreign_member(in, "timestamp"));
	if (!str_is(service, "unknown"))
		foreign_field(in, "service", service);
	foreign_field(in, "banner", banner);
	foreign_put(in);
}

const struct foreign_format foreign_masscan_ndjson = {
	.name = "masscan-ndjson",
	.about = "masscan -oD",
	.line = ndjson_line,
};

/* ---- one array ---- */

/* "ports.3.service.name" of the object. */
static struct str
port_member(const struct foreign *in, unsigned i, const char *name)
{
	char key[64];
	struct buf b = { .p = key, .cap = sizeof(key) };

	buf_puts(&b, "ports.");
	buf_u64(&b, i);
	buf_putc(&b, '.');
	buf_puts(&b, name);
	buf_putc(&b, '\0');
	return rec_get(&in->object, key);
}

/* False when the object has no such port. */
static bool
take_port(struct foreign *in, unsigned i)
{
	struct str port = port_member(in, i, "port"), state, service;

	if (port.n == 0)
		return false;
	state = port_member(in, i, "status");
	service = port_member(in, i, "service.name");
	if (!begin(in, foreign_member(in, "ip"), port,
	    port_member(in, i, "proto"), state.n > 0 ? state : STR("open")))
		return true;
	rec_set_column(&in->r, COL_REASON, port_member(in, i, "reason"));
	foreign_field(in, "ttl", port_member(in, i, "ttl"));
	foreign_time(in, foreign_member(in, "timestamp"));
	if (!str_is(service, "unknown"))
		foreign_field(in, "service", service);
	foreign_field(in, "banner", port_member(in, i, "service.banner"));
	foreign_put(in);
	return true;
}

static void
take_object(struct foreign *in)
{
	unsigned i;

	if (foreign_object(in, buf_view(&in->text)))
		for (i = 0; take_port(in, i); i++)
			;
	in->text.n = 0;
}

/* Of the array itself: brackets and commas. */
static void
between(struct foreign *in, char c)
{
	if (c == '[' && !in->begun)
		in->begun = true;
	else if (c == '{' && in->begun && !in->ended) {
		in->depth = 1;
		buf_putc(&in->text, c);
	} else if (c == ']' && in->begun)
		in->ended = true;
	else if (c != ',' && !str_is_blank(c) && c != '\n')
		foreign_die(in, "masscan -oJ is an array of objects, which "
		    "something else stands in here");
}

/* Of an object, as far as where it ends. */
static void
inside(struct foreign *in, char c)
{
	buf_putc(&in->text, c);
	if (in->escape)
		in->escape = false;
	else if (in->string) {
		in->escape = c == '\\';
		in->string = c != '"';
	} else if (c == '"')
		in->string = true;
	else if (c == '{')
		in->depth++;
	else if (c == '}' && --in->depth == 0)
		take_object(in);
	if (in->text.n > FOREIGN_MAX || in->text.oom)
		foreign_die(in, "an object of more than 4 MiB");
}

static void
json_piece(struct foreign *in, struct str piece)
{
	size_t i;

	for (i = 0; i < piece.n && !in->dead; i++) {
		if (in->depth == 0)
			between(in, piece.p[i]);
		else
			inside(in, piece.p[i]);
		if (piece.p[i] == '\n')
			in->line++;
	}
}

const struct foreign_format foreign_masscan_json = {
	.name = "masscan-json",
	.about = "masscan -oJ",
	.piece = json_piece,
	.end = end,
};
