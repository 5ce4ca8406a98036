/* A packet socket with sendmmsg(2), past the queueing discipline: the frames
 * are ours from the link header on. packet(7). */
#include "world/tx.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pure/wire.h"

#define ETHER_LEN	14

struct mmsg {
	int			fd;
	struct mmsghdr		msg[TX_BATCH];
	struct iovec		iov[TX_BATCH];
	struct sockaddr_ll	to[TX_BATCH];
};

static void
mmsg_close(void *state)
{
	struct mmsg *m = state;

	if (m->fd != -1)
		close(m->fd);
	free(m);
}

static int
mmsg_open(void **state)
{
	struct mmsg *m = calloc(1, sizeof(*m));
	int one = 1;

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
	*state = m;
	return 0;
}

static void
address(struct mmsg *m, size_t i, const struct tx_frame *f)
{
	struct msghdr *h = &m->msg[i].msg_hdr;
	uint8_t *p = f->p;
	uint16_t type;
	size_t n = f->n;

	wr_be16((uint8_t *)&type, f->path.ethertype);
	m->to[i] = (struct sockaddr_ll){ .sll_family = AF_PACKET,
	    .sll_ifindex = f->path.ifindex, .sll_protocol = type };
	if (f->path.kind == TX_ETHERNET) {
		p -= ETHER_LEN;
		n += ETHER_LEN;
		memcpy(p, f->path.dst, 6);
		memcpy(p + 6, f->path.src, 6);
		memcpy(p + 12, &type, 2);
		m->to[i].sll_halen = 6;
		memcpy(m->to[i].sll_addr, f->path.dst, 6);
	}
	m->iov[i] = (struct iovec){ p, n };
	h->msg_name = &m->to[i];
	h->msg_namelen = sizeof(m->to[i]);
	h->msg_iov = &m->iov[i];
	h->msg_iovlen = 1;
}

static size_t
mmsg_send(void *state, struct tx_frame *const *f, size_t n)
{
	struct mmsg *m = state;
	size_t i, k, sent = 0;
	int r;

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
	.takes = { [TX_ETHERNET] = true, [TX_POINT] = true },
	.open = mmsg_open,
	.send = mmsg_send,
	.close = mmsg_close,
};
