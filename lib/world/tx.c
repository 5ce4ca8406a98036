#include "world/tx.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const struct tx_backend tx_raw, tx_mmsg, tx_null;

const struct tx_backend *const tx_backends[] = {
	&tx_raw, &tx_mmsg, &tx_null, NULL
};

#define NBACKENDS	(sizeof(tx_backends) / sizeof(tx_backends[0]) - 1)
#define SLOT		(TX_LINK + FRAME_MAX + 20)
/* A full device queue: so often, and so long, before a packet is given up. */
#define BUSY_TRIES	200
#define BUSY_NS		50000
/* Batches this large are sent by two threads, once so many packets have gone
 * out: a short scan ends before a thread has started. */
#define TWO_FROM	64
#define TWO_AFTER	4096

/* What one thread sends with. */
struct lane {
	void		*state[NBACKENDS];
	bool		 open[NBACKENDS];
	uint64_t	 sent, refused;
	int		 last_errno;
};

struct tx {
	uint8_t		*arena;
	struct tx_frame	 frame[TX_BATCH];
	size_t		 n;
	struct lane	 lane[2];	/* ours, the helper's */
	tx_tap		*tap;
	void		*tap_arg;
	/* The helper takes half of a batch where sending is the kernel's work
	 * on the sender's processor, as on loopback. */
	pthread_t	 helper;
	bool		 helping;
	pthread_mutex_t	 lock;
	pthread_cond_t	 changed;
	enum { IDLE, BUSY, QUIT } job;		/* under the lock */
	size_t		 job_backend;
	struct tx_frame	*const *job_frames;
	size_t		 job_n;
	int		 job_result;
	int		 job_errno;
};

static void
close_lane(struct lane *l)
{
	size_t i;

	for (i = 0; i < NBACKENDS; i++)
		if (l->open[i])
			tx_backends[i]->close(l->state[i]);
}

static int
open_lane(struct lane *l, bool dry, bool second)
{
	size_t i;

	for (i = 0; i < NBACKENDS; i++) {
		if (tx_backends[i]->dry != dry ||
		    (second && !tx_backends[i]->parallel))
			continue;
		if (tx_backends[i]->open(&l->state[i]) == -1)
			return -1;
		l->open[i] = true;
	}
	return 0;
}

struct tx *
tx_open(bool dry)
{
	struct tx *tx = calloc(1, sizeof(*tx));
	cpu_set_t cpus;

	if (tx == NULL)
		return NULL;
	pthread_mutex_init(&tx->lock, NULL);
	pthread_cond_init(&tx->changed, NULL);
	if ((tx->arena = malloc(SLOT * TX_BATCH)) == NULL ||
	    open_lane(&tx->lane[0], dry, false) == -1 ||
	    (!dry && sched_getaffinity(0, sizeof(cpus), &cpus) == 0 &&
	    CPU_COUNT(&cpus) > 1 &&
	    open_lane(&tx->lane[1], dry, true) == -1)) {
		tx_close(tx);
		return NULL;
	}
	return tx;
}

void
tx_close(struct tx *tx)
{
	int saved = errno;

	if (tx == NULL)
		return;
	if (tx->helping) {
		pthread_mutex_lock(&tx->lock);
		tx->job = QUIT;
		pthread_cond_broadcast(&tx->changed);
		pthread_mutex_unlock(&tx->lock);
		pthread_join(tx->helper, NULL);
	}
	pthread_mutex_destroy(&tx->lock);
	pthread_cond_destroy(&tx->changed);
	close_lane(&tx->lane[0]);
	close_lane(&tx->lane[1]);
	free(tx->arena);
	free(tx);
	errno = saved;
}

void
tx_set_tap(struct tx *tx, tx_tap *tap, void *arg)
{
	tx->tap = tap;
	tx->tap_arg = arg;
}

uint8_t *
tx_slot(struct tx *tx)
{
	return tx->arena + SLOT * tx->n + TX_LINK;
}

int
tx_commit(struct tx *tx, size_t n, const struct tx_path *path)
{
	struct tx_frame *f = &tx->frame[tx->n];

	f->p = tx_slot(tx);
	f->n = (uint16_t)n;
	f->path = *path;
	if (++tx->n == TX_BATCH)
		return tx_flush(tx);
	return 0;
}

