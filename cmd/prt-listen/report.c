#include "report.h"

#include <string.h>

#include "pure/addr.h"

static const char *const state_names[NSTATES] = {
	[STATE_OPEN] = "open",
	[STATE_CLOSED] = "closed",
	[STATE_FILTERED] = "filtered",
	[STATE_UNFILTERED] = "unfiltered",
	[STATE_OPEN_FILTERED] = "open|filtered",
	[STATE_UP] = "up",
	[STATE_DOWN] = "down",
};

static enum report_state
state_of(const char *name)
{
	enum report_state s = STATE_OPEN;

	while (s < NSTATES - 1 && strcmp(state_names[s], name) != 0)
		s++;
	return s;
}

static bool
wanted(const struct report *rp, enum report_state s)
{
	switch (rp->what) {
	case REPORT_ALL:
		return true;
	case REPORT_OPEN:
		return s == STATE_OPEN || s == STATE_UP;
	case REPORT_ANSWERS:
	default:
		return s == STATE_OPEN || s == STATE_CLOSED ||
		    s == STATE_UNFILTERED || s == STATE_UP;
	}
}

static void
put_mac(struct record *r, const uint8_t mac[6])
{
	static const char hex[] = "0123456789abcdef";
	char text[17];
	int i;

	for (i = 0; i < 6; i++) {
		text[3 * i] = hex[mac[i] >> 4];
		text[3 * i + 1] = hex[mac[i] & 15];
		if (i < 5)
			text[3 * i + 2] = ':';
	}
	rec_set_copy(r, "mac", (struct str){ text, sizeof(text) });
}

/* What the answer tells of the stack. The options of an answer say something
 * only where the probe offered them. */
static void
put_tcp(const struct report *rp, struct record *rec, const struct result *r)
{
	rec_set_u64(rec, "win", r->win);
	if (r->options.has_mss)
		rec_set_u64(rec, "mss", r->options.mss);
	if (r->flags & TCP_SYN && rp->offer == SCAN_OFFER_FULL) {
		if (r->options.has_scale)
			rec_set_u64(rec, "wscale", r->options.scale);
		rec_set(rec, "tcpopts", str_of(r->options.order));
	}
	if (addr_is4(r->from)) {
		rec_set_u64(rec, "df", r->df);
		rec_set_u64(rec, "ipid", r->ip_id);
	}
}

static void
fill(const struct report *rp, struct record *rec, const struct result *r,
    char ip[ADDR_FMT], char port[NUM_FMT_U64])
{
	const struct scan_type *t = scan_types[r->type];
	struct str p = STR_NONE;
	char from[ADDR_FMT];

	if (t->ports && t->proto != SCAN_HOST)
		p = (struct str){ port, num_fmt_u64(port, r->port) };
	rec_clear(rec);
	rec_data(rec, (struct str){ ip, addr_fmt(ip, r->addr) }, p,
	    t->proto == SCAN_TCP ? STR("tcp") : t->proto == SCAN_UDP ?
	    STR("udp") : STR("host"), str_of(r->state), str_of(r->reason));
	if (r->ttl != 0)
		rec_set_u64(rec, "ttl", r->ttl);
	if (r->rtt != 0)
		rec_set_ns(rec, "rtt", r->rtt, 6);
	if (r->time != 0)
		rec_set_ns(rec, "time", r->time, 6);
	if (r->attempt > 0 && r->attempt < SCAN_ATTEMPTS)
		rec_set_u64(rec, "attempt", r->attempt + 1u);
	if (r->from != 0 && r->from != r->addr)
		rec_set_copy(rec, "reason_ip", (struct str){ from,
		    addr_fmt(from, r->from) });
	if (r->has_mac)
		put_mac(rec, r->mac);
	if (r->flags != 0)
		put_tcp(rp, rec, r);
	if (r->batch->mixed && t->proto == SCAN_TCP)
		rec_set(rec, "scan", str_of(t->name));
}

void
report_put(struct report *rp, const struct batch *b, u128 addr, int32_t port)
{
	struct str host, tag;
	size_t cursor = 0;
	bool any = false;

	while (notes_next(&b->notes, addr, port, &cursor, &host, &tag)) {
		if (host.p != NULL)
			rec_set(&rp->rec, "host", host);
		else
			rec_unset(&rp->rec, "host");
		if (tag.p != NULL)
			rec_set(&rp->rec, "tag", tag);
		else
			rec_unset(&rp->rec, "tag");
		(void)recout_put(rp->out, &rp->rec);
		any = true;
	}
	if (!any)
		(void)recout_put(rp->out, &rp->rec);
}

void
report_result(struct report *rp, const struct result *r)
{
	enum report_state s = state_of(r->state);
	char ip[ADDR_FMT], port[NUM_FMT_U64];

	rp->count[s]++;
	if (!wanted(rp, s))
		return;
	fill(rp, &rp->rec, r, ip, port);
	report_put(rp, r->batch, r->addr,
	    scan_types[r->type]->proto == SCAN_HOST ? -1 : r->port);
}

/* Is it the first of the address's probes that speak of the host? */
static bool
first_of_host(const struct batch *b, uint64_t i, const struct plan_probe *pr)
{
	struct plan_probe other;
	uint32_t k;

	for (k = 0; k < pr->slot; k++) {
		plan_at(&b->plan, i - pr->slot + k, &other);
		if (scan_types[other.type]->proto == SCAN_HOST)
			return false;
	}
	return true;
}

