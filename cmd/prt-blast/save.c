#include "save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/esc.h"
#include "base/msg.h"
#include "run.h"

/* Between two checkpoints; more when a disk is slow: it is to be at it for a part
 * in SHARE of the time. */
#define EVERY		(2 * (uint64_t)NS_PER_S)
#define SHARE		10
/* How long a stop waits for prt-listen, which gives us a second. */
#define STOP_WAIT	(700 * (uint64_t)NS_PER_MS)

/* ---- options ---- */

static char *
text_form(const char *text)
{
	struct buf b = { 0 };

	esc_put(&b, text, strlen(text));
	buf_putc(&b, '\0');
	if (b.oom)
		buf_release(&b);
	return b.p;
}

int
save_options(struct scan *s)
{
	const struct config *c = s->cfg;
	char **opt = s->save.opt;
	struct buf shard = { 0 };
	size_t i;
	int r = 0;

	buf_printf(&shard, "%llu/%llu", (unsigned long long)c->shard,
	    (unsigned long long)c->shards);
	buf_putc(&shard, '\0');
	opt[CHECKPOINT_SCAN] = text_form(c->types);
	opt[CHECKPOINT_PORTS] = text_form(c->ports != NULL ? c->ports : "-");
	opt[CHECKPOINT_SHARD] = shard.p;
	opt[CHECKPOINT_RESERVED] = text_form(c->allow_reserved ? "1" : "0");
	opt[CHECKPOINT_STATELESS] = text_form(c->stateless ? "1" : "0");
	opt[CHECKPOINT_ORDER] = text_form(c->in_order ? "1" : "0");
	for (i = 0; i < CHECKPOINT_NOPTS; i++)
		if (opt[i] == NULL)
			r = -1;
	if (r == -1)
		msg_warn("out of memory");
	return r;
}

/* ---- the file ---- */

int
save_open(struct scan *s)
{
	s->save.file = keeper_open(s->cfg->checkpoint);
	if (s->save.file != NULL)
		return 0;
	msg_warn("--checkpoint %s: cannot be written: %s",
	    s->cfg->checkpoint, strerror(errno));
	return -1;
}

void
save_release(struct scan *s)
{
	size_t i;

	keeper_close(s->save.file);
	buf_release(&s->save.text);
	for (i = 0; i < CHECKPOINT_NOPTS; i++)
		free(s->save.opt[i]);
}

static void
fail(struct scan *s)
{
	if (!s->save.failed)
		msg_warn("--checkpoint %s: %s; the scan goes on, and tries "
		    "again", s->cfg->checkpoint, strerror(errno));
	s->save.failed = true;
}

/* To the file's process. */
static void
put(struct scan *s)
{
	struct save *v = &s->save;

	v->asked = false;
	v->put = clock_mono_ns();
	if (keeper_put(v->file, v->text.p, v->text.n) == -1)
		fail(s);
}

/* Is it in place? Notes when the next one is due. */
static bool
is_put(struct scan *s, bool wait)
{
	struct save *v = &s->save;
	uint64_t now;
	int r;

	if (v->put == 0)
		return true;
	if ((r = keeper_done(v->file, wait)) == 0)
		return false;
	now = clock_mono_ns();
	v->due = now + (now - v->put) * SHARE;
	if (v->due < now + EVERY)
		v->due = now + EVERY;
	v->put = 0;
	if (r == -1)
		fail(s);
	else
		v->failed = false;
	return true;
}

/* ---- what goes there ---- */

static uint64_t *
copy_bits(const _Atomic uint64_t *bits, size_t n)
{
	uint64_t *w = malloc((n > 0 ? n : 1) * sizeof(*w));
	size_t i;

	for (i = 0; w != NULL && i < n; i++)
		w[i] = atomic_load_explicit(&bits[i], memory_order_acquire);
	return w;
}

/* 0, or -1 out of memory. */
static int
take_batch(const struct batch *b, uint64_t before,
    struct checkpoint_batch *cb)
{
	size_t words = checkpoint_words(b->plan.n), i;

