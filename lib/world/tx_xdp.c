/* AF_XDP: frames go from a memory that is shared with the kernel, many with one
 * system call, past everything between socket and driver. The kernel copies
 * them, or the card reads them itself where its driver can and the sender was
 * asked for by name: to prepare a queue for that, drivers restart it, which
 * nobody wants who did not ask. Linux, Documentation/networking/af_xdp.rst. */
#include "world/tx.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "pure/wire.h"

#ifndef AF_XDP
#define AF_XDP		44
#endif
#ifndef SOL_XDP
#define SOL_XDP		283
#endif
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET	9	/* Linux 6.17 */
#endif

#define ETHER_LEN	14
#define CHUNK		2048
#define NCHUNKS		1024	/* a power of two: also the rings' size */
#define SNDBUF		(4 << 20)
/* A full device: so often, and so long, before the rest is refused. */
#define BUSY_TRIES	200
#define BUSY_NS		50000
#define BIND_TRIES	20

struct ring {
	void			*map;
	size_t			 size;
	_Atomic uint32_t	*producer, *consumer, *flags;
	void			*desc;
};

struct xdp {
	int		 fd;
	uint32_t	 bind_flags;
	uint32_t	 queue;
	int		 bound;		/* ifindex, 0: none yet, -1: failed */
	bool		 copies;	/* the kernel does, in our system call */
	uint8_t		*memory;
	struct ring	 tx, done;
	uint64_t	 spare[NCHUNKS];	/* chunks that are ours */
	uint32_t	 nspare;
};

static void
ring_unmap(struct ring *r)
{
	if (r->map != NULL)
		munmap(r->map, r->size);
}

static int
ring_map(struct ring *r, int fd, const struct xdp_ring_offset *o,
    size_t entry, off_t what)
{
	uint8_t *p;

	r->size = o->desc + NCHUNKS * entry;
	p = mmap(NULL, r->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_POPULATE, fd, what);
	if (p == MAP_FAILED)
		return -1;
	r->map = p;
	r->producer = (void *)(p + o->producer);
	r->consumer = (void *)(p + o->consumer);
	r->flags = (void *)(p + o->flags);
	r->desc = p + o->desc;
	return 0;
}

static void
xdp_close(void *state)
{
	struct xdp *x = state;

	ring_unmap(&x->tx);
	ring_unmap(&x->done);
	if (x->fd != -1)
		close(x->fd);
	if (x->memory != NULL)
		munmap(x->memory, (size_t)CHUNK * NCHUNKS);
	free(x);
}

static int
set(int fd, int option, const void *value, socklen_t n)
{
	return setsockopt(fd, SOL_XDP, option, value, n);
}

/* The rings for receiving must be there, and stay empty. */
static int
make_rings(struct xdp *x)
{
	struct xdp_umem_reg reg = { .len = (uint64_t)CHUNK * NCHUNKS,
	    .chunk_size = CHUNK };
	struct xdp_mmap_offsets off;
	uint32_t n = NCHUNKS, few = 64, budget = TX_BATCH;
	socklen_t len = sizeof(off);
	int sndbuf = SNDBUF;

	reg.addr = (uint64_t)(uintptr_t)x->memory;
	if (set(x->fd, XDP_UMEM_REG, &reg, sizeof(reg)) == -1 ||
	    set(x->fd, XDP_UMEM_FILL_RING, &few, sizeof(few)) == -1 ||
	    set(x->fd, XDP_UMEM_COMPLETION_RING, &n, sizeof(n)) == -1 ||
	    set(x->fd, XDP_TX_RING, &n, sizeof(n)) == -1 ||
	    getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &len) == -1 ||
	    ring_map(&x->tx, x->fd, &off.tx, sizeof(struct xdp_desc),
	    XDP_PGOFF_TX_RING) == -1 ||
	    ring_map(&x->done, x->fd, &off.cr, sizeof(uint64_t),
	    (off_t)XDP_UMEM_PGOFF_COMPLETION_RING) == -1)
		return -1;
	/* without these it is only slower */
	(void)set(x->fd, XDP_MAX_TX_SKB_BUDGET, &budget, sizeof(budget));
	if (setsockopt(x->fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf,
	    sizeof(sndbuf)) == -1)
		(void)setsockopt(x->fd, SOL_SOCKET, SO_SNDBUF, &sndbuf,
		    sizeof(sndbuf));
	return 0;
}

static int
xdp_open(void **state, const struct tx_setup *s)
{
	struct xdp *x = calloc(1, sizeof(*x));
	void *p;

	if (x == NULL)
		return -1;
	x->queue = s->thread;
	x->bind_flags = s->name != NULL ? XDP_USE_NEED_WAKEUP : XDP_COPY;
	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x->fd == -1)
		goto fail;
	p = mmap(NULL, (size_t)CHUNK * NCHUNKS, PROT_READ | PROT_WRITE,
	    /* cppcheck-suppress invalidFunctionArg */
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		goto fail;
	x->memory = p;
	if (make_rings(x) == -1)
		goto fail;
	while (x->nspare < NCHUNKS) {
		x->spare[x->nspare] = (uint64_t)(NCHUNKS - 1 - x->nspare) *
		    CHUNK;
		x->nspare++;
	}
	*state = x;
	return 0;
fail:
	xdp_close(x);
	return -1;
}

