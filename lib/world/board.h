/* The answer board: the memory that one scan's sender and listener share.
 * Layer 3.
 *
 * It is a memfd that the sender makes and hands to the listener over an
 * abstract Unix socket, so nothing is left behind however either side ends.
 * The scan record on the pipe names the socket and carries a one-time token;
 * the scan's key travels only inside the board. The socket stays open: each
 * side learns from it that the other one is gone.
 *
 * Fields have one writer each and are C11 atomics; a reader may see them late,
 * never torn. */
#ifndef PRT_WORLD_BOARD_H
#define PRT_WORLD_BOARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meaning/scan.h"

#define BOARD_ID	32	/* hexadecimal digits of a scan's id */
/* What bitmaps may take unless the user says otherwise. */
#define BOARD_CAP	((uint64_t)512 << 20)
/* Send times are kept for the last so many probes of a batch, about: a probe's
 * place is its index modulo this, and the random order spreads them evenly. */
#define BOARD_TIMES	((uint64_t)1 << 17)
/* Plans of at most so many probes also have a bit that says what was open. */
#define BOARD_OPEN	((uint64_t)1 << 24)
/* What a place holds: 45 bits of nanoseconds, the attempt, and the index's upper
 * bits. A board has less than 2^33 probes, so these tell all of them apart. */
#define BOARD_TIME_BITS	45
#define BOARD_TIME_MASK	(((uint64_t)1 << BOARD_TIME_BITS) - 1)

/* The head of the shared memory. */
struct board_head {
	/* written once by the sender, before the listener sees it */
	uint64_t		key[2];
	/* written by the listener */
	_Atomic uint64_t	answered;	/* probes answered */
	_Atomic uint64_t	first;		/* ... by their first attempt */
	_Atomic uint64_t	late;		/* ... only by a later attempt */
	_Atomic uint64_t	dropped;	/* by the capture, in the kernel */
	_Atomic uint64_t	open;		/* open ports, hosts up */
	_Atomic uint64_t	rto;		/* ns, 0: nothing measured yet */
	_Atomic uint64_t	srtt;		/* ns */
	_Atomic uint64_t	tries;		/* bit a: attempt a got an answer */
	_Atomic uint64_t	batches;	/* listened for so far */
	_Atomic uint64_t	room;		/* answers that fit its queue */
	_Atomic uint64_t	hold;		/* 1: its reader is slow, wait */
	/* the sender counts `ping` up; the listener copies it to `pong` once
	 * it has judged all that had arrived by then */
	_Atomic uint64_t	ping;		/* written by the sender */
	_Atomic uint64_t	pong;
	/* the sender counts `mark` up; the listener copies it to `saved` once
	 * the results of all that it had marked as answered are written, and
	 * says before that how many batches it has ended and written of */
	_Atomic uint64_t	mark;		/* written by the sender */
	_Atomic uint64_t	saved;
	_Atomic uint64_t	ended;
};

/* One batch's part of the board. */
struct board_batch {
	_Atomic uint64_t	*answered; /* bits set, written by the listener */
	_Atomic uint64_t	*bits;	/* a bit a probe: answered; NULL: none */
	_Atomic uint64_t	*open;	/* a bit a probe: what answered was an
					 * open port; NULL: none */
	_Atomic uint64_t	*times;	/* send time and attempt; NULL: none */
	uint64_t		 n;
	uint64_t		 offset; /* in the memory, for the other side */
	size_t			 size;	/* of the mapping */
	void			*map;	/* private */
};

struct board {
	int			 fd;	/* the memory */
	int			 sock;	/* to the other side, -1: none */
	int			 listener; /* sender: where it is awaited */
	uint64_t		 size;	/* of the file; dropped parts are holes */
	uint64_t		 live;	/* bytes of the batches there are */
	struct board_head	*head;
	char			 id[BOARD_ID + 1];
	char			 token[BOARD_ID + 1];
};

