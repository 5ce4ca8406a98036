#include "world/prober.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define BUCKETS		4096		/* of hosts; a power of 2 */
/* A pause of this much, and of a round trip, ends what a server has to say for
 * now; after the second one it is looked at anyway. */
#define SETTLE_NS	(20 * (uint64_t)NS_PER_MS)
#define SETTLE_MAX_NS	(250 * (uint64_t)NS_PER_MS)
#define AGAIN_NS	((uint64_t)NS_PER_S)	/* a datagram may be lost */
/* TLS takes some 60 KB a connection: they get a part of the places. */
#define TLS_SHARE	4
#define TLS_LEAST	16
#define TLS_MOST	400

struct queue {
	struct conv	*first, **last;
};

struct host {
	struct host	*chain;
	u128		 addr;
	unsigned	 convs;		/* that refer to it */
	unsigned	 active[CONV_NCLASS];
	struct queue	 wait[CONV_NCLASS];
};

struct prober {
	struct loop		*l;
	struct prober_conf	 conf;
	struct prober_calls	 call;
	struct tls_client	*tls;
	struct connect		*engine;
	struct host		*bucket[BUCKETS];
	struct conv		*all;
	struct queue		 wait[CONV_NCLASS];
	struct queue		 go;		/* for the engine to connect */
	unsigned		 active[CONV_NCLASS];
	unsigned		 most_tls;
	uint64_t		 sent;		/* datagrams */
};

/* ---- queues and hosts ---- */

static void
queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

static void
queue_put(struct queue *q, struct conv *c)
{
	c->after = NULL;
	*q->last = c;
	q->last = &c->after;
}

static struct conv *
queue_take(struct queue *q)
{
	struct conv *c = q->first;

	if (c != NULL && (q->first = c->after) == NULL)
		q->last = &q->first;
	return c;
}

static struct host **
bucket_of(struct prober *pr, u128 addr)
{
	uint64_t h = (uint64_t)addr ^ (uint64_t)(addr >> 64);

	h *= UINT64_C(0x9e3779b97f4a7c15);
	return &pr->bucket[h >> 32 & (BUCKETS - 1)];
}

static struct host *
host_of(struct prober *pr, u128 addr)
{
	struct host **at = bucket_of(pr, addr), *h;

	for (h = *at; h != NULL; h = h->chain)
		if (h->addr == addr)
			return h;
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return NULL;
	h->addr = addr;
	for (int i = 0; i < CONV_NCLASS; i++)
		queue_init(&h->wait[i]);
	h->chain = *at;
	*at = h;
	return h;
}

static void
host_leave(struct prober *pr, struct host *h)
{
	struct host **at;

	if (--h->convs > 0)
		return;
	for (at = bucket_of(pr, h->addr); *at != h; at = &(*at)->chain)
		;
	*at = h->chain;
	free(h);
}

/* ---- the talk ---- */

static struct conv *
of_talk(struct talk *t)
{
	return (struct conv *)t;
}

static void
secured(struct talk *t)
{
	struct conv *c = of_talk(t);

	c->pr->call.secured(c);
}

static void
heard(struct talk *t)
{
	struct conv *c = of_talk(t);
	uint64_t now = t->l->now, at = now + SETTLE_NS + c->rtt;

	if (c->udp || c->eager) {
		loop_timer_clear(t->l, &c->settle);
		c->pr->call.heard(c);
		return;
	}
	if (!loop_timer_is_set(&c->settle))
		c->since = now;
	if (at > c->since + SETTLE_MAX_NS)
		at = c->since + SETTLE_MAX_NS;
	loop_timer_set(t->l, &c->settle, at);
}

static void
ended(struct talk *t, enum talk_end why)
{
	struct conv *c = of_talk(t);

	loop_timer_clear(t->l, &c->settle);
	c->pr->call.ended(c, why);
}

static const struct talk_calls talk_calls = {
	.secured = secured, .heard = heard, .ended = ended,
};

static void
settled(struct loop *l, struct loop_timer *t)
{
	struct conv *c =
	    (struct conv *)((char *)t - offsetof(struct conv, settle));

	(void)l;
	if (!c->udp) {
		c->pr->call.heard(c);
		return;
	}
	c->pr->sent++;
	talk_say(&c->talk, c->say);
}