static bool
kernel_copies(int fd)
{
	struct xdp_options o = { 0 };
	socklen_t len = sizeof(o);

	return getsockopt(fd, SOL_XDP, XDP_OPTIONS, &o, &len) == -1 ||
	    (o.flags & XDP_OPTIONS_ZEROCOPY) == 0;
}

/* The kernel gives a queue free some time after its last socket was closed. */
static int
bind_to(int fd, const struct sockaddr_xdp *sa)
{
	static const struct timespec nap = { 0, 5000000 };
	unsigned tries;

	for (tries = 0; tries < BIND_TRIES; tries++) {
		if (bind(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0)
			return 0;
		if (errno != EBUSY)
			return -1;
		nanosleep(&nap, NULL);
	}
	return -1;
}

/* A socket sends through one queue of one interface: the first that it is
 * asked about. */
static bool
xdp_takes(void *state, const struct tx_path *p)
{
	struct xdp *x = state;
	struct sockaddr_xdp sa = { .sxdp_family = AF_XDP,
	    .sxdp_flags = (uint16_t)x->bind_flags,
	    .sxdp_queue_id = x->queue };

	if (p->kind != TX_ETHERNET)
		return false;
	if (x->bound == 0) {
		sa.sxdp_ifindex = (uint32_t)p->ifindex;
		x->bound = bind_to(x->fd, &sa) == 0 ? p->ifindex : -1;
		x->copies = kernel_copies(x->fd);
	}
	return x->bound == p->ifindex;
}

/* Takes back what has been sent. */
static void
reap(struct xdp *x)
{
	const uint64_t *addr = x->done.desc;
	uint32_t at = atomic_load_explicit(x->done.consumer,
	    memory_order_relaxed);
	uint32_t end = atomic_load_explicit(x->done.producer,
	    memory_order_acquire);

	for (; at != end; at++)
		x->spare[x->nspare++] = addr[at & (NCHUNKS - 1)];
	atomic_store_explicit(x->done.consumer, at, memory_order_release);
}

static void
put(struct xdp *x, uint32_t at, const struct tx_frame *f)
{
	struct xdp_desc *d = x->tx.desc;
	uint64_t chunk = x->spare[--x->nspare];
	uint8_t *p = x->memory + chunk;

	memcpy(p, f->path.dst, 6);
	memcpy(p + 6, f->path.src, 6);
	wr_be16(p + 12, f->path.ethertype);
	memcpy(p + ETHER_LEN, f->p, f->n);
	d[at & (NCHUNKS - 1)] = (struct xdp_desc){ .addr = chunk,
	    .len = ETHER_LEN + f->n };
}

/* Until the kernel has taken all up to `end`: 0, or -1 with errno. */
static int
kick(struct xdp *x, uint32_t end)
{
	static const struct timespec busy = { 0, BUSY_NS };
	uint32_t was, at = atomic_load(x->tx.consumer);
	unsigned tries = 0;

	while (at != end) {
		if (x->bind_flags & XDP_USE_NEED_WAKEUP &&
		    (atomic_load(x->tx.flags) & XDP_RING_NEED_WAKEUP) == 0)
			errno = EAGAIN;
		else if (send(x->fd, "", 0, MSG_DONTWAIT) == 0)
			errno = 0;
		was = at;
		at = atomic_load(x->tx.consumer);
		if (at != was) {
			tries = 0;
			continue;
		}
		if (errno != 0 && errno != EAGAIN && errno != EBUSY &&
		    errno != ENOBUFS && errno != EINTR)
			return -1;
		if (tries++ == BUSY_TRIES) {
			errno = ENOBUFS;
			return -1;
		}
		nanosleep(&busy, NULL);
	}
	return 0;
}

/* What the kernel has not taken it will not: it looks only when kicked. */
static void
take_back(struct xdp *x, uint32_t end)
{
	const struct xdp_desc *d = x->tx.desc;
	uint32_t at = atomic_load(x->tx.consumer);
	int saved = errno;

	atomic_store(x->tx.producer, at);
	for (; at != end; at++)
		x->spare[x->nspare++] = d[at & (NCHUNKS - 1)].addr;
	errno = saved;
}

static size_t
xdp_send(void *state, struct tx_frame *const *f, size_t n)
{
	struct xdp *x = state;
	uint32_t start, at;
	size_t sent = 0;

	while (sent < n) {
		reap(x);
		start = at = atomic_load_explicit(x->tx.producer,
		    memory_order_relaxed);
		while (x->nspare > 0 && sent + (at - start) < n) {
			put(x, at, f[sent + (at - start)]);
			at++;
		}
		if (at == start) {
			errno = ENOBUFS;
			return sent;
		}
		atomic_store_explicit(x->tx.producer, at,
		    memory_order_release);
		if (kick(x, at) == -1 && x->copies) {
			take_back(x, at);
			return sent + (atomic_load(x->tx.consumer) - start);
		}
		/* a card that reads them itself may do so at any time */
		sent += at - start;
	}
	return n;
}

const struct tx_backend tx_xdp = {
	.name = "xdp",
	.about = "AF_XDP: a memory shared with the driver; one interface, a "
	    "queue for each thread",
	.open = xdp_open,
	.takes = xdp_takes,
	.send = xdp_send,
	.close = xdp_close,
};
