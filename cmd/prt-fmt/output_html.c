/* A report that is one HTML file: nothing in it is loaded from elsewhere, and its
 * policy (CSP) lets nothing run but its own script. */
#include <stdlib.h>

#include "base/date.h"
#include "extras.h"
#include "host.h"
#include "html_page.h"
#include "pure/addr.h"
#include "summary.h"
#include "value.h"

enum { TOP = 10, SOON = 30, DAY = 86400 };

/* How often each text is there. */
struct tally {
	struct str	*text;
	size_t		 n, cap;
	bool		 oom;
};

struct page {
	struct sink	*sink;
	struct report	*rp;
	struct buf	*b;
	struct record	 r;
	struct span	 span;
	uint64_t	 now;		/* seconds: its end, if it is known */
	struct seen	 seen;
	struct tally	 ports, services;
	struct buf	 names;		/* "22/tcp" of the ports */
	unsigned long	 open, certs;
};

/* ---- text ---- */

static void
put_text(struct buf *b, struct str s)
{
	size_t i;

	for (; s.n > 0; s.p += i, s.n -= i) {
		for (i = 0; i < s.n; i++)
			if (strchr("&<>\"'", s.p[i]) != NULL)
				break;
		buf_put(b, s.p, i);
		if (i == s.n)
			return;
		buf_printf(b, "&#%d;", s.p[i++]);
	}
}

static void
put_cell(struct buf *b, const char *class, struct str s)
{
	buf_puts(b, "<td");
	if (class != NULL)
		buf_printf(b, " class=\"%s\"", class);
	buf_putc(b, '>');
	put_text(b, s);
	buf_puts(b, "</td>\n");
}

static void
put_number_cell(struct buf *b, uint64_t key, struct str s)
{
	buf_printf(b, "<td class=\"id num\" data-k=\"%llu\">",
	    (unsigned long long)key);
	put_text(b, s);
	buf_puts(b, "</td>\n");
}

/* Only a state that is one gets its colour. */
static void
put_state(struct buf *b, struct str state)
{
	static const char *const known[] = { "open", "closed", "up", "down" };
	size_t i;

	buf_puts(b, "<td><span class=\"s");
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_is(state, known[i]))
			buf_printf(b, " %s", known[i]);
	buf_puts(b, "\">");
	put_text(b, state.n > 0 ? state : STR("-"));
	buf_puts(b, "</span></td>\n");
}

static void
put_heads(struct buf *b, const char *const *name)
{
	buf_puts(b, "<thead><tr>\n");
	for (; *name != NULL; name++)
		buf_printf(b, "<th scope=\"col\"><button>%s</button></th>\n",
		    *name);
	buf_puts(b, "</tr></thead>\n<tbody>\n");
}

/* ---- counting ---- */

static void
tally_add(struct tally *t, struct str s)
{
	size_t cap = t->cap < 256 ? 256 : t->cap * 2;
	struct str *more;

	if (t->n == t->cap) {
		more = reallocarray(t->text, cap, sizeof(*more));
		if (more == NULL) {
			t->oom = true;
			return;
		}
		t->text = more;
		t->cap = cap;
	}
	t->text[t->n++] = s;
}

static int
compare_text(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int c = n > 0 ? memcmp(x->p, y->p, n) : 0;

	return c != 0 ? c : x->n < y->n ? -1 : x->n > y->n;
}

struct count {
	struct str	text;
	size_t		n;
};

/* Puts one text with its count where it belongs among the most frequent. */
static void
rank(struct count top[TOP], struct count c)
{
	struct count other;
	size_t i;

	for (i = 0; i < TOP; i++)
		if (c.n > top[i].n) {
			other = top[i];
			top[i] = c;
			c = other;
		}
}