static void
done(struct tx *tx, struct lane *l, struct tx_frame *const *f, size_t n)
{
	size_t i;

	l->sent += n;
	if (tx->tap != NULL)
		for (i = 0; i < n; i++)
			tx->tap(tx->tap_arg, f[i]);
}

/* Sends all of f through one backend, past what the kernel refuses. */
static int
push(struct tx *tx, struct lane *l, size_t backend,
    struct tx_frame *const *f, size_t n)
{
	static const struct timespec busy = { 0, BUSY_NS };
	unsigned tries = 0;
	size_t k;

	while (n > 0) {
		errno = 0;
		k = tx_backends[backend]->send(l->state[backend], f, n);
		done(tx, l, f, k);
		f += k;
		n -= k;
		if (k > 0)
			tries = 0;
		if (n == 0 || errno == EINTR)
			continue;
		if (errno == ENETDOWN || errno == ENXIO || errno == ENODEV)
			return -1;
		if ((errno == ENOBUFS || errno == EAGAIN) &&
		    tries++ < BUSY_TRIES) {
			nanosleep(&busy, NULL);
			continue;
		}
		l->last_errno = errno;
		l->refused++;
		f++;
		n--;
	}
	return 0;
}

/* ---- the helper ---- */

static void *
help(void *arg)
{
	struct tx *tx = arg;
	int r;

	pthread_mutex_lock(&tx->lock);
	for (;;) {
		while (tx->job == IDLE)
			pthread_cond_wait(&tx->changed, &tx->lock);
		if (tx->job == QUIT)
			break;
		pthread_mutex_unlock(&tx->lock);
		r = push(tx, &tx->lane[1], tx->job_backend, tx->job_frames,
		    tx->job_n);
		pthread_mutex_lock(&tx->lock);
		tx->job_result = r;
		tx->job_errno = errno;
		tx->job = IDLE;
		pthread_cond_broadcast(&tx->changed);
	}
	pthread_mutex_unlock(&tx->lock);
	return NULL;
}

/* Signals are for the thread that runs the program. */
static void
start_helper(struct tx *tx)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	tx->helping = pthread_create(&tx->helper, NULL, help, tx) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int
push_by_two(struct tx *tx, size_t backend, struct tx_frame *const *f,
    size_t n)
{
	int r, e;

	pthread_mutex_lock(&tx->lock);
	tx->job_backend = backend;
	tx->job_frames = f;
	tx->job_n = n / 2;
	tx->job = BUSY;
	pthread_cond_broadcast(&tx->changed);
	pthread_mutex_unlock(&tx->lock);
	r = push(tx, &tx->lane[0], backend, f + n / 2, n - n / 2);
	e = errno;
	pthread_mutex_lock(&tx->lock);
	while (tx->job == BUSY)
		pthread_cond_wait(&tx->changed, &tx->lock);
	if (r == 0 && tx->job_result == -1) {
		r = -1;
		e = tx->job_errno;
	}
	pthread_mutex_unlock(&tx->lock);
	errno = e;
	return r;
}

/* A tap sees packets one at a time, and few are sent faster by one thread. */
static bool
worth_two(struct tx *tx, size_t backend, size_t n)
{
	if (!tx->lane[1].open[backend] || tx->tap != NULL || n < TWO_FROM)
		return false;
	if (!tx->helping && tx->lane[0].sent >= TWO_AFTER)
		start_helper(tx);
	return tx->helping;
}

int
tx_flush(struct tx *tx)
{
	struct tx_frame *list[TX_BATCH];
	size_t b, i, n;
	int r = 0;

	for (b = 0; b < NBACKENDS; b++) {
		if (!tx->lane[0].open[b])
			continue;
		for (i = n = 0; i < tx->n; i++)
			if (tx_backends[b]->takes[tx->frame[i].path.kind])
				list[n++] = &tx->frame[i];
		if (n > 0 && (worth_two(tx, b, n) ?
		    push_by_two(tx, b, list, n) :
		    push(tx, &tx->lane[0], b, list, n)) == -1)
			r = -1;
	}
	tx->n = 0;
	return r;
}

uint64_t
tx_sent(const struct tx *tx)
{
	return tx->lane[0].sent + tx->lane[1].sent;
}

uint64_t
tx_refused(const struct tx *tx, int *last_errno)
{
	*last_errno = tx->lane[0].last_errno != 0 ?
	    tx->lane[0].last_errno : tx->lane[1].last_errno;
	return tx->lane[0].refused + tx->lane[1].refused;
}
