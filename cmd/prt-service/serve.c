#include "serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "pure/addr.h"
#include "report.h"
#include "world/priv.h"
#include "world/sandbox.h"
#include "world/work.h"

/* Ports in work for each conversation that there may be: some are done at once,
 * others wait for their host. */
#define AHEAD		4
#define AHEAD_MIN	256

struct entry {
	struct work_item	item;		/* first */
	struct port		port;
};

struct serve {
	struct work		 w;		/* first */
	const struct serve_conf	*conf;
	struct port_env		 env;
	struct tls_client	*tls;
	struct svc_probe	 mute;		/* for a database without NULL */
	bool			 failed, broken;
	bool			 told[2];
	struct report_count	 n;
};

/* ---- what goes wrong ---- */

static void
failed(struct work *w, int error)
{
	struct serve *s = (struct serve *)w;

	if (!s->broken && error == ENOMEM)
		msg_warn("out of memory: take a lower --parallel");
	else if (!s->broken)
		msg_warn("%s: %s", w->st.in.name, strerror(error));
	s->failed = s->broken = true;
}

static void
bad_line(struct work *w, const char *what)
{
	struct serve *s = (struct serve *)w;

	progress_clear(&w->st.progress);
	msg_at(w->st.in.name, w->st.in.line, "%s", what);
	s->failed = true;
	if (s->conf->strict) {
		s->broken = true;
		loop_stop(&w->st.loop);
	}
}

/* What keeps conversations from beginning is said once a kind. */
static void
tell_unsent(struct serve *s, const struct port *p)
{
	char ip[ADDR_FMT];
	int n = (int)addr_fmt(ip, p->addr), e = p->outcome.error;
	bool route = e == ENETUNREACH || e == EADDRNOTAVAIL ||
	    e == EAFNOSUPPORT;

	s->failed = true;
	if (s->told[route])
		return;
	s->told[route] = true;
	progress_clear(&s->w.st.progress);
	if (route)
		msg_warn("cannot send to %.*s: %s: see `ip route get %.*s`; "
		    "more like it are counted as unreached= in the stat record",
		    n, ip, strerror(e), n, ip);
	else
		msg_warn("cannot connect to %.*s: %s; more like it are counted "
		    "as unreached= in the stat record", n, ip, strerror(e));
}

/* ---- ports ---- */

static int
take_port(struct work *w, struct work_item *item, const struct intake_port *t)
{
	struct serve *s = (struct serve *)w;
	struct port *p = &((struct entry *)item)->port;
	enum svc_proto proto = t->udp ? SVC_UDP : SVC_TCP;

	*p = (struct port){ .env = &s->env, .addr = t->addr, .nr = t->port,
	    .udp = t->udp, .was_open = t->open, .name = intake_name(t) };
	s->n.probes++;
	if (s->conf->all_ports ||
	    !portset_has(&s->conf->db->exclude[proto], t->port))
		return port_start(p);
	port_skip(p);
	return 0;
}

static void
drop_port(struct work *w, struct work_item *item)
{
	(void)w;
	port_release(&((struct entry *)item)->port);
}

static void
port_done(void *ctx, struct port *p)
{
	struct serve *s = ctx;
	struct work_item *item =
	    (struct work_item *)((char *)p - offsetof(struct entry, port));

	if (work_result(&s->w, item) == 0) {
		report_port(&s->n, &s->w.res, p, s->conf->names,
		    s->conf->banner);
		stage_put(&s->w.st, &s->w.res);
	}
	if (report_is_unsent(p))
		tell_unsent(s, p);
	work_done(&s->w, item);
}

/* ---- the run ---- */

static void
show(struct stage *st, struct progress_state *p)
{
	struct serve *s = (struct serve *)st;

	*p = (struct progress_state){
		.done = s->n.done,
		.total = s->n.probes,
		.more = !s->w.ended,
		.sent = prober_sent(s->env.pr),
		.found = s->n.identified,
	};
}

static const struct work_calls calls = {
	.size = sizeof(struct entry), .take = take_port, .drop = drop_port,
	.bad = bad_line, .failed = failed, .show = show,
};

static int
set_up_env(struct serve *s)
{
	struct prober_conf conf = s->conf->prober;

	conf.connect.parallel = prober_places(conf.connect.parallel);
	s->w.most = (size_t)conf.connect.parallel * AHEAD;
	if (s->w.most < AHEAD_MIN)
		s->w.most = AHEAD_MIN;
	s->mute = (struct svc_probe){ .name = "NULL", .proto = SVC_TCP,
	    .wait = 6 * (uint64_t)NS_PER_S, .wrapped = 3 * (uint64_t)NS_PER_S };
	s->env = (struct port_env){ .l = &s->w.st.loop,
	    .order = order_new(s->conf->db, s->conf->intensity),
	    .match = svcmatch_new(s->conf->db),
	    .null = s->conf->db->null != NULL ? s->conf->db->null : &s->mute,
	    .at_once = s->conf->per_port, .grace = s->conf->grace,
	    .pace = s->conf->pace, .timeout = s->conf->timeout,
	    .done = port_done, .ctx = s };
	s->tls = tls_client_new();
	s->env.tls = s->tls != NULL;
	s->env.pr = prober_new(&s->w.st.loop, &conf, s->tls, &port_calls);
	if (s->env.order != NULL && s->env.match != NULL && s->env.pr != NULL &&
	    s->tls != NULL)
		return 0;
	errno = ENOMEM;
	return -1;
}

static int
set_up(struct serve *s)
{
	return work_init(&s->w, &calls, AHEAD_MIN, &s->conf->refused,
	    s->conf->format, s->conf->progress, msg_name()) == -1 ? -1 :
	    set_up_env(s);
}

static void
tear_down(struct serve *s)
{
	prober_free(s->env.pr);		/* which needs the loop */
	work_release(&s->w);
	svcmatch_free(s->env.match);
	order_free(s->env.order);
	tls_client_free(s->tls);
}

static void
put_stat(struct serve *s)
{
	s->n.seconds = clock_mono_ns() - s->w.st.start;
	s->n.sent = prober_sent(s->env.pr);
	s->n.complete = !s->w.st.stopped && !s->broken && s->n.unreached == 0;
	report_stat(&s->n, &s->w.res);
	stage_put(&s->w.st, &s->w.res);
}

static int
go(struct serve *s)
{
	if (priv_drop() == -1 || sandbox_sockets() == -1) {
		msg_warn("cannot enter the sandbox: %s", strerror(errno));
		return -1;
	}
	if (loop_run(&s->w.st.loop) == -1) {
		msg_warn("cannot watch stdin and sockets: %s", strerror(errno));
		return -1;
	}
	return 0;
}

int
serve_run(const struct serve_conf *conf)
{
	static struct serve s;	/* the loop's event buffer is large */

	s.conf = conf;
	if (set_up(&s) == -1) {
		msg_warn("cannot start: %s", strerror(errno));
		tear_down(&s);
		return PRT_FAILED;
	}
	if (go(&s) == -1)
		s.failed = s.broken = true;
	progress_clear(&s.w.st.progress);
	work_put_rest(&s.w, !conf->strict);
	put_stat(&s);
	tear_down(&s);
	if (recout_close(&s.w.st.out) == -1) {
		if (s.w.st.out.error == EPIPE || errno == EPIPE)
			return PRT_OK;
		msg_warn("stdout: %s", strerror(errno));
		return PRT_FAILED;
	}
	if (s.w.st.stopped)
		return PRT_STOPPED;
	return s.failed ? PRT_FAILED : PRT_OK;
}
