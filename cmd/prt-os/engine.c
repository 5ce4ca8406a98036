#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pure/addr.h"
#include "pure/packet.h"
#include "pure/rtt.h"
#include "pure/siphash.h"
#include "world/route.h"
#include "world/rx.h"
#include "world/tx.h"

/* Between two probes to one host, other than the SYNs. */
#define STEP_NS		(25 * (uint64_t)NS_PER_MS)
/* What a host takes on the average, to keep the rate by when hosts begin. */
#define PACKETS		24
/* Answers that stay away are waited for at most so long. */
#define WAIT_MAX	(3 * (uint64_t)NS_PER_S)
/* Sendings of a probe that is not answered; more, where some are lost. */
#define TRIES		3
/* A round of SYNs with fewer answers is not what sequences are read from. */
#define ROUND_GOOD	5
/* Packets that are read before timers have their turn again. */
#define BURST		256
/* Answers expected at once: what the queue of the capture is made for. */
#define EXPECT		2048

/* A host in work. */
struct asked {
	struct osprobe_state	 st;
	struct loop_timer	 timer;		/* the next sending, or giving up */
	struct engine		*en;
	struct asked		*next;		/* of the same slot */
	struct rtt		 rtt;
	struct tx_path		 path;
	int			 error;		/* it cannot be reached */
	uint64_t		 seq_at;	/* when the last SYN was due */
	unsigned		 todo;		/* a bit for each probe to send */
	bool			 lossy;
};

struct engine {
	const struct engine_conf *conf;
	struct loop		*loop;
	engine_done		*done;
	void			*ctx;
	struct rx		*rx;
	struct loop_fd		 rxfd;
	struct tx		*tx;
	struct routes		*routes;
	uint64_t		 key[2];
	struct asked		**slot;
	size_t			 nslots;	/* a power of two */
	size_t			 busy;
	uint64_t		 begin;		/* when the next host may */
	uint64_t		 gap;		/* ns between two of them */
};

/* ---- the table ---- */

static struct asked **
slot_of(const struct engine *en, u128 addr)
{
	const uint64_t w[2] = { (uint64_t)(addr >> 64), (uint64_t)addr };

	return &en->slot[siphash(en->key, w, 2) & (en->nslots - 1)];
}

static struct asked *
find(const struct engine *en, u128 addr)
{
	struct asked *a = *slot_of(en, addr);

	while (a != NULL && a->st.host.dst != addr)
		a = a->next;
	return a;
}

static void
finish(struct asked *a)
{
	struct engine *en = a->en;
	struct asked **p = slot_of(en, a->st.host.dst);

	while (*p != a)
		p = &(*p)->next;
	*p = a->next;
	loop_timer_clear(en->loop, &a->timer);
	en->busy--;
	en->done(en->ctx, a->st.host.dst, a->error == 0 ? &a->st : NULL,
	    a->error);
	free(a);
}

/* ---- sending ---- */

#define SYNS		((1u << OSPROBE_SEQ) - 1)
#define ALL		((1u << OSPROBE_N) - 1)
#define OPEN_PROBES	(SYNS | 1u << OSPROBE_ECN | 1u << OSPROBE_T2 | \
			 1u << OSPROBE_T3 | 1u << OSPROBE_T4)

static int
send_probe(struct asked *a, enum osprobe p)
{
	struct tx *tx = a->en->tx;
	uint64_t now = clock_wall_ns();
	unsigned try = osprobe_sent(&a->st, p, now);
	size_t n = osprobe_make(&a->st.host, p, try, tx_slot(tx));

	if (n == 0)
		return 0;
	if (tx_commit(tx, n, &a->path) == -1 || tx_flush(tx) == -1) {
		a->error = errno;
		return -1;
	}
	return 0;
}

/* The round trip that was measured, or what is taken for granted before. */
static uint64_t
patience(const struct asked *a)
{
	uint64_t t = rtt_rto(&a->rtt);

	return t < WAIT_MAX ? t : WAIT_MAX;
}

static unsigned
tries_of(const struct asked *a)
{
	return a->lossy ? OSPROBE_TRIES : TRIES;
}

static bool
may_retry(const struct asked *a, enum osprobe p)
{
	return a->st.tries[p] > 0 && a->st.tries[p] < tries_of(a);
}

/* A round of SYNs is sent again as a whole: the numbers in its answers are read
 * in a row. */
