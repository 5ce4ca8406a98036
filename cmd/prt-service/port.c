#include "port_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* How long a question that was asked on the off chance is waited for; and one
 * that few servers answer. */
#define CHANCE_NS	(2 * (uint64_t)NS_PER_S)
#define SLIGHT_NS	(1200 * (uint64_t)NS_PER_MS)
#define SLIGHT_RARITY	5
#define SLIGHT_RTTS	10
#define HANDSHAKE_NS	(5 * (uint64_t)NS_PER_S)
/* A port that was open and now refuses is asked again after this, and so is one
 * that answered to nobody while many asked. */
#define REFUSED_NS	(400 * (uint64_t)NS_PER_MS)
#define REFUSED_MAX	3
/* So many conversations that were closed without a word show a wrapper. */
#define CURT		3
/* And so many floods, that no question brings anything else. */
#define FLOODS		3

/* ---- conversations ---- */

void
port_drop(struct conv *c)
{
	struct port *p = c->port;
	struct conv **at;

	for (at = &p->convs; *at != c; at = &(*at)->kin)
		;
	*at = c->kin;
	p->nconv--;
	prober_drop(c);
}

static void
drop_all(struct port *p)
{
	while (p->convs != NULL)
		port_drop(p->convs);
}

static uint64_t
wait_of(const struct port *p, const struct svc_probe *probe, bool named)
{
	uint64_t most = probe->rarity < SLIGHT_RARITY ? CHANCE_NS : SLIGHT_NS;

	if (probe == p->env->null || named || p->cursor.soft != NULL)
		return probe->wait;
	if (most < SLIGHT_RTTS * p->rtt)
		most = SLIGHT_RTTS * p->rtt;
	return probe->wait < most ? probe->wait : most;
}

static bool
ask(struct port *p, const struct svc_probe *probe, bool tls, uint64_t wait)
{
	struct ask a = { .addr = p->addr, .port = p->nr, .udp = p->udp,
	    .tls = tls, .first = p->asked == 0, .probe = probe,
	    .say = { (const char *)probe->payload, probe->n },
	    .name = p->nameless ? NULL : p->name, .wait = wait };
	struct conv *c = prober_ask(p->env->pr, p, &a);

	if (c == NULL)
		return false;
	c->kin = p->convs;
	p->convs = c;
	p->nconv++;
	p->asked++;
	return true;
}

/* ---- the end ---- */

void
port_finish(struct port *p)
{
	drop_all(p);
	loop_timer_clear(p->env->l, &p->step);
	loop_timer_clear(p->env->l, &p->limit);
	p->env->done(p->env->ctx, p);
}

static bool
looks_wrapped(const struct port *p)
{
	return p->curt_null && p->patient == 0 && !p->answered && !p->tls &&
	    p->refused == 0;
}

/* Nothing is left to be asked. */
static void
conclude(struct port *p)
{
	if (p->found.how == FOUND_NOTHING) {
		p->tls |= p->saw_tls;
		if (p->tls && p->clear.how == FOUND_HARD) {
			p->found = p->clear;
			p->clear = (struct finding){ .how = FOUND_NOTHING };
		} else if (p->tls)
			p->found.how = FOUND_TLS;
		else if (looks_wrapped(p))
			p->found.how = FOUND_WRAPPED;
	}
	if (p->udp && !p->answered && p->state == PORT_UNKNOWN)
		p->state = PORT_SILENT;
	port_finish(p);
}

static void
limit_fired(struct loop *l, struct loop_timer *t)
{
	(void)l;
	conclude((struct port *)((char *)t - offsetof(struct port, limit)));
}

/* ---- what to ask next ---- */

/* A server that takes one connection at a time has seen the first one only: the
 * likeliest questions once more, each alone. */
static bool
ask_alone(struct port *p)
{
	const struct svc_probe *probe;

	if (p->udp || p->answered || p->curt_null || p->enough ||
	    p->alone == 2 || p->env->at_once == 1 ||
	    (probe = p->first[p->alone]) == NULL)
		return false;
	p->alone++;
	p->lone = true;
	return ask(p, probe, p->tls, CHANCE_NS);
}

static bool
wants_tls(const struct port *p)
{
	if (p->udp || p->tls || p->tried || p->enough || !p->env->tls ||
	    p->cursor.soft != NULL)
		return false;
	return p->suspect || p->exhausted ||
	    order_is_tls(p->env->order, p->nr) ||
	    (p->cursor.rest && p->asked >= 2);
}

