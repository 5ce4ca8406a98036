#include "port_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/wire.h"

/* How a port is asked, one after the other as long as it refuses. */
enum step {
	STEP_HELLO, STEP_PLAIN,		/* by our own, by one without names */
	STEP_FULL, STEP_FULL_PLAIN,	/* by a whole handshake */
	STEP_END, STEP_MORE
};

/* What more is asked of a port may take so many times the time for the first. */
#define MORE_TIMES	6

/* What servers up to TLS 1.2 may have, the better ones first. */
static const uint16_t suites[] = {
	0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc023, 0xc027,
	0xc024, 0xc028, 0xc009, 0xc013, 0xc00a, 0xc014, 0x009e, 0x009f,
	0xccaa, 0x0067, 0x006b, 0x0033, 0x0039, 0x009c, 0x009d, 0x003c,
	0x003d, 0x002f, 0x0035, 0xc0ac, 0xc0ad, 0xc09c, 0xc09d, 0xc09e,
	0xc09f, 0x0041, 0x0084, 0xc008, 0xc012, 0x0016, 0x000a, 0x00a2,
	0x00a3, 0x0040, 0x006a, 0x0032, 0x0038, 0x0013, 0xc007, 0xc011,
	0x0005, 0x0004,
};
static const uint16_t exts[] = {
	TLS_EXT_SNI, TLS_EXT_MASTER, TLS_EXT_RENEGOTIATION, TLS_EXT_GROUPS,
	TLS_EXT_POINTS, TLS_EXT_TICKET, TLS_EXT_ALPN, TLS_EXT_STATUS,
	TLS_EXT_SIGALGS,
};
static const uint16_t groups[] = { 0x001d, 0x0017, 0x0018, 0x0019 };
static const uint16_t sigalgs[] = {
	0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0808, 0x0401,
	0x0501, 0x0601, 0x0402, 0x0203, 0x0201, 0x0202,
};

#define LIST(a)	{ (a), sizeof(a) / sizeof((a)[0]) }

/* ---- the end ---- */

static void
drop(struct port *p)
{
	if (p->conv != NULL)
		prober_drop(p->conv);
	p->conv = NULL;
}

/* It is told in the next turn of the loop. */
void
port_finish(struct port *p, const char *why)
{
	p->why = why;
	drop(p);
	p->over = true;
	loop_timer_set(p->env->l, &p->limit, 0);
}

static void
limit(struct loop *l, struct loop_timer *t)
{
	struct port *p =
	    (struct port *)((char *)t - offsetof(struct port, limit));

	(void)l;
	if (!p->over) {
		p->why = "timeout";
		if (p->state == PORT_UNKNOWN)
			p->state = PORT_SILENT;
	}
	drop(p);
	p->env->done(p->env->ctx, p);
}

/* ---- asking ---- */

/* RFC 6066, 3: no address is a name. */
static bool
has_name(const struct port *p)
{
	size_t n = p->name == NULL ? 0 : strlen(p->name);
	u128 a;

	return n > 0 && n < 256 && addr_scan(p->name, n, &a) != n;
}

int
port_make_hello(struct port *p, struct tls_hello *h)
{
	bool plain = p->step == STEP_PLAIN;

	h->random = p->env->random;
	h->suites = (struct tls_list)LIST(suites);
	h->exts = (struct tls_list)LIST(exts);
	h->groups = (struct tls_list)LIST(groups);
	h->sigalgs = (struct tls_list)LIST(sigalgs);
	p->named = !plain && has_name(p);
	if (p->named)
		h->sni = str_of(p->name);
	if (!plain && !p->udp)
		h->alpn = STR("h2,http/1.1");
	p->hello.n = 0;
	return tls_hello_put(&p->hello, h);
}

/* Its name, or else its address, which is put into ip[]. */
static struct str
host_of(const struct port *p, char ip[ADDR_FMT])
{
	return p->name != NULL ? str_of(p->name) :
	    (struct str){ ip, addr_fmt(ip, p->addr) };
}

/* What is said in the exchange that the port has come to. */
static struct str
words(struct port *p)
{
	char ip[ADDR_FMT];

	p->said.n = 0;
	starttls_say(&p->dialect->step[p->exchange], host_of(p, ip), &p->said);
	return buf_view(&p->said);
}

static struct str
first_words(struct port *p)
{
	p->exchange = 0;
	return words(p);
}

/* A conversation that begins with a dialect, or else with our hello. */
static int
begin(struct port *p, bool tls)
{
	struct ask a = { .addr = p->addr, .port = p->nr, .eager = true,
	    .name = p->name, .tls = tls && p->dialect == NULL,
	    .plain = p->step == STEP_FULL_PLAIN,
	    .wait = p->env->timeout };

	if (p->dialect != NULL)
		a.say = first_words(p);
	else if (!tls)
		a.say = buf_view(&p->hello);
	return (p->conv = prober_ask(p->env->pr, p, &a)) == NULL ? -1 : 0;
}

