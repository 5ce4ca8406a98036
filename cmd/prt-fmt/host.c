#include "host.h"

#include <string.h>

enum { NAGAIN = 16 };

static bool
same_port(const struct entry *a, const struct entry *b)
{
	return reskey_cmp(&a->key, &b->key) == 0;
}

bool
host_record(const struct host *h, size_t i, struct record *r)
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

/* Where the group is, or would be put. */
static size_t
find_group(const struct host *h, const struct record *r)
{
	const struct group *g = h->group;
	size_t i;

	for (i = 0; i < h->ngroup; i++)
		if (str_eq(g[i].state, r->col[COL_STATE]) &&
		    str_eq(g[i].reason, r->col[COL_REASON]) &&
		    str_eq(g[i].proto, r->col[COL_PROTO]))
			break;
	return i;
}

const struct group *
host_group(const struct host *h, const struct record *r)
{
	size_t i;

	if (str_is(r->col[COL_STATE], "open"))
		return NULL;
	i = find_group(h, r);
	return i < h->ngroup ? &h->group[i] : NULL;
}

bool
host_sums_up(const struct host *h, const struct group *g)
{
	return g->n > FEW || (h->rp->open &&
	    !str_is(g->state, "open|filtered"));
}

bool
host_is_one_of_many(const struct host *h, const struct record *r)
{
	const struct group *g = host_group(h, r);

	return g != NULL && host_sums_up(h, g);
}

static void
count(struct host *h, const struct record *r)
{
	size_t i;

	h->nports++;
	if (str_is(r->col[COL_STATE], "open"))
		return;
	i = find_group(h, r);
	if (i == NGROUP)
		return;
	if (i == h->ngroup)
		h->group[h->ngroup++] = (struct group){ r->col[COL_PROTO],
		    r->col[COL_STATE], r->col[COL_REASON], 0 };
	h->group[i].n++;
}

bool
host_less(struct str a, struct str b)
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
learn_time(struct host *h, const struct record *r)
{
	struct str t = rec_get(r, "time");

	if (t.n == 0)
		return;
	if (h->first.p == NULL || host_less(t, h->first))
		h->first = t;
	if (h->last.p == NULL || host_less(h->last, t))
		h->last = t;
}

/* What the host itself is like. A record that only says what system it is leaves
 * the reason as it was. */
static void
learn_state(struct host *h, const struct record *r)
{
	if (r->col[COL_REASON].p != NULL ||
	    !str_eq(h->state, r->col[COL_STATE]))
		h->reason = r->col[COL_REASON];
	h->state = r->col[COL_STATE];
	take(&h->ttl, r, "ttl");
	os_learn(&h->os, r);
}

/* Of prt's own, such a record says of the state only whether anything answered;
 * nmap's is the only one of its host. */
static void
learn_timeout(struct host *h, const struct record *r)
{
	h->timedout = true;
	if (r->col[COL_REASON].p == NULL)
		h->answered = true;
	else if (!str_is(r->col[COL_REASON], "user-set"))
		learn_state(h, r);
}

static void
learn(struct host *h, const struct record *r)
{
	struct str rtt = rec_get(r, "rtt");

	take(&h->name, r, "host");
	take(&h->ptr, r, "ptr");
	take(&h->mac, r, "mac");
	take(&h->vendor, r, "vendor");
	take(&h->suspect, r, "suspect");
	if (report_is_timeout(r))
		learn_timeout(h, r);
	else if (r->col[COL_PORT].p == NULL)
		learn_state(h, r);
	else if (!str_is(r->col[COL_REASON], "no-response"))
		h->answered = true;
	if (rtt.n > 0 && (h->rtt.p == NULL || host_less(rtt, h->rtt)))
		h->rtt = rtt;
	learn_time(h, r);
}

void
host_read(struct host *h, const struct report *rp, size_t from,
    struct record *r)
{
	size_t i;

	*h = (struct host){ .rp = rp, .from = from,
	    .to = report_host_end(rp, from) };
	for (i = h->from; i < h->to; i++) {
		/* several stages may say something of the host, each in a
		 * record of its own */
		if (!host_record(h, i, r) && rp->entry[i].key.proto != 0)
			continue;
		learn(h, r);
		if (rp->entry[i].key.proto != 0)
			count(h, r);
	}
	if (h->timedout)
		h->os = (struct host_os){ 0 };
}

struct str
host_name(const struct host *h)
{
	struct str names = h->ptr;

	return h->name.n > 0 ? h->name : str_cut(&names, ',');
}

bool
host_is_down(const struct host *h)
{
	return h->nports == 0 && str_is(h->state, "down");
}

uint64_t
host_uncounted(const struct host *h, struct str state)
{
	uint64_t n, seen = 0;
	size_t i;

	if (h->from != 0 || h->to != h->rp->n || h->ngroup == NGROUP)
		return 0;
	n = summary_count(h->rp, state);
	for (i = 0; i < h->ngroup; i++)
		if (str_eq(h->group[i].state, state))
			seen += h->group[i].n;
	return n > seen ? n - seen : 0;
}

struct str
host_service(const struct ports *names, const struct record *r, uint16_t port)
{
	struct str s = rec_get(r, "service");

	if (s.n > 0)
		return s;
	if (str_is(r->col[COL_PROTO], "tcp"))
		return ports_name(names, PORTS_TCP, port);
	if (str_is(r->col[COL_PROTO], "udp"))
		return ports_name(names, PORTS_UDP, port);
	return STR_NONE;
}

void
hosts_each(struct sink *s, const struct report *rp, struct buf *b,
    struct seen *n, void (*put)(struct sink *, struct buf *,
    const struct host *, struct record *))
{
	struct record r = { 0 };
	struct host h;
	size_t i;

	for (i = 0; i < rp->n && report_flush(s, b); i = h.to) {
		host_read(&h, rp, i, &r);
		if (host_is_down(&h))
			n->down++;
		else
			n->hosts++;
		if (s->all || s->down || !host_is_down(&h))
			put(s, b, &h, &r);
	}
	rec_release(&r);
}
