/* Raw IP sockets: the way to an IPv4 address of this machine, since the kernel drops
 * frames to 127.0.0.1 that come from a packet socket as martians. raw(7). */
#include "world/tx.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

extern const struct tx_backend tx_raw;

struct raw {
	int			v4, v6;
	bool			any;	/* not only to this machine */
	struct mmsghdr		msg[TX_BATCH];
	struct iovec		iov[TX_BATCH];
	union {
		struct sockaddr_in	in;
		struct sockaddr_in6	in6;
	}			to[TX_BATCH];
};

static void
raw_close(void *state)
{
	struct raw *r = state;

	if (r->v4 != -1)
		close(r->v4);
	if (r->v6 != -1)
		close(r->v6);
	free(r);
}

/* IPPROTO_RAW implies that we write the header. A kernel without IPv6 is no
 * failure: nothing will be sent there. */
static int
raw_open(void **state, const struct tx_setup *s)
{
	struct raw *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -1;
	r->v4 = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	r->v6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (r->v4 == -1) {
		raw_close(r);
		return -1;
	}
	r->any = s->name != NULL && strcmp(s->name, tx_raw.name) == 0;
	*state = r;
	return 0;
}

/* Elsewhere the kernel would ask for the neighbour itself, packet by packet. */
static bool
raw_takes(void *state, const struct tx_path *p)
{
	const struct raw *r = state;

	return p->kind == TX_LOOPBACK || (r->any &&
	    p->ethertype != ETH_P_ARP && !(p->kind == TX_ETHERNET &&
	    p->dst[0] & 1));
}

static void
address(struct raw *r, size_t i, const struct tx_frame *f, bool v6)
{
	struct msghdr *h = &r->msg[i].msg_hdr;

	memset(&r->to[i], 0, sizeof(r->to[i]));
	if (v6) {
		r->to[i].in6.sin6_family = AF_INET6;
		memcpy(&r->to[i].in6.sin6_addr, f->p + 24, 16);
		/* link-local addresses need their interface */
		r->to[i].in6.sin6_scope_id = (uint32_t)f->path.ifindex;
		h->msg_namelen = sizeof(r->to[i].in6);
	} else {
		r->to[i].in.sin_family = AF_INET;
		memcpy(&r->to[i].in.sin_addr, f->p + 16, 4);
		h->msg_namelen = sizeof(r->to[i].in);
	}
	h->msg_name = &r->to[i];
	h->msg_iov = &r->iov[i];
	h->msg_iovlen = 1;
	r->iov[i] = (struct iovec){ f->p, f->n };
}

/* One sendmmsg(2) covers a run of frames of one family. */
static size_t
raw_send(void *state, struct tx_frame *const *f, size_t n)
{
	struct raw *r = state;
	bool v6 = f[0]->p[0] >> 4 == 6;
	size_t i, sent = 0;
	int k;

	while (sent < n) {
		v6 = f[sent]->p[0] >> 4 == 6;
		for (i = 0; sent + i < n && i < TX_BATCH &&
		    (f[sent + i]->p[0] >> 4 == 6) == v6; i++)
			address(r, i, f[sent + i], v6);
		k = sendmmsg(v6 ? r->v6 : r->v4, r->msg, (unsigned)i, 0);
		if (k <= 0)
			return sent;
		sent += (size_t)k;
	}
	return sent;
}

const struct tx_backend tx_raw = {
	.name = "raw",
	.about = "raw IP sockets: to this machine (but ::1), or by name wherever the "
	    "kernel routes",
	.open = raw_open,
	.takes = raw_takes,
	.send = raw_send,
	.close = raw_close,
};
