#include "active.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "pure/addr.h"
#include "world/priv.h"
#include "world/sandbox.h"
#include "world/stage.h"

struct active {
	struct stage		 st;		/* first */
	const struct active_conf *conf;
	struct engine		*en;
	struct hosts		 hosts;
	struct record		 rec, res;
	struct loop_timer	 more;		/* goes on with the input */
	struct buf		 held;		/* a record that waits for hosts */
	bool			 paused, ended, failed, broken, told;
	uint64_t		 asked, identified, unreached;
};

static struct active *
of_stage(struct stage *st)
{
	return (struct active *)st;
}

/* ---- what goes wrong ---- */

static void
fail(struct active *a, const char *what, int error)
{
	if (!a->broken) {
		progress_clear(&a->st.progress);
		msg_warn("%s: %s", what, strerror(error));
	}
	a->failed = a->broken = true;
	loop_stop(&a->st.loop);
}

static void
bad_line(struct active *a, const char *what)
{
	progress_clear(&a->st.progress);
	msg_at(a->st.in.name, a->st.in.line, "%s", what);
	a->failed = true;
	if (a->conf->strict) {
		a->broken = true;
		loop_stop(&a->st.loop);
	}
}

static void
unreached(struct active *a, u128 addr, int error)
{
	char ip[ADDR_FMT];
	int n = (int)addr_fmt(ip, addr);

	a->unreached++;
	a->failed = true;
	if (a->told)
		return;
	a->told = true;
	progress_clear(&a->st.progress);
	msg_warn("cannot send to %.*s: %s: see `ip route get %.*s`; more like "
	    "it are counted as unreached= in the stat record", n, ip,
	    strerror(error), n, ip);
}

/* ---- hosts ---- */

static void resume(struct active *);

static void
done(void *ctx, u128 addr, const struct osprobe_state *state, int error)
{
	struct active *a = ctx;
	const struct seen *s = hosts_find(&a->hosts, addr);

	if (state == NULL)
		unreached(a, addr, error);
	else {
		rec_clear(&a->res);
		if (a->conf->report(a->conf->ctx, &a->res, addr, state, s)) {
			a->identified += rec_get(&a->res, "os").p != NULL;
			stage_put(&a->st, &a->res);
		}
	}
	resume(a);
}

static bool
is_refused(const struct active *a, u128 addr)
{
	const struct rangeset *no = &a->conf->refused;
	size_t i;

	for (i = 0; i < no->n; i++)
		if (addr >= no->r[i].first && addr <= no->r[i].last)
			return true;
	return false;
}

/* Asks those whose turn it is, as far as there is room. */
static void
pump(struct active *a)
{
	struct engine_ask ask;
	const struct seen *s;

	while (engine_has_room(a->en) && !a->st.loop.stop &&
	    (s = hosts_next(&a->hosts)) != NULL) {
		if (!s->there)
			continue;
		ask = (struct engine_ask){ .addr = s->addr, .open = s->open,
		    .closed = s->closed, .udp = s->udp };
		a->asked++;
		if (engine_ask(a->en, &ask) == -1)
			fail(a, "out of memory; take a lower --parallel",
			    errno);
	}
}

static bool
is_idle(const struct active *a)
{
	return engine_busy(a->en) == 0 && !hosts_has_due(&a->hosts);
}

/* ---- input ---- */

/* The closing record of a program that has found out about ports. */
static bool
ends_scan(const struct record *r)
{
	struct str by = rec_get(r, "by");

	return str_is(r->what, "stat") && by.n > 0 &&
	    !str_is(by, "prt-blast") && !str_is(by, "prt-targets");
}

/* A record that has to wait until the hosts before it are done is kept, and
 * nothing is read until then. */
static void
take_meta(struct active *a)
{
	if (ends_scan(&a->rec))
		hosts_scan_ended(&a->hosts);
	pump(a);
	if (is_idle(a)) {
		stage_put(&a->st, &a->rec);
		return;
	}
	a->held.n = 0;
	rec_put_tsv(&a->rec, &a->held);
	if (a->held.oom)
		fail(a, "a record that waits", ENOMEM);
}

static void
take_data(struct active *a)
{
	const char *err = NULL;
	u128 addr;
	struct str ip = a->rec.col[COL_IP];
	int r;

	stage_put(&a->st, &a->rec);
	if (addr_scan(ip.p, ip.n, &addr) == ip.n && is_refused(a, addr)) {
		if (!str_is(a->rec.col[COL_STATE], "down"))
			bad_line(a, "a reserved, multicast or broadcast address "
			    "is not asked: --allow-reserved does");
		return;
	}
	r = hosts_learn(&a->hosts, &a->rec, &err);
	if (r == -2)
		bad_line(a, err);
	else if (r == -1)
		fail(a, a->st.in.name, ENOMEM);
	if (hosts_is_full(&a->hosts))
		hosts_make_room(&a->hosts);
	pump(a);
}

static bool
may_read(const struct active *a)
{
	return a->held.n == 0 && !hosts_is_full(&a->hosts) && !a->st.loop.stop;
}

/* Takes what was read, as far as there is room: true when all of it is. */
static bool
take_lines(struct active *a)
{
	struct recin *in = &a->st.in;
	const char *err;
	struct str line;

	while (may_read(a)) {
		if (!recin_line(in, &line))
			return true;
		rec_clear(&a->rec);
		if (in->toolong)
			bad_line(a, "the line is longer than 4 MiB");
		else if (rec_scan(&a->rec, line.p, line.n, &err) == -1)
			bad_line(a, err);
		else if (a->rec.kind == REC_META)
			take_meta(a);
		else if (a->rec.kind == REC_DATA)
			take_data(a);
	}
	return false;
}

