#include "world/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

int
loop_init(struct loop *l)
{
	memset(l, 0, sizeof(*l));
	l->now = clock_mono_ns();
	l->ep = epoll_create1(EPOLL_CLOEXEC);
	return l->ep == -1 ? -1 : 0;
}

void
loop_release(struct loop *l)
{
	if (l->ep != -1)
		close(l->ep);
	free(l->heap);
	free(l->always);
	l->heap = NULL;
	l->always = NULL;
	l->ep = -1;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}

/* ---- descriptors ---- */

/* Grows an array of pointers by one place: 0 or -1. */
static int
grow(void *array, size_t n, size_t *cap)
{
	void **p, *old;

	if (n < *cap)
		return 0;
	memcpy(&old, array, sizeof(old));
	p = reallocarray(old, *cap * 2 + 16, sizeof(*p));
	if (p == NULL)
		return -1;
	*cap = *cap * 2 + 16;
	memcpy(array, &p, sizeof(p));
	return 0;
}

static void
always_add(struct loop *l, struct loop_fd *f)
{
	if (f->always == 0) {
		l->always[l->nalways++] = f;
		f->always = l->nalways;
	}
}

static void
always_del(struct loop *l, struct loop_fd *f)
{
	struct loop_fd *last;

	if (f->always == 0)
		return;
	last = l->always[--l->nalways];
	l->always[f->always - 1] = last;
	last->always = f->always;
	f->always = 0;
}

int
loop_add(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = f };

	f->always = 0;
	if (epoll_ctl(l->ep, EPOLL_CTL_ADD, f->fd, &ev) == -1) {
		if (errno != EPERM)
			return -1;
		if (grow(&l->always, l->nalways, &l->capalways) == -1)
			return -1;
		if (events != 0)
			always_add(l, f);
	}
	l->nfd++;
	return 0;
}

int
loop_mod(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = f };

	if (epoll_ctl(l->ep, EPOLL_CTL_MOD, f->fd, &ev) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	if (events == 0)
		always_del(l, f);
	else if (grow(&l->always, l->nalways, &l->capalways) == -1)
		return -1;
	else
		always_add(l, f);
	return 0;
}

void
loop_forget(struct loop *l, struct loop_fd *f)
{
	l->nfd--;
	always_del(l, f);
	/* What it already has waiting in this turn must not reach it. */
	for (int i = l->at; i < l->nev; i++)
		if (l->ev[i].data.ptr == f)
			l->ev[i].data.ptr = NULL;
}

void
loop_del(struct loop *l, struct loop_fd *f)
{
	epoll_ctl(l->ep, EPOLL_CTL_DEL, f->fd, NULL);
	loop_forget(l, f);
}

/* ---- timers: a binary heap, the earliest at 0 ---- */

static void
place(struct loop *l, size_t i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->slot = i + 1;
}

static void
sift_up(struct loop *l, size_t i, struct loop_timer *t)
{
	for (; i > 0 && l->heap[(i - 1) / 2]->at > t->at; i = (i - 1) / 2)
		place(l, i, l->heap[(i - 1) / 2]);
	place(l, i, t);
}

static void
sift_down(struct loop *l, size_t i, struct loop_timer *t)
{
	size_t kid;

	while ((kid = 2 * i + 1) < l->ntimer) {
		if (kid + 1 < l->ntimer &&
		    l->heap[kid + 1]->at < l->heap[kid]->at)
			kid++;
		if (l->heap[kid]->at >= t->at)
			break;
		place(l, i, l->heap[kid]);
		i = kid;
	}
	place(l, i, t);
}

static void
settle(struct loop *l, size_t i, struct loop_timer *t)
{
	if (i > 0 && l->heap[(i - 1) / 2]->at > t->at)
		sift_up(l, i, t);
	else
		sift_down(l, i, t);
}

int
loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at)
{
	if (t->slot != 0) {
		t->at = at;
		settle(l, t->slot - 1, t);
		return 0;
	}
	if (grow(&l->heap, l->ntimer, &l->captimer) == -1)
		return -1;
	t->at = at;
	sift_up(l, l->ntimer++, t);
	return 0;
}

void
loop_timer_clear(struct loop *l, struct loop_timer *t)
{
	struct loop_timer *last;
	size_t i;

	if (t->slot == 0)
		return;
	i = t->slot - 1;
	t->slot = 0;
	last = l->heap[--l->ntimer];
	if (last != t)
		settle(l, i, last);
}

/* ---- turns ---- */

static int
wait_events(struct loop *l, uint64_t ns)
{
	struct timespec ts = { (time_t)(ns / NS_PER_S),
	    (long)(ns % NS_PER_S) };
	int n;

	n = epoll_pwait2(l->ep, l->ev, LOOP_BATCH,
	    ns == UINT64_MAX ? NULL : &ts, NULL);
	if (n == -1 && errno == ENOSYS)	/* before Linux 5.11 */
		n = epoll_wait(l->ep, l->ev, LOOP_BATCH,
		    ns / NS_PER_MS >= INT32_MAX ? -1 :
		    (int)((ns + NS_PER_MS - 1) / NS_PER_MS));
	return n;
}

static uint64_t
how_long(const struct loop *l, uint64_t max)
{
	uint64_t now, ns;

	if (l->nalways > 0)
		return 0;
	if (l->ntimer == 0)
		return max;
	now = clock_mono_ns();
	ns = l->heap[0]->at > now ? l->heap[0]->at - now : 0;
	return ns < max ? ns : max;
}

static void
serve_events(struct loop *l)
{
	struct loop_fd *f;

	for (l->at = 0; l->at < l->nev && !l->stop;) {
		struct epoll_event *ev = &l->ev[l->at++];

		if ((f = ev->data.ptr) != NULL)
			f->ready(l, f, ev->events);
	}
	l->nev = l->at = 0;
	for (size_t i = l->nalways; i-- > 0 && !l->stop;)
		if (i < l->nalways)
			l->always[i]->ready(l, l->always[i], EPOLLIN | EPOLLOUT);
}

/* Timers that become due by what others do wait for the next turn, so that a
 * timer set to the past again and again cannot starve descriptors. */
static void
serve_timers(struct loop *l)
{
	struct loop_timer *t;
	size_t most = l->ntimer;

	for (; most > 0 && !l->stop && l->ntimer > 0; most--) {
		t = l->heap[0];
		if (t->at > l->now)
			break;
		loop_timer_clear(l, t);
		t->fire(l, t);
	}
}

int
loop_turn(struct loop *l, uint64_t max_wait_ns)
{
	l->nev = wait_events(l, how_long(l, max_wait_ns));
	if (l->nev == -1) {
		l->nev = 0;
		if (errno != EINTR)
			return -1;
	}
	l->now = clock_mono_ns();
	serve_events(l);
	serve_timers(l);
	return 0;
}

int
loop_run(struct loop *l)
{
	l->stop = false;
	while (!l->stop && (l->nfd > 0 || l->ntimer > 0))
		if (loop_turn(l, UINT64_MAX) == -1)
			return -1;
	return 0;
}
