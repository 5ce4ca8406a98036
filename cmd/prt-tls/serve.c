#include "serve.h"

#include <sys/random.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "port.h"
#include "pure/addr.h"
#include "report.h"
#include "world/digest.h"
#include "world/priv.h"
#include "world/sandbox.h"
#include "world/work.h"

/* Ports in work for each conversation that there may be: others wait for their
 * host. */
#define AHEAD		4
#define AHEAD_MIN	256
/* A connection may bring so much more than the handshake messages that are kept:
 * a record of one byte has a header of five. */
#define OVERHEAD	6

struct entry {
	struct work_item	item;		/* first */
	struct port		port;
};

struct serve {
	struct work		 w;		/* first */
	const struct serve_conf	*conf;
	struct port_env		 env;
	struct tls_client	*tls;
	struct report_conf	 judge;
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
	msg_warn("cannot connect to %.*s: %s%s; more like it are counted as "
	    "unreached= in the stat record", n, ip, strerror(e),
	    route ? ": see `ip route get` of it" : "");
}

/* ---- ports ---- */

/* By what an earlier stage found out to be there, or else by the port. */
static const struct starttls *
dialect_of(struct work *w, const struct work_item *item, uint16_t port)
{
	struct str service;

	if (work_result(w, item) == -1)
		return NULL;
	if (rec_get(&w->res, "tunnel").n > 0)
		return NULL;
	service = rec_get(&w->res, "service");
	if (service.n == 0 || str_is(rec_get(&w->res, "method"), "table"))
		return starttls_of_port(port);
	return starttls_of_service(service);
}

static int
take_port(struct work *w, struct work_item *item, const struct intake_port *t)
{
	struct serve *s = (struct serve *)w;
	struct port *p = &((struct entry *)item)->port;

	*p = (struct port){ .env = &s->env, .addr = t->addr, .nr = t->port };
	if (t->udp)
		return port_skip(p);
	p->name = intake_name(t);
	p->dialect = s->conf->dialect != NULL ? s->conf->dialect :
	    dialect_of(w, item, t->port);
	s->n.probes++;
	return port_start(p);
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
		if (!p->skipped)
			report_port(&s->n, &s->w.res, p, &s->judge);
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
		.found = s->n.tls,
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
	conf.most = s->conf->most * OVERHEAD;
	s->w.most = (size_t)conf.connect.parallel * AHEAD;
	if (s->w.most < AHEAD_MIN)
		s->w.most = AHEAD_MIN;
	s->env = (struct port_env){ .l = &s->w.st.loop, .full = s->conf->full,
	    .enumerate = s->conf->enumerate,
	    .most = s->conf->most, .timeout = s->conf->timeout,
	    .done = port_done, .ctx = s };
	s->env.pr = prober_new(&s->w.st.loop, &conf, s->tls, &port_calls);
	if (s->env.pr != NULL && getrandom(s->env.random,
	    sizeof(s->env.random), 0) == sizeof(s->env.random))
		return 0;
	errno = ENOMEM;
	return -1;
}

static int
set_up_crypto(struct serve *s)
{
	char file[4096];

	s->tls = tls_client_new();
	if (s->tls == NULL || digest_init() == -1) {
		errno = ENOMEM;
		return -1;
	}
	tls_client_ask_more(s->tls);
	s->judge.now = (int64_t)(clock_wall_ns() / NS_PER_S);
	s->judge.soon = (int64_t)(s->conf->soon / NS_PER_S);
	if (!s->conf->verify)
		return 0;
	s->judge.verify = verify_new(s->conf->ca, file, sizeof(file));
	if (s->judge.verify != NULL)
		return 0;
	msg_warn("%s: %s: --ca wants the certificates of authorities, in PEM",
	    file, errno == EINVAL ? "no certificates" : strerror(errno));
	return -1;
}

static int
set_up(struct serve *s)
{
	if (work_init(&s->w, &calls, AHEAD_MIN, &s->conf->refused,
	    s->conf->format, s->conf->progress, msg_name()) == -1)
		return -1;
	return set_up_crypto(s) == -1 ? -1 : set_up_env(s);
}

static void
tear_down(struct serve *s)
{
	prober_free(s->env.pr);		/* which needs the loop */
	work_release(&s->w);
	verify_free(s->judge.verify);
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
