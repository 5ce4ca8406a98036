/* A packet socket with sendmmsg(2), past the queueing discipline: the frames
 * are ours from the link header on. packet(7).
 *
 * So go frames to ::1: IPv6 has no martians on the loopback device, and this is
 * a sixth faster than a raw socket. */
#include "world/tx.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pure/wire.h"
#include "world/linger.h"

#define ETHER_LEN	14

struct mmsg {
	int			fd;
	int			bound;	/* ifindex, 0: none yet */
	struct mmsghdr		msg[TX_BATCH];
	struct iovec		iov[TX_BATCH];
	struct sockaddr_ll	to[TX_BATCH];
};

static void
mmsg_close(void *state)
{
	struct mmsg *m = state;

	linger_close(m->fd);
	free(m);
}

static int
mmsg_open(void **state, const struct tx_setup *s)
{
	struct mmsg *m = calloc(1, sizeof(*m));
	int one = 1, i;

	(void)s;
	if (m == NULL)
		return -1;
	/* protocol 0: this socket receives nothing */
	m->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (m->fd == -1) {
		mmsg_close(m);
		return -1;
	}
	/* an old kernel without it is only slower */
	(void)setsockopt(m->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
	    sizeof(one));
	for (i = 0; i < TX_BATCH; i++) {
		m->msg[i].msg_hdr.msg_iov = &m->iov[i];
		m->msg[i].msg_hdr.msg_iovlen = 1;
	}
	*state = m;
	return 0;
}

static bool
mmsg_takes(void *state, const struct tx_path *p)
{
	(void)state;
	return p->kind != TX_LOOPBACK;
}

/* Frames to the interface that the socket is bound to need no address: the
 * kernel then looks no device up. */
static void
bind_to(struct mmsg *m, const struct tx_path *p)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
	    .sll_ifindex = p->ifindex };

	if (m->bound == 0)
		m->bound = bind(m->fd, (struct sockaddr *)&sll,
		    sizeof(sll)) == 0 ? p->ifindex : -1;
}

/* The loopback device has Ethernet's header, of zeros. */
static bool
has_link(const struct tx_frame *f)
{
	return f->path.kind != TX_POINT;
}

static void
address(struct mmsg *m, size_t i, const struct tx_frame *f)
{
	struct msghdr *h = &m->msg[i].msg_hdr;
	uint8_t *p = f->p;
	uint16_t type;
	size_t n = f->n;

	wr_be16((uint8_t *)&type, f->path.ethertype);
	if (has_link(f)) {
		p -= ETHER_LEN;
		n += ETHER_LEN;
		memcpy(p, f->path.dst, 6);
		memcpy(p + 6, f->path.src, 6);
		memcpy(p + 12, &type, 2);
	}
	m->iov[i] = (struct iovec){ p, n };
	h->msg_name = NULL;
	h->msg_namelen = 0;
	if (has_link(f) && f->path.ifindex == m->bound)
		return;
	m->to[i] = (struct sockaddr_ll){ .sll_family = AF_PACKET,
	    .sll_ifindex = f->path.ifindex, .sll_protocol = type };
	if (has_link(f)) {
		m->to[i].sll_halen = 6;
		memcpy(m->to[i].sll_addr, f->path.dst, 6);
	}
	h->msg_name = &m->to[i];
	h->msg_namelen = sizeof(m->to[i]);
}

static size_t
mmsg_send(void *state, struct tx_frame *const *f, size_t n)
{
	struct mmsg *m = state;
	size_t i, k, sent = 0;
	int r;

	bind_to(m, &f[0]->path);
	while (sent < n) {
		k = n - sent < TX_BATCH ? n - sent : TX_BATCH;
		for (i = 0; i < k; i++)
			address(m, i, f[sent + i]);
		r = sendmmsg(m->fd, m->msg, (unsigned)k, 0);
		if (r <= 0)
			break;
		sent += (size_t)r;
	}
	return sent;
}

const struct tx_backend tx_mmsg = {
	.name = "mmsg",
	.about = "packet sockets, past the queueing discipline: everywhere",
	.open = mmsg_open,
	.takes = mmsg_takes,
	.send = mmsg_send,
	.close = mmsg_close,
};
