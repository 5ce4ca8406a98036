#include "scan.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "pure/addr.h"
#include "world/stage.h"
#include "world/verdict.h"

/* Records that a batch takes before it is scanned, however fast more come. */
#define BATCH_MAX	(1u << 20)

struct tally {
	uint64_t	probes;		/* of all batches so far */
	uint64_t	done;
	uint64_t	answered;
	uint64_t	open, closed, filtered;
	uint64_t	up, down;	/* hosts, of discovery */
	uint64_t	unreached;	/* nothing could be sent */
	uint64_t	timeouts;	/* hosts that took too long */
};

struct scan {
	struct stage		 st;		/* first */
	const struct scan_conf	*conf;
	struct connect		*engine;
	struct record		 rec;		/* the input line */
	struct record		 res;		/* the result */
	struct target		 target;
	struct batch		*draft;		/* gathers input */
	struct batch		*run;		/* gives out probes */
	struct batch		*rest;		/* given out, awaiting answers */
	bool			 paused;	/* input waits for the scan */
	bool			 ended;		/* input is at its end */
	bool			 failed;	/* a bad line, or worse */
	bool			 broken;	/* the scan cannot go on */
	bool			 told[2];	/* messages said once: see tell() */
	struct tally		 n;
};

/* ---- output ---- */

static void
out_of_memory(struct scan *s)
{
	if (!s->broken)
		msg_warn("out of memory: scan in smaller parts (--shard)");
	s->failed = s->broken = true;
	loop_stop(&s->st.loop);
}

static void
put_stat(struct scan *s)
{
	uint64_t ns = clock_mono_ns() - s->st.start;
	uint64_t sent = connect_count(s->engine).sent;
	bool complete = !s->st.stopped && !s->broken && s->n.unreached == 0;
	struct record *r = &s->res;

	rec_clear(r);
	rec_meta(r, "stat");
	rec_set(r, "by", STR("prt-connect"));
	rec_set(r, "scan", s->conf->ping ? STR("connect-ping") :
	    STR("connect"));
	rec_set_u64(r, "probes", s->n.probes);
	rec_set_u64(r, "sent", sent);
	rec_set_u64(r, "unreached", s->n.unreached);
	rec_set_u64(r, "rate", (uint64_t)((double)sent * 1e9 /
	    (double)(ns > 0 ? ns : 1)));
	rec_set_u64(r, "answered", s->n.answered);
	if (s->conf->ping) {
		rec_set_u64(r, "up", s->n.up);
		rec_set_u64(r, "down", s->n.down);
	} else {
		rec_set_u64(r, "open", s->n.open);
		rec_set_u64(r, "closed", s->n.closed);
		rec_set_u64(r, "filtered", s->n.filtered);
	}
	if (s->n.timeouts > 0)
		rec_set_u64(r, "timeouts", s->n.timeouts);
	rec_set_ns(r, "time", clock_wall_ns(), 6);
	rec_set_ns(r, "seconds", ns, 6);
	rec_set(r, "complete", complete ? STR("1") : STR("0"));
	stage_put(&s->st, r);
}

/* ---- results ---- */

static void
put_result(struct scan *s, const struct connect_outcome *o,
    const struct verdict *v, struct str host, struct str tag)
{
	char ip[ADDR_FMT], port[NUM_FMT_U64], from[ADDR_FMT];
	struct record *r = &s->res;

	rec_clear(r);
	rec_data(r, (struct str){ ip, addr_fmt(ip, o->probe.addr) },
	    (struct str){ port, num_fmt_u64(port, o->probe.port) },
	    STR("tcp"), str_of(v->state), str_of(v->reason));
	if (o->rtt != 0)
		rec_set_ns(r, "rtt", o->rtt, 6);
	rec_set_ns(r, "time", clock_wall_ns(), 6);
	if (o->rtt != 0 && o->attempt > 1)
		rec_set_u64(r, "attempt", o->attempt);
	if (o->result == CONNECT_ICMP && o->icmp.from != 0 &&
	    o->icmp.from != o->probe.addr)
		rec_set(r, "reason_ip", (struct str){ from,
		    addr_fmt(from, o->icmp.from) });
	if (host.p != NULL)
		rec_set(r, "host", host);
	if (tag.p != NULL)
		rec_set(r, "tag", tag);
	stage_put(&s->st, r);
}

static bool
shown(const struct scan *s, const char *state)
{
	switch (s->conf->show) {
	case SHOW_OPEN:
		return strcmp(state, "open") == 0;
	case SHOW_ALL:
		return true;
	default:
		return strcmp(state, "filtered") != 0;
	}
}

