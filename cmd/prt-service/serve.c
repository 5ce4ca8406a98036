#include "serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "intake.h"
#include "pure/addr.h"
#include "report.h"
#include "world/priv.h"
#include "world/sandbox.h"
#include "world/stage.h"

/* Ports in work for each conversation that there may be: some are done at once,
 * others wait for their host. */
#define AHEAD		4
#define AHEAD_MIN	256

/* A record that is being worked on, or a meta record that waits for those before
 * it. */
struct entry {
	struct port	 port;		/* first; env == NULL: a meta record */
	struct entry	*prev, *next;	/* in the order of the input */
	size_t		 n;
	char		 line[];	/* the record */
};

struct serve {
	struct stage		 st;		/* first */
	const struct serve_conf	*conf;
	struct port_env		 env;
	struct tls_client	*tls;
	struct svc_probe	 mute;		/* for a database without NULL */
	struct loop_timer	 more;		/* goes on with the input */
	struct record		 rec;		/* the input line */
	struct record		 res;		/* the result */
	struct buf		 line;
	struct intake		 intake;	/* a target, port by port */
	struct entry		*first, *last;
	size_t			 nwork, most;
	bool			 paused, ended, failed, broken;
	bool			 told[2];
	struct report_count	 n;
};

/* ---- output ---- */

static void
out_of_memory(struct serve *s)
{
	if (!s->broken)
		msg_warn("out of memory: take a lower --parallel");
	s->failed = s->broken = true;
	loop_stop(&s->st.loop);
}

/* Puts a record that was kept as a line. */
static void
put_line(struct serve *s, const char *line, size_t n)
{
	const char *err;

	rec_clear(&s->res);
	if (rec_scan(&s->res, line, n, &err) == 0)
		stage_put(&s->st, &s->res);
}

/* ---- entries ---- */

static struct entry *
entry_new(struct serve *s, struct str line)
{
	struct entry *e = calloc(1, sizeof(*e) + line.n);

	if (e == NULL) {
		out_of_memory(s);
		return NULL;
	}
	memcpy(e->line, line.p, line.n);
	e->n = line.n;
	e->prev = s->last;
	if (s->last != NULL)
		s->last->next = e;
	else
		s->first = e;
	s->last = e;
	s->nwork++;
	return e;
}

static void
entry_free(struct serve *s, struct entry *e)
{
	if (e->port.env != NULL)
		port_release(&e->port);
	if (e->prev != NULL)
		e->prev->next = e->next;
	else
		s->first = e->next;
	if (e->next != NULL)
		e->next->prev = e->prev;
	else
		s->last = e->prev;
	s->nwork--;
	free(e);
}

/* Meta records that nothing is before any more. */
static void
put_metas(struct serve *s)
{
	while (s->first != NULL && s->first->port.env == NULL) {
		put_line(s, s->first->line, s->first->n);
		entry_free(s, s->first);
	}
}

static void
go_on(struct serve *s)
{
	if (s->ended && s->nwork == 0)
		loop_stop(&s->st.loop);
	else if (s->paused && !loop_timer_is_set(&s->more))
		loop_timer_set(&s->st.loop, &s->more, 0);
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
	progress_clear(&s->st.progress);
	if (route)
		msg_warn("cannot send to %.*s: %s: see `ip route get %.*s`; "
		    "more like it are counted as unreached= in the stat record",
		    n, ip, strerror(e), n, ip);
	else
		msg_warn("cannot connect to %.*s: %s; more like it are counted "
		    "as unreached= in the stat record", n, ip, strerror(e));
}

static void
port_done(void *ctx, struct port *p)
{
	struct serve *s = ctx;
	struct entry *e = (struct entry *)p;
	const char *err;

	rec_clear(&s->res);
	if (rec_scan(&s->res, e->line, e->n, &err) == 0) {
		report_port(&s->n, &s->res, p, s->conf->names,
		    s->conf->banner);
		stage_put(&s->st, &s->res);
	}
	if (report_is_unsent(p))
		tell_unsent(s, p);
	entry_free(s, e);
	put_metas(s);
	go_on(s);
}

