#include "port_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* After a soft match the same answer may still go on. */
#define MORE_NS		(500 * (uint64_t)NS_PER_MS)

static void
keep_banner(struct port *p, const struct conv *c)
{
	size_t n = c->talk.in.n < BANNER_MAX ? c->talk.in.n : BANNER_MAX;
	char *q;

	if (n == 0 || (q = realloc(p->banner, n)) == NULL)
		return;
	memcpy(q, c->talk.in.p, n);
	p->banner = q;
	p->nbanner = n;
}

/* RFC 8446, 5.1: a record that holds a handshake or an alert, of version 3.x. */
static bool
is_tls_record(const struct conv *c)
{
	const unsigned char *b = (const unsigned char *)c->talk.in.p;

	return !c->tls && !c->udp && c->talk.in.n >= 5 &&
	    (b[0] == 21 || b[0] == 22) && b[1] == 3 && b[2] <= 4 &&
	    b[3] < 0x48;
}

/* What a web server says to plain HTTP where it wants TLS; any other error is
 * worth the same question. */
static bool
is_http_error(const struct conv *c)
{
	return c->talk.in.n >= 12 && memcmp(c->talk.in.p, "HTTP/1.", 7) == 0 &&
	    memcmp(c->talk.in.p + 8, " 400", 4) == 0;
}

static bool
is_about_tls(const struct svc_found *f)
{
	return str_is(f->service, "ssl") || str_is(f->service, "tls") ||
	    (f->service.n > 4 && memcmp(f->service.p, "ssl/", 4) == 0);
}

static void
narrow(struct port *p)
{
	struct conv *c, *next;

	p->cursor.soft = p->found.name;
	for (c = p->convs; c != NULL; c = next) {
		next = c->kin;
		if (c->talk.got == 0 && !order_finds(p->env->order, c->probe,
		    p->cursor.soft))
			port_drop(c);
	}
}

/* True when the port is finished. */
static bool
matched(struct port *p, struct conv *c, const struct svc_found *f)
{
	bool soft = f->line->soft;

	if (is_about_tls(f) && port_may_be_tls(p)) {
		finding_keep(&p->found, f);
		keep_banner(p, c);
		port_suspect_tls(p);
		return true;
	}
	/* A second soft match counts when it is the first to name a product. */
	if (soft && p->found.how == FOUND_SOFT &&
	    (p->found.product.p != NULL || f->product.p == NULL))
		return false;
	if (finding_keep(&p->found, f) == -1)
		return false;
	keep_banner(p, c);
	if (soft) {
		talk_until(&c->talk, p->env->l->now + MORE_NS);
		narrow(p);
		port_step_soon(p);
		return false;
	}
	if (port_may_be_tls(p) && is_http_error(c)) {
		port_suspect_tls(p);
		return true;
	}
	port_finish(p);
	return true;
}

/* True when the port is finished, or the conversation at least. */
bool
port_judge(struct port *p, struct conv *c)
{
	struct svc_found f;

	if (c->looked == c->talk.in.n)
		return false;
	c->looked = c->talk.in.n;
	p->answered = true;
	p->state = PORT_OPEN;
	if (p->nbanner == 0)
		keep_banner(p, c);
	if (is_tls_record(c) && port_may_be_tls(p)) {
		p->saw_tls = true;
		port_suspect_tls(p);
		return true;
	}
	if (svcmatch_find(p->env->match, c->probe, p->cursor.soft,
	    c->talk.in.p, c->talk.in.n, &f))
		return matched(p, c, &f);
	port_step_soon(p);
	return false;
}
