#include "change.h"

#include <errno.h>

#include "base/date.h"
#include "pure/addr.h"
#include "world/stop.h"

/* ---- writing ---- */

/* Starts the record of a change, which is a result, or, when the new scan does
 * not say anything, a target. What stays the same of the thing goes along. */
static void
begin(struct differ *d, const struct record *about, bool has_state)
{
	static const char *const along[] = {
		"host", "tag", "service", "product", "version",
	};
	size_t i;
	struct str v;

	rec_data(&d->r, about->col[COL_IP], about->col[COL_PORT],
	    about->col[COL_PROTO], has_state ? about->col[COL_STATE] :
	    STR_NONE, has_state ? about->col[COL_REASON] : STR_NONE);
	for (i = 0; i < sizeof(along) / sizeof(along[0]); i++) {
		v = rec_get(about, along[i]);
		if (v.n > 0)
			rec_set(&d->r, along[i], v);
	}
}

static char
sign(struct str change)
{
	if (str_is(change, "opened") || str_is(change, "appeared"))
		return '+';
	return str_is(change, "closed") || str_is(change, "gone") ? '-' : '!';
}

/* "192.0.2.7 (name) 22/tcp " */
static void
put_thing(struct buf *b, const struct record *r)
{
	struct str host = rec_get(r, "host");

	buf_str(b, r->col[COL_IP]);
	buf_putc(b, ' ');
	if (host.n > 0) {
		buf_putc(b, '(');
		buf_str(b, host);
		buf_puts(b, ") ");
	}
	if (r->col[COL_PORT].p != NULL) {
		buf_str(b, r->col[COL_PORT]);
		buf_putc(b, '/');
		buf_str(b, r->col[COL_PROTO]);
		buf_putc(b, ' ');
	}
}

static void
put_service(struct buf *b, const struct record *r)
{
	static const char *const part[] = { "service", "product", "version" };
	size_t i;
	struct str v;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		v = rec_get(r, part[i]);
		if (v.n == 0)
			continue;
		buf_putc(b, ' ');
		buf_str(b, v);
	}
}

static void
put_normal(struct buf *b, const struct record *r)
{
	struct str change = rec_get(r, "change"), was = rec_get(r, "was"),
	    now = rec_get(r, "now"), days = rec_get(r, "days");

	buf_putc(b, sign(change));
	buf_putc(b, ' ');
	put_thing(b, r);
	buf_str(b, change);
	if (str_is(change, "opened"))
		put_service(b, r);
	if (days.n > 0) {
		buf_puts(b, days.p[0] == '-' ? ": it ran out, days ago: " :
		    ": days left: ");
		if (days.p[0] == '-')
			days.p++, days.n--;
		buf_str(b, days);
	} else if (was.n > 0 && now.n > 0) {
		buf_puts(b, ": ");
		buf_str(b, was);
		buf_puts(b, " -> ");
		buf_str(b, now);
	}
	buf_putc(b, '\n');
}

static void
end(struct differ *d, const char *change, struct str was, struct str now)
{
	rec_set(&d->r, "change", str_of(change));
	if (was.n > 0)
		rec_set(&d->r, "was", was);
	if (now.n > 0)
		rec_set(&d->r, "now", now);
	d->changes++;
	if (!d->normal)
		recout_put(&d->out, &d->r);
	else {
		d->line.n = 0;
		put_normal(&d->line, &d->r);
		recout_raw(&d->out, buf_view(&d->line));
	}
	if (d->r.oom || d->line.oom)
		d->out.error = ENOMEM;
}

/* ---- ports ---- */

static bool
is_open(const struct record *r)
{
	return str_is(r->col[COL_STATE], "open");
}

/* "nginx 1.2", with room of its own at the end of the text. */
static struct str
version_of(struct differ *d, const struct record *r)
{
	struct str product = rec_get(r, "product"),
	    version = rec_get(r, "version");
	size_t at = d->text.n;

	buf_str(&d->text, product);
	if (product.n > 0 && version.n > 0)
		buf_putc(&d->text, ' ');
	buf_str(&d->text, version);
	return (struct str){ d->text.p + at, d->text.n - at };
}

/* A scan that did not ask has no service: only what both know is compared. */
static void
compare_service(struct differ *d)
{
	struct str was = rec_get(&d->was, "service"),
	    is = rec_get(&d->is, "service");

	if (was.n > 0 && is.n > 0 && !str_eq(was, is)) {
		begin(d, &d->is, true);
		end(d, "service", was, is);
	}
	d->text.n = 0;
	buf_reserve(&d->text, 8 + rec_get(&d->was, "product").n +
	    rec_get(&d->was, "version").n + rec_get(&d->is, "product").n +
	    rec_get(&d->is, "version").n);
	was = version_of(d, &d->was);
	is = version_of(d, &d->is);
	if (was.n > 0 && is.n > 0 && !str_eq(was, is)) {
		begin(d, &d->is, true);
		end(d, "version", was, is);
	}
}

static void
compare_certificate(struct differ *d)
{
	struct str was = rec_get(&d->was, "fingerprint_sha256"),
	    is = rec_get(&d->is, "fingerprint_sha256");

	if (was.n == 0 || is.n == 0 || str_eq(was, is))
		return;
	begin(d, &d->is, true);
	end(d, "certificate", was, is);
}

/* At the time of the scan, if it tells, so that a saved one says the same for
 * good. */