/* The descriptor is the talk's from here on. */
static int
begin(struct conv *c, int fd)
{
	struct prober *pr = c->pr;
	struct tls *tls = NULL;
	uint64_t now = clock_mono_ns();

	if (c->tls && (tls = tls_new(pr->tls, fd, c->name,
	    c->plain)) == NULL) {
		close(fd);
		errno = ENOMEM;
		return -1;
	}
	if (talk_open(&c->talk, pr->l, fd, c->udp ? &c->peer : NULL, tls, &talk_calls,
	    pr->conf.most, now + c->wait) == -1)
		return -1;
	c->state = CONV_TALKING;
	c->opened = now;
	if (c->udp)
		loop_timer_set(pr->l, &c->settle, now + AGAIN_NS);
	if (c->udp || c->say.n > 0)
		talk_say(&c->talk, c->say);
	return 0;
}

/* ---- places ---- */

static unsigned
sum(const unsigned active[CONV_NCLASS])
{
	return active[CONV_LATER] + active[CONV_TLS] + active[CONV_FIRST];
}

/* Is there a place of this class among `most`? */
static bool
has_place(const unsigned active[CONV_NCLASS], enum conv_class class,
    unsigned most)
{
	return sum(active) < most && (class != CONV_FIRST ||
	    active[class] < (most + 1) / 2);
}

static bool
host_has_place(const struct prober *pr, const struct host *h,
    enum conv_class class)
{
	return has_place(h->active, class, pr->conf.per_host);
}

static bool
all_have_place(const struct prober *pr, enum conv_class class)
{
	return has_place(pr->active, class, pr->conf.connect.parallel) &&
	    (class != CONV_TLS || pr->active[class] < pr->most_tls);
}

static void
miss(struct conv *c, int error)
{
	struct connect_outcome o = { .result = CONNECT_UNSENT, .error = error };

	c->state = CONV_MISSED;
	c->pr->call.missed(c, &o);
}

/* What went wrong while somebody asked is told once that is over. */
static void
missed_later(struct loop *l, struct loop_timer *t)
{
	struct conv *c =
	    (struct conv *)((char *)t - offsetof(struct conv, settle));

	(void)l;
	c->settle.fire = settled;
	miss(c, (int)c->since);
}

static void
start_udp(struct conv *c)
{
	struct prober *pr = c->pr;
	int fd = sock_open(SOCK_DGRAM, c->host->addr,
	    &pr->conf.connect.local, 0), e;

	pr->sent++;
	if (fd != -1 && sock_check_route(fd, &c->peer) == -1) {
		e = errno;
		close(fd);
		fd = -1;
		errno = e;
	}
	if (fd != -1 && begin(c, fd) == 0) {
		pr->call.opened(c);
		return;
	}
	c->since = (uint64_t)errno;
	c->settle.fire = missed_later;
	loop_timer_set(pr->l, &c->settle, 0);
}

static void
admit(struct conv *c)
{
	struct prober *pr = c->pr;

	c->host->active[c->class]++;
	pr->active[c->class]++;
	c->state = CONV_CONNECTING;
	if (c->udp) {
		start_udp(c);
		return;
	}
	queue_put(&pr->go, c);
	connect_wake(pr->engine);
}

static void
seek(struct conv *c)
{
	if (!host_has_place(c->pr, c->host, c->class))
		queue_put(&c->host->wait[c->class], c);
	else if (!all_have_place(c->pr, c->class))
		queue_put(&c->pr->wait[c->class], c);
	else
		admit(c);
}

static void
conv_free(struct conv *c)
{
	struct prober *pr = c->pr;

	loop_timer_clear(pr->l, &c->settle);
	talk_close(&c->talk);
	host_leave(pr, c->host);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		pr->all = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	free(c);
}

/* The next in the queue that somebody still wants. */
static struct conv *
take_wanted(struct queue *q)
{
	struct conv *c;

	while ((c = queue_take(q)) != NULL && c->port == NULL)
		conv_free(c);
	return c;
}

static void
refill(struct prober *pr, struct host *h)
{
	struct conv *c;

	for (enum conv_class k = 0; k < CONV_NCLASS; k++)
		while (host_has_place(pr, h, k) &&
		    (c = take_wanted(&h->wait[k])) != NULL)
			seek(c);
	for (enum conv_class k = 0; k < CONV_NCLASS; k++)
		while (all_have_place(pr, k) &&
		    (c = take_wanted(&pr->wait[k])) != NULL)
			seek(c);
}

/* A conversation that has a place gives it up, and ends. */
static void
leave(struct conv *c)
{
	struct prober *pr = c->pr;
	struct host *h = c->host;

	h->active[c->class]--;
	pr->active[c->class]--;
	h->convs++;		/* it stays for this moment */
	conv_free(c);
	refill(pr, h);
	host_leave(pr, h);
}

/* ---- the engine's calls ---- */