/* Not by an empty mask: a hang-up would be told again and again. */
static void
watch_input(struct active *a, bool on)
{
	if (!on)
		loop_del(&a->st.loop, &a->st.input);
	else if (loop_add(&a->st.loop, &a->st.input, EPOLLIN) == -1)
		fail(a, a->st.in.name, errno);
	a->paused = !on;
}

static void
go_on(struct active *a)
{
	bool all = take_lines(a);

	if (a->st.loop.stop)
		return;
	if (all && a->st.in.eof && !a->ended) {
		a->ended = true;
		hosts_input_ended(&a->hosts);
		pump(a);
	}
	if (!a->st.in.eof && all == a->paused)
		watch_input(a, all);
	if (a->ended && is_idle(a))
		loop_stop(&a->st.loop);
}

static void
more_due(struct loop *l, struct loop_timer *t)
{
	struct active *a = (struct active *)((char *)t -
	    offsetof(struct active, more));
	const char *err;

	(void)l;
	pump(a);
	if (a->held.n > 0 && is_idle(a)) {
		rec_clear(&a->rec);
		if (rec_scan(&a->rec, a->held.p, a->held.n - 1, &err) == 0)
			stage_put(&a->st, &a->rec);
		a->held.n = 0;
	}
	go_on(a);
}

/* In the next turn: the engine is at work here. */
static void
resume(struct active *a)
{
	if (!loop_timer_is_set(&a->more) &&
	    loop_timer_set(&a->st.loop, &a->more, 0) == -1)
		fail(a, "timers", ENOMEM);
}

static void
input_ready(struct stage *st)
{
	struct active *a = of_stage(st);
	long n;

	n = recin_fill(&st->in);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		fail(a, st->in.name, errno);
		st->in.eof = true;
	}
	if (n <= 0)
		loop_del(&st->loop, &st->input);
	go_on(a);
}

/* ---- the run ---- */

static void
show(struct stage *st, struct progress_state *p)
{
	struct active *a = of_stage(st);

	*p = (struct progress_state){
		.done = a->asked - engine_busy(a->en),
		.total = a->asked,
		.more = !a->ended || hosts_has_due(&a->hosts),
		.sent = engine_sent(a->en),
		.found = a->identified,
	};
}

/* What is in hand and was not put yet, when the end came early. */
static void
put_rest(struct active *a)
{
	const char *err;
	struct str line;

	rec_clear(&a->rec);
	if (a->held.n > 0 && rec_scan(&a->rec, a->held.p, a->held.n - 1,
	    &err) == 0)
		stage_put(&a->st, &a->rec);
	while (!a->conf->strict && a->st.out.error == 0 &&
	    recin_line(&a->st.in, &line)) {
		rec_clear(&a->rec);
		if (!a->st.in.toolong && rec_scan(&a->rec, line.p, line.n,
		    &err) == 0 && a->rec.kind != REC_BLANK)
			stage_put(&a->st, &a->rec);
	}
}

static void
put_stat(struct active *a)
{
	uint64_t ns = clock_mono_ns() - a->st.start;
	struct record *r = &a->res;

	rec_clear(r);
	rec_meta(r, "stat");
	rec_set(r, "by", str_of(msg_name()));
	rec_set_u64(r, "hosts", a->asked);
	rec_set_u64(r, "identified", a->identified);
	rec_set_u64(r, "sent", engine_sent(a->en));
	rec_set_u64(r, "unreached", a->unreached);
	rec_set_ns(r, "seconds", ns, 6);
	rec_set(r, "complete", a->st.stopped || a->broken ||
	    a->unreached > 0 ? STR("0") : STR("1"));
	stage_put(&a->st, r);
}

static int
set_up(struct active *a)
{
	if ((a->en = engine_open(&a->conf->engine)) == NULL) {
		if (errno == EPERM || errno == EACCES) {
			msg_warn("probing needs CAP_NET_RAW: run as root, or "
			    "once 'setcap cap_net_raw=ep' on %s", msg_name());
			return PRT_NOPRIV;
		}
		msg_warn("cannot open the sockets for the probes: %s",
		    strerror(errno));
		return PRT_FAILED;
	}
	a->more.fire = more_due;
	if (hosts_init(&a->hosts) == -1 || stage_init(&a->st, a->conf->format,
	    a->conf->progress, msg_name(), input_ready, show) == -1 ||
	    engine_start(a->en, &a->st.loop, done, a) == -1) {
		msg_warn("cannot start: %s", strerror(errno));
		return PRT_FAILED;
	}
	if (priv_drop() == -1 || sandbox_packets() == -1) {
		msg_warn("cannot enter the sandbox: %s", strerror(errno));
		return PRT_FAILED;
	}
	return PRT_OK;
}

static int
finish(struct active *a)
{
	if (recout_close(&a->st.out) == -1) {
		if (a->st.out.error == EPIPE || errno == EPIPE)
			return PRT_OK;
		msg_warn("stdout: %s", strerror(errno));
		return PRT_FAILED;
	}
	return a->st.stopped ? PRT_STOPPED : a->failed ? PRT_FAILED : PRT_OK;
}

int
active_run(const struct active_conf *conf)
{
	static struct active a;	/* the loop's event buffer is large */
	int status;

	a.conf = conf;
	a.st.sig.fd = a.st.loop.ep = -1;
	if ((status = set_up(&a)) == PRT_OK) {
		if (loop_run(&a.st.loop) == -1)
			fail(&a, "cannot watch stdin and sockets", errno);
		progress_clear(&a.st.progress);
		put_rest(&a);
		put_stat(&a);
		status = finish(&a);
	}
	engine_close(a.en);
	hosts_release(&a.hosts);
	rec_release(&a.rec);
	rec_release(&a.res);
	buf_release(&a.held);
	stage_release(&a.st);
	return status;
}