static void
put_chart(struct buf *b, const char *title, struct tally *t)
{
	struct count top[TOP] = { { { NULL, 0 }, 0 } };
	size_t i, k;

	if (t->n == 0)
		return;
	qsort(t->text, t->n, sizeof(*t->text), compare_text);
	for (i = 0; i < t->n; i = k) {
		for (k = i; k < t->n && str_eq(t->text[i], t->text[k]); k++)
			;
		rank(top, (struct count){ t->text[i], k - i });
	}
	buf_printf(b, "<section><h2>%s</h2>\n", title);
	for (i = 0; i < TOP && top[i].n > 0; i++) {
		buf_puts(b, "<div class=\"bar\"><span>");
		put_text(b, top[i].text);
		buf_printf(b, "</span><i style=\"width:%zu%%\"></i>"
		    "<span>%zu</span></div>\n", top[i].n * 100 / top[0].n,
		    top[i].n);
	}
	buf_puts(b, "</section>\n");
}

/* One open port, for the charts. */
static void
count_port(struct page *p, const struct record *r, uint16_t port)
{
	struct str service = host_service(&p->sink->ports, r, port);

	p->open++;
	p->certs += rec_get(r, "not_after").n > 0;
	tally_add(&p->services, service.n > 0 ? service : STR("unknown"));
	tally_add(&p->ports, (struct str){ NULL, p->names.n });
	buf_str(&p->names, r->col[COL_PORT]);
	buf_putc(&p->names, '/');
	buf_str(&p->names, r->col[COL_PROTO]);
	buf_putc(&p->names, '\n');
}

static void
count_all(struct page *p)
{
	struct host h;
	struct str rest;
	size_t i, k;

	for (i = 0; i < p->rp->n; i = h.to) {
		host_read(&h, p->rp, i, &p->r);
		if (host_is_down(&h))
			p->seen.down++;
		else
			p->seen.hosts++;
		for (k = h.from; k < h.to; k++)
			if (p->rp->entry[k].key.proto != RESKEY_HOST &&
			    host_record(&h, k, &p->r) &&
			    str_is(p->r.col[COL_STATE], "open"))
				count_port(p, &p->r, p->rp->entry[k].key.port);
	}
	/* the texts lie still now */
	for (i = 0; i < p->ports.n; i++) {
		rest = buf_view(&p->names);
		rest.p += p->ports.text[i].n;
		rest.n -= p->ports.text[i].n;
		p->ports.text[i] = str_cut(&rest, '\n');
	}
	summary_fill_down(p->rp, &p->seen);
}

/* ---- the head ---- */

static void
put_card(struct buf *b, unsigned long n, const char *what)
{
	buf_printf(b, "<div><b>%lu</b>%s</div>\n", n, what);
}

static void
put_top(struct page *p)
{
	struct buf *b = p->b;

	buf_puts(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; style-src 'unsafe-inline'; "
	    "script-src 'sha256-");
	buf_puts(b, html_script_sha256);
	buf_puts(b, "'; base-uri 'none'; form-action 'none'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n"
	    "<title>Scan report</title>\n<style>");
	buf_puts(b, html_style);
	buf_puts(b, "</style>\n</head>\n<body>\n<h1>Scan report</h1>\n"
	    "<p class=\"when\">");
	if (p->span.start != 0) {
		date_put_iso(b, p->span.start * 1000000000u, 0);
		buf_puts(b, " to ");
		date_put_iso(b, p->span.end * 1000000000u, 0);
	} else
		buf_puts(b, "The records do not say when.");
	buf_puts(b, "</p>\n");
}

static void
put_summary(struct page *p)
{
	struct buf *b = p->b;
	enum outcome o = summary_outcome(p->rp);

	if (o == OUTCOME_INCOMPLETE)
		buf_puts(b, "<p class=\"bad\">Incomplete: a scan stopped "
		    "before its end. What is missing here may well be "
		    "there.</p>\n");
	else if (o == OUTCOME_UNKNOWN)
		buf_puts(b, "<p>Whether the scan ran to its end is not "
		    "known.</p>\n");
	buf_puts(b, "<div class=\"cards\">\n");
	put_card(b, p->seen.hosts, "hosts up");
	put_card(b, p->seen.down, "hosts down");
	put_card(b, p->open, "open ports");
	put_card(b, p->certs, "certificates");
	buf_puts(b, "</div>\n<div class=\"charts\">\n");
	put_chart(b, "Open ports", &p->ports);
	put_chart(b, "Services", &p->services);
	buf_puts(b, "</div>\n");
}