/* What keeps probes from being sent is said once a kind. */
static void
tell_unsent(struct scan *s, const struct connect_outcome *o)
{
	char ip[ADDR_FMT];
	int n = (int)addr_fmt(ip, o->probe.addr);
	bool route = o->error == ENETUNREACH || o->error == EADDRNOTAVAIL ||
	    o->error == EAFNOSUPPORT;

	s->n.unreached++;
	s->failed = true;
	if (s->told[route])
		return;
	s->told[route] = true;
	progress_clear(&s->st.progress);
	if (route)
		msg_warn("cannot send to %.*s: %s: see `ip route get %.*s`; "
		    "more like it are counted as unreached= in the stat record",
		    n, ip, strerror(o->error), n, ip);
	else
		msg_warn("cannot connect to %.*s: %s; more like it are counted "
		    "as unreached= in the stat record", n, ip, strerror(o->error));
}

static void
count(struct scan *s, const struct connect_outcome *o)
{
	const char *state = verdict_of(o).state;

	s->n.done++;
	s->n.answered += o->rtt != 0;
	if (state == NULL)
		tell_unsent(s, o);
	else if (strcmp(state, "open") == 0)
		s->n.open++;
	else if (strcmp(state, "closed") == 0)
		s->n.closed++;
	else
		s->n.filtered++;
}

/* ---- discovery ---- */

static void
put_host(struct scan *s, const struct batch *b, u128 addr,
    const struct verdict *v, uint64_t rtt, bool timedout)
{
	struct str host = STR_NONE, tag = STR_NONE;
	char ip[ADDR_FMT];
	struct record *r = &s->res;
	size_t cursor = 0, n = addr_fmt(ip, addr);

	(void)notes_next(&b->notes, addr, -1, &cursor, &host, &tag);
	do {
		rec_clear(r);
		rec_data(r, (struct str){ ip, n }, STR_NONE,
		    STR("host"), str_of(v->state), v->reason == NULL ?
		    STR_NONE : str_of(v->reason));
		if (timedout)
			rec_set(r, "timedout", STR("1"));
		if (rtt != 0)
			rec_set_ns(r, "rtt", rtt, 6);
		rec_set_ns(r, "time", clock_wall_ns(), 6);
		if (host.p != NULL)
			rec_set(r, "host", host);
		if (tag.p != NULL)
			rec_set(r, "tag", tag);
		stage_put(&s->st, r);
	} while (notes_next(&b->notes, addr, -1, &cursor, &host, &tag));
}

/* Who accepts or refuses is there. */
static void
host_done(struct scan *s, struct batch *b, const struct connect_outcome *o,
    const struct verdict *v)
{
	struct verdict up = { "up", v->reason };

	if (o->result != CONNECT_OPEN && o->result != CONNECT_REFUSED)
		return;
	if (!batch_host_is_up(b, o->probe.addr, o->probe.port))
		return;
	s->n.up++;
	put_host(s, b, o->probe.addr, &up, o->rtt, false);
}

struct down_arg {
	struct scan	*s;
	struct batch	*b;
};

static void
put_down(void *arg, u128 addr)
{
	static const struct verdict down = { "down", "no-response" };
	struct down_arg *a = arg;

	a->s->n.down++;
	if (a->s->conf->show == SHOW_ALL)
		put_host(a->s, a->b, addr, &down, 0, false);
}

/* ---- hosts that take too long ---- */

static bool
is_late(const struct batch *b)
{
	return b->until != 0 && clock_mono_ns() >= b->until;
}

/* An answer, or a silence, that came too late: it is not told. */
static void
note_late(struct scan *s, struct batch *b, u128 addr)
{
	s->n.done++;
	if (rangeset_add(&b->late, addr, addr) == -1)
		out_of_memory(s);
}

static void
note_heard(struct scan *s, struct batch *b, const struct connect_outcome *o)
{
	if (b->until != 0 && (o->result == CONNECT_OPEN ||
	    o->result == CONNECT_REFUSED) &&
	    hosttime_of(&b->heard, o->probe.addr, 1) == NULL)
		out_of_memory(s);
}

/* A host that is scanned is up by what it answered, or else because the user says
 * so. */
static void
put_late(struct scan *s, struct batch *b)
{
	struct verdict v = { "up", NULL };
	struct hosttime_host *h;
	size_t i;
	u128 a;

	rangeset_normalise(&b->late);
	for (i = 0; i < b->late.n; i++)
		for (a = b->late.r[i].first;; a++) {
			h = hosttime_of(&b->heard, a, 0);
			v.reason = h == NULL || h->since == 0 ? "user-set" :
			    NULL;
			put_host(s, b, a, &v, 0, true);
			s->n.timeouts++;
			if (a == b->late.r[i].last)
				break;
		}
}

/* All probes of a batch are decided. */
static void
finish_batch(struct scan *s, struct batch *b)
{
	struct down_arg a = { s, b };

	if (s->conf->ping)
		batch_each_down(b, put_down, &a);
	put_late(s, b);
	batch_free(b);
}

