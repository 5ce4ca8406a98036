#include "world/rx.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "pure/wire.h"
#include "world/linger.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif

/* A frame of the ring holds its header (80 bytes) and the packet's head: an
 * ICMPv6 error with the quoted TCP header takes 108 bytes. Every frame is
 * visible at once, where TPACKET_V3 would hold a block back for milliseconds. */
#define FRAME_HEAD	256
#define FRAME_WHOLE	2048
/* Making and closing a ring costs two grace periods of the kernel (16 ms each
 * and more), so a small scan reads the socket's own queue. The queue is measured
 * in bytes of kernel memory, QUEUE_SKB for a small packet; the sender is told in
 * rx_room() what it takes. */
#define QUEUE_MAX	2048
#define QUEUE_BYTES	(1 << 20)	/* or net.core.rmem_max */
#define QUEUE_SKB	1280
#define QUEUE_BATCH	256
#define QUEUE_HEAD	176
#define FRAMES_MIN	4096
#define FRAMES_MAX	8192
#define BLOCK		65536

/* Packets read from the socket's queue with one system call. */
struct queue {
	struct mmsghdr		msg[QUEUE_BATCH];
	struct iovec		iov[QUEUE_BATCH];
	struct sockaddr_ll	from[QUEUE_BATCH];
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(sizeof(struct timespec))];
	}			control[QUEUE_BATCH];
	unsigned		n, at;
	size_t			room;	/* bytes of a packet */
	uint8_t			bytes[];
};

struct rx {
	int		 fd;
	struct queue	*queue;		/* NULL: there is a ring */
	uint8_t		*ring;
	size_t		 size;
	size_t		 frame;		/* bytes a frame */
	size_t		 nframes;
	size_t		 at;
	bool		 held;		/* frame `at` is in the caller's hands */
};

/* RFC 791, 8200, 792, 4443: offsets are from the network header, since the
 * socket is SOCK_DGRAM. ICMP types: echo reply, unreachable, time exceeded,
 * timestamp reply, mask reply; ICMPv6: errors, echo reply,
 * neighbour advertisement. IPv6 extension headers are left to packet.h. */
static int
attach(int fd, const struct rx_filter *f)
{
	const uint32_t proto = (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL);
	const uint32_t kind = (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE);
	struct sock_filter code[] = {
		/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kind),
		/* 1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_HOST, 0, 37),
		/* 2 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, proto),
		/* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 4, 0),
		/* 4 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 20, 0),
		/* 5 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 0, 33),
		/* 6 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		/* 7 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 30, 31),
		/* IPv4 */
		/* 8 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
		/* 9 */ BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 29, 0),
		/* 10 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		/* 11 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
		/* 12 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 8, 0),
		/* 13 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 7, 0),
		/* 14 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 24),
		/* 15 */ BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
		/* 16 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 21, 0),
		/* 17 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 3, 20, 0),
		/* 18 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 14, 19, 0),
		/* 19 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 18, 18, 0),
		/* 20 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 11, 17, 18),
		/* 21 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
		/* 22 */ BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, f->port),
		/* 23 */ BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffff),
		/* 24 */ BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, f->nports, 14, 13),
		/* IPv6 */
		/* 25 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		/* 26 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 7, 0),
		/* 27 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 17, 6, 0),
		/* 28 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 58, 0, 9),
		/* 29 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
		/* 30 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 129, 7, 0),
		/* 31 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 136, 6, 0),
		/* 32 */ BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 5, 6, 0),
		/* 33 */ BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 1, 4, 5),
		/* 34 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 42),
		/* 35 */ BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, f->port),
		/* 36 */ BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffff),
		/* 37 */ BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, f->nports, 1, 0),
		/* 38 */ BPF_STMT(BPF_RET | BPF_K, 0xffff),
		/* 39 */ BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog));
}

struct rx *
rx_open(void)
{
	struct rx *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (r->fd == -1) {
		free(r);
		return NULL;
	}
	return r;
}

