#include "world/tx.h"

#include <errno.h>
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

struct tx {
	uint8_t		*arena;
	struct tx_frame	 frame[TX_BATCH];
	size_t		 n;
	void		*state[NBACKENDS];
	bool		 open[NBACKENDS];
	tx_tap		*tap;
	void		*tap_arg;
	uint64_t	 sent, refused;
	int		 last_errno;
};

struct tx *
tx_open(bool dry)
{
	struct tx *tx = calloc(1, sizeof(*tx));
	size_t i;

	if (tx == NULL || (tx->arena = malloc(SLOT * TX_BATCH)) == NULL)
		goto fail;
	for (i = 0; i < NBACKENDS; i++) {
		if (tx_backends[i]->dry != dry)
			continue;
		if (tx_backends[i]->open(&tx->state[i]) == -1)
			goto fail;
		tx->open[i] = true;
	}
	return tx;
fail:
	tx_close(tx);
	return NULL;
}

void
tx_close(struct tx *tx)
{
	int saved = errno;
	size_t i;

	if (tx == NULL)
		return;
	for (i = 0; i < NBACKENDS; i++)
		if (tx->open[i])
			tx_backends[i]->close(tx->state[i]);
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
done(struct tx *tx, struct tx_frame *const *f, size_t n)
{
	size_t i;

	tx->sent += n;
	if (tx->tap != NULL)
		for (i = 0; i < n; i++)
			tx->tap(tx->tap_arg, f[i]);
}

/* Sends all of f through one backend, past what the kernel refuses. */
static int
push(struct tx *tx, size_t backend, struct tx_frame *const *f, size_t n)
{
	static const struct timespec busy = { 0, BUSY_NS };
	unsigned tries = 0;
	size_t k;

	while (n > 0) {
		errno = 0;
		k = tx_backends[backend]->send(tx->state[backend], f, n);
		done(tx, f, k);
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
		tx->last_errno = errno;
		tx->refused++;
		f++;
		n--;
	}
	return 0;
}

int
tx_flush(struct tx *tx)
{
	struct tx_frame *list[TX_BATCH];
	size_t b, i, n;
	int r = 0;

	for (b = 0; b < NBACKENDS; b++) {
		if (!tx->open[b])
			continue;
		for (i = n = 0; i < tx->n; i++)
			if (tx_backends[b]->takes[tx->frame[i].path.kind])
				list[n++] = &tx->frame[i];
		if (n > 0 && push(tx, b, list, n) == -1)
			r = -1;
	}
	tx->n = 0;
	return r;
}

uint64_t
tx_sent(const struct tx *tx)
{
	return tx->sent;
}

uint64_t
tx_refused(const struct tx *tx, int *last_errno)
{
	*last_errno = tx->last_errno;
	return tx->refused;
}