static bool
ask_tls(struct port *p)
{
	/* After a match it is a doubt only. */
	p->tried = true;
	return ask(p, p->env->null, true, p->found.how == FOUND_HARD ?
	    CHANCE_NS : HANDSHAKE_NS);
}

static bool
ask_next(struct port *p)
{
	const struct svc_probe *probe = NULL;
	bool named = false;

	if (wants_tls(p))
		return ask_tls(p);
	if (!p->suspect && !p->enough)
		probe = order_next(p->env->order, &p->cursor, p->udp ? SVC_UDP :
		    SVC_TCP, p->nr, p->tls, &named);
	if (probe == NULL) {
		p->exhausted = true;
		return wants_tls(p) && ask_tls(p);
	}
	for (int i = 0; i < 2; i++)
		if (p->first[i] == NULL) {
			p->first[i] = probe;
			break;
		}
	return ask(p, probe, p->tls, wait_of(p, probe, named));
}

static void
step(struct loop *l, struct loop_timer *t)
{
	struct port *p = (struct port *)((char *)t - offsetof(struct port, step));

	(void)l;
	if (p->nconv >= p->env->at_once)
		return;
	if (p->state == PORT_UNKNOWN && !p->udp) {
		if (!ask(p, p->env->null, false, p->env->null->wait))
			conclude(p);
		return;
	}
	if (ask_next(p) || p->nconv > 0 || ask_alone(p))
		return;
	conclude(p);
}

static void
step_at(struct port *p, uint64_t at)
{
	if (!loop_timer_is_set(&p->step) || p->step.at > at)
		loop_timer_set(p->env->l, &p->step, at);
}

void
port_step_soon(struct port *p)
{
	step_at(p, 0);
}

/* ---- TLS ---- */

static bool
is_trial(const struct port *p, const struct conv *c)
{
	return c->tls && !p->tls;
}

bool
port_may_be_tls(const struct port *p)
{
	return !p->udp && !p->tls && p->env->tls && !p->tried_out;
}

/* It speaks TLS, or may: that is told before all else. */
void
port_suspect_tls(struct port *p)
{
	struct conv *c, *next;

	for (c = p->convs; c != NULL; c = next) {
		next = c->kin;
		if (!is_trial(p, c))
			port_drop(c);
	}
	p->suspect = true;
	port_step_soon(p);
}

/* ---- the prober's calls ---- */

static void
opened(struct conv *c)
{
	struct port *p = c->port;
	uint64_t now = p->env->l->now;

	p->rtt = c->rtt;
	if (!p->udp)
		p->state = PORT_OPEN;
	if (!loop_timer_is_set(&p->limit))
		loop_timer_set(p->env->l, &p->limit, now + p->env->timeout);
	if (c->tls || p->lone)
		return;
	step_at(p, now + (p->asked <= 1 && !p->udp ?
	    p->env->grace + 4 * c->rtt : p->env->pace + 2 * c->rtt));
}

static bool
may_recover(const struct connect_outcome *o)
{
	return o->result == CONNECT_REFUSED || o->result == CONNECT_TIMEOUT;
}

static void
missed(struct conv *c, const struct connect_outcome *o)
{
	struct port *p = c->port;
	uint64_t now = p->env->l->now;

	port_drop(c);
	if (p->state == PORT_OPEN) {
		/* It was there a moment ago: too many at once, perhaps. */
		if (p->nconv > 0)
			return;
		if (may_recover(o) && p->refused++ < REFUSED_MAX)
			step_at(p, now + REFUSED_NS);
		else
			conclude(p);
		return;
	}
	p->outcome = *o;
	if (o->result == CONNECT_REFUSED && p->was_open && !p->udp &&
	    ++p->refused < REFUSED_MAX) {
		step_at(p, now + REFUSED_NS);
		return;
	}
	if (o->result == CONNECT_REFUSED)
		p->state = PORT_REFUSED;
	port_finish(p);
}

