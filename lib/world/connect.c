#include "world/connect.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "pure/addr.h"
#include "pure/rate.h"
#include "pure/rtt.h"

/* How many attempts start in one turn of the loop before answers, signals and
 * output get theirs. */
#define BURST		128
/* Kernel out of files, ports or memory: how long to let it recover, and how
 * long with nothing of ours in flight until that is no passing shortage. */
#define SHORTAGE_NS	(20 * (uint64_t)NS_PER_MS)
#define SHORTAGE_MAX	100
/* After this the kernel has sent the SYN again by itself: whose answer it was
 * cannot be told (Karn). */
#define KERNEL_RTO_NS	((uint64_t)NS_PER_S)
#define HOSTS		8192		/* timeouts remembered; a power of 2 */
#define WAIT_MIN_NS	500000u		/* rather a few probes each wake-up */
#define LOSSY		5		/* retries where retries were answered */
#define RETRY_MAX	16384		/* waiting retries before they go first */

struct probe {
	struct connect_probe	to;
	uint16_t		attempt;	/* from 0 */
	bool			self;	/* met itself: choose its port */
};

struct slot {
	struct loop_fd		 f;	/* first: a watcher is its slot */
	struct loop_timer	 t;
	struct connect		*c;
	struct slot		*next;	/* free ones */
	struct probe		 p;
	uint64_t		 sent;
};

struct host {
	u128		addr;		/* 0: none */
	struct rtt	rtt;
};

struct connect {
	struct loop		*l;
	struct connect_conf	 conf;
	struct connect_calls	 call;
	struct rate		 rate;
	struct loop_timer	 pump;	/* when to go on starting */
	struct slot		*slots;
	struct slot		*free;
	struct host		*hosts;
	struct probe		*retry;	/* a ring */
	size_t			 nretry, firstretry, capretry;
	struct probe		 held;	/* taken, and not started yet */
	bool			 holds;
	int			 spare[2];	/* unconnected, IPv4 and IPv6 */
	unsigned		 limit;	/* of slots, once files ran short */
	unsigned		 shortage;	/* pauses in a row */
	bool			 paused, steered;
	unsigned		 best;	/* the latest attempt ever answered */
	struct connect_count	 count;
};

/* ---- sockets ---- */

static int
open_socket(struct connect *c, const struct probe *p)
{
	int *spare = &c->spare[!addr_is4(p->to.addr)], fd = *spare;

	if (fd == -1 || p->self)
		return sock_open(SOCK_STREAM, p->to.addr, &c->conf.local,
		    p->self ? p->to.port : 0);
	*spare = -1;
	return fd;
}

/* Keeps a socket that was refused or connected for the next probe of the same
 * family. To dissolve the association resets a connection, as
 * sock_close_hard() does. */
static void
recycle(struct connect *c, int fd, const struct probe *p, int error)
{
	struct sockaddr sa = { .sa_family = AF_UNSPEC };
	int *spare = &c->spare[!addr_is4(p->to.addr)];

	if (*spare == -1 && !p->self && c->conf.local.source4 == 0 &&
	    c->conf.local.source6 == 0 && (error == ECONNREFUSED ||
	    (error == 0 && connect(fd, &sa, sizeof(sa)) == 0)))
		*spare = fd;
	else
		sock_close_hard(fd);
}

/* A connection to the very port it comes from: TCP's simultaneous open with
 * oneself. No server is there. */
static bool
is_self(int fd, const struct probe *p)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint16_t port = 0;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return false;
	return sock_addr_of(&ss, ss.ss_family, &port) == p->to.addr &&
	    port == p->to.port;
}

/* ---- timeouts ---- */

static struct host *
host_of(struct connect *c, u128 addr)
{
	uint64_t h = (uint64_t)addr ^ (uint64_t)(addr >> 64);

	h *= UINT64_C(0x9e3779b97f4a7c15);
	return &c->hosts[h >> 32 & (HOSTS - 1)];
}

