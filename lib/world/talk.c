#include "world/talk.h"

#include <sys/socket.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "pure/addr.h"

#define CHUNK	4096
/* The largest datagram; a longer read takes off no second one. */
#define DGRAM	65536

/* ---- the end ---- */

/* It is told in the next turn of the loop, when no caller is in the middle of
 * something with this conversation. */
static void
end(struct talk *t, enum talk_end why)
{
	if (t->over)
		return;
	t->over = true;
	t->end = why;
	if (t->events != 0 && loop_mod(t->l, &t->f, 0) == 0)
		t->events = 0;
	loop_timer_set(t->l, &t->t, 0);
}

static void
timed(struct loop *l, struct loop_timer *timer)
{
	struct talk *t =
	    (struct talk *)((char *)timer - offsetof(struct talk, t));

	(void)l;
	if (!t->over) {
		t->over = true;
		t->end = TALK_TIME;
	}
	t->call->ended(t, t->end);
}

static void
watch(struct talk *t, uint32_t events)
{
	if (t->over || events == t->events)
		return;
	if (loop_mod(t->l, &t->f, events) == -1)
		end(t, TALK_FAILED);
	else
		t->events = events;
}

/* What an error of the socket says; an ICMP error that has come for a datagram
 * waits in the queue. */
static enum talk_end
end_of(const struct talk *t, int error)
{
	struct sock_icmp icmp;

	if (t->peer != NULL && sock_icmp(t->f.fd, &icmp))
		return sock_icmp_refuses(&icmp, addr_is4(t->peer->addr)) ?
		    TALK_REFUSED : TALK_RESET;
	switch (error) {
	case ENOMEM:
	case ENOBUFS:
		return TALK_FAILED;
	default:
		return TALK_RESET;
	}
}

/* True when the step is done; else what is to be waited for, or the end, is
 * seen to. */
static bool
stepped(struct talk *t, enum tls_step step)
{
	switch (step) {
	case TLS_DONE:
		return true;
	case TLS_READ:
		watch(t, EPOLLIN);
		return false;
	case TLS_WRITE:
		watch(t, EPOLLIN | EPOLLOUT);
		return false;
	case TLS_END:
		end(t, TALK_CLOSED);
		return false;
	case TLS_ALERT:
		end(t, TALK_ALERT);
		return false;
	case TLS_NONE:
		end(t, TALK_NOTLS);
		return false;
	case TLS_FAILED:
		break;
	}
	end(t, TALK_FAILED);
	return false;
}

/* ---- sending ---- */

static bool
send_some(struct talk *t, size_t *put)
{
	ssize_t n;

	if (t->tls != NULL)
		return stepped(t, tls_send(t->tls, t->out.p, t->out.n, put));
	n = t->peer != NULL ?
	    sock_send(t->f.fd, t->peer, t->out.p, t->out.n) :
	    send(t->f.fd, t->out.p, t->out.n, MSG_NOSIGNAL);
	if (n >= 0) {
		*put = (size_t)n;
		return true;
	}
	if (errno == EAGAIN || errno == EINTR)
		watch(t, EPOLLIN | EPOLLOUT);
	else if (t->peer != NULL)
		end(t, end_of(t, errno));
	else	/* what the peer said before it closed is still to be read */
		t->out = STR_NONE;
	return false;
}

static void
push(struct talk *t)
{
	size_t put;

	if (t->shaking || t->over)
		return;
	while (t->out.n > 0) {
		if (!send_some(t, &put))
			return;
		t->out.p += put;
		t->out.n -= put;
	}
	watch(t, EPOLLIN);
}

/* ---- receiving ---- */

/* One read: did anything come? */
static bool
recv_some(struct talk *t, size_t room, size_t *got)
{
	ssize_t n;

	if (t->tls != NULL)
		return stepped(t, tls_recv(t->tls, t->in.p + t->in.n, room,
		    got));
	n = t->peer != NULL ?
	    sock_recv(t->f.fd, t->peer, t->in.p + t->in.n, room) :
	    recv(t->f.fd, t->in.p + t->in.n, room, 0);
	if (n > 0) {
		*got = (size_t)n;
		return true;
	}
	if (n == 0 && t->peer == NULL)
		end(t, TALK_CLOSED);
	else if (n == -1 && errno != EAGAIN && errno != EINTR)
		end(t, end_of(t, errno));
	return false;
}