void
rx_close(struct rx *r)
{
	if (r == NULL)
		return;
	if (r->ring != NULL)
		munmap(r->ring, r->size);
	linger_close(r->fd);
	free(r->queue);
	free(r);
}

static int
make_queue(struct rx *r, bool whole)
{
	size_t i, room = whole ? FRAME_WHOLE : QUEUE_HEAD;
	struct queue *q = calloc(1, sizeof(*q) + QUEUE_BATCH * room);
	int one = 1, want = QUEUE_BYTES;

	if (q == NULL)
		return -1;
	r->queue = q;
	q->room = room;
	for (i = 0; i < QUEUE_BATCH; i++) {
		q->iov[i] = (struct iovec){ q->bytes + i * room, room };
		q->msg[i].msg_hdr = (struct msghdr){ .msg_iov = &q->iov[i],
		    .msg_iovlen = 1 };
	}
	if (setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &want,
	    sizeof(want)) == -1)
		return -1;
	return setsockopt(r->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one,
	    sizeof(one));
}

static bool
fill_queue(struct rx *r)
{
	struct queue *q = r->queue;
	size_t i;
	int n;

	for (i = 0; i < QUEUE_BATCH; i++) {
		q->msg[i].msg_hdr.msg_name = &q->from[i];
		q->msg[i].msg_hdr.msg_namelen = sizeof(q->from[i]);
		q->msg[i].msg_hdr.msg_control = &q->control[i];
		q->msg[i].msg_hdr.msg_controllen = sizeof(q->control[i]);
	}
	n = recvmmsg(r->fd, q->msg, QUEUE_BATCH, MSG_DONTWAIT | MSG_TRUNC,
	    NULL);
	q->at = 0;
	q->n = n > 0 ? (unsigned)n : 0;
	return n > 0;
}

static uint64_t
queue_time(const struct msghdr *h)
{
	struct timespec ts = { 0, 0 };
	struct cmsghdr *c = CMSG_FIRSTHDR(h);

	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_TIMESTAMPNS)
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void
take_from(struct rx_packet *p, const struct sockaddr_ll *sll)
{
	p->ethertype = (unsigned)(sll->sll_protocol >> 8 |
	    (sll->sll_protocol & 255) << 8);
	p->ifindex = sll->sll_ifindex;
	p->has_mac = sll->sll_halen == 6;
	if (p->has_mac)
		memcpy(p->mac, sll->sll_addr, 6);
}

static bool
queue_next(struct rx *r, struct rx_packet *p)
{
	struct queue *q = r->queue;
	const struct mmsghdr *m;

	if (q->at == q->n) {
		/* what comes meanwhile can wait for more of it */
		if (q->n > 0 && q->n < QUEUE_BATCH) {
			q->at = q->n = 0;
			return false;
		}
		if (!fill_queue(r))
			return false;
	}
	m = &q->msg[q->at];
	p->p = q->bytes + q->at * q->room;
	p->len = m->msg_len;
	p->n = p->len < q->room ? p->len : q->room;
	p->time = queue_time(&m->msg_hdr);
	take_from(p, &q->from[q->at]);
	q->at++;
	return true;
}

static int
make_ring(struct rx *r, uint64_t expect, bool whole)
{
	struct tpacket_req req;
	size_t n = FRAMES_MIN;
	int version = TPACKET_V2;

	if (setsockopt(r->fd, SOL_PACKET, PACKET_VERSION, &version,
	    sizeof(version)) == -1)
		return -1;

	while (n < FRAMES_MAX && n < expect)
		n *= 2;
	r->frame = whole ? FRAME_WHOLE : FRAME_HEAD;
	memset(&req, 0, sizeof(req));
	req.tp_frame_size = (unsigned)r->frame;
	req.tp_frame_nr = (unsigned)n;
	req.tp_block_size = BLOCK;
	req.tp_block_nr = (unsigned)(n * r->frame / BLOCK);
	if (setsockopt(r->fd, SOL_PACKET, PACKET_RX_RING, &req,
	    sizeof(req)) == -1)
		return -1;
	r->nframes = n;
	r->size = n * r->frame;
	r->ring = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED,
	    r->fd, 0);
	if (r->ring == MAP_FAILED) {
		r->ring = NULL;
		return -1;
	}
	return 0;
}