/* ---- input ---- */

static void
bad_line(struct serve *s, const char *what)
{
	progress_clear(&s->st.progress);
	msg_at(s->st.in.name, s->st.in.line, "%s", what);
	s->failed = true;
	if (s->conf->strict) {
		s->broken = true;
		loop_stop(&s->st.loop);
	}
}

static bool
is_refused(const struct serve *s, u128 a)
{
	const struct rangeset *no = &s->conf->refused;

	for (size_t i = 0; i < no->n; i++)
		if (a >= no->r[i].first && a <= no->r[i].last)
			return true;
	return false;
}

/* One port, whose record is `line`. */
static void
take_port(struct serve *s, struct str line, const struct intake_port *t)
{
	enum svc_proto proto = t->udp ? SVC_UDP : SVC_TCP;
	struct entry *e;

	if (is_refused(s, t->addr)) {
		bad_line(s, "a reserved, multicast or broadcast address is not "
		    "asked: --allow-reserved does");
		put_line(s, line.p, line.n);
		return;
	}
	if ((e = entry_new(s, line)) == NULL)
		return;
	e->port = (struct port){ .env = &s->env, .addr = t->addr, .nr = t->port,
	    .udp = t->udp, .was_open = t->open, .name = intake_name(t) };
	s->n.probes++;
	if (!s->conf->all_ports &&
	    portset_has(&s->conf->db->exclude[proto], t->port))
		port_skip(&e->port);
	else if (port_start(&e->port) == -1)
		out_of_memory(s);
}

/* The ports of a target, as far as there is room: true when all are taken. */
static bool
take_target(struct serve *s)
{
	struct intake_port t;

	while (s->nwork < s->most && !s->st.loop.stop) {
		s->line.n = 0;
		if (!intake_next(&s->intake, &t, &s->line))
			return true;
		if (s->line.oom)
			out_of_memory(s);
		else
			take_port(s, buf_view(&s->line), &t);
	}
	return false;
}

static void
take_record(struct serve *s, struct str line)
{
	struct intake_port t;
	struct entry *e;

	if (s->rec.kind == REC_META) {
		if ((e = entry_new(s, line)) != NULL)
			put_metas(s);
		return;
	}
	switch (intake_of(&s->intake, &s->rec, &t)) {
	case INTAKE_PORT:
		take_port(s, line, &t);
		return;
	case INTAKE_MANY:
		take_target(s);
		return;
	case INTAKE_BAD:
		bad_line(s, s->intake.err);
		return;
	case INTAKE_NONE:
		stage_put(&s->st, &s->rec);
	}
}

/* Takes what was read, as far as there is room: true when all of it is. */
static bool
take_lines(struct serve *s)
{
	const char *err;
	struct str line;

	if (s->intake.on && !take_target(s))
		return false;
	while (s->nwork < s->most && !s->st.loop.stop) {
		if (s->intake.on)
			return false;
		if (!recin_line(&s->st.in, &line))
			return true;
		rec_clear(&s->rec);
		if (s->st.in.toolong)
			bad_line(s, "the line is longer than 4 MiB");
		else if (rec_scan(&s->rec, line.p, line.n, &err) == -1)
			bad_line(s, err);
		else if (s->rec.kind != REC_BLANK)
			take_record(s, line);
	}
	return false;
}

static void
take_more(struct serve *s)
{
	bool all = take_lines(s);

	if (s->st.loop.stop)
		return;
	if (all && s->st.in.eof)
		s->ended = true;
	if (all && s->paused && !s->st.in.eof &&
	    loop_mod(&s->st.loop, &s->st.input, EPOLLIN) == 0)
		s->paused = false;
	if (!all && !s->paused && !s->st.in.eof &&
	    loop_mod(&s->st.loop, &s->st.input, 0) == -1)
		out_of_memory(s);
	if (!all)
		s->paused = true;
	if (s->ended && s->nwork == 0)
		loop_stop(&s->st.loop);
}

static void
more_due(struct loop *l, struct loop_timer *t)
{
	(void)l;
	take_more((struct serve *)((char *)t - offsetof(struct serve, more)));
}

