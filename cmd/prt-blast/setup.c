#include "setup.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/msg.h"
#include "meaning/ports.h"
#include "meaning/reserved.h"
#include "world/datafile.h"

#define DEFAULT_PORTS	"top:1000"
/* What nmap asks by default. */
#define DEFAULT_PING	"icmp-echo,icmp-timestamp,syn-ping:443,ack-ping:80"

static int
bad_type(struct str name)
{
	msg_warn("-s %.*s: no such scan type; 'prt-blast --list-types' lists "
	    "them", STR_ARG(name));
	return -1;
}

int
setup_types(struct input *in, const char *types, uint8_t *flags)
{
	struct str rest = str_of(types), name;
	bool have_flags = false;
	size_t i;
	int type;

	while (rest.p != NULL) {
		name = str_cut(&rest, ',');
		if (str_is(name, "ping")) {
			in->ping = true;
			continue;
		}
		if ((type = scan_type_find(name, flags)) == -1)
			return bad_type(name);
		if (scan_types[type] == &scan_flags) {
			if (have_flags) {
				msg_warn("-s %s: flags: can be named once; run "
				    "prt-blast twice for two sets", types);
				return -1;
			}
			have_flags = true;
		}
		for (i = 0; i < in->ntypes; i++)
			if (in->types[i] == (unsigned)type)
				break;
		in->types[i] = (unsigned)type;
		if (i == in->ntypes)
			in->ntypes++;
	}
	return 0;
}

/* "icmp-echo" or "syn-ping:443": 0, or -1. */
static int
read_ping(struct ping_item *it, struct str item)
{
	struct str rest = item, name = str_cut(&rest, ':');
	uint64_t port = 0;
	uint8_t flags;
	int type = scan_type_find(name, &flags);

	if (type == -1)
		return -1;
	it->type = scan_types[type];
	if (it->type->proto != SCAN_HOST || it->type->on_link ||
	    it->type->ports != (rest.p != NULL))
		return -1;
	if (rest.p != NULL && (rest.n == 0 || num_scan_u64(rest.p, rest.n,
	    &port) != rest.n || port < 1 || port > 65535))
		return -1;
	it->port = (uint16_t)port;
	return 0;
}

int
setup_ping(struct input *in, const char *list)
{
	struct str rest = str_of(list != NULL ? list : DEFAULT_PING), item;

	if (list != NULL && !in->ping) {
		msg_warn("--ping %s: says what the type ping is: -s ping",
		    list);
		return -1;
	}
	while (rest.p != NULL) {
		item = str_trim(str_cut(&rest, ','));
		if (in->nask == PING_ITEMS) {
			msg_warn("--ping: %d questions are the most",
			    PING_ITEMS);
			return -1;
		}
		if (read_ping(&in->ask[in->nask++], item) == -1) {
			msg_warn("--ping: '%.*s': wants icmp-echo, "
			    "icmp-timestamp, icmp-mask, or syn-ping:443, "
			    "ack-ping:80 and udp-ping:40125 with their port",
			    STR_ARG(item));
			return -1;
		}
	}
	return 0;
}

int
setup_udp(const struct input *in, struct scan_params *sp)
{
	size_t i;
	int r = 0;

	for (i = 0; i < in->ntypes; i++)
		r |= scan_udp_ask(sp, scan_types[in->types[i]]);
	for (i = 0; in->ping && i < in->nask; i++)
		r |= scan_udp_ask(sp, in->ask[i].type);
	if (r != 0)
		msg_warn("udp and udp-ping in one scan: an answer does not "
		    "tell which of them it is for; run prt-blast once for "
		    "each, 'prt-blast -s udp-ping | prt-listen | prt-blast "
		    "-s udp'");
	return r;
}

/* Our own file, read with the privilege we still have: an ordinary user may not
 * reach a source tree in root's home. */
static int
read_data(const char *name, struct buf *text, char path[PATH_MAX])
{
	if (datafile_read(name, text, path, PATH_MAX) == 0)
		return 0;
	msg_warn("%s: %s; reinstall prt, or set PRT_DATADIR to its share "
	    "directory", path, strerror(errno));
	return -1;
}

static unsigned
protocols(const struct input *in)
{
	unsigned protos = 0;
	size_t i;

	for (i = 0; i < in->ntypes; i++)
		protos |= scan_types[in->types[i]]->udp ? PORTSPEC_UDP :
		    PORTSPEC_TCP;
	return protos == 0 ? PORTSPEC_TCP : protos;
}

/* A specification, by the text of share/ports where it needs that. */
static int
parse_ports(struct input *in, const char *spec, const struct buf *text,
    const char *path)
{
	struct ports ports = { 0 };
	struct portspec_error err;
	unsigned long line;
	const char *what;
	int r;

	if (text->n > 0 &&
	    ports_parse(&ports, text->p, text->n, &line, &what) == -1) {
		msg_at(path, line, "%s", what);
		ports_release(&ports);
		return -1;
	}
	r = portspec_parse(&in->ports, spec, protocols(in), &ports, &err);
	if (r == -1)
		msg_warn("-p %.*s: %s", (int)err.n, spec + err.at, err.what);
	ports_release(&ports);
	return r;
}

int
setup_ports(struct input *in, const char *spec)
{
	struct buf text = { 0 };
	char path[PATH_MAX];
	int r = -1;

	in->given_ports = spec != NULL;
	/* the default is read while it can be, and not parsed in vain */
	if (spec == NULL)
		return read_data("ports", &in->ports_text, path) == -1 ||
		    (in->ports_path = strdup(path)) == NULL ? -1 : 0;
	if (!portspec_wants_ports(spec) ||
	    read_data("ports", &text, path) == 0)
		r = parse_ports(in, spec, &text, path);
	buf_release(&text);
	return r;
}

int
setup_default_ports(struct input *in)
{
	int r;

	if (in->ports_text.n == 0)
		return 0;
	r = parse_ports(in, DEFAULT_PORTS, &in->ports_text, in->ports_path);
	buf_release(&in->ports_text);
	return r;
}

int
setup_reserved(struct input *in)
{
	struct buf text = { 0 };
	char path[PATH_MAX];
	unsigned long line;
	const char *what;
	int r = read_data("reserved", &text, path);

	if (r == 0 && (r = reserved_parse(&in->reserved, text.p, text.n, &line,
	    &what)) == -1)
		msg_at(path, line, "%s", what);
	buf_release(&text);
	return r;
}

int
setup_payloads(const struct scan_params *sp, struct payloads *ps)
{
	struct buf text = { 0 }, err = { 0 };
	char path[PATH_MAX];
	int r;

	if (sp->udp_of == SCAN_UDP_UNTOLD)
		return 0;
	r = read_data("udp-payloads", &text, path);
	if (r == 0 && (r = payloads_parse(ps, buf_view(&text), path,
	    &err)) == -1)
		msg_warn("%.*s", STR_ARG(buf_view(&err)));
	buf_release(&err);
	buf_release(&text);
	return r;
}