static bool
wants_round(const struct asked *a)
{
	unsigned i, best = osprobe_best_round(&a->st);

	if (a->st.not_open || !may_retry(a, OSPROBE_S1))
		return false;
	for (i = 0; i < OSPROBE_SEQ; i++)
		if (!osprobe_answered(&a->st, i))
			return true;
	return best < ROUND_GOOD;
}

/* Packets are lost on this way: more sendings are worth it. */
static bool
is_lossy(const struct asked *a)
{
	unsigned i, best = osprobe_best_round(&a->st);

	if (best > 0 && best < OSPROBE_SEQ)
		return true;
	for (i = 0; i < OSPROBE_N; i++)
		if (a->st.took[i] > 1)
			return true;
	return false;
}

/* What is to be sent again, and can be. */
static unsigned
missing(struct asked *a)
{
	unsigned i, m = 0;

	a->lossy = a->lossy || is_lossy(a);
	if (wants_round(a))
		m |= SYNS;
	for (i = OSPROBE_SEQ; i < OSPROBE_N; i++)
		if (!osprobe_answered(&a->st, i) && may_retry(a, i))
			m |= 1u << i;
	if (a->st.not_open)
		m &= ~OPEN_PROBES;
	return m;
}

/* Everything has been sent, and answered: nothing is to be waited for. */
static bool
is_complete(const struct asked *a)
{
	unsigned i;

	for (i = 0; i < OSPROBE_N; i++)
		if (a->st.tries[i] > 0 && !osprobe_answered(&a->st, i) &&
		    !(a->st.not_open && OPEN_PROBES & 1u << i))
			return false;
	return a->todo == 0 && !wants_round(a);
}

/* The probe that is next, and when the one after it may go. */
static void
step(struct loop *l, struct loop_timer *t)
{
	struct asked *a = (struct asked *)((char *)t -
	    offsetof(struct asked, timer));
	enum osprobe p;
	uint64_t at;

	if (a->todo == 0 && (a->todo = missing(a)) == 0) {
		finish(a);
		return;
	}
	p = (enum osprobe)__builtin_ctz(a->todo);
	if (a->error != 0 || send_probe(a, p) == -1) {
		finish(a);
		return;
	}
	a->todo &= ~(1u << p);
	if (a->st.not_open)
		a->todo &= ~OPEN_PROBES;
	if (p == OSPROBE_S1)
		a->seq_at = l->now;
	if (a->todo == 0)
		at = l->now + patience(a);
	else if (p < OSPROBE_S6)
		at = a->seq_at += OSPROBE_SEQ_NS;
	else
		at = l->now + STEP_NS;
	loop_timer_set(l, t, at);
}

/* ---- receiving ---- */

static void
measure(struct asked *a, enum osprobe p, unsigned try, uint64_t now)
{
	const struct osprobe_reply *r = p <= OSPROBE_S6 ? &a->st.seq[try][p] :
	    &a->st.other[p - OSPROBE_SEQ];

	if (now > r->sent)
		rtt_sample(&a->rtt, now - r->sent);
}

static void
take(struct engine *en, const struct rx_packet *p)
{
	uint64_t now = p->time != 0 ? p->time : clock_wall_ns();
	struct packet head;
	struct asked *a;
	unsigned try;
	int probe;

	if (packet_dissect(&head, p->ethertype, p->p, p->n) == -1 ||
	    (a = find(en, head.src)) == NULL)
		return;
	probe = osprobe_take(&a->st, p->p, p->n, now, &try);
	if (probe == -1)
		return;
	measure(a, (enum osprobe)probe, try, now);
	if (is_complete(a))
		loop_timer_set(en->loop, &a->timer, 0);
}

static void
readable(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct engine *en = (struct engine *)((char *)f -
	    offsetof(struct engine, rxfd));
	struct rx_packet p;
	unsigned n;

	(void)l;
	if (events & EPOLLERR)
		rx_calm(en->rx);
	for (n = 0; n < BURST && rx_next(en->rx, &p); n++)
		take(en, &p);
}

/* ---- asking ---- */

