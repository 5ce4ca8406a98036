#include "more.h"

/* A ServerHello, and what a record may have in front of it. */
#define ANSWER_MAX	4096

int
more_start(struct more *m, const struct more_conf *conf,
    const struct tls_in *first, bool tls)
{
	*m = (struct more){ .conf = conf, .tls = tls };
	if (conf->enumerate == ENUM_NOTHING)
		return 0;
	m->counting = true;
	return enum_start(&m->all, conf->enumerate, first, tls);
}

int
more_next(struct more *m, const struct more_words *w, struct buf *b)
{
	int r;

	if (m->counting && (r = enum_next(&m->all, w->random, w->sni, b)) != 0)
		return r;
	m->counting = false;
	if (!m->conf->jarm || !m->tls || m->jarm.n == JARM_HELLOS)
		return 0;
	tls_in_release(&m->in);
	m->in = (struct tls_in){ .most = ANSWER_MAX };
	return jarm_hello_put(&m->jarm, b, w->random, w->host) == -1 ? -1 : 1;
}

bool
more_feed(struct more *m, const void *p, size_t n)
{
	if (m->counting)
		return enum_feed(&m->all, p, n);
	return tls_in_feed(&m->in, p, n) != TLS_IN_MORE || m->in.hello ||
	    m->in.alerted;
}

void
more_answer(struct more *m)
{
	if (m->counting)
		enum_answer(&m->all);
	else
		jarm_answer(&m->jarm, &m->in);
}

void
more_release(struct more *m)
{
	if (m == NULL)
		return;
	enum_release(&m->all);
	jarm_release(&m->jarm);
	tls_in_release(&m->in);
}
