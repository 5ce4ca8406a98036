#include "portarg.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/msg.h"
#include "meaning/ports.h"
#include "meaning/portspec.h"
#include "world/datafile.h"

/* "T:22,80,U:53" is "^T:22,^T:80,^U:53": behind a ^ a prefix is for one item. */
static void
put_excluded(struct buf *b, const char *list)
{
	struct str rest = str_of(list), item;
	char proto = '\0';

	while (rest.p != NULL) {
		item = str_trim(str_cut(&rest, ','));
		if (item.n > 1 && item.p[1] == ':') {
			proto = item.p[0];
			item.p += 2;
			item.n -= 2;
		}
		buf_puts(b, ",^");
		if (proto != '\0')
			buf_printf(b, "%c:", proto);
		buf_str(b, item);
	}
}

void
portarg_put(struct buf *b, const struct ask *a)
{
	if (a->ports != NULL)
		buf_puts(b, a->ports);
	else if (a->top != 0)
		buf_printf(b, "top:%llu", (unsigned long long)a->top);
	else if (a->fast)
		buf_puts(b, "top:100");
	else if (a->exclude_ports != NULL)
		buf_puts(b, "top:1000");
	if (a->exclude_ports != NULL)
		put_excluded(b, a->exclude_ports);
	buf_putc(b, '\0');
}

/* Does the scan ask TCP ports, UDP ports? */
static unsigned
protocols(const struct ask *a)
{
	unsigned p = 0;

	if (a->scans == 0 || a->scans & ~(unsigned)ASK_UDP)
		p |= PORTSPEC_TCP;
	if (a->scans & ASK_UDP)
		p |= PORTSPEC_UDP;
	return p;
}

/* Ports of a protocol that is not scanned are a slip, as often as not. */
static int
check_protocols(const struct ask *a, const struct portspec *s)
{
	unsigned p = protocols(a);

	if ((p & PORTSPEC_UDP) == 0 && s->set[PORTS_UDP].n > 0)
		msg_warn("-p %s: UDP ports are scanned by -sU: add it, or leave "
		    "them out", a->ports);
	else if ((p & PORTSPEC_TCP) == 0 && s->set[PORTS_TCP].n > 0)
		msg_warn("-p %s: -sU does not scan TCP ports: add -sS, or leave "
		    "them out", a->ports);
	else if ((p & PORTSPEC_UDP) != 0 && s->set[PORTS_UDP].n == 0)
		msg_warn("-p %s: -sU scans UDP ports, and there are none: add "
		    "some, as U:53, or leave -sU out", a->ports);
	else if ((p & PORTSPEC_TCP) != 0 && s->set[PORTS_TCP].n == 0)
		msg_warn("-p %s: there are no TCP ports to scan: add some, as "
		    "T:80, or scan by -sU alone", a->ports);
	else
		return 0;
	return -1;
}

static int
parse(const struct ask *a, const char *spec, const struct ports *ports)
{
	struct portspec s = { 0 };
	struct portspec_error err;
	int r = 0;

	if (portspec_parse(&s, spec, protocols(a), ports, &err) == -1) {
		msg_warn("-p %s: at character %zu, '%.*s': %s", spec,
		    err.at + 1, (int)err.n, spec + err.at, err.what);
		return -1;
	}
	if (a->ports != NULL)
		r = check_protocols(a, &s);
	portspec_release(&s);
	return r;
}

int
portarg_check(const struct ask *a)
{
	struct buf spec = { 0 }, text = { 0 };
	struct ports ports = { 0 };
	char path[PATH_MAX];
	unsigned long line;
	const char *what;
	int r = -1;

	portarg_put(&spec, a);
	if (spec.oom) {
		msg_warn("out of memory");
		goto out;
	}
	if (spec.n == 1) {
		r = 0;
		goto out;
	}
	if (datafile_read("ports", &text, path, sizeof(path)) == -1) {
		msg_warn("%s: %s; reinstall prt, or set PRT_DATADIR to its "
		    "share directory", path, strerror(errno));
		goto out;
	}
	if (ports_parse(&ports, text.p, text.n, &line, &what) == -1) {
		msg_at(path, line, "%s", what);
		goto out;
	}
	r = parse(a, spec.p, &ports);
out:
	ports_release(&ports);
	buf_release(&text);
	buf_release(&spec);
	return r;
}
