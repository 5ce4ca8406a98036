#include "summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/date.h"

/* A number of the stat record and how it reads. */
struct figure {
	const char	*key;
	const char	*one;
	const char	*many;
	bool		 zero;	/* worth saying when it is 0 */
};

static const struct figure found[] = {
	{ "up", "up", "up", true },
	{ "down", "down", "down", false },
	{ "open", "open", "open", true },
	{ "closed", "closed", "closed", false },
	{ "filtered", "filtered", "filtered", false },
	{ "unfiltered", "unfiltered", "unfiltered", false },
	{ "open|filtered", "open|filtered", "open|filtered", false },
	{ "closed|filtered", "closed|filtered", "closed|filtered", false },
};

static const struct figure work[] = {
	{ "hosts", "host", "hosts", true },
	{ "probes", "probe", "probes", true },
	{ "sent", "packet sent", "packets sent", true },
	{ "answered", "answered", "answered", true },
	{ "unreached", "probe without a way to its host",
	    "probes without a way to their hosts", false },
	{ "drop", "probe not sent", "probes not sent", false },
	{ "duplicate", "duplicate answer", "duplicate answers", false },
	{ "invalid", "packet that answered no probe",
	    "packets that answered no probe", false },
	{ "seconds", "s", "s", true },
	{ "rate", "packets/s", "packets/s", false },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static void
put_figures(struct buf *b, const struct record *r, const struct figure *f,
    size_t n)
{
	const char *sep = "  ";
	struct str v;
	size_t i;

	for (i = 0; i < n; i++) {
		v = rec_get(r, f[i].key);
		if (v.n == 0 || (!f[i].zero && str_is(v, "0")))
			continue;
		buf_puts(b, sep);
		buf_str(b, v);
		buf_putc(b, ' ');
		buf_puts(b, str_is(v, "1") ? f[i].one : f[i].many);
		sep = ", ";
	}
	if (*sep == ',')
		buf_putc(b, '\n');
}

/* "syn scan"; "service scan" of a stage that has one kind only; "scan" of what does
 * not say it. */
static void
put_kind(struct buf *b, const struct record *r)
{
	static const char *const stage[] = { "service", "tls", "os", "names" };
	struct str scan = rec_get(r, "scan"), by = rec_get(r, "by");
	size_t i;

	for (i = 0; scan.n == 0 && i < COUNT(stage); i++)
		if (by.n > 4 && strncmp(by.p, "prt-", 4) == 0 && str_is(
		    (struct str){ by.p + 4, by.n - 4 }, stage[i]))
			scan = str_of(stage[i]);
	if (scan.n > 0) {
		buf_str(b, scan);
		buf_putc(b, ' ');
	}
	buf_puts(b, "scan");
}

static void
put_incomplete(struct buf *b, const struct record *r, const char *why,
    bool colour)
{
	buf_puts(b, colour ? "\033[1;31mINCOMPLETE: the " : "INCOMPLETE: the ");
	put_kind(b, r);
	buf_puts(b, why);
	buf_puts(b, " What is missing from this report may well be there.");
	buf_puts(b, colour ? "\033[0m\n" : "\n");
}

static void
put_stat(struct buf *b, const struct record *r, bool colour)
{
	struct str drop = rec_get(r, "recv_drop");

	if (str_is(rec_get(r, "complete"), "1")) {
		put_kind(b, r);
		buf_puts(b, " complete:\n");
	} else
		put_incomplete(b, r, " stopped before its end.", colour);
	put_figures(b, r, found, COUNT(found));
	put_figures(b, r, work, COUNT(work));
	if (drop.n > 0 && !str_is(drop, "0")) {
		buf_puts(b, "  ");
		buf_str(b, drop);
		buf_puts(b, " packets came too fast and were dropped: answers "
		    "may be missing, and a lower --rate gets them\n");
	}
}

/* Looking up names is no scan: that it was done is no news. */
static bool
is_no_scan(const struct record *r)
{
	return str_is(r->what, "stat") &&
	    str_is(rec_get(r, "by"), "prt-names") &&
	    str_is(rec_get(r, "complete"), "1");
}

/* The next meta record of the report; false behind the last one. */
static bool
next(struct str *rest, struct record *r)
{
	struct str line;
	const char *err;

	do {
		line = str_cut(rest, '\n');
		if (rest->p == NULL || rec_scan_tsv(r, line.p, line.n,
		    &err) == -1)
			return false;
	} while (is_no_scan(r));
	return true;
}

/* The ids of the scans that a stat record ends, in order. */
struct ids {
	struct str	*id;
	size_t		 n;
};

static int
compare(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	size_t n = x->n < y->n ? x->n : y->n;
	int c = n > 0 ? memcmp(x->p, y->p, n) : 0;

	return c != 0 ? c : x->n < y->n ? -1 : x->n > y->n;
}

/* 0, or -1 when out of memory. */
static int
ids_collect(struct ids *ids, const struct report *rp)
{
	struct str rest = buf_view(&rp->meta), *more;
	struct record r = { 0 };
	size_t cap = 0;
	int ret = -1;

	while (next(&rest, &r)) {
		if (!str_is(r.what, "stat"))
			continue;
		if (ids->n == cap) {
			cap = cap * 2 + 16;
			more = reallocarray(ids->id, cap, sizeof(*more));
			if (more == NULL)
				goto out;
			ids->id = more;
		}
		ids->id[ids->n++] = rec_get(&r, "id");
	}
	if (ids->n > 0)
		qsort(ids->id, ids->n, sizeof(*ids->id), compare);
	ret = 0;
out:
	rec_release(&r);
	return ret;
}

static bool
ended(const struct ids *ids, struct str id)
{
	return ids->n > 0 &&
	    bsearch(&id, ids->id, ids->n, sizeof(id), compare) != NULL;
}

/* Nothing was left for it to ask, as for the search of hosts that are known. */
static bool
is_idle(const struct record *r)
{
	return str_is(rec_get(r, "probes"), "0") &&
	    str_is(rec_get(r, "complete"), "1");
}

static bool
all_idle(const struct report *rp)
{
	struct str rest = buf_view(&rp->meta);
	struct record r = { 0 };
	bool idle = true;

	while (idle && next(&rest, &r))
		idle = !str_is(r.what, "stat") || is_idle(&r);
	rec_release(&r);
	return idle;
}

static void
put_scans(struct buf *b, const struct report *rp, bool colour)
{
	struct str rest = buf_view(&rp->meta);
	struct record r = { 0 };
	struct ids ids = { 0 };
	bool told = false, idle = all_idle(rp);

	if (ids_collect(&ids, rp) == -1)
		b->oom = true;
	while (next(&rest, &r)) {
		told |= str_is(r.what, "stat") || str_is(r.what, "scan");
		if (str_is(r.what, "stat") && (idle || !is_idle(&r)))
			put_stat(b, &r, colour);
		else if (str_is(r.what, "scan") &&
		    !ended(&ids, rec_get(&r, "id")))
			put_incomplete(b, &r, " broke off: its stat record "
			    "is not in the input.", colour);
	}
	if (!told)
		buf_puts(b, "Whether the scan ran to its end is not known: "
		    "its stat record is not in the input.\n");
	rec_release(&r);
	free(ids.id);
}

uint64_t
summary_count(const struct report *rp, struct str state)
{
	struct str rest = buf_view(&rp->meta), v;
	struct record r = { 0 };
	uint64_t n, sum = 0;
	char key[32];

	if (!str_copy(key, sizeof(key), state))
		return 0;
	while (next(&rest, &r)) {
		if (!str_is(r.what, "stat"))
			continue;
		if (!str_is(rec_get(&r, "hosts"), "1")) {
			sum = 0;
			break;
		}
		v = rec_get(&r, key);
		if (v.n > 0 && num_scan_u64(v.p, v.n, &n) == v.n &&
		    __builtin_add_overflow(sum, n, &sum))
			sum = 0;
	}
	rec_release(&r);
	return sum;
}

enum outcome
summary_outcome(const struct report *rp)
{
	struct str rest = buf_view(&rp->meta);
	enum outcome o = OUTCOME_UNKNOWN;
	struct record r = { 0 };
	struct ids ids = { 0 };

	/* out of memory: nothing is known to have ended */
	(void)ids_collect(&ids, rp);
	while (o != OUTCOME_INCOMPLETE && next(&rest, &r)) {
		if (str_is(r.what, "stat"))
			o = str_is(rec_get(&r, "complete"), "1") ?
			    OUTCOME_COMPLETE : OUTCOME_INCOMPLETE;
		else if (str_is(r.what, "scan") &&
		    !ended(&ids, rec_get(&r, "id")))
			o = OUTCOME_INCOMPLETE;
	}
	rec_release(&r);
	free(ids.id);
	return o;
}

uint64_t
summary_most(const struct report *rp, const char *key)
{
	struct str rest = buf_view(&rp->meta), v;
	struct record r = { 0 };
	uint64_t n, most = 0;

	while (next(&rest, &r)) {
		v = rec_get(&r, key);
		if (str_is(r.what, "stat") && v.n > 0 &&
		    num_scan_u64(v.p, v.n, &n) == v.n && n > most)
			most = n;
	}
	rec_release(&r);
	return most;
}

struct str
summary_value(const struct report *rp, const char *what, const char *key)
{
	struct str rest = buf_view(&rp->meta), v, last = STR_NONE;
	struct record r = { 0 };

	while (next(&rest, &r)) {
		v = rec_get(&r, key);
		if (str_is(r.what, what) && v.n > 0)
			last = v;
	}
	rec_release(&r);
	return last;
}

/* Widens it to where this began and ended, ns since the epoch. */
static void
span_take(struct span *t, uint64_t began, uint64_t ended)
{
	unsigned long first = (unsigned long)(began / NS_PER_S);
	unsigned long last = (unsigned long)(ended / NS_PER_S);

	if (t->end == 0 || first < t->start)
		t->start = first;
	if (last > t->end)
		t->end = last;
}

/* When the scans ended, and so when they began. */
static void
span_of_stats(const struct report *rp, struct span *t)
{
	struct str rest = buf_view(&rp->meta);
	uint64_t end, took;
	struct record r = { 0 };

	while (next(&rest, &r)) {
		if (!str_is(r.what, "stat") ||
		    date_scan_epoch(rec_get(&r, "time"), &end) == -1)
			continue;
		if (date_scan_epoch(rec_get(&r, "seconds"), &took) == -1 ||
		    took > end)
			took = 0;
		span_take(t, end - took, end);
	}
	rec_release(&r);
}

struct span
summary_span(const struct report *rp)
{
	struct record r = { 0 };
	struct span t = { 0 };
	uint64_t ns;
	size_t i;

	for (i = 0; i < rp->n; i++) {
		report_record(rp, i, &r);
		if (date_scan_epoch(rec_get(&r, "time"), &ns) == 0)
			span_take(&t, ns, ns);
	}
	rec_release(&r);
	span_of_stats(rp, &t);
	t.seconds = summary_value(rp, "stat", "seconds");
	return t;
}

void
span_or_now(struct span *t)
{
	if (t->end == 0)
		t->start = t->end = clock_wall_ns() / NS_PER_S;
}

void
summary_fill_down(const struct report *rp, struct seen *n)
{
	uint64_t hosts = summary_most(rp, "hosts");

	if (hosts > n->hosts + n->down)
		n->down = hosts - n->hosts;
}

void
summary_done(struct buf *b, const struct span *t, const struct seen *n)
{
	unsigned long all = n->hosts + n->down;

	buf_puts(b, "Nmap done at ");
	date_put_ctime(b, t->end);
	buf_printf(b, " -- %lu IP address%s (%lu host%s up) scanned in ", all,
	    all == 1 ? "" : "es", n->hosts, n->hosts == 1 ? "" : "s");
	buf_str(b, t->seconds.n > 0 ? t->seconds : STR("0"));
	buf_puts(b, " seconds");
}

static void
put_count(struct buf *b, unsigned long n, const char *one, const char *many)
{
	buf_u64(b, n);
	buf_puts(b, n == 1 ? one : many);
}

void
summary_put(struct buf *b, const struct report *rp, const struct seen *seen,
    bool colour)
{
	put_scans(b, rp, colour);
	put_count(b, seen->hosts, " host", " hosts");
	buf_puts(b, " in this report");
	if (seen->down > 0) {
		buf_puts(b, "; ");
		put_count(b, seen->down, " that is down is not shown",
		    " that are down are not shown");
	}
	buf_puts(b, ".\n");
	if (seen->targets > 0) {
		put_count(b, seen->targets, " record has", " records have");
		buf_puts(b, " no state, only a target: not shown.\n");
	}
}