	*cb = (struct checkpoint_batch){ .first = b->source.first,
	    .last = b->source.last, .base = b->source.base,
	    .n = b->plan.n, .digest = b->source.digest };
	batch_reach(b, before, cb->pos);
	if (b->board.bits == NULL)
		return 0;
	if (b->board.open != NULL &&
	    (cb->open = copy_bits(b->board.open, words)) == NULL)
		return -1;
	if ((cb->answered = copy_bits(b->board.bits, words)) == NULL)
		return -1;
	/* what is open is so before it is answered */
	for (i = 0; cb->open != NULL && i < words; i++)
		cb->open[i] &= cb->answered[i];
	return 0;
}

static int
by_source(const void *x, const void *y)
{
	const struct checkpoint_batch *a = x, *b = y;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->base < b->base ? -1 : a->base > b->base;
}

/* Writes into ->text where the scan has come: what was sent so long ago that an
 * answer would be here. */
static void
take(struct scan *s, bool finished)
{
	struct checkpoint c = { .finished = finished, .lines = s->sealed,
	    .whole = s->input.eof && s->input.in.line == s->sealed };
	struct save *v = &s->save;
	uint64_t now = clock_mono_ns(), settle = pace_settle(s);
	bool oom = false;
	size_t i;

	memcpy(c.input, s->sealed_hash, sizeof(c.input));
	memcpy(c.order, s->order, sizeof(c.order));
	memcpy(c.opt, v->opt, sizeof(c.opt));
	for (; c.nbatch < s->nbatch; c.nbatch++)
		oom |= take_batch(s->batch[c.nbatch], now > settle ?
		    now - settle : 0, &c.batch[c.nbatch]) == -1;
	qsort(c.batch, c.nbatch, sizeof(c.batch[0]), by_source);
	if (s->rest.plan.n > 0)
		c.rest = (struct checkpoint_rest){ s->rest.source.first,
		    s->rest.source.last, s->rest.source.base,
		    s->rest.plan.n, s->rest.source.digest };
	v->text.n = 0;
	v->text.oom = false;
	if (!oom)
		checkpoint_put(&c, &v->text);
	oom |= v->text.oom;
	for (i = 0; i < CHECKPOINT_NOPTS; i++)
		c.opt[i] = NULL;	/* they are not its own */
	checkpoint_release(&c);
	v->asked = !oom;
	if (oom) {
		errno = ENOMEM;
		fail(s);
		v->due = now + EVERY;
	}
}

/* prt-listen is to write what it has heard so far. */
static void
ask(struct scan *s)
{
	struct board_head *h = s->board.head;

	s->save.ended = s->ended;
	s->save.mark = atomic_load_explicit(&h->mark,
	    memory_order_relaxed) + 1;
	atomic_store(&h->mark, s->save.mark);
}

static bool
is_written(const struct scan *s)
{
	struct board_head *h = s->board.head;

	return s->alone || !s->asked_listener ||
	    (atomic_load(&h->saved) >= s->save.mark &&
	    atomic_load(&h->ended) >= s->save.ended);
}

/* Until `until`, or a stop when that is UINT64_MAX. */
static bool
await_written(struct scan *s, uint64_t until)
{
	static const struct timespec nap = { 0, NS_PER_MS };

	while (!is_written(s)) {
		if (s->gone || !board_peer(&s->board) ||
		    (until == UINT64_MAX ? atomic_load(&stop) :
		    clock_mono_ns() >= until))
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

/* ---- when ---- */

void
save_turn(struct scan *s, uint64_t now)
{
	struct save *v = &s->save;

	if (v->file == NULL || s->batches == 0 || !is_put(s, false))
		return;
	if (v->asked && is_written(s)) {
		put(s);
	} else if (!v->asked && now >= v->due) {
		take(s, false);
		ask(s);
	}
}

/* The last one: as it is now, once it is written. */
static void
save_last(struct scan *s, bool finished, uint64_t until)
{
	if (s->save.file == NULL || s->gone)
		return;
	(void)is_put(s, true);
	take(s, finished);
	ask(s);
	if (s->save.asked && await_written(s, until)) {
		put(s);
		(void)is_put(s, true);
	}
}

void
save_stop(struct scan *s)
{
	if (s->batches > 0)
		save_last(s, false, clock_mono_ns() + STOP_WAIT);
}

void
save_end(struct scan *s)
{
	if (s->save.file != NULL && recout_flush(&s->out) == 0)
		save_last(s, true, UINT64_MAX);
}
