#include "lookup.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "pure/siphash.h"

/* So many addresses in a row without an answer, and nobody else is asked. */
#define SILENT	8

/* What c-ares holds of a question: the host may be gone when it answers. */
struct lookup_ticket {
	struct lookup		*owner;
	struct lookup_host	*host;
};

struct lookup {
	struct lookup_conf	 conf;
	struct ptr		*ptr;
	struct lookup_host	*bucket[LOOKUP_MOST];
	struct lookup_host	*oldest, *newest;
	struct lookup_host	*first, *last;	/* those that are not done */
	struct lookup_host	*ask;		/* the next of them to ask */
	size_t			 n, undone, tickets;
	uint64_t		 number, key[2];
	unsigned		 silent;	/* in a row */
	struct lookup_sums	 sums;
	bool			 closed;	/* asks nobody */
};

/* ---- hosts ---- */

static struct lookup_host **
bucket_of(struct lookup *l, u128 addr)
{
	const uint64_t w[2] = { (uint64_t)(addr >> 64), (uint64_t)addr };

	return &l->bucket[siphash(l->key, w, 2) & (LOOKUP_MOST - 1)];
}

static void
unlink_age(struct lookup *l, struct lookup_host *h)
{
	*(h->older != NULL ? &h->older->newer : &l->oldest) = h->newer;
	*(h->newer != NULL ? &h->newer->older : &l->newest) = h->older;
}

static void
make_newest(struct lookup *l, struct lookup_host *h)
{
	h->older = l->newest;
	h->newer = NULL;
	*(l->newest != NULL ? &l->newest->newer : &l->oldest) = h;
	l->newest = h;
}

static void
forget(struct lookup *l, struct lookup_host *h)
{
	struct lookup_host **at = bucket_of(l, h->addr);

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	unlink_age(l, h);
	l->n--;
	free(h->names);
	free(h);
}

/* Makes room. What is still needed stays, however many: the caller reads no
 * further while it is much. */
static void
forget_some(struct lookup *l)
{
	struct lookup_host *h, *newer;

	for (h = l->oldest; h != NULL && l->n >= LOOKUP_MOST; h = newer) {
		newer = h->newer;
		if (!h->done || h->waiting > 0)
			continue;
		l->conf.tell(l->conf.ctx, h);
		forget(l, h);
	}
}

/* ---- what is to be asked ---- */

static void
put_last(struct lookup *l, struct lookup_host *h)
{
	h->number = ++l->number;
	h->before = l->last;
	*(l->last != NULL ? &l->last->after : &l->first) = h;
	l->last = h;
	if (l->ask == NULL)
		l->ask = h;
	l->undone++;
}

/* It is done, with what names there are. */
static void
settle(struct lookup *l, struct lookup_host *h)
{
	if (l->ask == h)
		l->ask = h->after;
	*(h->before != NULL ? &h->before->after : &l->first) = h->after;
	*(h->after != NULL ? &h->after->before : &l->last) = h->before;
	h->before = h->after = NULL;
	l->undone--;
	h->done = true;
	if (h->ticket != NULL)
		h->ticket->host = NULL;
	h->ticket = NULL;
}

void
lookup_give_up(struct lookup *l)
{
	l->closed = true;
	while (l->first != NULL)
		settle(l, l->first);
}

static void
note_silence(struct lookup *l)
{
	if (++l->silent < SILENT || l->closed)
		return;
	l->sums.given_up = true;
	l->closed = true;
}

static void
keep_names(struct lookup *l, struct lookup_host *h, const struct str *name,
    size_t n)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&b, ',');
		buf_str(&b, name[i]);
	}
	buf_putc(&b, '\0');
	if (b.oom || n == 0) {
		buf_release(&b);
		return;
	}
	h->names = b.p;
	l->sums.named++;
}

