#include "capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Packets judged under one holding of the lock. */
#define BURST		256
/* A sender that waits for us to have seen all is not kept longer than this. */
#define IDLE_MS		5
/* After packets, more are likely: a short nap costs less than being woken for
 * each, on either side. */
#define NAP_NS		100000

static int
push(struct results *rs, const struct result *r)
{
	size_t cap = rs->cap != 0 ? rs->cap * 2 : 1024;
	struct result *v;

	if (rs->n == rs->cap) {
		if ((v = realloc(rs->v, cap * sizeof(*v))) == NULL)
			return -1;
		rs->v = v;
		rs->cap = cap;
	}
	rs->v[rs->n++] = *r;
	return 0;
}

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

/* Judges up to BURST packets: how many there were. */
static size_t
burst(struct capture *c)
{
	struct rx_packet p;
	struct heard in;
	struct result r;
	size_t n = 0;

	while (n < BURST && rx_next(c->rx, &p)) {
		n++;
		if (c->pcap != NULL)
			save(c, &p);
		in = (struct heard){ .p = p.p, .n = p.n,
		    .ethertype = p.ethertype, .time = p.time,
		    .has_mac = p.has_mac };
		if (p.has_mac)
			memcpy(in.mac, p.mac, 6);
		if (judge_packet(c->judge, &in, &r) &&
		    push(&c->ready, &r) == -1)
			atomic_store(&c->error, ENOMEM);
	}
	return n;
}

static void
count_drops(struct capture *c)
{
	uint64_t n = rx_drops(c->rx);

	if (n == 0)
		return;
	atomic_fetch_add(&c->dropped, n);
	atomic_fetch_add(&c->judge->head->dropped, n);
}

static void *
run(void *arg)
{
	struct capture *c = arg;
	static const struct timespec nap = { 0, NAP_NS };
	struct board_head *head = c->judge->head;
	size_t n, before, rounds = 0;
	uint64_t ping;

	while (!atomic_load_explicit(&c->quit, memory_order_relaxed)) {
		ping = atomic_load(&head->ping);
		pthread_mutex_lock(&c->lock);
		before = c->ready.n;
		n = burst(c);
		if (before == 0 && c->ready.n > 0)
			wake(c->wake_main);
		if (n < BURST && c->answered != c->asked) {
			c->answered = c->asked;
			pthread_cond_broadcast(&c->drained);
		}
		pthread_mutex_unlock(&c->lock);
		if (n < BURST || ++rounds % 64 == 0)
			count_drops(c);
		if (n == BURST)
			continue;
		atomic_store(&head->pong, ping);
		if (n > 0) {
			nanosleep(&nap, NULL);
			continue;
		}
		if (rx_wait(c->rx, c->wake_thread, IDLE_MS) == -1) {
			atomic_store(&c->error, errno);
			break;
		}
		calm(c->wake_thread);
	}
	count_drops(c);
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
	c->wake_main = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	c->wake_thread = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_main == -1 || c->wake_thread == -1)
		return -1;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->drained, NULL);
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

void
capture_take(struct capture *c, struct results *rs)
{
	calm(c->wake_main);
	pthread_mutex_lock(&c->lock);
	*rs = c->ready;
	c->ready = (struct results){ 0 };
	pthread_mutex_unlock(&c->lock);
}

void
capture_stop(struct capture *c)
{
	if (!c->running)
		return;
	atomic_store(&c->quit, true);
	wake(c->wake_thread);
	pthread_join(c->thread, NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->drained);
	free(c->ready.v);
	close(c->wake_main);
	close(c->wake_thread);
	c->running = false;
}
