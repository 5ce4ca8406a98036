/* Sending packets in batches. Layer 3.
 *
 * A backend is one file that exports one `const struct tx_backend`, and a row
 * in tx_backends[]. Packets are made in place in a preallocated arena. */
#ifndef PRT_WORLD_TX_H
#define PRT_WORLD_TX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pure/frame.h"

/* Packets that go out with one system call. */
#define TX_BATCH	256
/* Room in front of a packet for its link header. */
#define TX_LINK		16

enum tx_kind {
	TX_LOOPBACK,	/* to an address of this machine */
	TX_ETHERNET,
	TX_POINT,	/* a device without link addresses */
	TX_NKIND
};

/* How a packet leaves. */
struct tx_path {
	enum tx_kind	kind;
	int		ifindex;
	uint16_t	ethertype;
	uint8_t		src[6], dst[6];	/* TX_ETHERNET */
};

struct tx_frame {
	uint8_t		*p;	/* network header; TX_LINK bytes before it */
	uint16_t	 n;
	struct tx_path	 path;
};

struct tx;

struct tx_backend {
	const char	*name;
	bool		 dry;	/* only for dry runs */
	bool		 parallel; /* two threads send more than one */
	bool		 takes[TX_NKIND];
	/* 0, or -1 with errno; what it needs goes to *state. */
	int		(*open)(void **state);
	/* Sends frames that it takes, in order: how many went out before one
	 * failed (errno then says why); n when all did. */
	size_t		(*send)(void *state, struct tx_frame *const *,
			    size_t n);
	void		(*close)(void *state);
};

/* Ended by NULL; the first row that was opened and takes a kind sends it. */
extern const struct tx_backend *const tx_backends[];

/* Called with every packet that went out. */
typedef void tx_tap(void *arg, const struct tx_frame *);

/* Opens every backend that really sends (they need CAP_NET_RAW), or, with `dry`,
 * only those that do not: NULL with errno. */
struct tx *tx_open(bool dry);
void	 tx_close(struct tx *);
void	 tx_set_tap(struct tx *, tx_tap *, void *arg);
/* Where the next packet is to be written (FRAME_MAX bytes), then tx_commit()
 * with its length. Valid until the next call of any tx function. */
uint8_t	*tx_slot(struct tx *);
/* Queues what was written to the slot; sends when the batch is full. 0 or -1,
 * as tx_flush(). */
int	 tx_commit(struct tx *, size_t n, const struct tx_path *);
/* Sends what is queued. A packet that the kernel refuses (a filter, no buffer
 * for long, no such neighbour) is dropped and counted; 0, or -1 with errno when
 * nothing can be sent any more (the interface is down or gone). */
int	 tx_flush(struct tx *);
/* Packets that went out, and those that the kernel refused. */
uint64_t tx_sent(const struct tx *);
uint64_t tx_refused(const struct tx *, int *last_errno);

#endif
