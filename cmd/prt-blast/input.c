#include "input.h"

#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "meaning/checkpoint.h"
#include "pure/addr.h"
#include "setup.h"

/* So many of this machine's own addresses are told without being asked; all of
 * 127.0.0.0/8 would be long in memory. */
#define LOCAL_MOST	65536

void
input_release(struct input *in)
{
	recin_release(&in->in);
	rec_release(&in->rec);
	target_release(&in->target);
	portspec_release(&in->ports);
	rangeset_release(&in->reserved);
	buf_release(&in->ports_text);
	free(in->ports_path);
	buf_release(&in->pass);
	buf_release(&in->notes);
}

static void
complain(struct input *in, const char *what)
{
	msg_at(in->in.name, in->in.line, "%s", what);
	in->bad++;
}

/* ---- one range, one type ---- */

static int
add_one_port(struct plan *p, u128 first, u128 last,
    const struct scan_type *t, uint16_t port)
{
	struct portset ps = { 0 };
	int r = -1;

	if (portset_add(&ps, port, port) == 0) {
		portset_normalise(&ps);
		r = plan_add(p, first, last, scan_type_number(t), &ps);
	}
	portset_release(&ps);
	return r;
}

static int
add_plain(struct plan *p, u128 first, u128 last, const struct scan_type *t)
{
	return plan_add(p, first, last,
	    scan_type_number(t), NULL);
}

/* What is asked where the target is: the link itself, or what --ping says. */
static int
add_ping_stretch(const struct input *in, struct plan *p, const struct route *r,
    u128 first, u128 last)
{
	const struct ping_item *it;
	bool v4 = addr_is4(first);
	int e = 0;

	if (r->kind == ROUTE_ON_LINK)
		return add_plain(p, first, last, v4 ? &scan_arp : &scan_ndp);
	for (it = in->ask; it < in->ask + in->nask && e == 0; it++) {
		if (v4 ? !it->type->v4 : !it->type->v6)
			continue;
		e = it->type->ports ? add_one_port(p, first, last, it->type,
		    it->port) : add_plain(p, first, last, it->type);
	}
	return e;
}

/* Nobody has to ask this machine whether it is up: a record says so. */
static void
pass_local(struct input *in, u128 first, u128 last)
{
	struct record r = { 0 };
	char ip[ADDR_FMT];
	size_t n;

	for (;; first++) {
		n = addr_fmt(ip, first);
		rec_clear(&r);
		rec_data(&r, (struct str){ ip, n }, STR_NONE,
		    STR("host"), STR("up"), STR("localhost-response"));
		if (in->target.host.p != NULL)
			rec_set(&r, "host", in->target.host);
		if (in->target.tag.p != NULL)
			rec_set(&r, "tag", in->target.tag);
		rec_put_tsv(&r, &in->pass);
		if (first == last)
			break;
	}
	in->pass.oom |= r.oom;
	rec_release(&r);
}

static int
add_ping(struct input *in, struct plan *p, u128 first, u128 last)
{
	const struct route *r;
	u128 end;

	for (;; first = end + 1) {
		if ((r = paths_route(in->paths, first)) == NULL)
			return -1;
		end = last < r->last ? last : r->last;
		if (r->kind == ROUTE_LOCAL && end - first < LOCAL_MOST &&
		    !in->paths->dry)
			pass_local(in, first, end);
		else if (add_ping_stretch(in, p, r, first, end) == -1)
			return -1;
		if (end == last)
			return 0;
	}
}

/* The ports that a type asks of this target, NULL when it asks none: the
 * record's own where they are of the type's protocol, else -p's. */
static const struct portset *
ports_for(const struct input *in, const struct scan_type *t)
{
	enum target_proto want = t->udp ? TARGET_UDP : TARGET_TCP;
	const struct portset *own = &in->target.ports;

	if (t->proto == SCAN_HOST || own->n == 0)
		return &in->ports.set[t->udp ? PORTS_UDP : PORTS_TCP];
	return in->target.proto == TARGET_ANY || in->target.proto == want ?
	    own : NULL;
}