/* ---- certificates ---- */

static void
put_days(struct buf *b, uint64_t end, uint64_t now)
{
	uint64_t days = (end > now ? end - now : now - end) / DAY;

	buf_printf(b, "<td class=\"id num\" data-k=\"%s%llu\"><span class=\"%s\">"
	    "%llu days %s</span></td>\n", end > now ? "" : "-",
	    (unsigned long long)days, end <= now ? "past" : days < SOON ?
	    "soon" : "", (unsigned long long)days, end > now ? "left" : "ago");
}

static void
put_cert(struct page *p, const struct host *h, size_t i)
{
	const struct record *r = &p->r;
	uint64_t end, now = value_time(r) / 1000000000u;
	struct buf *b = p->b;
	struct str name = host_name(h);

	if (date_scan_epoch(rec_get(r, "not_after"), &end) == -1)
		return;
	end /= 1000000000u;
	if (now == 0)
		now = p->now;
	buf_puts(b, "<tr>\n");
	buf_printf(b, "<td class=\"id\" data-k=\"%zu\">", i);
	put_text(b, name.n > 0 ? name : r->col[COL_IP]);
	buf_puts(b, "</td>\n");
	put_number_cell(b, p->rp->entry[i].key.port, r->col[COL_PORT]);
	put_cell(b, NULL, rec_get(r, "subject_cn"));
	put_cell(b, NULL, rec_get(r, "issuer_cn"));
	buf_puts(b, "<td class=\"id\">");
	date_put_iso(b, end * 1000000000u, 0);
	buf_puts(b, "</td>\n");
	put_days(b, end, now);
	buf_puts(b, "</tr>\n");
}

static void
put_certs(struct page *p)
{
	static const char *const heads[] = {
		"Host", "Port", "Name", "Issuer", "Valid until", "Days", NULL
	};
	struct host h;
	size_t i, k;

	if (p->certs == 0)
		return;
	buf_puts(p->b, "<section><h2>Certificates</h2>\n<table id=\"certs\">\n");
	put_heads(p->b, heads);
	for (i = 0; i < p->rp->n && report_flush(p->sink, p->b); i = h.to) {
		host_read(&h, p->rp, i, &p->r);
		for (k = h.from; k < h.to; k++)
			if (p->rp->entry[k].key.proto != RESKEY_HOST &&
			    host_record(&h, k, &p->r) &&
			    str_is(p->r.col[COL_STATE], "open"))
				put_cert(p, &h, k);
	}
	buf_puts(p->b, "</tbody>\n</table></section>\n");
}

/* ---- the table ---- */

/* Fields with a column of their own, or that say nothing to a reader. */
static bool
has_place(struct str key)
{
	static const char *const name[] = {
		"attempt", "conf", "host", "info", "method", "product", "rtt",
		"scan", "service", "time", "ttl", "tunnel", "version",
	};
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (str_is(key, name[i]))
			return true;
	return false;
}

static bool
host_has_place(struct str key)
{
	return has_place(key) || str_is(key, "os") || str_is(key, "os_conf");
}

static void
put_more(struct buf *b, const struct record *r)
{
	struct extras e = { .r = r, .has_place = r->col[COL_PORT].p == NULL ?
	    host_has_place : has_place };
	const char *sep = "";

	buf_puts(b, "<td class=\"more\">");
	while (extras_next(&e)) {
		buf_puts(b, sep);
		put_text(b, e.key);
		buf_puts(b, ": ");
		put_text(b, e.value);
		sep = "<br>\n";
	}
	buf_puts(b, "</td>\n");
}

static void
put_version(struct buf *b, const struct record *r)
{
	struct str info = rec_get(r, "info");

	buf_puts(b, "<td>");
	put_text(b, rec_get(r, "product"));
	buf_putc(b, ' ');
	put_text(b, rec_get(r, "version"));
	if (info.n > 0) {
		buf_puts(b, " (");
		put_text(b, info);
		buf_putc(b, ')');
	}
	buf_puts(b, "</td>\n");
}