static int
ask(struct port *p)
{
	struct tls_hello h = { .record = TLS_1_0, .version = TLS_1_2 };
	bool full = p->step >= STEP_FULL;

	drop(p);
	tls_in_release(&p->in);
	p->in = (struct tls_in){ .most = p->env->most };
	p->full = full;
	if (full)
		p->named = p->step == STEP_FULL && has_name(p);
	else if (port_make_hello(p, &h) == -1)
		return -1;
	return begin(p, full);
}

/* ---- what more it has ---- */

static void
ask_more(struct port *p)
{
	char ip[ADDR_FMT];
	struct more_words w = { .random = p->env->random,
	    .sni = p->named ? str_of(p->name) : STR(""),
	    .host = host_of(p, ip) };
	int r;

	drop(p);
	p->hello.n = 0;
	r = more_next(p->more, &w, &p->hello);
	p->tls |= more_found(p->more);
	if (r == 0)
		port_finish(p, p->in.hello ? NULL : p->refusal);
	else if (r == -1 || begin(p, false) == -1)
		port_finish(p, "out-of-memory");
}

/* What was asked for first is known, or refused. */
static void
done(struct port *p)
{
	const struct more_conf *more = &p->env->more;

	if (p->udp || (more->enumerate == ENUM_NOTHING &&
	    (!more->jarm || !p->tls))) {
		port_finish(p, p->in.hello ? NULL : p->refusal);
		return;
	}
	p->step = STEP_MORE;
	loop_timer_set(p->env->l, &p->limit,
	    p->env->l->now + MORE_TIMES * p->env->timeout);
	if ((p->more = calloc(1, sizeof(*p->more))) == NULL ||
	    more_start(p->more, more, &p->in, p->tls) == -1)
		port_finish(p, "out-of-memory");
	else
		ask_more(p);
}

/* No more of an answer comes. */
static void
answered(struct port *p)
{
	more_answer(p->more);
	ask_more(p);
}

/* It has refused. What it was told may be the reason, so it is asked in other
 * ways; a server of TLS 1.3 only is one that wants the whole handshake. */
static void
refused(struct port *p, const char *why)
{
	bool picky = p->in.alerted && (p->in.alert == 112 || p->in.alert == 120);

	if (picky && !p->udp && (p->step == STEP_HELLO || p->step == STEP_FULL))
		p->step++;
	else if (p->step < STEP_FULL && !p->udp)
		p->step = STEP_FULL;
	else
		p->step = STEP_END;
	if (p->refusal == NULL)
		p->refusal = why;
	if (p->step == STEP_END)
		done(p);
	else if (ask(p) == -1)
		port_finish(p, "out-of-memory");
}

static const char *
alert_of(const struct port *p)
{
	const char *name = p->in.alerted ? tls_alert_name(p->in.alert) : NULL;

	return name != NULL ? name : "alert";
}

/* ---- conversations ---- */

/* Its time begins here: before, it may have waited for its turn. */
static void
opened(struct conv *c)
{
	struct port *p = c->port;

	if (p->state != PORT_OPEN)
		loop_timer_set(p->env->l, &p->limit,
		    p->env->l->now + p->env->timeout);
	if (!p->udp)
		p->state = PORT_OPEN;
}

static void
missed(struct conv *c, const struct connect_outcome *o)
{
	struct port *p = c->port;

	/* it answered before: that counts */
	if (p->state == PORT_OPEN) {
		port_finish(p, p->refusal != NULL ? p->refusal : "closed");
		return;
	}
	p->outcome = *o;
	p->state = o->result == CONNECT_REFUSED ? PORT_REFUSED : PORT_UNKNOWN;
	port_finish(p, NULL);
}

void
port_judge(struct port *p)
{
	switch (p->in.state) {
	case TLS_IN_MORE:
		return;
	case TLS_IN_DONE:
		p->tls = true;
		if (p->in.version >= TLS_1_3)	/* that was not offered */
			refused(p, "malformed");
		else
			done(p);
		return;
	case TLS_IN_FULL:
		p->tls = true;
		port_finish(p, "too-long");
		return;
	case TLS_IN_ALERT:
		p->tls = true;
		refused(p, alert_of(p));
		return;
	case TLS_IN_NOTLS:
		port_finish(p, "not-tls");
		return;
	case TLS_IN_BAD:
		port_finish(p, "malformed");
		return;
	case TLS_IN_NOMEM:
		port_finish(p, "out-of-memory");
		return;
	}
}

/* The dialect has come to its end: now TLS. */
static void
start_tls(struct conv *c)
{
	struct port *p = c->port;

	if (!p->full || p->step == STEP_MORE)
		talk_say(&c->talk, buf_view(&p->hello));
	else if (prober_secure(c) == -1)
		port_finish(p, "out-of-memory");
}

static bool
in_dialect(const struct port *p)
{
	return p->dialect != NULL && starttls_has(p->dialect, p->exchange);
}

