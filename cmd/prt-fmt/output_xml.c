/* nmap's XML, as nmap.dtd has it. */
#include "base/date.h"
#include "host.h"
#include "output_xml_priv.h"
#include "pure/addr.h"
#include "summary.h"
#include "value.h"

/* U+FFFE and U+FFFF are characters, and not XML's (XML 1.0, 2.2). */
static size_t
no_character(struct str s)
{
	return s.n >= 3 && memcmp(s.p, "\xef\xbf", 2) == 0 &&
	    (s.p[2] == '\xbe' || s.p[2] == '\xbf') ? 3 : 0;
}

void
xml_put_text(struct buf *b, struct str s)
{
	static const char special[] = "&<>\"\xef";
	size_t i;

	for (; s.n > 0; s.p += i, s.n -= i) {
		for (i = 0; i < s.n; i++)
			if (strchr(special, s.p[i]) != NULL)
				break;
		buf_put(b, s.p, i);
		if (i == s.n)
			return;
		s.p += i;
		s.n -= i;
		i = 1;
		if (*s.p == '&')
			buf_puts(b, "&amp;");
		else if (*s.p == '<')
			buf_puts(b, "&lt;");
		else if (*s.p == '>')
			buf_puts(b, "&gt;");
		else if (*s.p == '"')
			buf_puts(b, "&quot;");
		else if ((i = no_character(s)) > 0)
			buf_printf(b, "\\xef\\xbf\\x%02x",
			    (unsigned char)s.p[2]);
		else
			buf_put(b, s.p, i = 1);
	}
}

void
xml_put_attr(struct buf *b, const char *name, struct str value)
{
	buf_putc(b, ' ');
	buf_puts(b, name);
	buf_puts(b, "=\"");
	xml_put_text(b, value);
	buf_putc(b, '"');
}

void
xml_put_elem(struct buf *b, const char *key, struct str value)
{
	if (value.n == 0)
		return;
	buf_puts(b, "<elem");
	xml_put_attr(b, "key", str_of(key));
	buf_putc(b, '>');
	xml_put_text(b, value);
	buf_puts(b, "</elem>");
}

void
xml_put_some(struct buf *b, const char *name, struct str value)
{
	if (value.n > 0)
		xml_put_attr(b, name, value);
}

static struct str
or(struct str s, const char *other)
{
	return s.n > 0 ? s : str_of(other);
}

/* ---- a port ---- */

void
xml_put_cpe(struct buf *b, struct str list)
{
	while (list.n > 0) {
		buf_puts(b, "<cpe>");
		xml_put_text(b, str_cut(&list, ','));
		buf_puts(b, "</cpe>");
	}
}

static bool
is_confidence(struct str s)
{
	return str_is(s, "10") || (s.n == 1 && s.p[0] >= '0' &&
	    s.p[0] <= '9');
}

static void
put_service(struct sink *s, struct buf *b, const struct record *r,
    uint16_t port)
{
	bool told = rec_get(r, "service").n > 0;
	bool probed = told && !str_is(rec_get(r, "method"), "table");
	struct str name = host_service(&s->ports, r, port);
	struct str conf = rec_get(r, "conf"), cpe = rec_get(r, "cpe");

	if (name.n == 0)
		return;
	buf_puts(b, "<service");
	xml_put_attr(b, "name", name);
	xml_put_some(b, "product", rec_get(r, "product"));
	xml_put_some(b, "version", rec_get(r, "version"));
	xml_put_some(b, "extrainfo", rec_get(r, "info"));
	xml_put_some(b, "hostname", rec_get(r, "hostname"));
	xml_put_some(b, "ostype", rec_get(r, "os"));
	xml_put_some(b, "devicetype", rec_get(r, "device"));
	if (str_is(rec_get(r, "tunnel"), "ssl"))
		xml_put_attr(b, "tunnel", STR("ssl"));
	xml_put_attr(b, "method", probed ? STR("probed") : STR("table"));
	xml_put_attr(b, "conf", is_confidence(conf) ? conf :
	    probed ? STR("10") : STR("3"));
	if (cpe.n == 0) {
		buf_puts(b, "/>");
		return;
	}
	buf_putc(b, '>');
	xml_put_cpe(b, cpe);
	buf_puts(b, "</service>");
}

