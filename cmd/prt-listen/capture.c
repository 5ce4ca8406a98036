#include "capture.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "meaning/trace.h"
#include "pure/packet.h"

/* A sender that waits for us to have seen all is not kept longer than this. */
#define IDLE_MS		5
/* After packets, more are likely: a nap costs less than being woken for each, on
 * either side. The longer they come, the longer it is. */
#define NAP_MIN		(100 * (uint64_t)NS_PER_US)
#define NAP_MAX		(900 * (uint64_t)NS_PER_US)
/* Between two looks at what the kernel dropped. */
#define COUNT_EVERY	(10 * (uint64_t)NS_PER_MS)
/* Pieces of results that may wait for a slow reader before the sender waits too,
 * and what is kept of them for later. */
#define HOLD		32
#define SPARE		16
/* Pieces that are taken at once. */
#define TAKE		16
/* So many packets, or bursts, later all that waited in the kernel is judged. */
#define ENOUGH		16384
#define LAST		(ENOUGH / CAPTURE_BURST)

static void
wake(int fd)
{
	const uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));

	(void)n;	/* full: the other side is awake anyway */
}

static void
calm(int fd)
{
	uint64_t n;
	ssize_t r = read(fd, &n, sizeof(n));

	(void)r;	/* nothing to read: not woken */
}

static struct results_piece *
take_first(struct results *rs)
{
	struct results_piece *p = rs->first;

	if (p != NULL) {
		rs->first = p->next;
		if (rs->first == NULL)
			rs->last = NULL;
		rs->n--;
	}
	return p;
}

static void
append(struct results *rs, struct results_piece *p)
{
	p->next = NULL;
	if (rs->last != NULL)
		rs->last->next = p;
	else
		rs->first = p;
	rs->last = p;
	rs->n++;
}

static int
push(struct capture *c, const struct result *r)
{
	struct results_piece *p = c->ready.last;

	if (p == NULL || p->n == RESULTS_PIECE) {
		p = take_first(&c->spare);
		if (p == NULL && (p = malloc(sizeof(*p))) == NULL)
			return -1;
		p->n = 0;
		append(&c->ready, p);
		if (c->ready.n >= HOLD)
			atomic_store_explicit(&c->judge->head->hold, 1,
			    memory_order_relaxed);
	}
	p->v[p->n++] = *r;
	return 0;
}

/* Hands a burst's results to the main thread, which waits for them at the door
 * and not at the judge's. */
static void
publish(struct capture *c)
{
	size_t i;

	if (c->nfresh == 0)
		return;
	pthread_mutex_lock(&c->door);
	for (i = 0; i < c->nfresh; i++)
		if (push(c, &c->fresh[i]) == -1)
			atomic_store(&c->error, ENOMEM);
	c->nfresh = 0;
	if (c->wanted) {
		c->wanted = false;
		wake(c->wake_main);
	}
	pthread_mutex_unlock(&c->door);
}

static void
save(struct capture *c, const struct rx_packet *p)
{
	struct pcapfile_packet out = { .p = p->p, .n = p->n, .len = p->len,
	    .ethertype = p->ethertype, .time = p->time,
	    .has_mac = p->has_mac };

	if (p->has_mac)
		memcpy(out.mac, p->mac, 6);
	if (pcapfile_put(c->pcap, &out) == -1)
		atomic_store(&c->error, errno);
}

/* On loopback our own probes are heard as well: they are no answers. */
static void
trace(struct capture *c, const struct rx_packet *p)
{
	const struct scan_params *sp = &c->judge->params;
	struct buf b = { 0 };
	struct packet pk;

	if (packet_dissect(&pk, p->ethertype, p->p, p->n) == 0 &&
	    (pk.kind == PACKET_TCP || pk.kind == PACKET_UDP) &&
	    (uint16_t)(pk.dport - sp->sport) >= sp->nsports)
		return;
	trace_put(&b, "RCVD", p->time, p->ethertype, p->p, p->n);
	if (!b.oom && write(STDERR_FILENO, b.p, b.n) == -1)
		c->trace = false;
	buf_release(&b);
}

/* Judges up to CAPTURE_BURST packets: how many there were. */
static size_t
burst(struct capture *c)
{
	struct rx_packet p;
	struct heard in;
	size_t n = 0;

	while (n < CAPTURE_BURST && rx_next(c->rx, &p)) {
		n++;
		if (c->pcap != NULL)
			save(c, &p);
		if (c->trace)
			trace(c, &p);
		in = (struct heard){ .p = p.p, .n = p.n,
		    .ethertype = p.ethertype, .time = p.time,
		    .has_mac = p.has_mac };
		if (p.has_mac)
			memcpy(in.mac, p.mac, 6);
		if (judge_packet(c->judge, &in, &c->fresh[c->nfresh]))
			c->nfresh++;
	}
	return n;
}

