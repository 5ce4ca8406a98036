#include "world/tx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const struct tx_backend tx_raw, tx_xdp, tx_mmsg, tx_null, tx_pcap;

const struct tx_backend *const tx_backends[] = {
	&tx_raw, &tx_live, &tx_xdp, &tx_mmsg, &tx_null, &tx_pcap, NULL
};

#define NBACKENDS	(sizeof(tx_backends) / sizeof(tx_backends[0]) - 1)
/* Packets lie close together, so that a batch stays in the processor's cache:
 * each takes its own length, rounded up. */
#define ROOM		(TX_LINK + FRAME_MAX + 20)
#define ARENA		(96 * 1024)
#define ALIGN		64
/* A full device queue: so often, and so long, before a packet is given up. */
#define BUSY_TRIES	200
#define BUSY_NS		50000
/* Packets a second that a packet socket cannot be sure to reach. */
#define FAST		300e3
/* And one that AF_XDP cannot. */
#define FASTEST		1e6

struct lane {
	void		*state;
	bool		 open;
	bool		 takes;		/* the way that was asked last */
	struct tx_path	 asked;
	uint64_t	 sent;
};

struct tx {
	uint8_t		*arena;
	size_t		 used;
	struct tx_frame	 frame[TX_BATCH];
	size_t		 n;
	struct lane	 lane[NBACKENDS];
	uint64_t	 refused;
	int		 last_errno;
	tx_tap		*tap;
	void		*tap_arg;
};

const struct tx_backend *
tx_backend_find(const char *name)
{
	size_t i;

	for (i = 0; i < NBACKENDS; i++)
		if (strcmp(tx_backends[i]->name, name) == 0)
			return tx_backends[i];
	return NULL;
}

/* Is the row wanted: without it there is nothing (2), rather with it (1)? */
static int
wanted(const struct tx_backend *b, const struct tx_setup *s)
{
	if (s->name != NULL && strcmp(b->name, s->name) == 0)
		return 2;
	if (b->dry != s->dry)
		return 0;
	if (s->dry)
		return s->name == NULL && b == (s->pcap != NULL ? &tx_pcap :
		    &tx_null) ? 2 : 0;
	/* loopback's way, and everywhere's */
	if (b == &tx_raw || b == &tx_mmsg)
		return 2;
	/* what the kernel's program cannot make, and what is sent again */
	if (s->name != NULL)
		return b == &tx_xdp && strcmp(s->name, tx_live.name) == 0;
	return b == &tx_live ? s->pps > FASTEST :
	    b == &tx_xdp && (s->pps == 0 || s->pps > FAST);
}

struct tx *
tx_open(const struct tx_setup *setup)
{
	struct tx *tx = calloc(1, sizeof(*tx));
	size_t i;
	int w;

	if (tx == NULL)
		return NULL;
	if ((tx->arena = malloc(ARENA)) == NULL)
		goto fail;
	for (i = 0; i < NBACKENDS; i++) {
		if ((w = wanted(tx_backends[i], setup)) == 0)
			continue;
		if (tx_backends[i]->open(&tx->lane[i].state, setup) == 0)
			tx->lane[i].open = true;
		else if (w == 2)
			goto fail;
		tx->lane[i].asked.ifindex = -1;
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
		if (tx->lane[i].open)
			tx_backends[i]->close(tx->lane[i].state);
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
	return tx->arena + tx->used + TX_LINK;
}

int
tx_commit(struct tx *tx, size_t n, const struct tx_path *path)
{
	struct tx_frame *f = &tx->frame[tx->n];

	f->p = tx_slot(tx);
	f->n = (uint16_t)n;
	f->path = *path;
	tx->used += (TX_LINK + n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (++tx->n == TX_BATCH || tx->used + ROOM > ARENA)
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

static void
refuse(struct tx *tx, int e)
{
	tx->last_errno = e;
	tx->refused++;
}

/* Sends all of f through one backend, past what the kernel refuses. */
static int
push(struct tx *tx, size_t backend, struct tx_frame *const *f, size_t n)
{
	static const struct timespec busy = { 0, BUSY_NS };
	struct lane *l = &tx->lane[backend];
	unsigned tries = 0;
	size_t k;

	while (n > 0) {
		errno = 0;
		k = tx_backends[backend]->send(l->state, f, n);
		done(tx, l, f, k);
		f += k;
		n -= k;
		if (k > 0)
			tries = 0;
		if (n == 0 || errno == EINTR)
			continue;
		if (errno == ENETDOWN || errno == ENXIO || errno == ENODEV ||
		    tx_backends[backend]->dry)
			return -1;
		if ((errno == ENOBUFS || errno == EAGAIN) &&
		    tries++ < BUSY_TRIES) {
			nanosleep(&busy, NULL);
			continue;
		}
		refuse(tx, errno);
		f++;
		n--;
	}
	return 0;
}

static bool
same_way(const struct tx_path *a, const struct tx_path *b)
{
	return a->ifindex == b->ifindex && a->kind == b->kind &&
	    a->ethertype == b->ethertype;
}

static bool
takes(struct lane *l, const struct tx_backend *b, const struct tx_path *p)
{
	if (!same_way(&l->asked, p)) {
		l->asked = *p;
		l->takes = b->takes(l->state, p);
	}
	return l->takes;
}

int
tx_flush(struct tx *tx)
{
	struct tx_frame *list[TX_BATCH], *rest[TX_BATCH];
	size_t b, i, n, nrest = tx->n, k;
	int r = 0;

	for (i = 0; i < tx->n; i++)
		rest[i] = &tx->frame[i];
	for (b = 0; b < NBACKENDS && nrest > 0; b++) {
		if (!tx->lane[b].open || tx_backends[b]->send == NULL)
			continue;
		for (i = n = k = 0; i < nrest; i++)
			if (takes(&tx->lane[b], tx_backends[b],
			    &rest[i]->path))
				list[n++] = rest[i];
			else
				rest[k++] = rest[i];
		nrest = k;
		if (n > 0 && push(tx, b, list, n) == -1)
			r = -1;
	}
	while (nrest-- > 0)
		refuse(tx, EOPNOTSUPP);
	tx->n = 0;
	tx->used = 0;
	return r;
}

static size_t
row(const struct tx_backend *b)
{
	size_t i = 0;

	while (tx_backends[i] != b)
		i++;
	return i;
}

void *
tx_state(const struct tx *tx, const struct tx_backend *b)
{
	const struct lane *l = &tx->lane[row(b)];

	return l->open ? l->state : NULL;
}

void
tx_count(struct tx *tx, const struct tx_backend *b, uint64_t n)
{
	tx->lane[row(b)].sent += n;
}

uint64_t
tx_sent(const struct tx *tx)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < NBACKENDS; i++)
		n += tx->lane[i].sent;
	return n;
}

uint64_t
tx_refused(const struct tx *tx, int *last_errno)
{
	if (tx->last_errno != 0)
		*last_errno = tx->last_errno;
	return tx->refused;
}

static bool
has_name(struct str list, const char *name)
{
	while (list.p != NULL)
		if (str_is(str_cut(&list, ','), name))
			return true;
	return false;
}

void
tx_names(const struct tx *tx, struct buf *b)
{
	size_t i;

	for (i = 0; i < NBACKENDS; i++) {
		if (tx->lane[i].sent == 0 ||
		    has_name(buf_view(b), tx_backends[i]->name))
			continue;
		if (b->n > 0)
			buf_putc(b, ',');
		buf_puts(b, tx_backends[i]->name);
	}
}