static void
input_ready(struct stage *st)
{
	struct serve *s = (struct serve *)st;
	long n;

	if (s->paused)		/* a hang-up is reported all the same */
		return;
	n = recin_fill(&s->st.in);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		msg_warn("%s: %s", s->st.in.name, strerror(errno));
		s->failed = s->broken = true;
		s->st.in.eof = true;
	}
	if (n <= 0)
		loop_del(&st->loop, &st->input);
	take_more(s);
}

/* ---- the run ---- */

static void
show(struct stage *st, struct progress_state *p)
{
	struct serve *s = (struct serve *)st;

	*p = (struct progress_state){
		.done = s->n.done,
		.total = s->n.probes,
		.more = !s->ended,
		.sent = prober_sent(s->env.pr),
		.found = s->n.identified,
	};
}

static int
set_up_env(struct serve *s)
{
	struct prober_conf conf = s->conf->prober;
	unsigned files = connect_files();

	/* Some for what else is open, and for luck. */
	files = files > 8 ? files - 4 : 1;
	if (conf.connect.parallel > files)
		conf.connect.parallel = files;
	s->most = (size_t)conf.connect.parallel * AHEAD;
	if (s->most < AHEAD_MIN)
		s->most = AHEAD_MIN;
	s->mute = (struct svc_probe){ .name = "NULL", .proto = SVC_TCP,
	    .wait = 6 * (uint64_t)NS_PER_S, .wrapped = 3 * (uint64_t)NS_PER_S };
	s->env = (struct port_env){ .l = &s->st.loop,
	    .order = order_new(s->conf->db, s->conf->intensity),
	    .match = svcmatch_new(s->conf->db),
	    .null = s->conf->db->null != NULL ? s->conf->db->null : &s->mute,
	    .at_once = s->conf->per_port, .grace = s->conf->grace,
	    .pace = s->conf->pace, .timeout = s->conf->timeout,
	    .done = port_done, .ctx = s };
	s->tls = tls_client_new();
	s->env.tls = s->tls != NULL;
	s->env.pr = prober_new(&s->st.loop, &conf, s->tls, &port_calls);
	if (s->env.order != NULL && s->env.match != NULL && s->env.pr != NULL &&
	    s->tls != NULL)
		return 0;
	errno = ENOMEM;
	return -1;
}

static int
set_up(struct serve *s)
{
	s->more.fire = more_due;
	return stage_init(&s->st, s->conf->format, s->conf->progress,
	    msg_name(), input_ready, show) == -1 ? -1 : set_up_env(s);
}

/* What is in flight goes on as it came, and so does what was read behind it. */
static void
put_rest(struct serve *s)
{
	struct str line;

	while (s->first != NULL) {
		put_line(s, s->first->line, s->first->n);
		entry_free(s, s->first);
	}
	if (s->st.out.error != 0 || s->conf->strict)
		return;
	while (recin_line(&s->st.in, &line))
		if (!s->st.in.toolong)
			put_line(s, line.p, line.n);
}

static void
tear_down(struct serve *s)
{
	while (s->first != NULL)
		entry_free(s, s->first);
	prober_free(s->env.pr);
	svcmatch_free(s->env.match);
	order_free(s->env.order);
	tls_client_free(s->tls);
	stage_release(&s->st);
	intake_release(&s->intake);
	rec_release(&s->rec);
	rec_release(&s->res);
	buf_release(&s->line);
}

static void
put_stat(struct serve *s)
{
	s->n.seconds = clock_mono_ns() - s->st.start;
	s->n.sent = prober_sent(s->env.pr);
	s->n.complete = !s->st.stopped && !s->broken && s->n.unreached == 0;
	report_stat(&s->n, &s->res);
	stage_put(&s->st, &s->res);
}

static int
go(struct serve *s)
{
	if (priv_drop() == -1 || sandbox_sockets() == -1) {
		msg_warn("cannot enter the sandbox: %s", strerror(errno));
		return -1;
	}
	if (loop_run(&s->st.loop) == -1) {
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
	progress_clear(&s.st.progress);
	put_rest(&s);
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