static void
batch_done(struct scan *s, struct batch *b)
{
	struct batch **at;

	if (--b->out > 0 || b == s->run)
		return;
	for (at = &s->rest; *at != b; at = &(*at)->next)
		;
	*at = b->next;
	finish_batch(s, b);
}

static void
probe_done(void *ctx, const struct connect_outcome *o)
{
	struct scan *s = ctx;
	struct batch *b = o->probe.owner;
	struct verdict v = verdict_of(o);
	struct str host = STR_NONE, tag = STR_NONE;
	size_t cursor = 0;

	if (is_late(b)) {
		note_late(s, b, o->probe.addr);
		batch_done(s, b);
		return;
	}
	count(s, o);
	note_heard(s, b, o);
	if (s->conf->ping && v.state != NULL)
		host_done(s, b, o, &v);
	else if (v.state != NULL && shown(s, v.state)) {
		if (!notes_next(&b->notes, o->probe.addr, o->probe.port,
		    &cursor, &host, &tag))
			put_result(s, o, &v, STR_NONE, STR_NONE);
		else
			do
				put_result(s, o, &v, host, tag);
			while (notes_next(&b->notes, o->probe.addr,
			    o->probe.port, &cursor, &host, &tag));
	}
	batch_done(s, b);
}

/* ---- batches ---- */

/* Is more input there at this moment? */
static bool
more_now(const struct scan *s)
{
	struct pollfd p = { .fd = s->st.in.fd, .events = POLLIN };

	return !s->ended && poll(&p, 1, 0) == 1;
}

static void
retire(struct scan *s)
{
	struct batch *b = s->run;

	s->run = NULL;
	if (b->out == 0) {
		finish_batch(s, b);
		return;
	}
	b->next = s->rest;
	s->rest = b;
}

/* Makes what was gathered the running batch, when the time has come: false
 * when it has not. */
static bool
promote(struct scan *s)
{
	struct batch *b = s->draft;

	if (b == NULL || b->nrecord == 0)
		return false;
	if (!s->ended && (s->conf->whole ||
	    (b->nrecord < BATCH_MAX && more_now(s))))
		return false;
	s->draft = NULL;
	if (batch_seal(b, s->conf->in_order ? NULL : s->conf->key,
	    s->conf->shard) == -1) {
		if (errno != EOVERFLOW)
			out_of_memory(s);
		else
			msg_warn("more than 2^63 probes: scan in smaller "
			    "parts");
		s->failed = s->broken = true;
		loop_stop(&s->st.loop);
		batch_free(b);
		return false;
	}
	if (s->conf->ping && batch_count_hosts(b) == -1) {
		out_of_memory(s);
		batch_free(b);
		return false;
	}
	if (s->conf->host_timeout != 0)
		b->until = clock_mono_ns() + s->conf->host_timeout;
	s->n.probes += b->end;
	s->run = b;
	if (s->paused && loop_mod(&s->st.loop, &s->st.input, EPOLLIN) == 0)
		s->paused = false;
	return true;
}

static bool
next_probe(void *ctx, struct connect_probe *p)
{
	struct scan *s = ctx;

	while (s->run != NULL || promote(s)) {
		if (is_late(s->run) && batch_give_up(s->run) == -1)
			out_of_memory(s);
		if (batch_next(s->run, &p->addr, &p->port)) {
			p->owner = s->run;
			return true;
		}
		retire(s);
	}
	return false;
}

/* Nothing is in flight and nothing to start. */
static void
idle(void *ctx)
{
	struct scan *s = ctx;

	stage_flush(&s->st);
	if (s->ended)
		loop_stop(&s->st.loop);
}

/* ---- input ---- */

static void
bad_line(struct scan *s, const char *what)
{
	progress_clear(&s->st.progress);
	msg_at(s->st.in.name, s->st.in.line, "%s", what);
	s->failed = true;
	if (s->conf->strict) {
		s->broken = true;
		loop_stop(&s->st.loop);
	}
}

/* Adds the parts of a target that are not in reserved space. */
static int
add_allowed(struct scan *s)
{
	struct target *t = &s->target;
	const struct rangeset *no = &s->conf->refused;
	u128 last = t->last;
	bool refused = false, end = false;

	for (size_t i = 0; i < no->n && !end; i++) {
		if (no->r[i].last < t->first || no->r[i].first > last)
			continue;
		refused = true;
		end = no->r[i].last >= last;
		if (no->r[i].first > t->first) {
			t->last = no->r[i].first - 1;
			if (batch_add(s->draft, t, &s->conf->ports) == -1)
				return -1;
		}
		t->first = no->r[i].last + 1;
	}
	t->last = last;
	if (refused)
		bad_line(s, "reserved, multicast or broadcast addresses are "
		    "left out: --allow-reserved takes them");
	return end ? 0 : batch_add(s->draft, t, &s->conf->ports);
}