static uint64_t
timeout_of(struct connect *c, const struct probe *p)
{
	struct host *h = host_of(c, p->to.addr);
	uint64_t rto = h->addr == p->to.addr ? rtt_rto(&h->rtt) :
	    c->conf.rto_initial;

	if (c->conf.timeout != 0)
		return c->conf.timeout;
	for (unsigned i = 0; i < p->attempt && rto < c->conf.rto_max; i++)
		rto *= 2;
	return rto < c->conf.rto_max ? rto : c->conf.rto_max;
}

static void
learn_rtt(struct connect *c, const struct probe *p, uint64_t rtt)
{
	struct host *h = host_of(c, p->to.addr);

	if (rtt >= KERNEL_RTO_NS)
		return;
	if (h->addr != p->to.addr) {
		h->addr = p->to.addr;
		rtt_init(&h->rtt, c->conf.rto_initial, c->conf.rto_min,
		    c->conf.rto_max);
	}
	rtt_sample(&h->rtt, rtt);
}

/* ---- probes that wait ---- */

static int
retry_push(struct connect *c, const struct probe *p)
{
	size_t cap = c->capretry * 2 + 64;
	struct probe *q;

	if (c->nretry == c->capretry) {
		if ((q = calloc(cap, sizeof(*q))) == NULL)
			return -1;
		for (size_t i = 0; i < c->nretry; i++)
			q[i] = c->retry[(c->firstretry + i) % c->capretry];
		free(c->retry);
		c->retry = q;
		c->firstretry = 0;
		c->capretry = cap;
	}
	c->retry[(c->firstretry + c->nretry++) % c->capretry] = *p;
	return 0;
}

static void
retry_pop(struct connect *c, struct probe *p)
{
	*p = c->retry[c->firstretry];
	c->firstretry = (c->firstretry + 1) % c->capretry;
	c->nretry--;
}

/* New probes go first: by the time the retries come, more is known. */
static bool
take(struct connect *c, struct probe *p)
{
	if (c->holds) {
		*p = c->held;
		c->holds = false;
		return true;
	}
	if (c->nretry < RETRY_MAX) {
		*p = (struct probe){ 0 };
		if (c->call.next(c->call.ctx, &p->to))
			return true;
	}
	if (c->nretry == 0)
		return false;
	retry_pop(c, p);
	return true;
}

static void
hold(struct connect *c, const struct probe *p)
{
	c->held = *p;
	c->holds = true;
}

/* ---- outcomes ---- */

static void
report(struct connect *c, const struct probe *p, struct connect_outcome *o)
{
	o->probe = p->to;
	o->attempt = p->attempt + 1u;
	c->call.done(c->call.ctx, o);
}

/* Has the caller taken the connection? */
static bool
hand_over(struct connect *c, const struct probe *p, struct connect_outcome *o,
    int fd)
{
	if (o->result != CONNECT_OPEN || c->call.opened == NULL)
		return false;
	o->probe = p->to;
	o->attempt = p->attempt + 1u;
	return c->call.opened(c->call.ctx, o, fd);
}

/* True when the caller has taken the socket. */
static bool
answered(struct connect *c, const struct probe *p, struct connect_outcome *o,
    int fd, uint64_t rtt)
{
	o->rtt = rtt != 0 ? rtt : 1;
	if (o->result == CONNECT_OPEN || o->result == CONNECT_REFUSED) {
		if (p->attempt > c->best)
			c->best = p->attempt;
		learn_rtt(c, p, rtt);
	}
	if (hand_over(c, p, o, fd))
		return true;
	report(c, p, o);
	return false;
}

static void
explain(int fd, int error, struct connect_outcome *o)
{
	/* A server that accepts and resets at once: only a connection can be
	 * reset, a SYN is refused. */
	if (error == ECONNRESET || error == EPIPE)
		error = 0;
	*o = (struct connect_outcome){ .error = error };
	if (error == 0)
		o->result = CONNECT_OPEN;
	else if (sock_icmp(fd, &o->icmp))
		o->result = CONNECT_ICMP;
	else if (error == ECONNREFUSED)
		o->result = CONNECT_REFUSED;
	else if (error == ETIMEDOUT)
		o->result = CONNECT_TIMEOUT;
	else
		o->result = CONNECT_ERROR;
}

