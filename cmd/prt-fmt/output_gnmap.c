/* nmap -oG: a line for a host's state, and one for its ports. */
#include "base/date.h"
#include "host.h"
#include "pure/addr.h"
#include "summary.h"
#include "value.h"

/* A slash would end the part: nmap writes '|' for it. */
static void
put_part(struct buf *b, struct str s)
{
	struct str part;

	while (s.p != NULL) {
		part = str_cut(&s, '/');
		buf_str(b, part);
		if (s.p != NULL)
			buf_putc(b, '|');
	}
}

static void
put_head(struct buf *b, const struct host *h)
{
	char text[ADDR_FMT];
	size_t n = addr_fmt(text, h->rp->entry[h->from].key.addr);

	buf_puts(b, "Host: ");
	buf_put(b, text, n);
	buf_puts(b, " (");
	buf_str(b, host_name(h));
	buf_puts(b, ")\t");
}

/* "OpenSSH 9.2p1 (protocol 2.0)" */
static void
put_version(struct buf *b, const struct record *r)
{
	struct str info = rec_get(r, "info"), v;
	size_t n = b->n;

	put_part(b, rec_get(r, "product"));
	v = rec_get(r, "version");
	if (v.n > 0) {
		buf_puts(b, b->n > n ? " " : "");
		put_part(b, v);
	}
	if (info.n > 0) {
		buf_puts(b, b->n > n ? " (" : "(");
		put_part(b, info);
		buf_putc(b, ')');
	}
}

/* "22/open/tcp//ssh//OpenSSH 9.2p1/" */
static void
put_port(struct sink *s, struct buf *b, const struct record *r, uint16_t port)
{
	buf_str(b, r->col[COL_PORT]);
	buf_putc(b, '/');
	buf_str(b, r->col[COL_STATE]);
	buf_putc(b, '/');
	put_part(b, r->col[COL_PROTO]);
	buf_puts(b, "//");
	if (str_is(rec_get(r, "tunnel"), "ssl"))
		buf_puts(b, "ssl|");
	put_part(b, host_service(&s->ports, r, port));
	buf_puts(b, "//");
	put_version(b, r);
	buf_putc(b, '/');
}

/* nmap names the state here that it sums up when that is one, and none when it
 * sums up several. */
static void
put_ignored(struct buf *b, const struct host *h)
{
	const struct group *g, *one = NULL;
	uint64_t n = 0;

	for (g = h->group; g < h->group + h->ngroup; g++) {
		if (!host_sums_up(h, g))
			continue;
		if (one != NULL && !str_eq(g->state, one->state))
			return;
		one = g;
		n += g->n;
	}
	if (one == NULL)
		return;
	buf_puts(b, "\tIgnored State: ");
	buf_str(b, one->state);
	buf_printf(b, " (%llu)", (unsigned long long)n);
}

/* Equally good ones, a bar between them. */
static void
put_os(struct buf *b, const struct host_os *os)
{
	struct str rest = os->matches, best = STR_NONE;
	struct os_match m;
	const char *sep = "\tOS: ";

	for (; os_next(os, &rest, &m); sep = "|") {
		if (best.n > 0 && !str_eq(best, m.conf))
			return;
		best = m.conf;
		buf_puts(b, sep);
		os_put_item(b, m.name);
	}
}

static void
put_ports(struct sink *s, struct buf *b, const struct host *h,
    struct record *r)
{
	const char *sep = "";
	size_t i;

	put_head(b, h);
	buf_puts(b, "Ports: ");
	for (i = h->from; i < h->to; i++) {
		if (h->rp->entry[i].key.proto == 0 || !host_record(h, i, r) ||
		    (!s->all && host_is_one_of_many(h, r)))
			continue;
		buf_puts(b, sep);
		put_port(s, b, r, h->rp->entry[i].key.port);
		sep = ", ";
	}
	if (!s->all)
		put_ignored(b, h);
	put_os(b, &h->os);
	buf_putc(b, '\n');
}

static void
put_host(struct sink *s, struct buf *b, const struct host *h,
    struct record *r)
{
	put_head(b, h);
	buf_puts(b, host_is_down(h) ? "Status: Down\n" : "Status: Up\n");
	if (h->timedout) {
		put_head(b, h);
		buf_puts(b, "Status: Timeout\n");
	}
	if (h->nports > 0)
		put_ports(s, b, h, r);
}

/* A text that stays in its line. */
static void
put_line(struct buf *b, struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		buf_putc(b, (unsigned char)text.p[i] < ' ' ? ' ' : text.p[i]);
}

static void
put_all(struct sink *s, struct report *rp, struct buf *b)
{
	struct seen n = { 0 };
	struct span t = summary_span(rp);

	span_or_now(&t);
	buf_puts(b, "# Nmap (prt " PRT_VERSION ") scan initiated ");
	date_put_ctime(b, t.start);
	buf_puts(b, " as: ");
	put_line(b, s->command.n > 0 ? s->command : STR("prt-fmt -o gnmap"));
	buf_putc(b, '\n');
	hosts_each(s, rp, b, &n, put_host);
	summary_fill_down(rp, &n);
	if (summary_outcome(rp) != OUTCOME_INCOMPLETE) {
		buf_puts(b, "# ");
		summary_done(b, &t, &n);
		buf_putc(b, '\n');
	}
}

static void
finish(struct sink *s)
{
	report_finish(s, put_all);
}

const struct output output_gnmap = {
	.name = "gnmap",
	.about = "the lines of nmap -oG",
	.names = true,
	.sorted = true,
	.start = report_start,
	.put = report_put,
	.finish = finish,
};
