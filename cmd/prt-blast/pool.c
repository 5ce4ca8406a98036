#include "pool.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* A part must be worth waking a thread for. */
#define PART_MIN	64
/* And so must the whole scan: a short one ends before a thread has started. */
#define ALONE		4096

int
pool_open(struct pool *p, unsigned n, const struct tx_setup *setup)
{
	struct tx_setup s = *setup;
	unsigned i;

	*p = (struct pool){ .active = 1 };
	p->worker = calloc(n, sizeof(*p->worker));
	if (p->worker == NULL)
		return -1;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->given, NULL);
	pthread_cond_init(&p->taken, NULL);
	for (i = 0; i < n; i++) {
		s.thread = i;
		p->worker[i].pool = p;
		p->worker[i].sender.tx = tx_open(&s);
		if (p->worker[i].sender.tx == NULL) {
			pool_close(p);
			return -1;
		}
		p->worker[i].sender.live = tx_state(p->worker[i].sender.tx,
		    &tx_live);
		p->n++;
	}
	return 0;
}

void
pool_close(struct pool *p)
{
	int saved = errno;
	unsigned i;

	if (p->worker == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->given);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->n; i++) {
		if (p->worker[i].started)
			pthread_join(p->worker[i].thread, NULL);
		tx_close(p->worker[i].sender.tx);
	}
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->given);
	pthread_cond_destroy(&p->taken);
	free(p->worker);
	*p = (struct pool){ 0 };
	errno = saved;
}

static void *
run(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	int r;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!w->busy && !p->quit)
			pthread_cond_wait(&p->given, &p->lock);
		if (!w->busy)
			break;
		pthread_mutex_unlock(&p->lock);
		r = p->work(p->job, &w->sender, &w->slice);
		pthread_mutex_lock(&p->lock);
		w->result = r;
		w->busy = false;
		pthread_cond_signal(&p->taken);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Signals are for the thread that runs the program. */
static bool
start(struct worker *w)
{
	sigset_t all, before;

	if (w->started)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	w->started = pthread_create(&w->thread, NULL, run, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return w->started;
}

/* How many take part in so many positions. */
static unsigned
crew(struct pool *p, uint64_t n)
{
	unsigned want = p->active, i;

	if (want > n / PART_MIN)
		want = n < PART_MIN ? 1 : (unsigned)(n / PART_MIN);
	if (want > 1 && !p->worker[1].started && pool_sent(p) < ALONE &&
	    p->worker->sender.live == NULL)
		return 1;
	for (i = 1; i < want; i++)
		if (!start(&p->worker[i]))
			break;
	return i < want ? i : want;
}

static void
await(struct pool *p, unsigned n)
{
	unsigned i;

	pthread_mutex_lock(&p->lock);
	for (i = 1; i < n; i++)
		while (p->worker[i].busy)
			pthread_cond_wait(&p->taken, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

int
pool_run(struct pool *p, pool_work *work, void *job, struct slice *sum)
{
	uint64_t from = sum->from, n = sum->to - from;
	unsigned k = crew(p, n), i;
	struct worker *w;
	int r = 0;

	for (i = 0; i < k; i++)
		p->worker[i].slice = (struct slice){
		    .from = from + n * i / k, .to = from + n * (i + 1) / k };
	if (k > 1) {
		pthread_mutex_lock(&p->lock);
		p->work = work;
		p->job = job;
		for (i = 1; i < k; i++)
			p->worker[i].busy = true;
		pthread_cond_broadcast(&p->given);
		pthread_mutex_unlock(&p->lock);
	}
	w = p->worker;
	w->result = work(job, &w->sender, &w->slice);
	if (k > 1)
		await(p, k);
	for (i = 0; i < k; i++, w++) {
		sum->sent += w->slice.sent;
		sum->unreached += w->slice.unreached;
		r |= w->result;
	}
	return r;
}

uint64_t
pool_sent(const struct pool *p)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < p->n; i++)
		n += tx_sent(p->worker[i].sender.tx);
	return n;
}

uint64_t
pool_refused(const struct pool *p, int *last_errno)
{
	uint64_t n = 0;
	unsigned i;

	*last_errno = 0;
	for (i = 0; i < p->n; i++)
		n += tx_refused(p->worker[i].sender.tx, last_errno);
	return n;
}

void
pool_names(const struct pool *p, struct buf *b)
{
	unsigned i;

	for (i = 0; i < p->n; i++)
		tx_names(p->worker[i].sender.tx, b);
}