static int
find_way(struct asked *a)
{
	struct osprobe_host *h = &a->st.host;
	const struct route *r = routes_find(a->en->routes, h->dst);
	bool is4 = addr_is4(h->dst);

	if (r == NULL)
		return errno;
	h->src = is4 ? a->en->conf->src4 : a->en->conf->src6;
	if (h->src == 0)
		h->src = r->src;
	a->path = (struct tx_path){ .kind = TX_POINT, .ifindex = r->ifindex,
	    .ethertype = is4 ? PACKET_ETH_IPV4 : PACKET_ETH_IPV6 };
	if (r->kind == ROUTE_NONE || r->kind == ROUTE_GROUP)
		return ENETUNREACH;
	if (r->down)
		return ENETDOWN;
	h->distance = r->kind == ROUTE_LOCAL ? 0 :
	    r->kind == ROUTE_ON_LINK ? 1 : -1;
	return h->src != 0 ? 0 : EADDRNOTAVAIL;
}

/* Hosts begin one after the other, so that their probes do not come in heaps. */
static uint64_t
turn_of(struct engine *en)
{
	uint64_t at = en->begin > en->loop->now ? en->begin : en->loop->now;

	en->begin = at + en->gap;
	return at;
}

int
engine_ask(struct engine *en, const struct engine_ask *q)
{
	const struct timing *t = en->conf->timing;
	struct asked *a = calloc(1, sizeof(*a)), **slot;

	if (a == NULL)
		return -1;
	a->en = en;
	a->timer.fire = step;
	a->st.host = (struct osprobe_host){ .key = { en->key[0], en->key[1] },
	    .dst = q->addr, .open = q->open, .closed = q->closed,
	    .udp = q->udp, .closed_guess = q->closed == 0,
	    .udp_guess = q->udp == 0 };
	a->error = find_way(a);
	a->todo = q->open != 0 ? ALL : ALL & ~OPEN_PROBES;
	rtt_init(&a->rtt, t->rto_initial, t->rto_min, t->rto_max);
	if (loop_timer_set(en->loop, &a->timer, turn_of(en)) == -1) {
		free(a);
		return -1;
	}
	slot = slot_of(en, q->addr);
	a->next = *slot;
	*slot = a;
	en->busy++;
	return 0;
}

bool
engine_has_room(const struct engine *en)
{
	return en->busy < en->conf->parallel;
}

size_t
engine_busy(const struct engine *en)
{
	return en->busy;
}

uint64_t
engine_sent(const struct engine *en)
{
	return tx_sent(en->tx);
}

/* ---- the whole ---- */

static int
open_all(struct engine *en)
{
	const struct rx_filter filter = { OSPROBE_PORT, OSPROBE_NPORTS };
	const struct tx_setup setup = { .name = "raw", .pps = 1 };

	en->nslots = 16;
	while (en->nslots < en->conf->parallel)
		en->nslots *= 2;
	if ((en->slot = calloc(en->nslots, sizeof(*en->slot))) == NULL ||
	    random_bytes(en->key, sizeof(en->key)) == -1 ||
	    (en->rx = rx_open()) == NULL ||
	    (en->tx = tx_open(&setup)) == NULL ||
	    (en->routes = routes_open(en->conf->ifname)) == NULL)
		return -1;
	return rx_start(en->rx, &filter, RX_ALL, EXPECT, true);
}

struct engine *
engine_open(const struct engine_conf *conf)
{
	struct engine *en = calloc(1, sizeof(*en));
	int saved;

	if (en == NULL)
		return NULL;
	en->conf = conf;
	if (conf->pps > 0)
		en->gap = (uint64_t)(PACKETS * 1e9 / conf->pps);
	if (open_all(en) == 0)
		return en;
	saved = errno;
	engine_close(en);
	errno = saved;
	return NULL;
}

int
engine_start(struct engine *en, struct loop *l, engine_done *done, void *ctx)
{
	en->loop = l;
	en->done = done;
	en->ctx = ctx;
	en->rxfd = (struct loop_fd){ .fd = rx_fd(en->rx), .ready = readable };
	return loop_add(l, &en->rxfd, EPOLLIN);
}

void
engine_close(struct engine *en)
{
	struct asked *a;
	size_t i;

	if (en == NULL)
		return;
	for (i = 0; en->slot != NULL && i < en->nslots; i++)
		while ((a = en->slot[i]) != NULL) {
			en->slot[i] = a->next;
			loop_timer_clear(en->loop, &a->timer);
			free(a);
		}
	free(en->slot);
	rx_close(en->rx);
	tx_close(en->tx);
	routes_close(en->routes);
	free(en);
}