static void
count_drops(struct capture *c, uint64_t now)
{
	uint64_t n;

	if (now != 0 && now - c->counted < COUNT_EVERY)
		return;
	c->counted = now;
	if ((n = rx_drops(c->rx)) == 0)
		return;
	atomic_fetch_add(&c->dropped, n);
	atomic_fetch_add(&c->judge->head->dropped, n);
}

/* One burst: how many packets there were. */
static size_t
work(struct capture *c)
{
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = burst(c);
	publish(c);
	if (c->answered != c->asked && (n < CAPTURE_BURST ||
	    (c->since += n) >= ENOUGH)) {
		c->since = 0;
		c->answered = c->asked;
		pthread_cond_broadcast(&c->drained);
	}
	pthread_mutex_unlock(&c->lock);
	return n;
}

/* Waits for more packets, or to be woken: 0, or -1 with errno. */
static int
rest(struct capture *c, uint64_t *nap, bool had)
{
	struct pollfd pfd = { .fd = c->wake_thread, .events = POLLIN };
	struct timespec ts = { 0, (long)*nap };
	int r;

	if (had) {
		r = ppoll(&pfd, 1, &ts, NULL);
		*nap = *nap * 3 < NAP_MAX ? *nap * 3 : NAP_MAX;
	} else {
		r = rx_wait(c->rx, c->wake_thread, IDLE_MS);
		*nap = NAP_MIN;
	}
	if (r == 1)
		calm(c->wake_thread);
	return r == -1 && errno != EINTR ? -1 : 0;
}

static void *
run(void *arg)
{
	struct capture *c = arg;
	struct board_head *head = c->judge->head;
	uint64_t ping, nap = NAP_MIN;
	size_t n;

	while (!atomic_load_explicit(&c->quit, memory_order_relaxed)) {
		ping = atomic_load(&head->ping);
		n = work(c);
		count_drops(c, clock_mono_ns());
		if (n == CAPTURE_BURST)
			continue;
		atomic_store(&head->pong, ping);
		if (rest(c, &nap, n > 0) == -1) {
			atomic_store(&c->error, errno);
			break;
		}
	}
	for (n = 0; n < LAST && work(c) == CAPTURE_BURST; n++)
		;
	count_drops(c, 0);
	/* nobody waits for a thread that is gone */
	pthread_mutex_lock(&c->lock);
	c->answered = UINT64_MAX;
	pthread_cond_broadcast(&c->drained);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

int
capture_start(struct capture *c, struct rx *rx, struct judge *j,
    struct pcapfile *pcap)
{
	int e;

	c->rx = rx;
	c->judge = j;
	c->pcap = pcap;
	c->counted = clock_mono_ns();
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->door, NULL);
	pthread_cond_init(&c->drained, NULL);
	c->wake_main = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->wake_thread = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_main == -1 || c->wake_thread == -1)
		return -1;
	if ((e = pthread_create(&c->thread, NULL, run, c)) != 0) {
		errno = e;
		return -1;
	}
	c->running = true;
	return 0;
}

void
capture_drain(struct capture *c)
{
	uint64_t want;

	pthread_mutex_lock(&c->lock);
	want = ++c->asked;
	wake(c->wake_thread);
	while (c->answered < want)
		pthread_cond_wait(&c->drained, &c->lock);
	pthread_mutex_unlock(&c->lock);
}

bool
capture_wants(struct capture *c)
{
	bool wait;

	pthread_mutex_lock(&c->door);
	wait = c->wanted = c->ready.n == 0;
	pthread_mutex_unlock(&c->door);
	return wait;
}

void
capture_calm(struct capture *c)
{
	calm(c->wake_main);
}

bool
capture_take(struct capture *c, struct results *rs)
{
	struct results_piece *p;

	*rs = (struct results){ 0 };
	pthread_mutex_lock(&c->door);
	while (rs->n < TAKE && (p = take_first(&c->ready)) != NULL)
		append(rs, p);
	pthread_mutex_unlock(&c->door);
	return rs->n > 0;
}

void
capture_give(struct capture *c, struct results *rs)
{
	struct results_piece *p;

	pthread_mutex_lock(&c->door);
	if (c->ready.n < HOLD / 2)
		atomic_store_explicit(&c->judge->head->hold, 0,
		    memory_order_relaxed);
	while (c->spare.n < SPARE && (p = take_first(rs)) != NULL)
		append(&c->spare, p);
	pthread_mutex_unlock(&c->door);
	while ((p = take_first(rs)) != NULL)
		free(p);
}

void
capture_stop(struct capture *c)
{
	if (!c->running)
		return;
	atomic_store(&c->quit, true);
	wake(c->wake_thread);
	pthread_join(c->thread, NULL);
	c->running = false;
}

void
capture_release(struct capture *c)
{
	struct results_piece *p;

	while ((p = take_first(&c->ready)) != NULL ||
	    (p = take_first(&c->spare)) != NULL)
		free(p);
	close(c->wake_main);
	close(c->wake_thread);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->door);
	pthread_cond_destroy(&c->drained);
}