/* One retry more than what ever was answered. Once a retry was, packets get lost
 * here: then LOSSY of them, or one port in ten thousand would stay unanswered at
 * 5 % loss each way. */
static unsigned
worth_trying(const struct connect *c)
{
	return c->best > 0 && c->best < LOSSY ? LOSSY : c->best + 1;
}

static void
give_up(struct connect *c, const struct probe *p)
{
	struct connect_outcome o = { .result = CONNECT_TIMEOUT,
	    .error = ETIMEDOUT };
	unsigned most = c->conf.retries;
	struct probe again = *p;

	if (!c->conf.retries_fixed && most > worth_trying(c))
		most = worth_trying(c);
	if (p->attempt < most) {
		again.attempt++;
		if (retry_push(c, &again) == 0)
			return;
	}
	report(c, p, &o);
}

/* An answered connect, its socket still open: true when the caller has taken
 * that. */
static bool
conclude(struct connect *c, int fd, const struct probe *p, int error,
    uint64_t rtt)
{
	struct connect_outcome o;
	struct probe again = *p;

	explain(fd, error, &o);
	if (o.result == CONNECT_OPEN && is_self(fd, p)) {
		again.self = true;
		if (retry_push(c, &again) == 0)
			return false;
		o.result = CONNECT_UNSENT;
		o.error = ENOMEM;
	}
	if (o.result != CONNECT_TIMEOUT)
		return answered(c, p, &o, fd, rtt);
	give_up(c, p);
	return false;
}

/* ---- slots ---- */

static void
release_slot(struct connect *c, struct slot *s)
{
	s->next = c->free;
	c->free = s;
	c->count.active--;
}

static void
slot_ready(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct slot *s = (struct slot *)f;
	struct connect *c = s->c;
	struct sock_icmp note;
	struct probe p = s->p;
	uint64_t rtt = l->now > s->sent ? l->now - s->sent : 0;
	socklen_t len = sizeof(int);
	int error = 0;

	getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == 0 && !(events & EPOLLOUT)) {
		/* An ICMP message that ended nothing: take it off the queue. */
		sock_icmp(f->fd, &note);
		return;
	}
	loop_timer_clear(l, &s->t);
	/* What is handed over gets another watcher. */
	if (c->call.opened != NULL)
		loop_del(l, f);
	else
		loop_forget(l, f);
	if (conclude(c, f->fd, &p, error, rtt))
		;
	else if (error == 0)
		sock_close_hard(f->fd);
	else
		close(f->fd);
	release_slot(c, s);
	connect_wake(c);
}

static void
slot_timeout(struct loop *l, struct loop_timer *t)
{
	struct slot *s =
	    (struct slot *)((char *)t - offsetof(struct slot, t));
	struct connect *c = s->c;
	struct probe p = s->p;

	loop_forget(l, &s->f);
	close(s->f.fd);
	release_slot(c, s);
	give_up(c, &p);
	connect_wake(c);
}

/* ---- starting ---- */

enum started { STARTED, SHORT, FAILED };	/* SHORT: errno says of what */

static bool
is_shortage(int e)
{
	return e == EMFILE || e == ENFILE || e == ENOBUFS || e == ENOMEM ||
	    e == EAGAIN || e == EADDRNOTAVAIL || e == EADDRINUSE;
}

/* Is it an address to send from that lacks, rather than a port? A datagram
 * socket finds out without using either up. */
static bool
no_source(const struct connect *c, const struct probe *p)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr(&ss, p->to.addr, p->to.port, c->conf.local.ifindex);
	bool none;
	int fd;

	fd = socket(addr_is4(p->to.addr) ? AF_INET : AF_INET6,
	    SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return false;
	none = connect(fd, (struct sockaddr *)&ss, len) == -1 &&
	    errno == EADDRNOTAVAIL;
	close(fd);
	return none;
}