static bool
is_protocol(struct str proto)
{
	return str_is(proto, "tcp") || str_is(proto, "udp") ||
	    str_is(proto, "sctp") || str_is(proto, "ip");
}

static void
put_port(struct sink *s, struct buf *b, const struct record *r, uint16_t port)
{
	buf_puts(b, "<port");
	xml_put_attr(b, "protocol", r->col[COL_PROTO]);
	xml_put_attr(b, "portid", r->col[COL_PORT]);
	buf_puts(b, "><state");
	xml_put_attr(b, "state", r->col[COL_STATE]);
	xml_put_attr(b, "reason", or(r->col[COL_REASON], "unknown-response"));
	xml_put_attr(b, "reason_ttl", or(rec_get(r, "ttl"), "0"));
	xml_put_some(b, "reason_ip", rec_get(r, "reason_ip"));
	buf_puts(b, "/>");
	put_service(s, b, r, port);
	xml_put_script(b, r);
	buf_puts(b, "</port>\n");
}

/* ---- the ports of a host ---- */

static void
put_count(struct buf *b, const char *name, uint64_t n)
{
	buf_printf(b, " %s=\"%llu\"", name, (unsigned long long)n);
}

/* The ports of a group. */
static void
put_members(struct buf *b, const struct host *h, const struct group *g,
    struct record *r)
{
	struct portset ports = { 0 };
	size_t i;

	for (i = h->from; i < h->to; i++) {
		if (h->rp->entry[i].key.proto == 0 || !host_record(h, i, r) ||
		    host_group(h, r) != g)
			continue;
		if (portset_add(&ports, h->rp->entry[i].key.port,
		    h->rp->entry[i].key.port) == -1)
			b->oom = true;
	}
	portset_normalise(&ports);
	buf_puts(b, " ports=\"");
	portset_fmt(&ports, b);
	buf_putc(b, '"');
	portset_release(&ports);
}

static void
put_reasons(struct buf *b, const struct host *h, const struct group *first,
    struct record *r)
{
	const struct group *g;

	for (g = first; g < h->group + h->ngroup; g++) {
		if (!host_sums_up(h, g) || !str_eq(g->state, first->state))
			continue;
		buf_puts(b, "<extrareasons");
		xml_put_attr(b, "reason", or(g->reason, "unknown-response"));
		put_count(b, "count", g->n);
		if (is_protocol(g->proto))
			xml_put_attr(b, "proto", g->proto);
		put_members(b, h, g, r);
		buf_puts(b, "/>\n");
	}
}

/* How many ports of a state are summed up; 0 when an earlier group of the same
 * state has said so. */
static uint64_t
summed_up(const struct host *h, const struct group *first)
{
	const struct group *g;
	uint64_t n = 0;

	for (g = h->group; g < h->group + h->ngroup; g++) {
		if (!host_sums_up(h, g) || !str_eq(g->state, first->state))
			continue;
		if (g < first)
			return 0;
		n += g->n;
	}
	return n;
}

static void
put_extraports(struct buf *b, const struct host *h, struct record *r)
{
	const struct group *g;
	uint64_t n;

	for (g = h->group; g < h->group + h->ngroup; g++) {
		if (!host_sums_up(h, g) || (n = summed_up(h, g)) == 0)
			continue;
		buf_puts(b, "<extraports");
		xml_put_attr(b, "state", g->state);
		put_count(b, "count", n);
		buf_puts(b, ">\n");
		put_reasons(b, h, g, r);
		buf_puts(b, "</extraports>\n");
	}
}

/* What a scan of this one host counted, and made no record of. */
static void
put_uncounted(struct buf *b, const struct host *h)
{
	static const char *const state[] = {
		"closed", "filtered", "unfiltered", "open|filtered",
		"closed|filtered",
	};
	uint64_t n;
	size_t i;

	for (i = 0; i < sizeof(state) / sizeof(state[0]); i++) {
		n = host_uncounted(h, str_of(state[i]));
		if (n == 0)
			continue;
		buf_puts(b, "<extraports");
		xml_put_attr(b, "state", str_of(state[i]));
		put_count(b, "count", n);
		buf_puts(b, "/>\n");
	}
}