static void
take_record(struct scan *s)
{
	struct str state = s->rec.col[COL_STATE];
	bool host = str_is(s->rec.col[COL_PROTO], "host");
	const char *err;

	/* What an earlier stage found out about a host goes on with it, and a
	 * host that is down is not scanned. */
	if (s->rec.kind == REC_META || (host && state.p != NULL))
		stage_put(&s->st, &s->rec);
	if (s->rec.kind == REC_META || (host && str_is(state, "down")))
		return;
	if (target_of(&s->target, &s->rec, &err) == -1) {
		bad_line(s, err);
		return;
	}
	if (s->target.proto == TARGET_UDP || s->target.proto == TARGET_OTHER) {
		/* A result is none of ours, and passes through. */
		if (state.p != NULL)
			stage_put(&s->st, &s->rec);
		else
			bad_line(s, "only TCP can be scanned by connecting: "
			    "take prt-blast for other protocols");
		return;
	}
	if (s->draft == NULL && (s->draft = batch_new()) == NULL) {
		out_of_memory(s);
		return;
	}
	if (add_allowed(s) == -1)
		out_of_memory(s);
}

static void
take_lines(struct scan *s)
{
	const char *err;
	struct str line;

	while (!s->st.loop.stop && recin_line(&s->st.in, &line)) {
		rec_clear(&s->rec);
		if (s->st.in.toolong)
			bad_line(s, "the line is longer than 4 MiB");
		else if (rec_scan(&s->rec, line.p, line.n, &err) == -1)
			bad_line(s, err);
		else if (s->rec.kind != REC_BLANK)
			take_record(s);
	}
}

static void
input_ready(struct stage *st)
{
	struct scan *s = (struct scan *)st;
	long n = recin_fill(&st->in);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		msg_warn("%s: %s", s->st.in.name, strerror(errno));
		s->failed = s->broken = true;
	}
	take_lines(s);
	if (n <= 0) {
		s->ended = true;
		loop_del(&st->loop, &st->input);
	} else if (!s->conf->whole && s->run != NULL && s->draft != NULL &&
	    s->draft->nrecord >= BATCH_MAX && loop_mod(&st->loop,
	    &st->input, 0) == 0) {
		s->paused = true;
	}
	connect_wake(s->engine);
}

/* ---- the run ---- */

static void
show(struct stage *st, struct progress_state *p)
{
	struct scan *s = (struct scan *)st;

	*p = (struct progress_state){
		.done = s->n.done,
		.total = s->n.probes,
		.more = !s->ended || s->draft != NULL,
		.sent = connect_count(s->engine).sent,
		.found = s->conf->ping ? s->n.up : s->n.open,
	};
}

static void
steer(struct stage *st)
{
	connect_steer(((struct scan *)st)->engine, st->progress.paused,
	    st->progress.speed, st->progress.rate);
}

static int
set_up(struct scan *s)
{
	struct connect_conf conf = s->conf->connect;
	struct connect_calls calls = { .next = next_probe, .done = probe_done,
	    .idle = idle, .ctx = s };
	unsigned files;

	if (stage_init(&s->st, s->conf->format, s->conf->progress, msg_name(),
	    input_ready, show) == -1)
		return -1;
	/* Some for the sockets that are not in flight, and for luck. */
	files = connect_files();
	files = files > 8 ? files - 4 : 1;
	if (conf.parallel > files || conf.parallel == 0)
		conf.parallel = files;
	s->engine = connect_new(&s->st.loop, &conf, &calls);
	s->st.steer = steer;
	return s->engine == NULL ? -1 : 0;
}

static void
tear_down(struct scan *s)
{
	connect_free(s->engine);
	batch_free(s->draft);
	batch_free(s->run);
	while (s->rest != NULL) {
		struct batch *b = s->rest;

		s->rest = b->next;
		batch_free(b);
	}
	stage_release(&s->st);
	target_release(&s->target);
	rec_release(&s->rec);
	rec_release(&s->res);
}

int
scan_run(const struct scan_conf *conf)
{
	static struct scan s;	/* the loop's event buffer is large */

	s.conf = conf;
	if (set_up(&s) == -1 || loop_run(&s.st.loop) == -1) {
		msg_warn("cannot watch stdin and sockets: %s", strerror(errno));
		s.failed = s.broken = true;
	}
	progress_clear(&s.st.progress);
	if (s.engine != NULL)
		put_stat(&s);
	tear_down(&s);
	if (recout_close(&s.st.out) == -1) {
		if (s.st.out.error == EPIPE || errno == EPIPE)
			return PRT_OK;
		msg_warn("stdout: %s", strerror(errno));
		return PRT_FAILED;
	}
	if (s.st.stopped)
		return PRT_STOPPED;
	return s.failed ? PRT_FAILED : PRT_OK;
}