static enum started
failed(struct connect *c, const struct probe *p, int e)
{
	struct connect_outcome o = { .error = e };

	if (is_shortage(e) &&
	    (c->count.active > 0 || c->shortage < SHORTAGE_MAX) &&
	    !(e == EADDRNOTAVAIL && no_source(c, p))) {
		errno = e;
		return SHORT;
	}
	/* What the kernel says at once of its own rules or neighbours is an
	 * answer; that it has no route or no address is not. */
	o.result = e == EACCES || e == EPERM || e == EHOSTUNREACH ?
	    CONNECT_ERROR : CONNECT_UNSENT;
	report(c, p, &o);
	return FAILED;
}

/* On loopback the whole handshake happens inside connect(); a second call asks
 * how it went. True when the probe is done. */
static bool
done_at_once(struct connect *c, int fd, const struct probe *p,
    const struct sockaddr_storage *ss, socklen_t len, uint64_t sent)
{
	int e;

	if (!sock_is_loopback(p->to.addr))
		return false;
	e = connect(fd, (const struct sockaddr *)ss, len) == 0 ? 0 : errno;
	if (e == EALREADY || e == EINPROGRESS)
		return false;
	if (!conclude(c, fd, p, e, clock_mono_ns() - sent))
		recycle(c, fd, p, e);
	return true;
}

static enum started
watch(struct connect *c, int fd, const struct probe *p, uint64_t sent)
{
	struct slot *s = c->free;

	s->f.fd = fd;
	s->p = *p;
	s->sent = sent;
	if (loop_timer_set(c->l, &s->t, sent + timeout_of(c, p)) == -1)
		goto fail;
	if (loop_add(c->l, &s->f, EPOLLOUT) == -1)
		goto fail;
	c->free = s->next;
	c->count.active++;
	return STARTED;
fail:
	loop_timer_clear(c->l, &s->t);
	close(fd);
	return failed(c, p, ENOMEM);
}

static enum started
start(struct connect *c, const struct probe *p)
{
	struct sockaddr_storage ss;
	socklen_t len;
	uint64_t sent;
	int fd, e;

	if ((fd = open_socket(c, p)) == -1)
		return failed(c, p, errno);
	len = sock_addr(&ss, p->to.addr, p->to.port, c->conf.local.ifindex);
	sent = clock_mono_ns();
	e = connect(fd, (struct sockaddr *)&ss, len) == 0 ? 0 : errno;
	if (e == EINPROGRESS || e == EINTR) {
		c->count.sent++;
		if (done_at_once(c, fd, p, &ss, len, sent))
			return STARTED;
		return watch(c, fd, p, sent);
	}
	if (e == 0 || e == ECONNREFUSED) {
		c->count.sent++;
		if (!conclude(c, fd, p, e, clock_mono_ns() - sent))
			sock_close_hard(fd);
		return STARTED;
	}
	close(fd);
	return failed(c, p, e);
}

/* The kernel has no more to give: wait for it, and with files, make do with
 * what there is. */
static void
run_short(struct connect *c, int e, uint64_t now)
{
	if ((e == EMFILE || e == ENFILE) && c->count.active > 0)
		c->limit = (unsigned)c->count.active;
	c->shortage++;
	loop_timer_set(c->l, &c->pump, now + SHORTAGE_NS);
}

/* False when the rate lets none go yet; *wait is then how long. */
static bool
may_go(struct connect *c, const struct probe *p, uint64_t now, uint64_t *wait)
{
	if (!c->conf.pps_loopback && !c->steered &&
	    sock_is_loopback(p->to.addr))
		return true;
	if (rate_grant(&c->rate, now, 1) == 1)
		return true;
	*wait = rate_wait(&c->rate, now);
	if (*wait < WAIT_MIN_NS)
		*wait = WAIT_MIN_NS;
	return false;
}