static void
put_ports(struct sink *s, struct buf *b, const struct host *h,
    struct record *r)
{
	size_t i;

	if (h->nports == 0)
		return;
	buf_puts(b, "<ports>");
	if (!s->all)
		put_extraports(b, h, r);
	put_uncounted(b, h);
	for (i = h->from; i < h->to; i++)
		if (h->rp->entry[i].key.proto != 0 && host_record(h, i, r) &&
		    is_protocol(r->col[COL_PROTO]) &&
		    (s->all || !host_is_one_of_many(h, r)))
			put_port(s, b, r, h->rp->entry[i].key.port);
	buf_puts(b, "</ports>\n");
}

/* ---- a host ---- */

static void
put_seconds(struct buf *b, const char *name, struct str t)
{
	if (t.n > 0)
		xml_put_attr(b, name, str_cut(&t, '.'));
}

/* As nmap with -Pn: a host of which only ports are known is up. */
static void
put_status(struct buf *b, const struct host *h)
{
	/* stages that only add to what is known give no reason */
	bool told = h->state.p != NULL && (h->reason.p != NULL ||
	    h->nports == 0);

	buf_puts(b, "<status");
	xml_put_attr(b, "state", str_is(h->state, "down") ? STR("down") :
	    STR("up"));
	xml_put_attr(b, "reason", told ? or(h->reason, "unknown-response") :
	    STR("user-set"));
	xml_put_attr(b, "reason_ttl", or(h->ttl, "0"));
	buf_puts(b, "/>\n");
}

static void
put_addresses(struct buf *b, const struct host *h)
{
	u128 addr = h->rp->entry[h->from].key.addr;
	char text[ADDR_FMT];
	size_t n = addr_fmt(text, addr);

	buf_puts(b, "<address");
	xml_put_attr(b, "addr", (struct str){ text, n });
	xml_put_attr(b, "addrtype", addr_is4(addr) ? STR("ipv4") : STR("ipv6"));
	buf_puts(b, "/>\n");
	if (h->mac.n == 0)
		return;
	buf_puts(b, "<address");
	xml_put_attr(b, "addr", h->mac);
	xml_put_attr(b, "addrtype", STR("mac"));
	xml_put_some(b, "vendor", h->vendor);
	buf_puts(b, "/>\n");
}

static void
put_hostname(struct buf *b, struct str name, const char *type)
{
	if (name.n == 0)
		return;
	buf_puts(b, "<hostname");
	xml_put_attr(b, "name", name);
	xml_put_attr(b, "type", str_of(type));
	buf_puts(b, "/>\n");
}

static void
put_names(struct buf *b, const struct host *h)
{
	struct str ptr = h->ptr;

	buf_puts(b, "<hostnames>\n");
	put_hostname(b, h->name, "user");
	while (ptr.n > 0)
		put_hostname(b, str_cut(&ptr, ','), "PTR");
	buf_puts(b, "</hostnames>\n");
}

/* What the host's own records say beyond that. */
static void
put_host_scripts(struct buf *b, const struct host *h, struct record *r)
{
	size_t i, last = h->to;

	for (i = h->from; i < h->to && h->rp->entry[i].key.proto == 0; i++)
		if (host_record(h, i, r) && xml_has_others(r))
			last = i;
	if (last == h->to || !host_record(h, last, r))
		return;
	buf_puts(b, "<hostscript>");
	xml_put_others(b, r);
	buf_puts(b, "</hostscript>\n");
}

static void
put_host(struct sink *s, struct buf *b, const struct host *h,
    struct record *r)
{
	buf_puts(b, "<host");
	put_seconds(b, "starttime", h->first);
	put_seconds(b, "endtime", h->last);
	if (h->timedout)
		xml_put_attr(b, "timedout", STR("true"));
	buf_putc(b, '>');
	put_status(b, h);
	put_addresses(b, h);
	put_names(b, h);
	put_ports(s, b, h, r);
	xml_put_os(b, &h->os);
	put_host_scripts(b, h, r);
	buf_puts(b, "</host>\n");
}

/* ---- the scan ---- */