/* Reads what is there, within what is wanted: did anything come? TLS is read to
 * the end of what it has decrypted, which nothing else would wake us up for. */
static bool
gather(struct talk *t)
{
	size_t left, room, got = 0;
	bool any = false;

	for (;;) {
		left = t->most - t->got;
		room = t->peer != NULL ? DGRAM : left < CHUNK ? left : CHUNK;
		if (buf_reserve(&t->in, room) == -1) {
			end(t, TALK_FAILED);
			return any;
		}
		if (!recv_some(t, room, &got))
			return any;
		if (got > left)
			got = left;
		any = true;
		t->in.n += got;
		t->got += got;
		if (t->got == t->most) {
			end(t, TALK_FULL);
			return true;
		}
		if (t->tls == NULL)
			return true;
	}
}

static void
shake(struct talk *t)
{
	if (!stepped(t, tls_handshake(t->tls)))
		return;
	t->shaking = false;
	watch(t, EPOLLIN);
	if (t->call->secured != NULL)
		t->call->secured(t);
	else
		push(t);
}

static void
ready(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct talk *t = (struct talk *)f;

	(void)l;
	if (t->over)
		return;
	if (t->shaking) {
		shake(t);
		return;
	}
	if (t->out.n > 0 && (events & EPOLLOUT))
		push(t);
	if (!t->over && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) && gather(t))
		t->call->heard(t);
}

/* ---- the conversation ---- */

int
talk_open(struct talk *t, struct loop *l, int fd, const struct sock_peer *peer,
    struct tls *tls, const struct talk_calls *call, size_t most, uint64_t at)
{
	int e;

	*t = (struct talk){ .f = { .fd = fd, .ready = ready },
	    .t = { .fire = timed }, .l = l, .call = call, .tls = tls,
	    .most = most, .events = EPOLLIN, .open = true,
	    .shaking = tls != NULL, .peer = peer };
	if (tls != NULL)
		t->events |= EPOLLOUT;
	if (loop_add(l, &t->f, t->events) == -1)
		goto fail;
	if (loop_timer_set(l, &t->t, at) == 0)
		return 0;
	loop_del(l, &t->f);
	errno = ENOMEM;
fail:
	e = errno;
	tls_free(tls);
	close(fd);
	*t = (struct talk){ .f = { .fd = -1 } };
	errno = e;
	return -1;
}

void
talk_say(struct talk *t, struct str out)
{
	t->out = out;
	/* an empty datagram is one, too */
	if (t->peer != NULL && out.n == 0 &&
	    sock_send(t->f.fd, t->peer, "", 0) == -1 && errno != EAGAIN)
		end(t, end_of(t, errno));
	push(t);
}

void
talk_secure(struct talk *t, struct tls *tls)
{
	t->tls = tls;
	t->shaking = true;
	t->out = STR_NONE;
	t->in.n = 0;
	watch(t, EPOLLIN | EPOLLOUT);
}

void
talk_until(struct talk *t, uint64_t at)
{
	if (!t->over)
		loop_timer_set(t->l, &t->t, at);
}

void
talk_resume(struct talk *t, uint64_t at)
{
	t->over = false;
	loop_timer_set(t->l, &t->t, at);
}

void
talk_close(struct talk *t)
{
	if (!t->open)
		return;
	loop_timer_clear(t->l, &t->t);
	loop_forget(t->l, &t->f);
	tls_free(t->tls);
	if (t->peer != NULL)
		close(t->f.fd);
	else
		sock_close_hard(t->f.fd);
	buf_release(&t->in);
	t->open = false;
	t->tls = NULL;
	t->f.fd = -1;
}
