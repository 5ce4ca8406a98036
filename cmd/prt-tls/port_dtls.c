#include "port_priv.h"

#include <stdlib.h>

/* A server wants to see its cookie (RFC 6347, 4.2.1) once. */
#define HELLOS_MAX	2

static int
make_hello(struct port *p)
{
	struct tls_hello h = { .dtls = true, .record = DTLS_1_0,
	    .version = DTLS_1_2, .seq = p->hellos++,
	    .cookie = buf_view(&p->dtls->cookie) };

	return port_make_hello(p, &h);
}

int
port_dtls_start(struct port *p)
{
	struct ask a = { .addr = p->addr, .port = p->nr, .udp = true,
	    .eager = true, .wait = p->env->timeout };

	if ((p->dtls = calloc(1, sizeof(*p->dtls))) == NULL)
		return -1;
	p->dtls->tls.most = p->env->most;
	if (make_hello(p) == -1)
		return -1;
	a.say = buf_view(&p->hello);
	return (p->conv = prober_ask(p->env->pr, p, &a)) == NULL ? -1 : 0;
}

static void
answer_cookie(struct conv *c)
{
	struct port *p = c->port;

	p->dtls->verify = false;
	if (p->hellos == HELLOS_MAX)
		port_finish(p, "malformed");
	else if (make_hello(p) == -1)
		port_finish(p, "out-of-memory");
	else
		prober_say(c, buf_view(&p->hello));
}

void
port_dtls_heard(struct conv *c)
{
	struct port *p = c->port;

	p->state = PORT_OPEN;
	dtls_in_feed(p->dtls, c->talk.in.p, c->talk.in.n);
	c->talk.in.n = 0;
	if (p->dtls->verify) {
		answer_cookie(c);
	} else if (p->dtls->tls.state != TLS_IN_MORE) {
		p->in = p->dtls->tls;
		p->dtls->tls = (struct tls_in){ 0 };
		port_judge(p);
	}
}

void
port_dtls_ended(struct port *p, enum talk_end why)
{
	if (why == TALK_REFUSED)
		p->state = PORT_REFUSED;
	else if (p->state != PORT_OPEN)
		p->state = PORT_SILENT;
	port_finish(p, why == TALK_FULL ? "too-long" :
	    why == TALK_FAILED ? "out-of-memory" : "timeout");
}

void
port_dtls_release(struct port *p)
{
	if (p->dtls != NULL)
		dtls_in_release(p->dtls);
	free(p->dtls);
}