/* "Linux 5.3 - 5.4 (96%)", in the place of the version. */
static void
put_system(struct buf *b, const struct record *r)
{
	struct str conf = rec_get(r, "os_conf");

	buf_puts(b, "<td>");
	put_text(b, rec_get(r, "os"));
	if (conf.n > 0) {
		buf_puts(b, " (");
		put_text(b, conf);
		buf_puts(b, "%)");
	}
	buf_puts(b, "</td>\n");
}

static void
put_row(struct page *p, const struct host *h, size_t i)
{
	const struct reskey *key = &p->rp->entry[i].key;
	const struct record *r = &p->r;
	struct buf *b = p->b;
	struct str service = STR_NONE, name = host_name(h);

	buf_printf(b, "<tr>\n<td class=\"id\" data-k=\"%zu\">", i);
	put_text(b, r->col[COL_IP]);
	if (name.n > 0) {
		buf_puts(b, "<br>");
		put_text(b, name);
	}
	buf_puts(b, "</td>\n");
	put_number_cell(b, key->port, r->col[COL_PORT]);
	put_cell(b, NULL, r->col[COL_PROTO]);
	put_state(b, r->col[COL_STATE]);
	if (key->proto != RESKEY_HOST)
		service = host_service(&p->sink->ports, r, key->port);
	buf_puts(b, "<td>");
	if (str_is(rec_get(r, "tunnel"), "ssl"))
		buf_puts(b, "ssl/");
	put_text(b, service);
	buf_puts(b, "</td>\n");
	if (key->proto == RESKEY_HOST)
		put_system(b, r);
	else
		put_version(b, r);
	put_cell(b, NULL, r->col[COL_REASON]);
	put_more(b, r);
	buf_puts(b, "</tr>\n");
}

/* Down hosts, and ports that are one of many alike, only with --all. */
static void
put_host(struct page *p, const struct host *h)
{
	size_t i;

	if (!p->sink->all && !p->sink->down && host_is_down(h))
		return;
	for (i = h->from; i < h->to; i++)
		if (host_record(h, i, &p->r) && (p->sink->all ||
		    p->rp->entry[i].key.proto == RESKEY_HOST ||
		    !host_is_one_of_many(h, &p->r)))
			put_row(p, h, i);
}

static void
put_table(struct page *p)
{
	static const char *const heads[] = {
		"Host", "Port", "Protocol", "State", "Service", "Version",
		"Reason", "More", NULL
	};
	struct host h;
	size_t i;

	buf_puts(p->b, "<section><h2>Ports</h2>\n<label>Filter "
	    "<input id=\"filter\" type=\"search\" "
	    "placeholder=\"such as: open http\">"
	    "<span id=\"count\"></span></label>\n<table id=\"ports\">\n");
	put_heads(p->b, heads);
	for (i = 0; i < p->rp->n && report_flush(p->sink, p->b); i = h.to) {
		host_read(&h, p->rp, i, &p->r);
		put_host(p, &h);
	}
	buf_puts(p->b, "</tbody>\n</table></section>\n");
}

static void
put_all(struct sink *s, struct report *rp, struct buf *b)
{
	struct page p = { .sink = s, .rp = rp, .b = b,
	    .span = summary_span(rp) };
	struct span t = p.span;

	span_or_now(&t);
	p.now = t.end;
	count_all(&p);
	put_top(&p);
	put_summary(&p);
	put_certs(&p);
	put_table(&p);
	buf_puts(b, "<script>");
	buf_puts(b, html_script);
	buf_puts(b, "</script>\n</body>\n</html>\n");
	if (p.ports.oom || p.services.oom || p.names.oom)
		b->oom = true;
	free(p.ports.text);
	free(p.services.text);
	buf_release(&p.names);
	rec_release(&p.r);
}

static void
finish(struct sink *s)
{
	report_finish(s, put_all);
}

const struct output output_html = {
	.name = "html",
	.about = "a report for browsers, in one file",
	.names = true,
	.sorted = true,
	.start = report_start,
	.put = report_put,
	.finish = finish,
};