/* True while what comes is of the dialect. */
static bool
converse(struct conv *c)
{
	struct port *p = c->port;
	const struct starttls *d = p->dialect;
	const struct starttls_step *s;
	enum starttls_got got;

	if (!in_dialect(p))
		return false;
	s = &d->step[p->exchange];
	got = s->hear == NULL ? STARTTLS_OK : s->hear(s, buf_view(&c->talk.in));
	if (got == STARTTLS_NO)
		port_finish(p, "no-starttls");
	if (got != STARTTLS_OK)
		return true;
	c->talk.in.n = 0;
	if (!starttls_has(d, ++p->exchange)) {
		start_tls(c);
		return true;
	}
	talk_say(&c->talk, words(p));
	if (d->step[p->exchange].hear == NULL) {
		p->exchange++;
		start_tls(c);	/* few bytes: the kernel has them already */
	}
	return true;
}

static void
heard(struct conv *c)
{
	struct port *p = c->port;
	bool all;

	if (c->tls)		/* it speaks inside of TLS */
		return;
	if (p->udp) {
		port_dtls_heard(c);
		return;
	}
	if (converse(c))
		return;
	if (p->step == STEP_MORE) {
		all = more_feed(p->more, c->talk.in.p, c->talk.in.n);
		c->talk.in.n = 0;
		if (all)
			answered(p);
		return;
	}
	tls_in_feed(&p->in, c->talk.in.p, c->talk.in.n);
	c->talk.in.n = 0;
	port_judge(p);
}

/* ---- whole handshakes ---- */

static struct tls_span
keep(struct tls_in *in, struct str s)
{
	struct tls_span at = { (uint32_t)in->hs.n, (uint32_t)s.n };

	buf_str(&in->hs, s);
	return at;
}

/* The ServerHello, which came in clear: fingerprints are made of it. */
static void
read_hello(struct tls_in *in, struct str hello)
{
	uint8_t record[5] = { 22, 3, 3 };

	if (hello.n == 0 || hello.n > 1 << 14)
		return;
	wr_be16(record + 3, (uint16_t)hello.n);
	tls_in_feed(in, record, sizeof(record));
	tls_in_feed(in, hello.p, hello.n);
}

/* What OpenSSL has agreed on, as if it had come in clear. */
static void
secured(struct conv *c)
{
	struct port *p = c->port;
	struct tls_in *in = &p->in;
	struct tls *t = c->talk.tls;
	struct str alpn = tls_alpn_of(t), staple = tls_staple_of(t);
	size_t n, at;

	read_hello(in, tls_hello_of(t));
	in->state = TLS_IN_DONE;
	in->hello = in->has_certs = true;
	in->version = tls_version_of(t);
	in->suite = tls_suite_of(t);
	for (at = in->hs.n; in->ncert < TLS_IN_CERTS &&
	    (n = tls_cert_of(t, in->ncert, &in->hs)) > 0; at += n)
		in->cert[in->ncert++] = (struct tls_span){ (uint32_t)at,
		    (uint32_t)n };
	if ((in->has_alpn = alpn.n > 0))
		in->alpn = keep(in, alpn);
	if ((in->has_status = staple.n > 0))
		in->status = keep(in, staple);
	p->tls = true;
	if (in->hs.oom)
		port_finish(p, "out-of-memory");
	else
		done(p);
}

static void
ended(struct conv *c, enum talk_end why)
{
	struct port *p = c->port;
	int alert;

	if (p->udp) {
		port_dtls_ended(p, why);
		return;
	}
	switch (why) {
	case TALK_CLOSED:
	case TALK_RESET:
		if (in_dialect(p))
			port_finish(p, "closed");
		else if (p->step == STEP_MORE)
			answered(p);
		else
			refused(p, p->in.hello ? "cut-short" : "closed");
		return;
	case TALK_TIME:
		port_finish(p, "timeout");
		return;
	case TALK_FULL:
		port_finish(p, "too-long");
		return;
	case TALK_ALERT:
		p->tls = true;
		alert = tls_alert_of(c->talk.tls);
		if ((p->in.alerted = alert >= 0))
			p->in.alert = (uint8_t)alert;
		refused(p, alert_of(p));
		return;
	case TALK_NOTLS:
		port_finish(p, p->refusal != NULL ? p->refusal :
		    p->tls ? "malformed" : "not-tls");
		return;
	default:
		port_finish(p, "out-of-memory");
		return;
	}
}

const struct prober_calls port_calls = {
	.opened = opened, .missed = missed, .secured = secured,
	.heard = heard, .ended = ended,
};

/* ---- ports ---- */

int
port_start(struct port *p)
{
	p->limit.fire = limit;
	if (p->udp)
		return port_dtls_start(p);
	p->step = p->env->full ? STEP_FULL : STEP_HELLO;
	return ask(p);
}

int
port_skip(struct port *p)
{
	p->limit.fire = limit;
	p->skipped = p->over = true;
	return loop_timer_set(p->env->l, &p->limit, 0);
}

void
port_release(struct port *p)
{
	loop_timer_clear(p->env->l, &p->limit);
	drop(p);
	tls_in_release(&p->in);
	port_dtls_release(p);
	more_release(p->more);
	free(p->more);
	buf_release(&p->hello);
	buf_release(&p->said);
	free(p->name);
}
