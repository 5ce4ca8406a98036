#include "serve.h"

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "report.h"

struct entry {
	struct work_item	item;		/* first */
	struct port		port;
};

struct serve {
	struct enrich		 e;		/* first */
	const struct serve_conf	*conf;
	struct port_env		 env;
	struct tls_client	*tls;
	struct svc_probe	 mute;		/* for a database without NULL */
	struct report_count	 n;
};

static int
take_port(struct work *w, struct work_item *item, const struct intake_port *t)
{
	struct serve *s = (struct serve *)w;
	struct port *p = &((struct entry *)item)->port;
	enum svc_proto proto = t->udp ? SVC_UDP : SVC_TCP;

	*p = (struct port){ .env = &s->env, .addr = t->addr, .nr = t->port,
	    .udp = t->udp, .was_open = t->open, .name = intake_name(t) };
	s->e.probes++;
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

static bool
port_begun(struct work *w, const struct work_item *item)
{
	const struct conv *c = ((const struct entry *)item)->port.convs;

	(void)w;
	while (c != NULL && c->state == CONV_WAITING)
		c = c->kin;
	return c != NULL;
}

static void
port_done(void *ctx, struct port *p)
{
	struct serve *s = ctx;
	struct work_item *item =
	    (struct work_item *)((char *)p - offsetof(struct entry, port));

	if (work_result(&s->e.w, item) == 0) {
		report_port(&s->n, &s->e.w.res, p, s->conf->names,
		    s->conf->banner);
		enrich_put(&s->e);
	}
	if (report_is_unsent(p))
		enrich_unsent(&s->e, p->addr, p->outcome.error);
	work_done(&s->e.w, item);
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
	const struct serve_conf *conf = s->conf;

	s->mute = (struct svc_probe){ .name = "NULL", .proto = SVC_TCP,
	    .wait = 6 * (uint64_t)NS_PER_S, .wrapped = 3 * (uint64_t)NS_PER_S };
	s->env = (struct port_env){ .l = &e->w.st.loop,
	    .order = order_new(conf->db, conf->intensity),
	    .match = svcmatch_new(conf->db),
	    .null = conf->db->null != NULL ? conf->db->null : &s->mute,
	    .at_once = conf->per_port, .grace = conf->grace,
	    .pace = conf->pace, .timeout = conf->timeout,
	    .done = port_done, .ctx = s };
	s->tls = tls_client_new();
	s->env.tls = s->tls != NULL;
	s->env.pr = prober_new(&e->w.st.loop, &conf->prober, s->tls,
	    &port_calls);
	e->w.st.steer = steer;
	if (s->env.order != NULL && s->env.match != NULL && s->env.pr != NULL &&
	    s->tls != NULL)
		return 0;
	errno = ENOMEM;
	return -1;
}

static void
tear_down(struct enrich *e)
{
	struct serve *s = (struct serve *)e;

	prober_free(s->env.pr);
	svcmatch_free(s->env.match);
	order_free(s->env.order);
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
	return ((struct serve *)e)->n.identified;
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