static void
answer(void *arg, const struct str *name, size_t n, enum ptr_end end)
{
	struct lookup_ticket *t = arg;
	struct lookup *l = t->owner;
	struct lookup_host *h = t->host;

	l->tickets--;
	free(t);
	if (end == PTR_ANSWERED)
		l->silent = 0;
	if (h == NULL)
		return;
	h->ticket = NULL;
	if (end == PTR_ANSWERED) {
		l->sums.answered++;
		keep_names(l, h, name, n);
	} else if (end == PTR_SILENT)
		note_silence(l);
	settle(l, h);
}

static void
ask_next(struct lookup *l, uint64_t now)
{
	struct lookup_host *h = l->ask;
	struct lookup_ticket *t = malloc(sizeof(*t));

	if (t == NULL) {
		settle(l, h);
		return;
	}
	*t = (struct lookup_ticket){ l, h };
	l->ask = h->after;
	l->tickets++;
	h->ticket = t;
	h->asked = now;
	ptr_ask(l->ptr, h->addr, t);
}

/* They were asked in the order of the list. */
static void
let_go(struct lookup *l, uint64_t now)
{
	struct lookup_host *h;

	while ((h = l->first) != NULL && h != l->ask &&
	    now - h->asked >= l->conf.timeout) {
		settle(l, h);
		note_silence(l);
	}
}

/* ---- for the stream ---- */

struct lookup *
lookup_new(const struct lookup_conf *conf, const char **why)
{
	struct lookup *l = calloc(1, sizeof(*l));

	*why = "out of memory";
	if (l == NULL)
		return NULL;
	l->conf = *conf;
	l->conf.ptr.answer = answer;
	if (random_bytes(l->key, sizeof(l->key)) == -1 ||
	    (l->ptr = ptr_new(&l->conf.ptr, why)) == NULL) {
		free(l);
		return NULL;
	}
	return l;
}

void
lookup_free(struct lookup *l)
{
	if (l == NULL)
		return;
	lookup_give_up(l);
	ptr_free(l->ptr);
	while (l->oldest != NULL)
		forget(l, l->oldest);
	free(l);
}

struct lookup_host *
lookup_want(struct lookup *l, u128 addr)
{
	struct lookup_host *h, **at = bucket_of(l, addr);

	for (h = *at; h != NULL; h = h->next)
		if (h->addr == addr) {
			unlink_age(l, h);
			make_newest(l, h);
			return h;
		}
	if (l->n >= LOOKUP_MOST)
		forget_some(l);
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return NULL;
	h->addr = addr;
	h->next = *at;
	*at = h;
	make_newest(l, h);
	l->n++;
	l->sums.hosts++;
	put_last(l, h);
	return h;
}

size_t
lookup_watch(struct lookup *l, uint64_t now, struct pollfd fd[PTR_SOCKETS],
    int *ms)
{
	uint64_t left;
	size_t n;

	let_go(l, now);
	while (!l->closed && l->ask != NULL && l->tickets < l->conf.parallel)
		ask_next(l, now);
	if (l->closed)
		lookup_give_up(l);
	n = ptr_watch(l->ptr, fd, ms);
	if (l->first == NULL || l->first == l->ask)
		return n;
	left = (l->first->asked + l->conf.timeout - now) / NS_PER_MS + 1;
	if (*ms < 0 || left < (uint64_t)*ms)
		*ms = (int)left;
	return n;
}

void
lookup_serve(struct lookup *l, const struct pollfd *fd, size_t n)
{
	ptr_serve(l->ptr, fd, n);
}

uint64_t
lookup_last(const struct lookup *l)
{
	return l->number;
}

bool
lookup_done(const struct lookup *l, uint64_t number)
{
	return l->first == NULL || l->first->number > number;
}

bool
lookup_is_full(const struct lookup *l)
{
	return l->undone >= LOOKUP_AHEAD;
}

void
lookup_tell(struct lookup *l)
{
	struct lookup_host *h;

	for (h = l->oldest; h != NULL; h = h->newer)
		l->conf.tell(l->conf.ctx, h);
}

struct lookup_sums
lookup_sums(const struct lookup *l)
{
	return l->sums;
}