static void
secured(struct conv *c)
{
	struct port *p = c->port;
	struct conv *k, *next;

	if (p->tls) {
		talk_say(&c->talk, (struct str){
		    (const char *)c->probe->payload, c->probe->n });
		step_at(p, p->env->l->now + p->env->pace + 2 * c->rtt);
		return;
	}
	p->tls = p->tried_out = true;
	p->suspect = p->exhausted = false;
	p->cursor = (struct cursor){ .rest = false };
	p->clear = p->found;
	p->found = (struct finding){ .how = FOUND_NOTHING };
	p->nbanner = 0;
	p->answered = false;
	p->first[0] = p->first[1] = NULL;
	p->alone = 0;
	for (k = p->convs; k != NULL; k = next) {
		next = k->kin;
		if (k != c)
			port_drop(k);
	}
	talk_until(&c->talk, p->env->l->now + p->env->null->wait);
	step_at(p, p->env->l->now + p->env->grace + 4 * c->rtt);
}

static void
heard(struct conv *c)
{
	port_judge(c->port, c);
}

/* The conversation ended without a byte. */
static void
count_silence(struct port *p, const struct conv *c, enum talk_end why)
{
	uint64_t took = p->env->l->now - c->opened;
	bool curt = (why == TALK_CLOSED || why == TALK_RESET) &&
	    took < p->env->null->wrapped;

	if (!curt) {
		p->patient++;
		return;
	}
	p->curt++;
	if (c->probe == p->env->null && !c->tls)
		p->curt_null = true;
}

/* How the question for TLS came out, other than by TLS. */
static void
trial_ended(struct port *p, enum talk_end why)
{
	/* It may not like the name (RFC 6066, 3: unrecognized_name). */
	if (why == TALK_ALERT && p->name != NULL && !p->nameless) {
		p->nameless = p->suspect = true;
		p->tried = false;
		return;
	}
	p->tried_out = true;
	p->suspect = false;
	if (why == TALK_ALERT)
		p->tls = p->enough = true;
	else if (p->found.how == FOUND_HARD)
		p->enough = true;
	if (p->enough && p->tls) {
		p->clear = p->found;
		p->found = (struct finding){ .how = FOUND_NOTHING };
	}
}

/* The connection that was listened to in vain is as good as another for the
 * likeliest question; of a server that takes one at a time it is the one. */
static bool
asks_on(struct port *p, struct conv *c, enum talk_end why)
{
	const struct svc_probe *probe = p->first[0];

	if (why != TALK_TIME || c->probe != p->env->null ||
	    c->tls != p->tls || c->talk.got > 0 || p->answered ||
	    p->suspect || probe == NULL)
		return false;
	p->alone = 1;
	c->probe = probe;
	talk_resume(&c->talk, p->env->l->now + CHANCE_NS);
	talk_say(&c->talk, (struct str){ (const char *)probe->payload,
	    probe->n });
	return true;
}

static void
ended(struct conv *c, enum talk_end why)
{
	struct port *p = c->port;

	if (why == TALK_REFUSED && p->udp && !p->answered) {
		p->state = PORT_REFUSED;
		port_finish(p);
		return;
	}
	if ((c->talk.in.n > 0 && port_judge(p, c)) || asks_on(p, c, why))
		return;
	if (c->talk.got == 0 && !p->udp)
		count_silence(p, c, why);
	if (is_trial(p, c))
		trial_ended(p, why);
	p->floods += why == TALK_FULL;
	port_drop(c);
	if ((p->curt >= CURT && looks_wrapped(p)) || p->floods >= FLOODS)
		conclude(p);
	else
		port_step_soon(p);
}

const struct prober_calls port_calls = {
	.opened = opened, .missed = missed, .secured = secured,
	.heard = heard, .ended = ended,
};

/* ---- a port ---- */

int
port_start(struct port *p)
{
	const struct svc_probe *probe;
	bool named;

	p->step.fire = step;
	p->limit.fire = limit_fired;
	if (!p->udp)
		return ask(p, p->env->null, false, p->env->null->wait) ? 0 :
		    -1;
	probe = order_next(p->env->order, &p->cursor, SVC_UDP, p->nr, false,
	    &named);
	if (probe != NULL)
		return ask(p, probe, false, wait_of(p, probe, named)) ? 0 : -1;
	port_step_soon(p);
	return 0;
}

void
port_skip(struct port *p)
{
	p->skipped = p->enough = true;
	p->limit.fire = limit_fired;
	loop_timer_set(p->env->l, &p->limit, 0);
}

void
port_release(struct port *p)
{
	drop_all(p);
	loop_timer_clear(p->env->l, &p->step);
	loop_timer_clear(p->env->l, &p->limit);
	finding_release(&p->found);
	finding_release(&p->clear);
	free(p->banner);
	free(p->name);
	p->banner = p->name = NULL;
}
