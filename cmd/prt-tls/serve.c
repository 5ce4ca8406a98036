#include "serve.h"

#include <sys/random.h>

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "report.h"
#include "world/digest.h"

/* A connection may bring so much more than the handshake messages that are kept:
 * a record of one byte has a header of five. */
#define OVERHEAD	6

struct entry {
	struct work_item	item;		/* first */
	struct port		port;
};

struct serve {
	struct enrich		 e;		/* first */
	const struct serve_conf	*conf;
	struct port_env		 env;
	struct tls_client	*tls;
	struct cert_conf	 judge;
	struct report_count	 n;
};

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

/* Has an earlier stage found DTLS there? */
static bool
is_dtls(struct work *w, const struct work_item *item)
{
	return work_result(w, item) == 0 &&
	    str_is(rec_get(&w->res, "service"), "dtls");
}

static int
take_port(struct work *w, struct work_item *item, const struct intake_port *t)
{
	struct serve *s = (struct serve *)w;
	struct port *p = &((struct entry *)item)->port;

	*p = (struct port){ .env = &s->env, .addr = t->addr, .nr = t->port };
	p->udp = t->udp;
	p->was_open = t->open;
	if (t->udp && !s->conf->dtls && !is_dtls(w, item))
		return port_skip(p);
	p->name = intake_name(t);
	s->e.probes++;
	if (t->udp)
		return port_start(p);
	p->dialect = s->conf->dialect != NULL ? s->conf->dialect :
	    dialect_of(w, item, t->port);
	return port_start(p);
}

static void
drop_port(struct work *w, struct work_item *item)
{
	(void)w;
	port_release(&((struct entry *)item)->port);
}

static bool
port_begun(struct work *w, const struct work_item *item)
{
	const struct conv *c = ((const struct entry *)item)->port.conv;

	(void)w;
	return c != NULL && c->state != CONV_WAITING;
}

static void
port_done(void *ctx, struct port *p)
{
	struct serve *s = ctx;
	struct work_item *item =
	    (struct work_item *)((char *)p - offsetof(struct entry, port));

	if (work_result(&s->e.w, item) == 0) {
		if (p->skipped) {
			stage_put(&s->e.w.st, &s->e.w.res);
		} else {
			report_port(&s->n, &s->e.w.res, p, &s->judge);
			enrich_put(&s->e);
		}
	}
	if (report_is_unsent(p))
		enrich_unsent(&s->e, p->addr, p->outcome.error);
	work_done(&s->e.w, item);
}

/* ---- the run ---- */

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
	errno = 0;
	return -1;
}

static void
steer(struct stage *st)
{
	struct serve *s = (struct serve *)st;

	prober_steer(s->env.pr, st->progress.paused, st->progress.speed,
	    st->progress.rate);
}

static int
set_up(struct enrich *e)
{
	struct serve *s = (struct serve *)e;
	struct prober_conf conf = s->conf->prober;

	if (set_up_crypto(s) == -1)
		return -1;
	conf.most = s->conf->most * OVERHEAD;
	s->env = (struct port_env){ .l = &e->w.st.loop, .full = s->conf->full,
	    .more = s->conf->more,
	    .most = s->conf->most, .timeout = s->conf->timeout,
	    .done = port_done, .ctx = s };
	s->env.pr = prober_new(&e->w.st.loop, &conf, s->tls, &port_calls);
	e->w.st.steer = steer;
	if (s->env.pr != NULL && getrandom(s->env.random,
	    sizeof(s->env.random), 0) == sizeof(s->env.random))
		return 0;
	errno = ENOMEM;
	return -1;
}

static void
tear_down(struct enrich *e)
{
	struct serve *s = (struct serve *)e;

	prober_free(s->env.pr);
	verify_free(s->judge.verify);
	tls_client_free(s->tls);
}

static uint64_t
sent(struct enrich *e)
{
	return prober_sent(((struct serve *)e)->env.pr);
}

static uint64_t
found(struct enrich *e)
{
	return ((struct serve *)e)->n.tls;
}

static void
sum(struct enrich *e, struct record *r)
{
	report_sum(&((struct serve *)e)->n, r);
}

static const struct enrich_calls calls = {
	.size = sizeof(struct entry), .set_up = set_up, .tear_down = tear_down,
	.take = take_port, .drop = drop_port, .begun = port_begun,
	.sent = sent, .found = found, .sum = sum,
};

int
serve_run(const struct serve_conf *conf)
{
	static struct serve s;

	s.conf = conf;
	return enrich_run(&s.e, &calls, &conf->run);
}
