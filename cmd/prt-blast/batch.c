#include "batch.h"

/* Positions of a retransmission that are looked at in one step, answered ones
 * included. */
#define LOOK	16384

void
batch_release(struct batch *b, struct board *board)
{
	board_batch_drop(board, &b->board);
	legs_release(&b->legs);
	plan_release(&b->plan);
}

/* ---- marks ---- */

/* Half of the marks go when they run out: what is lost is only precision, and
 * always to the late side. */
static void
marks_push(struct marks *m, uint64_t pos, uint64_t time)
{
	unsigned i;

	if (m->n == MARKS) {
		for (i = 0; i < MARKS / 2; i++)
			m->m[i] = m->m[2 * i + 1];
		m->n = MARKS / 2;
	}
	m->m[m->n++] = (struct mark){ pos, time };
}

/* The position below which everything was sent at `time` or before. */
static uint64_t
marks_reach(const struct marks *m, uint64_t time)
{
	unsigned i = m->n;

	while (i > 0 && m->m[i - 1].time > time)
		i--;
	return i == 0 ? 0 : m->m[i - 1].pos;
}

/* When the first mark above pos was made; UINT64_MAX: there is none. */
static uint64_t
marks_time(const struct marks *m, uint64_t pos)
{
	unsigned i;

	for (i = 0; i < m->n; i++)
		if (m->m[i].pos > pos)
			return m->m[i].time;
	return UINT64_MAX;
}

/* ---- attempts ---- */

/* Does attempt a wait for the next ration of ICMP errors? Only where something
 * answered: who drops all is not waited for. */
static bool
rationed(const struct batch *b, const struct batch_clock *c, unsigned a)
{
	return b->ration != 0 && a >= BATCH_RATIONED && c->tries != 0;
}

/* How long attempt a comes after the one before it. */
static uint64_t
spacing(const struct batch *b, const struct batch_clock *c, unsigned a)
{
	return rationed(b, c, a) && c->rto < b->ration ? b->ration : c->rto;
}

static bool
allowed(const struct batch *b, const struct batch_clock *c, unsigned a)
{
	if (a >= b->attempts)
		return false;
	if (a < 2 || b->board.bits == NULL || (c->tries >> (a - 1) & 1))
		return true;
	return a < (rationed(b, c, a) ? BATCH_RATIONED + 1 : BATCH_SURE) &&
	    b->plan.n <= BATCH_PATIENT;
}

/* How far attempt a may go now. */
static uint64_t
limit(const struct batch *b, const struct batch_clock *c, unsigned a)
{
	uint64_t wait = spacing(b, c, a);

	if (a == 0)
		return b->n;
	if (!allowed(b, c, a) || c->now < wait)
		return 0;
	return marks_reach(&b->cur[a - 1].marks, c->now - wait);
}

struct job {
	struct batch	*b;
	unsigned	 attempt;
};

/* One thread's part of an attempt. */
static int
send_slice(void *arg, struct sender *s, struct slice *sl)
{
	const struct job *j = arg;
	struct batch *b = j->b;
	uint64_t pos, i, wall = 0;
	int n;

	for (pos = sl->from; pos < sl->to; pos++) {
		if (((pos - sl->from) & (TX_BATCH - 1)) == 0)
			wall = clock_wall_ns();
		i = perm_at(&b->perm, shard_pos(pos, b->shard, b->shards));
		if (j->attempt > 0 && board_answered(&b->board, i))
			continue;
		board_sent(&b->board, i, j->attempt, wall);
		if ((n = sender_put(s, &b->plan, &b->legs, i,
		    j->attempt)) == -1)
			return -1;
		sl->unreached += n == 0;
		sl->sent += (uint64_t)n;
	}
	return sender_flush(s);
}

/* Sends attempt a from its cursor on: packets sent, or -1. */
static int64_t
advance(struct batch *b, struct pool *p, const struct batch_clock *c,
    unsigned a, uint32_t quota)
{
	struct cursor *cur = &b->cur[a];
	uint64_t end = limit(b, c, a), start = cur->pos;
	struct job j = { b, a };
	struct slice sl;
	uint64_t sent = 0;

	if (a > 0 && end > start + LOOK)
		end = start + LOOK;
	while (cur->pos < end && sent < quota) {
		sl = (struct slice){ .from = cur->pos, .to = end };
		if (sl.to - sl.from > quota - sent)
			sl.to = sl.from + (quota - sent);
		if (pool_run(p, send_slice, &j, &sl) == -1)
			return -1;
		cur->pos = sl.to;
		sent += sl.sent;
		if (a == 0)
			b->unreached += sl.unreached;
	}
	if (cur->pos != start)
		marks_push(&cur->marks, cur->pos, clock_mono_ns());
	return (int64_t)sent;
}

/* Late attempts first: they are few, and their probes have waited. */
int64_t
batch_step(struct batch *b, struct pool *p, const struct batch_clock *c,
    uint32_t quota)
{
	int64_t n, sent = 0;
	unsigned a;

	for (a = b->attempts; a-- > 0 && sent < quota;) {
		n = advance(b, p, c, a, quota - (uint32_t)sent);
		if (n == -1)
			return -1;
		sent += n;
	}
	return sent;
}

static bool
all_answered(const struct batch *b)
{
	uint64_t answered = b->board.answered == NULL ? 0 :
	    atomic_load_explicit(b->board.answered, memory_order_acquire);

	/* a host's answer counts for all its probes, also for those that
	 * belong to another shard */
	return (b->shards == 1 || !b->asks_hosts) && answered + b->unreached >= b->n;
}

/* The end of a batch: every probe is answered, or the last attempt that goes
 * out has come to its end and its answers have had their time. */
uint64_t
batch_due(struct batch *b, const struct batch_clock *c)
{
	uint64_t due = UINT64_MAX, at, last;
	unsigned a;

	if (b->cur[0].pos < b->n)
		return 0;
	if (all_answered(b)) {
		b->done = true;
		return UINT64_MAX;
	}
	for (a = 1; a < b->attempts; a++) {
		if (b->cur[a].pos >= b->n)
			continue;
		if (!allowed(b, c, a))
			break;
		at = marks_time(&b->cur[a - 1].marks, b->cur[a].pos);
		if (at != UINT64_MAX && at + spacing(b, c, a) < due)
			due = at + spacing(b, c, a);
		/* the attempts behind it wait for this one */
		return due <= c->now ? 0 : due;
	}
	/* b->n may be 0: a shard without a probe */
	last = b->cur[a - 1].marks.n == 0 ? 0 :
	    b->cur[a - 1].marks.m[b->cur[a - 1].marks.n - 1].time + c->rto;
	if (last > c->now)
		return last;
	b->done = true;
	return UINT64_MAX;
}