/* How many types the range got; -1 out of memory. */
static int
add_types(struct input *in, struct plan *p, u128 first, u128 last)
{
	const struct scan_type *t;
	const struct portset *ports;
	int n = 0;
	size_t i;

	for (i = 0; i < in->ntypes; i++) {
		t = scan_types[in->types[i]];
		if (addr_is4(first) ? !t->v4 : !t->v6)
			continue;
		ports = NULL;
		if (t->proto == SCAN_HOST && t->ports && !in->given_ports) {
			if (add_one_port(p, first, last, t,
			    t->usual_port) == -1)
				return -1;
			n++;
			continue;
		}
		if (t->ports) {
			ports = ports_for(in, t);
			if (ports == NULL || ports->n == 0)
				continue;
		}
		if (plan_add(p, first, last, in->types[i], ports) == -1)
			return -1;
		n++;
	}
	if (in->ping) {
		if (add_ping(in, p, first, last) == -1)
			return -1;
		n++;
	}
	return n;
}

/* ---- one record ---- */

/* The target without what is reserved, piece by piece. */
static int
add_allowed(struct input *in, struct plan *p)
{
	struct rangeset want = { 0 };
	size_t i;
	u128 before, after;
	int n, got = 0, r = -1;

	if (rangeset_add(&want, in->target.first, in->target.last) == -1)
		goto out;
	before = rangeset_count(&want);
	if (rangeset_subtract(&want, &in->reserved) == -1)
		goto out;
	after = rangeset_count(&want);
	if (after != before)
		complain(in, after == 0 ?
		    "reserved addresses are not scanned; --allow-reserved "
		    "lets them through" :
		    "the reserved part of this range is not scanned; "
		    "--allow-reserved lets it through");
	for (i = 0; i < want.n; i++) {
		n = add_types(in, p, want.r[i].first, want.r[i].last);
		if (n == -1)
			goto out;
		got += n;
	}
	if (got == 0 && want.n > 0)
		complain(in, "no scan type of -s fits this target's ports or "
		    "address family; name one that does (udp for udp ports, "
		    "ndp for IPv6)");
	r = 0;
out:
	rangeset_release(&want);
	return r;
}

/* Notes travel beside the plan: what the listener puts on the results. */
static void
pass_note(struct input *in)
{
	struct record note = { 0 };
	struct str port = in->rec.col[COL_PORT];

	if (in->target.host.p == NULL && in->target.tag.p == NULL)
		return;
	rec_data(&note, in->rec.col[COL_IP], port, in->rec.col[COL_PROTO],
	    STR_NONE, STR_NONE);
	note.ncol = REC_NCOL;
	if (in->target.host.p != NULL)
		rec_set(&note, "host", in->target.host);
	if (in->target.tag.p != NULL)
		rec_set(&note, "tag", in->target.tag);
	rec_put_tsv(&note, &in->notes);
	in->notes.oom |= note.oom;
	rec_release(&note);
}

/* How many targets the record is; -1 out of memory, -2 after a message. */
static int
take_record(struct input *in, struct plan *p)
{
	const char *err;
	struct str state = in->rec.col[COL_STATE];
	bool host = str_is(in->rec.col[COL_PROTO], "host");

	if (in->rec.kind == REC_META) {
		/* an earlier stage's: for whoever reads the end of the pipe */
		rec_put_tsv(&in->rec, &in->pass);
		return 0;
	}
	/* an earlier discovery's word on a host goes on with it; a host that
	 * is down is not scanned */
	if (host && state.p != NULL)
		rec_put_tsv(&in->rec, &in->pass);
	if (host && str_is(state, "down"))
		return 0;
	if (target_of(&in->target, &in->rec, &err) == -1) {
		complain(in, err);
		return 0;
	}
	if (in->target.ports.n == 0 && in->ntypes > 0 &&
	    setup_default_ports(in) == -1)
		return -2;
	pass_note(in);
	return add_allowed(in, p) == -1 ? -1 : 1;
}

static bool
next_line(struct input *in, struct str *line)
{
	if ((in->limit != 0 && in->in.line >= in->limit) ||
	    !recin_line(&in->in, line))
		return false;
	if (in->hashed)
		checkpoint_hash(in->hash, *line);
	return true;
}

long
input_take(struct input *in, struct plan *p)
{
	struct str line;
	const char *err;
	long n = 0;
	int r;

	while (next_line(in, &line)) {
		if (in->skip)
			continue;
		if (rec_scan(&in->rec, line.p, line.n, &err) == -1) {
			complain(in, err);
		} else if (in->rec.kind != REC_BLANK) {
			if ((r = take_record(in, p)) == -2)
				return -1;
			if (r == -1 || in->pass.oom || in->notes.oom) {
				msg_warn("out of memory");
				return -1;
			}
			n += r;
		}
		if (in->strict && in->bad > 0)
			return -1;
	}
	return n;
}
