/* A report for people: hosts in address order, a table of ports for each, and
 * what the scan says of itself at the end. */
#include "output.h"

#include "base/num.h"
#include "base/utf8.h"
#include "pure/addr.h"
#include "extras.h"
#include "host.h"
#include "report.h"
#include "summary.h"

enum { CELL_PORT, CELL_STATE, CELL_SERVICE, CELL_REASON, CELL_VERSION, NCELL };
/* Different names of one kind in the last line of a host. */
enum { NINFO = 8 };

/* One host while it is printed. */
struct page {
	struct sink	*sink;
	struct buf	*b;
	struct host	 host;
	bool		 services;	/* a port has a name to show */
	bool		 versions;	/* ... and what serves it */
	size_t		 width[NCELL];
};

/* What a terminal shows: characters, as far as one takes one cell. */
static size_t
width(struct str s)
{
	size_t i, k, n = 0;

	for (i = 0; i < s.n; i += k, n++)
		if ((k = utf8_printable(s.p + i, s.n - i)) == 0)
			k = 1;
	return n;
}

static void
colour(struct page *p, const char *sgr)
{
	if (p->sink->colour)
		buf_printf(p->b, "\033[%sm", sgr);
}

static const char *
state_colour(struct str state)
{
	if (str_is(state, "open") || str_is(state, "up"))
		return "32";
	if (str_is(state, "closed") || str_is(state, "down"))
		return "31";
	return "33";
}

static bool
summed_up(const struct page *p, const struct record *r)
{
	return !p->sink->all && host_is_one_of_many(&p->host, r);
}

/* ---- the table ---- */

/* "OpenSSH 9.2p1 (protocol 2.0)" */
static void
put_version(struct buf *b, const struct record *r)
{
	struct str product = rec_get(r, "product"), v = rec_get(r, "version"),
	    info = rec_get(r, "info");

	buf_str(b, product);
	if (v.n > 0) {
		buf_puts(b, product.n > 0 ? " " : "");
		buf_str(b, v);
	}
	if (info.n > 0) {
		buf_puts(b, product.n + v.n > 0 ? " (" : "(");
		buf_str(b, info);
		buf_putc(b, ')');
	}
}

/* "ssl/http"; "http?" when nothing but the port's number says so. */
static void
put_service(struct page *p, struct buf *b, const struct record *r, size_t i)
{
	struct str tunnel = rec_get(r, "tunnel"), name = host_service(
	    &p->sink->ports, r, p->host.rp->entry[i].key.port);

	if (tunnel.n > 0) {
		buf_str(b, tunnel);
		buf_putc(b, '/');
	}
	buf_str(b, name);
	if (name.n > 0 && str_is(rec_get(r, "method"), "table"))
		buf_putc(b, '?');
}

/* The cells of a port's row, which are texts in `made`. */
static void
cells(struct page *p, size_t i, const struct record *r, struct buf *made,
    struct str cell[NCELL])
{
	struct str ttl = rec_get(r, "ttl");
	size_t end[NCELL], k, at = 0;

	made->n = 0;
	buf_str(made, r->col[COL_PORT]);
	buf_putc(made, '/');
	buf_str(made, r->col[COL_PROTO]);
	end[CELL_PORT] = made->n;
	buf_str(made, r->col[COL_STATE]);
	end[CELL_STATE] = made->n;
	put_service(p, made, r, i);
	end[CELL_SERVICE] = made->n;
	buf_str(made, r->col[COL_REASON]);
	if (ttl.n > 0) {
		buf_puts(made, " ttl ");
		buf_str(made, ttl);
	}
	end[CELL_REASON] = made->n;
	put_version(made, r);
	end[CELL_VERSION] = made->n;
	for (k = 0; k < NCELL; at = end[k++])
		cell[k] = made->oom ? STR_NONE :
		    (struct str){ made->p + at, end[k] - at };
}

static void
put_cells(struct page *p, const struct str cell[NCELL], const char *sgr)
{
	size_t i, k;

	for (i = 0; i < NCELL; i++) {
		if ((i == CELL_SERVICE && !p->services) ||
		    (i == CELL_VERSION && !p->versions))
			continue;
		if (i == CELL_STATE && sgr != NULL)
			colour(p, sgr);
		buf_str(p->b, cell[i]);
		if (i == CELL_STATE && sgr != NULL)
			colour(p, "0");
		if (i < NCELL - 1)
			for (k = width(cell[i]); k < p->width[i] + 1; k++)
				buf_putc(p->b, ' ');
	}
	while (p->b->n > 0 && p->b->p[p->b->n - 1] == ' ')
		p->b->n--;
	buf_putc(p->b, '\n');
}