/* nmap.dtd's name for a scan type, NULL when it has none. */
static const char *
scan_type(struct str scan)
{
	static const char *const same[] = {
		"syn", "ack", "connect", "null", "xmas", "window", "maimon",
		"fin", "udp",
	};
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (str_is(scan, same[i]))
			return same[i];
	return NULL;
}

/* The ports of a protocol that the report has anything to say about. */
static void
put_scaninfo(struct buf *b, const struct report *rp, uint8_t proto,
    const char *name, struct str scans)
{
	const char *type = NULL;
	struct portset ports = { 0 };
	size_t i;
	bool udp = strcmp(name, "udp") == 0;

	while (scans.n > 0 && type == NULL) {
		type = scan_type(str_cut(&scans, ','));
		if (type != NULL && (strcmp(type, "udp") == 0) != udp)
			type = NULL;
	}
	for (i = 0; type != NULL && i < rp->n; i++)
		if (rp->entry[i].key.proto == proto && portset_add(&ports,
		    rp->entry[i].key.port, rp->entry[i].key.port) == -1)
			b->oom = true;
	portset_normalise(&ports);
	if (ports.n > 0) {
		buf_puts(b, "<scaninfo");
		xml_put_attr(b, "type", str_of(type));
		xml_put_attr(b, "protocol", str_of(name));
		put_count(b, "numservices", portset_count(&ports));
		buf_puts(b, " services=\"");
		portset_fmt(&ports, b);
		buf_puts(b, "\"/>\n");
	}
	portset_release(&ports);
}

static void
put_head(struct buf *b, const struct report *rp, const struct span *t,
    struct str command)
{
	struct str scans = summary_value(rp, "stat", "scan");

	buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!DOCTYPE nmaprun>\n"
	    "<nmaprun scanner=\"nmap\"");
	xml_put_attr(b, "args", command.n > 0 ? command :
	    STR("prt-fmt -o xml"));
	if (t->start != 0) {
		put_count(b, "start", t->start);
		buf_puts(b, " startstr=\"");
		date_put_ctime(b, t->start);
		buf_putc(b, '"');
	}
	buf_puts(b, " version=\"" PRT_VERSION "\" "
	    "xmloutputversion=\"1.05\">\n");
	if (scans.n == 0)
		scans = summary_value(rp, "scan", "scan");
	put_scaninfo(b, rp, 1, "tcp", scans);
	put_scaninfo(b, rp, 2, "udp", scans);
	buf_puts(b, "<verbose level=\"0\"/>\n<debugging level=\"0\"/>\n");
}

static void
put_runstats(struct buf *b, const struct report *rp, const struct span *t,
    const struct seen *n)
{
	enum outcome o = summary_outcome(rp);

	buf_puts(b, "<runstats><finished");
	put_count(b, "time", t->end);
	buf_puts(b, " timestr=\"");
	date_put_ctime(b, t->end);
	buf_putc(b, '"');
	xml_put_attr(b, "elapsed", or(t->seconds, "0"));
	buf_puts(b, " summary=\"");
	summary_done(b, t, n);
	buf_putc(b, '"');
	if (o == OUTCOME_COMPLETE)
		xml_put_attr(b, "exit", STR("success"));
	else if (o == OUTCOME_INCOMPLETE) {
		xml_put_attr(b, "exit", STR("error"));
		xml_put_attr(b, "errormsg", STR("the scan stopped before its end"));
	}
	buf_puts(b, "/><hosts");
	put_count(b, "up", n->hosts);
	put_count(b, "down", n->down);
	put_count(b, "total", n->hosts + n->down);
	buf_puts(b, "/>\n</runstats>\n</nmaprun>\n");
}

static void
put_all(struct sink *s, struct report *rp, struct buf *b)
{
	struct seen n = { 0 };
	struct span t = summary_span(rp);

	span_or_now(&t);
	put_head(b, rp, &t, s->command);
	hosts_each(s, rp, b, &n, put_host);
	summary_fill_down(rp, &n);
	put_runstats(b, rp, &t, &n);
}

static void
finish(struct sink *s)
{
	report_finish(s, put_all);
}

const struct output output_xml = {
	.name = "xml",
	.about = "the XML of nmap -oX",
	.names = true,
	.sorted = true,
	.start = report_start,
	.put = report_put,
	.finish = finish,
};
