#include "program/enrich.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "pure/addr.h"
#include "world/priv.h"
#include "world/sandbox.h"

/* Ports in work for each conversation that there may be: some are done at once,
 * others wait for their host. */
#define AHEAD		4
#define AHEAD_MIN	256

/* ---- what goes wrong ---- */

static void
failed(struct work *w, int error)
{
	struct enrich *e = (struct enrich *)w;

	if (!e->broken && error == ENOMEM)
		msg_warn("out of memory: take a lower --parallel");
	else if (!e->broken)
		msg_warn("%s: %s", w->st.in.name, strerror(error));
	e->failed = e->broken = true;
}

static void
bad_line(struct work *w, const char *what)
{
	struct enrich *e = (struct enrich *)w;

	progress_clear(&w->st.progress);
	msg_at(w->st.in.name, w->st.in.line, "%s", what);
	e->failed = true;
	if (e->conf->strict) {
		e->broken = true;
		loop_stop(&w->st.loop);
	}
}

void
enrich_unsent(struct enrich *e, u128 addr, int error)
{
	char ip[ADDR_FMT];
	int n = (int)addr_fmt(ip, addr);
	bool route = error == ENETUNREACH || error == EADDRNOTAVAIL ||
	    error == EAFNOSUPPORT;

	e->failed = true;
	e->unreached++;
	if (e->told[route])
		return;
	e->told[route] = true;
	progress_clear(&e->w.st.progress);
	if (route)
		msg_warn("cannot send to %.*s: %s: see `ip route get %.*s`; "
		    "more like it are counted as unreached= in the stat record",
		    n, ip, strerror(error), n, ip);
	else
		msg_warn("cannot connect to %.*s: %s; more like it are counted "
		    "as unreached= in the stat record", n, ip, strerror(error));
}

/* ---- results ---- */

void
enrich_put(struct enrich *e)
{
	struct record *r = &e->w.res;
	struct str state = r->ncol > COL_STATE ? r->col[COL_STATE] : STR_NONE;

	e->done++;
	e->open += str_is(state, "open");
	e->closed += str_is(state, "closed");
	e->filtered += str_is(state, "filtered");
	e->open_filtered += str_is(state, "open|filtered");
	stage_put(&e->w.st, r);
}

/* A host takes too long: what is known of its ports is not all. */
static void
late(struct work *w, struct str line, u128 addr)
{
	static const char *const along[] = { "host", "tag" };
	struct enrich *e = (struct enrich *)w;
	struct record port = { 0 }, *r = &w->res;
	char ip[ADDR_FMT];
	const char *err;
	size_t i;

	if (rec_scan(&port, line.p, line.n, &err) == -1)
		rec_clear(&port);
	rec_clear(r);
	rec_data(r, (struct str){ ip, addr_fmt(ip, addr) }, STR_NONE,
	    STR("host"), STR("up"), STR_NONE);
	for (i = 0; i < sizeof(along) / sizeof(along[0]); i++)
		if (rec_get(&port, along[i]).p != NULL)
			rec_set(r, along[i], rec_get(&port, along[i]));
	rec_set(r, "timedout", STR("1"));
	stage_put(&w->st, r);
	rec_release(&port);
	e->timeouts++;
}

static void
put_stat(struct enrich *e)
{
	struct record *r = &e->w.res;
	uint64_t ns = clock_mono_ns() - e->w.st.start, sent = e->call->sent(e);
	bool complete = !e->w.st.stopped && !e->broken && e->unreached == 0;

	rec_clear(r);
	rec_meta(r, "stat");
	rec_set(r, "by", str_of(msg_name()));
	rec_set_u64(r, "probes", e->probes);
	rec_set_u64(r, "sent", sent);
	rec_set_u64(r, "unreached", e->unreached);
	rec_set_u64(r, "rate", (uint64_t)((double)sent * 1e9 /
	    (double)(ns > 0 ? ns : 1)));
	e->call->sum(e, r);
	rec_set_u64(r, "open", e->open);
	rec_set_u64(r, "closed", e->closed);
	rec_set_u64(r, "filtered", e->filtered);
	rec_set_u64(r, "open|filtered", e->open_filtered);
	if (e->timeouts > 0)
		rec_set_u64(r, "timeouts", e->timeouts);
	rec_set_ns(r, "time", clock_wall_ns(), 6);
	rec_set_ns(r, "seconds", ns, 6);
	rec_set(r, "complete", complete ? STR("1") : STR("0"));
	stage_put(&e->w.st, r);
}

static void
show(struct stage *st, struct progress_state *p)
{
	struct enrich *e = (struct enrich *)st;

	*p = (struct progress_state){
		.done = e->done,
		.total = e->probes,
		.more = !e->w.ended,
		.sent = e->call->sent(e),
		.found = e->call->found(e),
	};
}

/* ---- the run ---- */

static int
set_up(struct enrich *e)
{
	size_t most = (size_t)e->conf->parallel * AHEAD;

	e->work = (struct work_calls){ .size = e->call->size,
	    .take = e->call->take, .drop = e->call->drop,
	    .begun = e->call->begun, .late = late, .bad = bad_line,
	    .failed = failed, .show = show };
	if (work_init(&e->w, &e->work, most > AHEAD_MIN ? most : AHEAD_MIN,
	    &e->conf->refused, e->conf->format, e->conf->progress,
	    msg_name()) == -1)
		return -1;
	e->w.limit = e->conf->host_timeout;
	return e->call->set_up(e);
}

static void
tear_down(struct enrich *e)
{
	e->call->tear_down(e);
	work_release(&e->w);
}

static int
go(struct enrich *e)
{
	if (priv_drop() == -1 || sandbox_sockets() == -1) {
		msg_warn("cannot enter the sandbox: %s", strerror(errno));
		return -1;
	}
	if (loop_run(&e->w.st.loop) == -1) {
		msg_warn("cannot watch stdin and sockets: %s", strerror(errno));
		return -1;
	}
	return 0;
}

int
enrich_run(struct enrich *e, const struct enrich_calls *call,
    const struct enrich_conf *conf)
{
	e->call = call;
	e->conf = conf;
	if (set_up(e) == -1) {
		if (errno != 0)
			msg_warn("cannot start: %s", strerror(errno));
		tear_down(e);
		return PRT_FAILED;
	}
	if (go(e) == -1)
		e->failed = e->broken = true;
	progress_clear(&e->w.st.progress);
	work_put_rest(&e->w, !conf->strict);
	put_stat(e);
	tear_down(e);
	if (recout_close(&e->w.st.out) == -1) {
		if (e->w.st.out.error == EPIPE || errno == EPIPE)
			return PRT_OK;
		msg_warn("stdout: %s", strerror(errno));
		return PRT_FAILED;
	}
	if (e->w.st.stopped)
		return PRT_STOPPED;
	return e->failed ? PRT_FAILED : PRT_OK;
}