/* Fields that have their own place in the report, or would only be noise. */
static bool
has_place(struct str key)
{
	static const char *const name[] = {
		"attempt", "conf", "cpe", "device", "flags", "host", "hostname",
		"if", "info", "mac", "method", "os", "payload", "product",
		"ptr", "rtt", "scan", "service", "suspect", "tag", "time",
		"timedout", "ttl", "tunnel", "vendor", "version",
	};
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (str_is(key, name[i]))
			return true;
	return os_has(key);
}

/* The others, such as what a script found, follow the port's row. */
static void
put_fields(struct page *p, const struct record *r)
{
	struct extras e = { .r = r, .has_place = has_place };
	const size_t most = 400;
	struct str v;
	size_t k, n;

	while (extras_next(&e)) {
		v = e.value;
		buf_puts(p->b, "| ");
		buf_str(p->b, e.key);
		buf_puts(p->b, ": ");
		for (n = 0; n < v.n && n < most; n += k)
			if ((k = utf8_printable(v.p + n, v.n - n)) == 0)
				break;
		buf_put(p->b, v.p, n);
		buf_puts(p->b, n < v.n ? "...\n" : "\n");
	}
}

static void
measure_table(struct page *p, struct record *r, struct buf *made)
{
	static const size_t head[NCELL] = { 4, 5, 7, 6, 7 };
	struct str cell[NCELL];
	size_t i, k, w;

	memcpy(p->width, head, sizeof(head));
	for (i = p->host.from; i < p->host.to; i++) {
		if (p->host.rp->entry[i].key.proto == 0 || !host_record(&p->host, i, r) ||
		    summed_up(p, r))
			continue;
		cells(p, i, r, made, cell);
		p->services |= cell[CELL_SERVICE].n > 0;
		p->versions |= cell[CELL_VERSION].n > 0;
		for (k = 0; k < NCELL; k++)
			if ((w = width(cell[k])) > p->width[k])
				p->width[k] = w;
	}
}

static void
put_table(struct page *p, struct record *r)
{
	static const struct str head[NCELL] = {
		{ "PORT", 4 }, { "STATE", 5 }, { "SERVICE", 7 },
		{ "REASON", 6 }, { "VERSION", 7 },
	};
	struct str cell[NCELL];
	struct buf made = { 0 };
	size_t i;
	bool any = false;

	measure_table(p, r, &made);
	for (i = p->host.from; i < p->host.to; i++) {
		if (p->host.rp->entry[i].key.proto == 0 || !host_record(&p->host, i, r) ||
		    summed_up(p, r))
			continue;
		if (!any)
			put_cells(p, head, NULL);
		any = true;
		cells(p, i, r, &made, cell);
		put_cells(p, cell, state_colour(r->col[COL_STATE]));
		put_fields(p, r);
	}
	buf_release(&made);
}

/* ---- what services say of their host ---- */

/* Adds the parts of a list that are not there yet. */
static size_t
collect(struct str v, struct str have[NINFO], size_t n)
{
	struct str one;
	size_t i;

	while (v.n > 0) {
		one = str_cut(&v, ',');
		for (i = 0; i < n && !str_eq(have[i], one); i++)
			;
		if (i == n && n < NINFO)
			have[n++] = one;
	}
	return n;
}

/* "Service Info: Host: mail; OS: Linux; CPE: cpe:/o:linux:linux_kernel" */
static void
put_info(struct page *p, struct record *r)
{
	static const struct {
		const char	*key, *one, *more;
	} kind[] = {
		{ "hostname", "Host", "Hosts" }, { "os", "OS", "OSs" },
		{ "device", "Device", "Devices" }, { "cpe", "CPE", "CPE" },
	};
	enum { NKIND = sizeof(kind) / sizeof(kind[0]) };
	struct str have[NKIND][NINFO];
	size_t n[NKIND] = { 0 }, i, k, m;
	bool any = false;

	for (i = p->host.from; i < p->host.to; i++)
		if (p->host.rp->entry[i].key.proto != 0 &&
		    host_record(&p->host, i, r) && !summed_up(p, r))
			for (k = 0; k < NKIND; k++)
				n[k] = collect(rec_get(r, kind[k].key),
				    have[k], n[k]);
	for (k = 0; k < NKIND; k++) {
		if (n[k] == 0)
			continue;
		buf_printf(p->b, "%s%s: ", any ? "; " : "Service Info: ",
		    n[k] == 1 ? kind[k].one : kind[k].more);
		for (m = 0; m < n[k]; m++) {
			buf_puts(p->b, m > 0 ? ", " : "");
			buf_str(p->b, have[k][m]);
		}
		any = true;
	}
	if (any)
		buf_putc(p->b, '\n');
}