static void
look_at_expiry(struct differ *d)
{
	struct str v = rec_get(&d->is, "not_after");
	uint64_t now = d->now, end_at, ns;
	char text[NUM_FMT_U64 + 1] = "-";
	size_t n;

	if (d->soon == 0 || v.n == 0 || date_scan_epoch(v, &end_at) == -1)
		return;
	if (date_scan_epoch(rec_get(&d->is, "time"), &ns) == 0)
		now = ns;
	if (end_at > now && end_at - now > d->soon)
		return;
	begin(d, &d->is, true);
	rec_set(&d->r, "not_after", v);
	if (end_at > now)
		n = num_fmt_u64(text, (end_at - now) / 86400000000000u);
	else
		n = 1 + num_fmt_u64(text + 1,
		    (now - end_at) / 86400000000000u);
	rec_set(&d->r, "days", (struct str){ text, n });
	end(d, end_at > now ? "expiring" : "expired", STR_NONE, STR_NONE);
}

/* Both scans have the port. */
static void
compare_port(struct differ *d)
{
	struct str was = d->was.col[COL_STATE], is = d->is.col[COL_STATE];
	const char *change = "state";

	if (!str_eq(was, is)) {
		if (is_open(&d->is))
			change = "opened";
		else if (is_open(&d->was) && str_is(is, "closed"))
			change = "closed";
		begin(d, &d->is, true);
		end(d, change, was, is);
	}
	if (is_open(&d->was) && is_open(&d->is)) {
		compare_service(d);
		compare_certificate(d);
	}
	if (is_open(&d->is))
		look_at_expiry(d);
}

static void
only_old(struct differ *d, size_t i)
{
	/* where a scan stopped, it says nothing about what it lacks */
	if (d->new->incomplete || d->gave_up ||
	    d->old->thing[i].key.proto == RESKEY_HOST)
		return;
	side_record(d->old, i, &d->was);
	if (!is_open(&d->was))
		return;
	begin(d, &d->was, false);
	end(d, "closed", d->was.col[COL_STATE], STR_NONE);
}

static void
only_new(struct differ *d, size_t i)
{
	if (d->new->thing[i].key.proto == RESKEY_HOST)
		return;
	side_record(d->new, i, &d->is);
	if (!is_open(&d->is))
		return;
	begin(d, &d->is, true);
	end(d, "opened", STR_NONE, d->is.col[COL_STATE]);
	look_at_expiry(d);
}

/* ---- hosts ---- */

/* The host's own record, read into r; NULL when it has none. */
static const struct record *
host_record(struct side *s, struct record *r)
{
	if (s->n == 0 || s->thing[0].key.proto != RESKEY_HOST)
		return NULL;
	side_record(s, 0, r);
	return r;
}

/* A host's change, from the side that has seen it. */
static void
put_host(struct differ *d, struct side *seen, const char *change)
{
	const struct record *own = host_record(d->new, &d->is);
	struct record about = { .kind = REC_DATA, .ncol = REC_NCOL };
	char text[ADDR_FMT];

	if (!d->new->has_host || d->new->addr != seen->addr)
		own = NULL;
	about.col[COL_IP] = (struct str){ text, addr_fmt(text, seen->addr) };
	about.col[COL_PROTO] = STR("host");
	if (own != NULL) {
		about.col[COL_STATE] = own->col[COL_STATE];
		about.col[COL_REASON] = own->col[COL_REASON];
	}
	begin(d, &about, own != NULL);
	side_record(seen, 0, &d->was);
	if (rec_get(&d->was, "host").n > 0)
		rec_set(&d->r, "host", rec_get(&d->was, "host"));
	if (rec_get(&d->was, "tag").n > 0)
		rec_set(&d->r, "tag", rec_get(&d->was, "tag"));
	end(d, change, STR_NONE, STR_NONE);
}

/* The host of the old scan is not up in the new one: does that show that it is
 * gone? Of one that only its ports told of, their closing says all there is: a
 * scan may well list open ports only. */
static bool
is_gone(struct differ *d, bool in_new)
{
	if (in_new && host_record(d->new, &d->is) != NULL)
		return true;
	if (d->new->incomplete || d->gave_up)
		return false;
	return in_new || host_record(d->old, &d->was) != NULL;
}

/* Which sides have the host: the ports of one that has not are none. */
static void
compare_host(struct differ *d, bool in_old, bool in_new)
{
	struct side *o = d->old, *n = d->new;
	size_t i = 0, k = 0, no = in_old ? o->n : 0, nn = in_new ? n->n : 0;
	bool was = in_old && o->up, is = in_new && n->up;
	int c;

	d->gave_up = in_new && n->timedout;
	if (!was && is)
		put_host(d, n, "appeared");
	else if (was && !is && is_gone(d, in_new))
		put_host(d, o, "gone");
	while (i < no || k < nn) {
		c = i == no ? 1 : k == nn ? -1 :
		    reskey_cmp(&o->thing[i].key, &n->thing[k].key);
		if (c < 0)
			only_old(d, i++);
		else if (c > 0)
			only_new(d, k++);
		else {
			side_record(o, i, &d->was);
			side_record(n, k, &d->is);
			if (o->thing[i].key.proto != RESKEY_HOST)
				compare_port(d);
			i++;
			k++;
		}
	}
}

int
differ_run(struct differ *d)
{
	struct side *o = d->old, *n = d->new;
	int c;

	if (side_next(o) == -1 || side_next(n) == -1)
		return -1;
	while ((o->has_host || n->has_host) && d->out.error == 0 && !stop) {
		c = !o->has_host ? 1 : !n->has_host ? -1 :
		    addr_cmp(o->addr, n->addr);
		compare_host(d, c <= 0, c >= 0);
		if ((c <= 0 && side_next(o) == -1) ||
		    (c >= 0 && side_next(n) == -1))
			return -1;
	}
	return 0;
}

void
differ_release(struct differ *d)
{
	rec_release(&d->was);
	rec_release(&d->is);
	rec_release(&d->r);
	buf_release(&d->line);
	buf_release(&d->text);
}