static void
silent_probe(struct report *rp, const struct batch *b, uint64_t i,
    const struct plan_probe *pr)
{
	const struct scan_type *t = scan_types[pr->type];
	struct result r = { .batch = b, .addr = pr->addr,
	    .port = pr->port, .type = (uint8_t)pr->type,
	    .attempt = SCAN_ATTEMPTS, .state = t->silent_state,
	    .reason = "no-response" };

	if (rangeset_has(&b->skip[SCANREC_ROUTE], pr->addr))
		return;
	if (!t->on_link && rangeset_has(&b->skip[SCANREC_NEIGHBOUR],
	    pr->addr)) {
		/* nothing was sent but the question who has the address */
		if (pr->slot != 0)
			return;
		r.type = (uint8_t)scan_type_number(addr_is4(pr->addr) ?
		    &scan_arp : &scan_ndp);
		r.port = 0;
		r.state = "down";
	} else if (rangeset_has(&b->skip[SCANREC_TIMEOUT], pr->addr) ||
	    (t->proto == SCAN_HOST && !first_of_host(b, i, pr))) {
		return;
	}
	report_result(rp, &r);
}

/* All silent probes are of one kind, and none of them is to be written? */
static bool
count_only(struct report *rp, const struct batch *b)
{
	const char *state = NULL;
	const struct scan_type *t;
	size_t i, k;

	if (b->skip[SCANREC_ROUTE].n > 0 || b->skip[SCANREC_NEIGHBOUR].n > 0 ||
	    b->skip[SCANREC_TIMEOUT].n > 0)
		return false;
	for (i = 0; i < b->plan.nset; i++)
		for (k = 0; k < b->plan.set[i].n; k++) {
			t = scan_types[b->plan.set[i].lane[k].type];
			if (t->proto == SCAN_HOST || (state != NULL &&
			    strcmp(state, t->silent_state) != 0))
				return false;
			state = t->silent_state;
		}
	if (state == NULL || wanted(rp, state_of(state)))
		return false;
	rp->count[state_of(state)] += shard_count(b->plan.n, b->shard,
	    b->shards) - atomic_load(b->board.answered);
	return true;
}

/* As nmap has it, a host that is scanned is up unless it was asked about first:
 * by what it answered, or because the user says so. */
static void
put_timeout(struct report *rp, const struct batch *b, u128 addr, bool answered)
{
	char ip[ADDR_FMT];

	rec_clear(&rp->rec);
	rec_data(&rp->rec, (struct str){ ip, addr_fmt(ip, addr) }, STR_NONE,
	    STR("host"), STR("up"), answered ? STR_NONE : STR("user-set"));
	rec_set(&rp->rec, "timedout", STR("1"));
	report_put(rp, b, addr, -1);
	rp->timeouts++;
}

/* One record for each host that was given up. */
static void
report_timeouts(struct report *rp, struct batch *b)
{
	const struct plan_entry *e;
	uint64_t first, i;
	uint32_t n;
	size_t k;
	u128 a;

	rangeset_normalise(&b->skip[SCANREC_TIMEOUT]);
	if (b->skip[SCANREC_TIMEOUT].n == 0)
		return;
	for (k = 0; k < b->plan.nentry; k++) {
		e = &b->plan.entry[k];
		n = b->plan.set[e->set].nprobe;
		for (a = e->first; a - e->first <= e->last - e->first &&
		    rp->out->error == 0; a++) {
			if (!rangeset_has(&b->skip[SCANREC_TIMEOUT], a) ||
			    rangeset_has(&b->skip[SCANREC_NEIGHBOUR], a) ||
			    rangeset_has(&b->skip[SCANREC_ROUTE], a))
				continue;
			first = e->base + (uint64_t)(a - e->first) * n;
			for (i = first; i < first + n &&
			    !board_answered(&b->board, i); i++)
				;
			put_timeout(rp, b, a, i < first + n);
		}
	}
}

void
report_silent(struct report *rp, struct batch *b)
{
	struct plan_probe pr;
	uint64_t j, i, n = shard_count(b->plan.n, b->shard, b->shards);

	if (b->board.bits == NULL)
		return;
	rangeset_normalise(&b->skip[SCANREC_ROUTE]);
	rangeset_normalise(&b->skip[SCANREC_NEIGHBOUR]);
	report_timeouts(rp, b);
	if (count_only(rp, b))
		return;
	for (j = 0; j < n && rp->out->error == 0; j++) {
		i = b->shards == 1 ? j : perm_at(&b->perm, shard_pos(j,
		    b->shard, b->shards));
		if (board_answered(&b->board, i))
			continue;
		plan_at(&b->plan, i, &pr);
		silent_probe(rp, b, i, &pr);
	}
}

void
report_counts(const struct report *rp, struct record *r)
{
	size_t i;

	for (i = 0; i < NSTATES; i++)
		if (rp->count[i] > 0 || i == STATE_OPEN)
			rec_set_u64(r, state_names[i], rp->count[i]);
	if (rp->suspects > 0)
		rec_set_u64(r, "suspects", rp->suspects);
	if (rp->timeouts > 0)
		rec_set_u64(r, "timeouts", rp->timeouts);
}

void
report_release(struct report *rp)
{
	rec_release(&rp->rec);
}