/* ---- its system ---- */

static void
put_items(struct page *p, const char *what, struct str list)
{
	if (list.n == 0)
		return;
	buf_puts(p->b, what);
	os_put_list(p->b, list);
	buf_putc(p->b, '\n');
}

/* "3.2 days" */
static void
put_uptime(struct page *p, struct str seconds)
{
	uint64_t v;

	if (seconds.n == 0 || num_scan_u64(seconds.p, seconds.n, &v) == 0)
		return;
	buf_printf(p->b, "Up for: %llu.%llu days\n",
	    (unsigned long long)(v / 86400),
	    (unsigned long long)(v % 86400 / 8640));
}

static void
put_os(struct page *p)
{
	const struct host_os *os = &p->host.os;

	if (os->name.n > 0) {
		buf_puts(p->b, "OS: ");
		colour(p, "1");
		buf_str(p->b, os->name);
		colour(p, "0");
		if (os->conf.n > 0) {
			buf_puts(p->b, " (");
			buf_str(p->b, os->conf);
			buf_puts(p->b, "%)");
		}
		buf_putc(p->b, '\n');
	}
	put_items(p, "OS matches: ", os->matches);
	put_items(p, "OS CPE: ", os->cpe);
	put_items(p, "Device type: ", os->type);
	put_uptime(p, os->uptime);
	if (os->distance.n > 0) {
		buf_puts(p->b, "Distance: ");
		buf_str(p->b, os->distance);
		buf_puts(p->b, str_is(os->distance, "1") ? " hop\n" :
		    " hops\n");
	}
	os_put_print(p->b, os);
}

/* ---- the host ---- */

static void
put_latency(struct page *p)
{
	struct str s = p->host.rtt;

	if (s.n == 0)
		return;
	buf_puts(p->b, ", ");
	buf_str(p->b, s);
	buf_puts(p->b, " s latency");
}

static void
put_suspect(struct page *p)
{
	if (p->host.suspect.n == 0)
		return;
	buf_puts(p->b, "Every port of it answers as open: a ");
	buf_str(p->b, p->host.suspect);
	buf_puts(p->b, " or a trap, by the look of it.\n");
}

/* In nmap's words. */
static void
put_timeout(struct page *p)
{
	char text[ADDR_FMT];

	if (!p->host.timedout)
		return;
	buf_puts(p->b, "Skipping host ");
	buf_put(p->b, text, addr_fmt(text,
	    p->host.rp->entry[p->host.from].key.addr));
	buf_puts(p->b, " due to host timeout\n");
}

static void
put_mac(struct page *p)
{
	if (p->host.mac.n == 0)
		return;
	buf_puts(p->b, "MAC address: ");
	buf_str(p->b, p->host.mac);
	if (p->host.vendor.n > 0) {
		buf_puts(p->b, " (");
		buf_str(p->b, p->host.vendor);
		buf_putc(p->b, ')');
	}
	buf_putc(p->b, '\n');
}

static void
put_state(struct page *p)
{
	if (p->host.state.p != NULL) {
		buf_puts(p->b, "Host is ");
		colour(p, state_colour(p->host.state));
		buf_str(p->b, p->host.state);
		colour(p, "0");
		buf_puts(p->b, " (");
		buf_str(p->b, p->host.reason.p != NULL ? p->host.reason : STR("-"));
		put_latency(p);
		buf_puts(p->b, ").\n");
	} else if (p->host.answered) {
		buf_puts(p->b, "Host is ");
		colour(p, "32");
		buf_puts(p->b, "up");
		colour(p, "0");
		buf_puts(p->b, " (its ports answered");
		put_latency(p);
		buf_puts(p->b, ").\n");
	} else
		buf_puts(p->b, "No answer from this host.\n");
}