static int
bind_to(struct rx *r, uint16_t ethertype)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET };

	wr_be16((uint8_t *)&sll.sll_protocol, ethertype);
	return bind(r->fd, (struct sockaddr *)&sll, sizeof(sll));
}

int
rx_start(struct rx *r, const struct rx_filter *f, enum rx_layer layer,
    uint64_t expect, bool whole)
{
	static const uint16_t types[] = { [RX_IPV4] = ETH_P_IP,
	    [RX_IPV6] = ETH_P_IPV6, [RX_ALL] = ETH_P_ALL };
	int one = 1;

	if (attach(r->fd, f) == -1 ||
	    setsockopt(r->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
	    sizeof(one)) == -1 ||
	    (expect <= QUEUE_MAX ? make_queue(r, whole) :
	    make_ring(r, expect, whole)) == -1)
		return -1;
	return bind_to(r, types[layer]);
}

int
rx_widen(struct rx *r)
{
	return bind_to(r, ETH_P_ALL);
}

static struct tpacket2_hdr *
frame_at(const struct rx *r)
{
	return (struct tpacket2_hdr *)(void *)(r->ring + r->at * r->frame);
}

/* The kernel writes the status last, and reads it first. */
static bool
is_ours(struct tpacket2_hdr *h)
{
	return __atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) &
	    TP_STATUS_USER;
}

bool
rx_next(struct rx *r, struct rx_packet *p)
{
	const struct sockaddr_ll *sll;
	struct tpacket2_hdr *h;

	if (r->queue != NULL)
		return queue_next(r, p);
	h = frame_at(r);
	if (r->held) {
		__atomic_store_n(&h->tp_status, TP_STATUS_KERNEL,
		    __ATOMIC_RELEASE);
		r->at = (r->at + 1) % r->nframes;
		r->held = false;
		h = frame_at(r);
	}
	if (!is_ours(h))
		return false;
	sll = (const void *)((const uint8_t *)h + TPACKET_ALIGN(sizeof(*h)));
	p->p = (const uint8_t *)h + h->tp_net;
	p->n = h->tp_snaplen;
	p->len = h->tp_len;
	p->time = (uint64_t)h->tp_sec * NS_PER_S + h->tp_nsec;
	take_from(p, sll);
	r->held = true;
	return true;
}

int
rx_fd(const struct rx *r)
{
	return r->fd;
}

void
rx_calm(struct rx *r)
{
	socklen_t len = sizeof(int);
	int e;

	(void)getsockopt(r->fd, SOL_SOCKET, SO_ERROR, &e, &len);
}

int
rx_wait(struct rx *r, int wake_fd, int timeout_ms)
{
	struct pollfd pfd[2] = { { .fd = r->fd, .events = POLLIN },
	    { .fd = wake_fd, .events = POLLIN } };

	if (poll(pfd, 2, timeout_ms) == -1)
		return errno == EINTR ? 0 : -1;
	if (pfd[0].revents & POLLERR)
		rx_calm(r);
	return pfd[1].revents != 0;
}

uint64_t
rx_room(const struct rx *r)
{
	int bytes = 0;
	socklen_t len = sizeof(bytes);

	if (r->queue == NULL)
		return r->nframes / 2;
	(void)getsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len);
	return (uint64_t)bytes / QUEUE_SKB * 3 / 4 + 1;
}

uint64_t
rx_drops(struct rx *r)
{
	struct tpacket_stats st;
	socklen_t len = sizeof(st);

	/* reading them resets them */
	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) == -1)
		return 0;
	return st.tp_drops;
}