static bool
next_connect(void *ctx, struct connect_probe *p)
{
	struct prober *pr = ctx;
	struct conv *c;

	while ((c = queue_take(&pr->go)) != NULL && c->port == NULL)
		leave(c);
	if (c == NULL)
		return false;
	p->addr = c->peer.addr;
	p->port = c->peer.port;
	p->owner = c;
	return true;
}

static bool
connected(void *ctx, const struct connect_outcome *o, int fd)
{
	struct conv *c = o->probe.owner;

	(void)ctx;
	if (c->port == NULL)
		return false;
	c->rtt = o->rtt;
	if (begin(c, fd) == -1)
		miss(c, errno);
	else
		c->pr->call.opened(c);
	return true;
}

static void
not_connected(void *ctx, const struct connect_outcome *o)
{
	struct conv *c = o->probe.owner;

	(void)ctx;
	c->state = CONV_MISSED;
	if (c->port == NULL)
		leave(c);
	else
		c->pr->call.missed(c, o);
}

/* ---- the prober ---- */

unsigned
prober_places(unsigned wanted)
{
	unsigned files = connect_files();

	/* Some for what else is open, and for luck. */
	files = files > 8 ? files - 4 : 1;
	return wanted < files ? wanted : files;
}

struct prober *
prober_new(struct loop *l, const struct prober_conf *conf,
    struct tls_client *tls, const struct prober_calls *calls)
{
	struct prober *pr = calloc(1, sizeof(*pr));
	struct connect_calls c = { .next = next_connect, .done = not_connected,
	    .opened = connected, .ctx = pr };

	if (pr == NULL)
		return NULL;
	pr->l = l;
	pr->conf = *conf;
	pr->call = *calls;
	pr->tls = tls;
	pr->most_tls = conf->connect.parallel / TLS_SHARE;
	if (pr->most_tls < TLS_LEAST)
		pr->most_tls = TLS_LEAST;
	if (pr->most_tls > TLS_MOST)
		pr->most_tls = TLS_MOST;
	for (int i = 0; i < CONV_NCLASS; i++)
		queue_init(&pr->wait[i]);
	queue_init(&pr->go);
	if ((pr->engine = connect_new(l, &conf->connect, &c)) == NULL) {
		free(pr);
		return NULL;
	}
	return pr;
}

void
prober_free(struct prober *pr)
{
	if (pr == NULL)
		return;
	connect_free(pr->engine);
	while (pr->all != NULL)
		conv_free(pr->all);
	free(pr);
}

struct conv *
prober_ask(struct prober *pr, struct port *port, const struct ask *a)
{
	struct conv *c;
	struct host *h = host_of(pr, a->addr);

	if (h == NULL)
		return NULL;
	h->convs++;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		host_leave(pr, h);
		return NULL;
	}
	*c = (struct conv){ .settle.fire = settled, .pr = pr, .host = h,
	    .next = pr->all, .port = port, .probe = a->probe, .say = a->say, .eager = a->eager,
	    .class = a->first ? CONV_FIRST : a->tls ? CONV_TLS : CONV_LATER,
	    .name = a->name, .udp = a->udp, .tls = a->tls, .plain = a->plain, .wait = a->wait,
	    .peer = { .addr = a->addr, .port = a->port,
	    .scope = pr->conf.connect.local.ifindex } };
	if (pr->all != NULL)
		pr->all->prev = c;
	pr->all = c;
	seek(c);
	return c;
}

int
prober_secure(struct conv *c)
{
	struct tls *tls = tls_new(c->pr->tls, c->talk.f.fd, c->name,
	    c->plain);

	if (tls == NULL)
		return -1;
	c->tls = true;
	talk_secure(&c->talk, tls);
	return 0;
}

void
prober_say(struct conv *c, struct str say)
{
	c->say = say;
	if (c->udp) {
		c->pr->sent++;
		loop_timer_set(c->pr->l, &c->settle,
		    c->pr->l->now + AGAIN_NS);
	}
	talk_say(&c->talk, say);
}

void
prober_drop(struct conv *c)
{
	if (c->state == CONV_TALKING || c->state == CONV_MISSED ||
	    (c->udp && c->state == CONV_CONNECTING)) {
		leave(c);
		return;
	}
	/* The queue, or the engine, has it: they free it when it is its turn. */
	c->port = NULL;
}

uint64_t
prober_sent(const struct prober *pr)
{
	return pr->sent + connect_count(pr->engine).sent;
}

void
prober_steer(struct prober *pr, bool paused, double speed, double reached)
{
	connect_steer(pr->engine, paused, speed, reached);
}