static void
put_list(struct buf *b, struct str list)
{
	buf_str(b, str_cut(&list, ','));
	while (list.p != NULL) {
		buf_puts(b, ", ");
		buf_str(b, str_cut(&list, ','));
	}
}

static void
put_name(struct page *p)
{
	char text[ADDR_FMT];
	size_t n = addr_fmt(text, p->host.rp->entry[p->host.from].key.addr);
	struct str name = host_name(&p->host);

	colour(p, "1");
	buf_puts(p->b, "Scan report for ");
	if (name.n > 0) {
		buf_str(p->b, name);
		buf_puts(p->b, " (");
	}
	buf_put(p->b, text, n);
	if (name.n > 0)
		buf_putc(p->b, ')');
	colour(p, "0");
	buf_putc(p->b, '\n');
	if (p->host.ptr.n == 0 || str_eq(p->host.ptr, name))
		return;
	buf_puts(p->b, "rDNS record for ");
	buf_put(p->b, text, n);
	buf_puts(p->b, ": ");
	put_list(p->b, p->host.ptr);
	buf_putc(p->b, '\n');
}

/* "Not shown: 974 closed tcp ports (reset)"; `any` has part of it before. */
static bool
put_not_shown(struct page *p, bool any, uint64_t n, struct str state)
{
	buf_puts(p->b, any ? ", " : "Not shown: ");
	buf_u64(p->b, n);
	buf_putc(p->b, ' ');
	buf_str(p->b, state);
	buf_putc(p->b, ' ');
	return true;
}

/* What a scan of this one host counted, and made no record of. */
static bool
put_uncounted(struct page *p, bool any)
{
	static const char *const state[] = {
		"closed", "filtered", "unfiltered", "open|filtered",
		"closed|filtered",
	};
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(state) / sizeof(state[0]); i++) {
		n = host_uncounted(&p->host, str_of(state[i]));
		if (n == 0)
			continue;
		any = put_not_shown(p, any, n, str_of(state[i]));
		buf_puts(p->b, n == 1 ? "port" : "ports");
	}
	return any;
}

static void
put_summed_up(struct page *p)
{
	const struct group *g;
	bool any = false;

	for (g = p->host.group; g < p->host.group + p->host.ngroup; g++) {
		if (p->sink->all || !host_sums_up(&p->host, g))
			continue;
		any = put_not_shown(p, any, g->n, g->state);
		buf_str(p->b, g->proto);
		buf_puts(p->b, " ports (");
		buf_str(p->b, g->reason.p != NULL ? g->reason : STR("-"));
		buf_putc(p->b, ')');
	}
	if (put_uncounted(p, any))
		buf_putc(p->b, '\n');
}

/* False when the host is left out: down, and nobody asked for all. */
static bool
put_host(struct page *p, struct record *r)
{
	struct host *h = &p->host;
	size_t i;

	if (!p->sink->all && !p->sink->down && host_is_down(h))
		return false;
	put_name(p);
	put_state(p);
	put_mac(p);
	put_suspect(p);
	put_timeout(p);
	for (i = h->from; i < h->to && h->rp->entry[i].key.proto == 0; i++)
		if (host_record(h, i, r))
			put_fields(p, r);
	put_summed_up(p);
	put_table(p, r);
	put_info(p, r);
	put_os(p);
	buf_putc(p->b, '\n');
	return true;
}

/* ---- the format ---- */

static void
put_all(struct sink *s, struct report *rp, struct buf *b)
{
	struct seen seen = { .targets = rp->targets };
	struct record r = { 0 };
	struct page p;
	size_t i;

	for (i = 0; i < rp->n && s->out.error == 0; i = p.host.to) {
		p = (struct page){ .sink = s, .b = b };
		host_read(&p.host, rp, i, &r);
		if (put_host(&p, &r))
			seen.hosts++;
		else
			seen.down++;
		report_flush(s, b);
	}
	rec_release(&r);
	summary_put(b, rp, &seen, s->colour);
}

static void
finish(struct sink *s)
{
	report_finish(s, put_all);
}

const struct output output_normal = {
	.name = "normal",
	.about = "a report for people, grouped by host",
	.names = true,
	.sorted = true,
	.start = report_start,
	.put = report_put,
	.finish = finish,
};