static void
pump(struct loop *l, struct loop_timer *t)
{
	struct connect *c =
	    (struct connect *)((char *)t - offsetof(struct connect, pump));
	uint64_t now = clock_mono_ns(), wait;
	struct probe p;
	int i;

	if (c->paused)
		return;
	for (i = 0; i < BURST && c->count.active < c->limit; i++) {
		if (!take(c, &p))
			break;
		if (!may_go(c, &p, now, &wait)) {
			hold(c, &p);
			loop_timer_set(l, t, now + wait);
			return;
		}
		if (start(c, &p) == SHORT) {
			hold(c, &p);
			run_short(c, errno, now);
			return;
		}
		c->shortage = 0;
	}
	if (i == BURST)
		loop_timer_set(l, t, 0);
	else if (c->count.active == 0 && c->call.idle != NULL)
		c->call.idle(c->call.ctx);
}

/* ---- the engine ---- */

void
connect_set_timing(struct connect_conf *c, const struct timing *t,
    unsigned parallel)
{
	c->rto_initial = t->rto_initial;
	c->rto_min = t->rto_min;
	c->rto_max = t->rto_max;
	c->retries = t->retries;
	c->pps = t->rate;
	/* The templates' bound is politeness to others, but a delay that was
	 * asked for holds everywhere. */
	c->pps_loopback = t->delay != 0;
	c->parallel = t->parallel != 0 &&
	    (parallel == 0 || t->parallel < parallel) ? t->parallel : parallel;
}

struct connect *
connect_new(struct loop *l, const struct connect_conf *conf,
    const struct connect_calls *calls)
{
	struct connect *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->l = l;
	c->conf = *conf;
	c->call = *calls;
	c->limit = conf->parallel > 0 ? conf->parallel : 1;
	c->spare[0] = c->spare[1] = -1;
	c->pump.fire = pump;
	rate_init(&c->rate, conf->pps, clock_mono_ns());
	c->slots = calloc(c->limit, sizeof(*c->slots));
	c->hosts = calloc(HOSTS, sizeof(*c->hosts));
	if (c->slots == NULL || c->hosts == NULL) {
		connect_free(c);
		return NULL;
	}
	for (size_t i = c->limit; i-- > 0;) {
		struct slot *s = &c->slots[i];

		s->c = c;
		s->f.fd = -1;
		s->f.ready = slot_ready;
		s->t.fire = slot_timeout;
		s->next = c->free;
		c->free = s;
	}
	return c;
}

void
connect_free(struct connect *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; c->slots != NULL && i < c->conf.parallel; i++) {
		struct slot *s = &c->slots[i];

		if (!loop_timer_is_set(&s->t))
			continue;
		loop_timer_clear(c->l, &s->t);
		loop_forget(c->l, &s->f);
		close(s->f.fd);
	}
	loop_timer_clear(c->l, &c->pump);
	for (int i = 0; i < 2; i++)
		if (c->spare[i] != -1)
			close(c->spare[i]);
	free(c->slots);
	free(c->hosts);
	free(c->retry);
	free(c);
}

int
connect_wake(struct connect *c)
{
	if (loop_timer_is_set(&c->pump))
		return 0;
	return loop_timer_set(c->l, &c->pump, 0);
}

struct connect_count
connect_count(const struct connect *c)
{
	struct connect_count n = c->count;

	n.waiting = c->nretry + c->holds;
	return n;
}

unsigned
connect_files(void)
{
	struct rlimit r;
	unsigned most = 1024, used = 0;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
		getrlimit(RLIMIT_NOFILE, &r);
		most = r.rlim_cur > 1048576 ? 1048576 : (unsigned)r.rlim_cur;
	}
	/* Descriptors are handed out from the lowest: those few are ours. */
	for (int fd = 0; fd < 256 && fd < (int)most; fd++)
		used += fcntl(fd, F_GETFD) != -1;
	return most > used ? most - used : 1;
}

void
connect_steer(struct connect *c, bool paused, double speed, double reached)
{
	uint64_t now = clock_mono_ns();

	if (c->conf.pps <= 0)
		c->conf.pps = reached;
	c->steered |= speed < 1;
	if (c->conf.pps > 0)
		rate_set(&c->rate, c->conf.pps * speed, now);
	c->paused = paused;
	if (!paused)
		loop_timer_set(c->l, &c->pump, now);
}