/* Sender: makes the memory and the socket. 0, or -1 with errno. */
int	board_create(struct board *, const uint64_t key[2]);
/* Sender: takes a listener that has connected and shown the token, and waits
 * until it captures; at most timeout_ms in all. 1 when it is ready, 0 when it
 * is not yet (call again to go on waiting), -1 with errno: EPIPE when it came
 * and went. */
int	board_await(struct board *, int timeout_ms);
/* Listener: connects to the sender of a scan record. 0, or -1 with errno. */
int	board_connect(struct board *, struct str id, struct str token);
/* Listener: "I capture". 0 or -1. */
int	board_ready(struct board *);
/* Is the other side still there? Never blocks. */
bool	board_peer(const struct board *);
void	board_close(struct board *);

/* How many bytes a batch of n probes takes. */
uint64_t board_batch_size(uint64_t n);
/* Sender: makes room for a batch of n probes. 0, or -1 with errno. */
int	board_batch_make(struct board *, struct board_batch *, uint64_t n);
/* Listener: maps what the sender made at `offset`. 0, or -1 with errno: EINVAL
 * when the memory has no such part. */
int	board_batch_map(struct board *, struct board_batch *, uint64_t n,
	    uint64_t offset);
/* Unmaps, and gives the memory back when the listener does it. */
void	board_batch_drop(struct board *, struct board_batch *);

static inline bool
board_bit(const _Atomic uint64_t *bits, uint64_t i)
{
	return bits != NULL && (atomic_load_explicit(&bits[i >> 6],
	    memory_order_acquire) >> (i & 63) & 1);
}

static inline bool
board_answered(const struct board_batch *b, uint64_t i)
{
	return board_bit(b->bits, i);
}

/* Was the answer that of an open port? */
static inline bool
board_is_open(const struct board_batch *b, uint64_t i)
{
	return board_bit(b->open, i);
}

/* Listener: marks a probe; true when it was not marked before. */
static inline bool
board_mark(struct board_batch *b, uint64_t i)
{
	uint64_t w = atomic_load_explicit(&b->bits[i >> 6],
	    memory_order_relaxed), bit = (uint64_t)1 << (i & 63);

	if (w & bit)
		return false;
	/* what board_open() said is there when this is seen */
	atomic_store_explicit(&b->bits[i >> 6], w | bit, memory_order_release);
	atomic_fetch_add_explicit(b->answered, 1, memory_order_relaxed);
	return true;
}

/* Listener: probe i's answer, which board_mark() is yet to mark, is that of an
 * open port. */
static inline void
board_open(struct board_batch *b, uint64_t i)
{
	if (b->open != NULL)
		atomic_store_explicit(&b->open[i >> 6], atomic_load_explicit(
		    &b->open[i >> 6], memory_order_relaxed) |
		    (uint64_t)1 << (i & 63), memory_order_relaxed);
}

/* Sender: attempt `a` of probe i goes out at `now` (CLOCK_REALTIME, ns: what
 * captured packets are stamped with). */
static inline void
board_sent(struct board_batch *b, uint64_t i, unsigned a, uint64_t now)
{
	if (b->times != NULL)
		atomic_store_explicit(&b->times[i & (BOARD_TIMES - 1)],
		    (now & BOARD_TIME_MASK) << 3 | (a & 7) |
		    (i / BOARD_TIMES) << (BOARD_TIME_BITS + 3),
		    memory_order_relaxed);
}

/* Listener: when probe i was last sent, which was less than 2^44 ns before `now`;
 * 0 when that is not known, or no more. *a gets the attempt. */
static inline uint64_t
board_time(const struct board_batch *b, uint64_t i, uint64_t now, unsigned *a)
{
	uint64_t t, ago;

	if (b->times == NULL)
		return 0;
	t = atomic_load_explicit(&b->times[i & (BOARD_TIMES - 1)],
	    memory_order_relaxed);
	if (t == 0 || t >> (BOARD_TIME_BITS + 3) != i / BOARD_TIMES)
		return 0;
	*a = t & 7;
	ago = (now - (t >> 3)) & BOARD_TIME_MASK;
	return ago <= BOARD_TIME_MASK / 2 ? now - ago : 0;
}

#endif
