/* A report for people: hosts in address order, a table of ports for each, and
 * what the scan says of itself at the end. */
#include "output.h"

#include <errno.h>

#include "base/utf8.h"
#include "pure/addr.h"
#include "report.h"
#include "summary.h"

/* Ports alike in these are summed up when there are more than a few. */
struct group {
	struct str	 proto;
	struct str	 state;
	struct str	 reason;
	size_t		 n;
};

enum { NGROUP = 32, FEW = 25, NCELL = 4, NAGAIN = 16 };

/* One host while it is printed. */
struct host {
	struct sink	*sink;
	struct report	*rp;
	struct buf	*b;
	size_t		 from, to;	/* its entries */
	struct group	 group[NGROUP];
	size_t		 ngroup;
	size_t		 nports;
	struct str	 state;		/* up, down, or absent */
	struct str	 reason;
	struct str	 name;
	struct str	 mac;
	struct str	 vendor;
	struct str	 suspect;
	struct str	 rtt;		/* the host's own, else the least */
	bool		 answered;	/* a port's state was proved by it */
	bool		 services;	/* a port has a name to show */
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
colour(struct host *h, const char *sgr)
{
	if (h->sink->colour)
		buf_printf(h->b, "\033[%sm", sgr);
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

/* ---- what the records say of the host ---- */

static bool
same_port(const struct entry *a, const struct entry *b)
{
	return a->addr == b->addr && a->proto == b->proto && a->port == b->port;
}

/* Reads entry i. False when a later record says the same of the same port. */
static bool
load(struct host *h, size_t i, struct record *r)
{
	struct record next = { 0 };
	size_t k;
	bool again = false;

	report_record(h->rp, i, r);
	for (k = i + 1; k < h->to && k - i <= NAGAIN && !again; k++) {
		if (!same_port(&h->rp->entry[i], &h->rp->entry[k]))
			break;
		report_record(h->rp, k, &next);
		again = str_eq(r->col[COL_STATE], next.col[COL_STATE]) &&
		    str_eq(r->col[COL_PROTO], next.col[COL_PROTO]);
	}
	rec_release(&next);
	return !again;
}

static struct group *
find_group(struct host *h, const struct record *r)
{
	struct group *g;

	for (g = h->group; g < h->group + h->ngroup; g++)
		if (str_eq(g->state, r->col[COL_STATE]) &&
		    str_eq(g->reason, r->col[COL_REASON]) &&
		    str_eq(g->proto, r->col[COL_PROTO]))
			return g;
	return NULL;
}

static void
count(struct host *h, const struct record *r)
{
	struct group *g;

	h->nports++;
	if (str_is(r->col[COL_STATE], "open"))
		return;
	if ((g = find_group(h, r)) == NULL) {
		if (h->ngroup == NGROUP)
			return;
		g = &h->group[h->ngroup++];
		*g = (struct group){ r->col[COL_PROTO], r->col[COL_STATE],
		    r->col[COL_REASON], 0 };
	}
	g->n++;
}

static bool
summed_up(struct host *h, const struct record *r)
{
	const struct group *g;

	if (h->sink->all || str_is(r->col[COL_STATE], "open"))
		return false;
	g = find_group(h, r);
	return g != NULL && g->n > FEW;
}

/* Compares decimal seconds by value: they have no sign and no exponent. */
static bool
less(struct str a, struct str b)
{
	struct str wa = str_cut(&a, '.'), wb = str_cut(&b, '.');
	size_t n = a.n < b.n ? a.n : b.n;
	int c;

	if (wa.n != wb.n)
		return wa.n < wb.n;
	if ((c = memcmp(wa.p, wb.p, wa.n)) != 0)
		return c < 0;
	c = n > 0 ? memcmp(a.p, b.p, n) : 0;
	return c < 0 || (c == 0 && a.n < b.n);
}

static void
take(struct str *field, const struct record *r, const char *key)
{
	struct str v = rec_get(r, key);

	if (v.n > 0)
		*field = v;
}

static void
learn(struct host *h, const struct record *r)
{
	struct str rtt = rec_get(r, "rtt");

	take(&h->name, r, "host");
	take(&h->mac, r, "mac");
	take(&h->vendor, r, "vendor");
	take(&h->suspect, r, "suspect");
	if (r->col[COL_PORT].p == NULL) {
		h->state = r->col[COL_STATE];
		h->reason = r->col[COL_REASON];
	} else if (!str_is(r->col[COL_REASON], "no-response"))
		h->answered = true;
	if (rtt.n > 0 && (h->rtt.p == NULL || less(rtt, h->rtt)))
		h->rtt = rtt;
}

/* ---- the table ---- */

static struct str
service(struct host *h, const struct record *r, uint16_t port)
{
	struct str s = rec_get(r, "service");

	if (s.n > 0)
		return s;
	if (str_is(r->col[COL_PROTO], "tcp"))
		return ports_name(&h->sink->ports, PORTS_TCP, port);
	if (str_is(r->col[COL_PROTO], "udp"))
		return ports_name(&h->sink->ports, PORTS_UDP, port);
	return STR_NONE;
}

/* The cells of a port's row; those that are made up go to `made`. */
static void
cells(struct host *h, size_t i, const struct record *r, struct buf *made,
    struct str cell[NCELL])
{
	struct str ttl = rec_get(r, "ttl");
	size_t n;

	made->n = 0;
	buf_str(made, r->col[COL_PORT]);
	buf_putc(made, '/');
	buf_str(made, r->col[COL_PROTO]);
	n = made->n;
	buf_str(made, r->col[COL_REASON]);
	if (ttl.n > 0) {
		buf_puts(made, " ttl ");
		buf_str(made, ttl);
	}
	cell[0] = (struct str){ made->p, n };
	cell[1] = r->col[COL_STATE];
	cell[2] = service(h, r, h->rp->entry[i].port);
	cell[3] = (struct str){ made->p + n, made->n - n };
	if (made->oom)
		memset(cell, 0, NCELL * sizeof(*cell));
}

static void
put_cells(struct host *h, const struct str cell[NCELL], const char *sgr)
{
	size_t i, k, last = NCELL - 1;

	for (i = 0; i < NCELL; i++) {
		if (i == 2 && !h->services)
			continue;
		if (i == 1 && sgr != NULL)
			colour(h, sgr);
		buf_str(h->b, cell[i]);
		if (i == 1 && sgr != NULL)
			colour(h, "0");
		if (i < last)
			for (k = width(cell[i]); k < h->width[i] + 1; k++)
				buf_putc(h->b, ' ');
	}
	while (h->b->n > 0 && h->b->p[h->b->n - 1] == ' ')
		h->b->n--;
	buf_putc(h->b, '\n');
}

/* Fields that have their own place in the report, or would only be noise. */
static bool
has_place(struct str key)
{
	static const char *const name[] = {
		"attempt", "flags", "host", "if", "mac", "payload", "rtt", "suspect",
		"scan", "service", "tag", "time", "ttl", "vendor", "win",
	};
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (str_is(key, name[i]))
			return true;
	return false;
}

/* The others, such as what a script found, follow the port's row. */
static void
put_fields(struct host *h, const struct record *r)
{
	const size_t most = 400;
	struct str v;
	size_t i, k, n;

	for (i = 0; i < r->npair; i++) {
		v = r->pair[i].val;
		if (v.n == 0 || has_place(r->pair[i].key))
			continue;
		buf_puts(h->b, "| ");
		buf_str(h->b, r->pair[i].key);
		buf_puts(h->b, ": ");
		for (n = 0; n < v.n && n < most; n += k)
			if ((k = utf8_printable(v.p + n, v.n - n)) == 0)
				break;
		buf_put(h->b, v.p, n);
		buf_puts(h->b, n < v.n ? "...\n" : "\n");
	}
}

static void
measure_table(struct host *h, struct record *r, struct buf *made)
{
	static const size_t head[NCELL] = { 4, 5, 7, 6 };
	struct str cell[NCELL];
	size_t i, k, w;

	memcpy(h->width, head, sizeof(head));
	for (i = h->from; i < h->to; i++) {
		if (h->rp->entry[i].proto == 0 || !load(h, i, r) ||
		    summed_up(h, r))
			continue;
		cells(h, i, r, made, cell);
		h->services |= cell[2].n > 0;
		for (k = 0; k < NCELL; k++)
			if ((w = width(cell[k])) > h->width[k])
				h->width[k] = w;
	}
}

static void
put_table(struct host *h, struct record *r)
{
	static const struct str head[NCELL] = {
		{ "PORT", 4 }, { "STATE", 5 }, { "SERVICE", 7 },
		{ "REASON", 6 },
	};
	struct str cell[NCELL];
	struct buf made = { 0 };
	size_t i;
	bool any = false;

	measure_table(h, r, &made);
	for (i = h->from; i < h->to; i++) {
		if (h->rp->entry[i].proto == 0 || !load(h, i, r) ||
		    summed_up(h, r))
			continue;
		if (!any)
			put_cells(h, head, NULL);
		any = true;
		cells(h, i, r, &made, cell);
		put_cells(h, cell, state_colour(r->col[COL_STATE]));
		put_fields(h, r);
	}
	buf_release(&made);
}

/* ---- the host ---- */

static void
put_latency(struct host *h)
{
	struct str s = h->rtt;

	if (s.n == 0)
		return;
	buf_puts(h->b, ", ");
	buf_str(h->b, s);
	buf_puts(h->b, " s latency");
}

static void
put_suspect(struct host *h)
{
	if (h->suspect.n == 0)
		return;
	buf_puts(h->b, "Every port of it answers as open: a ");
	buf_str(h->b, h->suspect);
	buf_puts(h->b, " or a trap, by the look of it.\n");
}

static void
put_mac(struct host *h)
{
	if (h->mac.n == 0)
		return;
	buf_puts(h->b, "MAC address: ");
	buf_str(h->b, h->mac);
	if (h->vendor.n > 0) {
		buf_puts(h->b, " (");
		buf_str(h->b, h->vendor);
		buf_putc(h->b, ')');
	}
	buf_putc(h->b, '\n');
}

static void
put_state(struct host *h)
{
	if (h->state.p != NULL) {
		buf_puts(h->b, "Host is ");
		colour(h, state_colour(h->state));
		buf_str(h->b, h->state);
		colour(h, "0");
		buf_puts(h->b, " (");
		buf_str(h->b, h->reason.p != NULL ? h->reason : STR("-"));
		put_latency(h);
		buf_puts(h->b, ").\n");
	} else if (h->answered) {
		buf_puts(h->b, "Host is ");
		colour(h, "32");
		buf_puts(h->b, "up");
		colour(h, "0");
		buf_puts(h->b, " (its ports answered");
		put_latency(h);
		buf_puts(h->b, ").\n");
	} else
		buf_puts(h->b, "No answer from this host.\n");
}

static void
put_name(struct host *h)
{
	char text[ADDR_FMT];
	size_t n = addr_fmt(text, h->rp->entry[h->from].addr);

	colour(h, "1");
	buf_puts(h->b, "Scan report for ");
	if (h->name.n > 0) {
		buf_str(h->b, h->name);
		buf_puts(h->b, " (");
	}
	buf_put(h->b, text, n);
	if (h->name.n > 0)
		buf_putc(h->b, ')');
	colour(h, "0");
	buf_putc(h->b, '\n');
}

/* "Not shown: 974 closed tcp ports (reset)"; `any` has part of it before. */
static bool
put_not_shown(struct host *h, bool any, uint64_t n, struct str state)
{
	buf_puts(h->b, any ? ", " : "Not shown: ");
	buf_u64(h->b, n);
	buf_putc(h->b, ' ');
	buf_str(h->b, state);
	buf_putc(h->b, ' ');
	return true;
}

/* What a scan of this one host counted, and made no record of. */
static bool
put_uncounted(struct host *h, bool any)
{
	static const char *const state[] = {
		"closed", "filtered", "unfiltered", "open|filtered",
		"closed|filtered",
	};
	const struct group *g;
	uint64_t n, seen;
	size_t i;

	if (h->from != 0 || h->to != h->rp->n || h->ngroup == NGROUP)
		return any;
	for (i = 0; i < sizeof(state) / sizeof(state[0]); i++) {
		n = summary_count(h->rp, str_of(state[i]));
		seen = 0;
		for (g = h->group; g < h->group + h->ngroup; g++)
			if (str_is(g->state, state[i]))
				seen += g->n;
		if (n <= seen)
			continue;
		any = put_not_shown(h, any, n - seen, str_of(state[i]));
		buf_puts(h->b, n - seen == 1 ? "port" : "ports");
	}
	return any;
}

static void
put_summed_up(struct host *h)
{
	const struct group *g;
	bool any = false;

	for (g = h->group; g < h->group + h->ngroup; g++) {
		if (h->sink->all || g->n <= FEW)
			continue;
		any = put_not_shown(h, any, g->n, g->state);
		buf_str(h->b, g->proto);
		buf_puts(h->b, " ports (");
		buf_str(h->b, g->reason.p != NULL ? g->reason : STR("-"));
		buf_putc(h->b, ')');
	}
	if (put_uncounted(h, any))
		buf_putc(h->b, '\n');
}

/* Host records only, and what they say is that nobody is there. */
static bool
is_down(const struct host *h)
{
	return h->nports == 0 && str_is(h->state, "down");
}

/* False when the host is left out: down, and nobody asked for all. */
static bool
put_host(struct host *h)
{
	struct record r = { 0 };
	size_t i;
	bool shown;

	for (i = h->from; i < h->to; i++) {
		if (!load(h, i, &r))
			continue;
		learn(h, &r);
		if (h->rp->entry[i].proto != 0)
			count(h, &r);
	}
	shown = h->sink->all || !is_down(h);
	if (shown) {
		put_name(h);
		put_state(h);
	put_mac(h);
	put_suspect(h);
		for (i = h->from; i < h->to && h->rp->entry[i].proto == 0; i++)
			if (load(h, i, &r))
				put_fields(h, &r);
		put_summed_up(h);
		put_table(h, &r);
		buf_putc(h->b, '\n');
	}
	rec_release(&r);
	return shown;
}

/* ---- the format ---- */

static void
start(struct sink *s)
{
	static struct report report;

	s->state = &report;
}

static const char *
put(struct sink *s, const struct record *r)
{
	const char *why = report_add(s->state, r);
	const struct report *rp = s->state;

	if (rp->oom || rp->text.oom || rp->meta.oom)
		s->out.error = ENOMEM;
	return why;
}

static void
put_all(struct sink *s, struct report *rp, struct buf *b)
{
	struct seen seen = { .targets = rp->targets };
	struct host h;
	size_t i;

	for (i = 0; i < rp->n && s->out.error == 0; i = h.to) {
		h = (struct host){ .sink = s, .rp = rp, .b = b, .from = i,
		    .to = report_host_end(rp, i) };
		if (put_host(&h))
			seen.hosts++;
		else
			seen.down++;
		recout_raw(&s->out, buf_view(b));
		b->n = 0;
	}
	summary_put(b, rp, &seen, s->colour);
	recout_raw(&s->out, buf_view(b));
}

static void
finish(struct sink *s)
{
	struct report *rp = s->state;
	struct buf b = { 0 };

	report_sort(rp);
	put_all(s, rp, &b);
	if (b.oom)
		s->out.error = ENOMEM;
	buf_release(&b);
	report_release(rp);
}

const struct output output_normal = {
	.name = "normal",
	.about = "a report for people, grouped by host",
	.start = start,
	.put = put,
	.finish = finish,
};
