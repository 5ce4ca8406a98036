/* Sending packets in batches. Layer 3.
 *
 * A backend is one file that exports one `const struct tx_backend`, and a row
 * in tx_backends[]. Packets are made in place in a preallocated arena. Nothing
 * here is shared between threads: each that sends has a `struct tx`. */
#ifndef PRT_WORLD_TX_H
#define PRT_WORLD_TX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "pure/frame.h"
#include "world/pcapfile.h"

/* Packets that go out with one system call. */
#define TX_BATCH	256
/* Room in front of a packet for its link header. */
#define TX_LINK		16

enum tx_kind {
	TX_LOOPBACK,	/* to an address of this machine */
	TX_LOOPBACK6,	/* to ::1, whose device takes frames to it */
	TX_ETHERNET,
	TX_POINT,	/* a device without link addresses */
};

/* How a packet leaves. */
struct tx_path {
	enum tx_kind	kind;
	int		ifindex;
	uint16_t	ethertype;
	uint8_t		src[6], dst[6];	/* TX_ETHERNET; else 0 */
};

struct tx_frame {
	uint8_t		*p;	/* network header; TX_LINK bytes before it */
	uint16_t	 n;
	struct tx_path	 path;
};

/* What is to be opened. */
struct tx_setup {
	const char	*name;	/* of a row, NULL: choose */
	bool		 dry;	/* for a dry run: nothing that really sends */
	double		 pps;	/* the most that will be asked of it, 0: all */
	unsigned	 thread;	/* which of those that send, from 0 */
	struct pcapfile	*pcap;	/* what "pcap" writes to */
};

struct tx_backend {
	const char	*name;
	const char	*about;	/* one line for the manual and --list-tx */
	const char	*missing; /* what this build lacked for it, or NULL */
	bool		 dry;	/* sends nothing: only for dry runs */
	/* 0, or -1 with errno; what it needs goes to *state. */
	int		(*open)(void **state, const struct tx_setup *);
	/* Can it send this way? Asked whenever the way changes. */
	bool		(*takes)(void *state, const struct tx_path *);
	/* Sends frames that it takes, in order: how many went out before one
	 * failed (errno then says why); n when all did. NULL: it makes its own
	 * frames (world/live.h). */
	size_t		(*send)(void *state, struct tx_frame *const *,
			    size_t n);
	void		(*close)(void *state);
};

/* Ended by NULL; the first row that was opened and takes a frame sends it. */
extern const struct tx_backend *const tx_backends[];
extern const struct tx_backend tx_live;

struct tx;

/* Called with every packet that went out. */
typedef void tx_tap(void *arg, const struct tx_frame *);

/* The row of a name, NULL when there is none; "auto" is no row. */
const struct tx_backend *tx_backend_find(const char *name);
/* Opens what sends best within setup->pps, or the row that it names, and what
 * sends where that cannot. They need CAP_NET_RAW. NULL with errno. */
struct tx *tx_open(const struct tx_setup *);
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
 * nothing can be sent any more (the interface is down or gone, or a file
 * cannot be written). */
int	 tx_flush(struct tx *);
/* The state of a row that was opened, NULL: it was not. */
void	*tx_state(const struct tx *, const struct tx_backend *);
/* Counts n packets that a row sent by itself. */
void	 tx_count(struct tx *, const struct tx_backend *, uint64_t n);
/* Packets that went out, and those that the kernel refused. */
uint64_t tx_sent(const struct tx *);
uint64_t tx_refused(const struct tx *, int *last_errno);
/* Adds the names of the rows that sent something, by comma, each once. */
void	 tx_names(const struct tx *, struct buf *);

#endif
