#include "batch.h"

#include <string.h>

#include "base/msg.h"
#include "live.h"
#include "world/live.h"

/* Positions of a retransmission that are looked at in one step, answered ones
 * included. */
#define LOOK	16384
/* Frames that a thread has the kernel make in one run. */
#define LIVE_AT_ONCE	((uint64_t)1 << 20)
/* Seconds that are worth a word before they are waited. */
#define SLOW	10
/* What a run costs beside its frames, until that was measured. */
#define LIVE_COST	(20 * NS_PER_MS)

void
batch_release(struct batch *b, struct board *board)
{
	ration_release(&b->slow);
	board_batch_drop(board, &b->board);
	legs_release(&b->legs);
	plan_release(&b->plan);
}

bool
batch_waits(const struct batch *b, uint64_t i)
{
	return !board_answered(&b->board, i) && (b->shards == 1 ||
	    perm_of(&b->perm, i) % b->shards == b->shard - 1);
}

/* ---- marks ---- */

/* Marks closer together than this are one, the later: an attempt need not follow
 * more finely. */
#define MARK_APART	(2 * NS_PER_MS)

/* What the next attempt has passed is of no use any more. */
static void
marks_drop(struct marks *m, uint64_t pos)
{
	unsigned i = 0;

	while (i < m->n && m->m[i].pos <= pos)
		i++;
	if (i == 0)
		return;
	m->n -= i;
	memmove(m->m, m->m + i, m->n * sizeof(*m->m));
}

/* Half of the marks go when they run out: what is lost is only precision, and
 * always to the late side. */
static void
marks_push(struct marks *m, uint64_t pos, uint64_t time)
{
	unsigned i;

	if (m->n > 1 && time - m->m[m->n - 2].time < MARK_APART)
		m->n--;
	if (m->n == MARKS) {
		for (i = 0; i < MARKS / 2; i++)
			m->m[i] = m->m[2 * i + 1];
		m->n = MARKS / 2;
	}
	m->m[m->n++] = (struct mark){ pos, time };
	m->last = time;
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

/* The marks of what the next attempt has passed are gone: that is over with, as
 * far as the next attempt itself is. */
void
batch_reach(const struct batch *b, uint64_t before,
    uint64_t pos[SCAN_ATTEMPTS])
{
	uint64_t over = 0;
	unsigned a;

	for (a = SCAN_ATTEMPTS; a-- > 0;) {
		pos[a] = marks_reach(&b->cur[a].marks, before);
		if (pos[a] < over)
			pos[a] = over;
		over = pos[a];
	}
}

void
batch_restore(struct batch *b, const uint64_t pos[SCAN_ATTEMPTS])
{
	unsigned a;

	for (a = 0; a < SCAN_ATTEMPTS; a++) {
		b->cur[a].pos = pos[a] < b->n ? pos[a] : b->n;
		if (b->cur[a].pos > 0)
			marks_push(&b->cur[a].marks, b->cur[a].pos, 0);
	}
	b->start = b->cur[0].pos;
}

/* ---- attempts ---- */

/* How long attempt a comes after the one before it. The first that keeps to the
 * rations of ICMP errors waits for them: who has none left has not shown yet that
 * it sends any. Only where something answered: who drops all is not waited for. */
static uint64_t
spacing(const struct batch *b, const struct batch_clock *c, unsigned a)
{
	return a == RATION_ATTEMPT && c->tries != 0 && c->rto < b->ration ?
	    b->ration : c->rto;
}

static bool
allowed(const struct batch *b, const struct batch_clock *c, unsigned a)
{
	if (a >= b->attempts)
		return false;
	if (a < 2 || b->board.bits == NULL || (c->tries >> (a - 1) & 1))
		return true;
	return a < b->sure && b->plan.n <= BATCH_PATIENT;
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
	struct batch		*b;
	unsigned		 attempt;
	/* of frames that the kernel makes */
	uint64_t		 pps;		/* of a thread */
	const atomic_bool	*stop;
};

static uint64_t
index_at(const struct batch *b, uint64_t pos)
{
	return perm_at(&b->perm, shard_pos(pos, b->shard, b->shards));
}

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
		i = index_at(b, pos);
		if (j->attempt > 0 && board_answered(&b->board, i))
			continue;
		if (j->attempt >= RATION_ATTEMPT && ration_has(b, i))
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
	struct job j = { .b = b, .attempt = a };
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
	if (cur->pos != start) {
		marks_push(&cur->marks, cur->pos, clock_mono_ns());
		if (a > 0)
			marks_drop(&b->cur[a - 1].marks, cur->pos);
	}
	return (int64_t)sent;
}

/* ---- frames that the kernel makes ---- */

/* Notes when the probes will go out, as nearly as can be told before. */
static void
note_times(struct batch *b, const struct job *j, uint64_t from, uint64_t to)
{
	uint64_t pos, wall;

	if (b->board.times == NULL)
		return;
	wall = clock_wall_ns();
	for (pos = from; pos < to; pos++)
		board_sent(&b->board, index_at(b, pos), 0, j->pps == 0 ? wall :
		    wall + (pos - from) * NS_PER_S / j->pps);
}

static int
run_live(void *arg, struct sender *s, struct slice *sl)
{
	const struct job *j = arg;
	struct live *l = live_memory(s->live);
	uint64_t none = l->unreached;
	int r;

	note_times(j->b, j, sl->from, sl->to);
	l->at = sl->from;
	l->end = sl->to;
	l->pps = j->pps;
	r = live_run(s->live, j->stop);
	sl->unreached = l->unreached - none;
	sl->sent = l->at - sl->from - sl->unreached;
	tx_count(s->tx, &tx_live, sl->sent);
	return r == -1 ? sender_fail(s) : 0;
}

void
batch_live_open(struct batch *b, struct pool *p)
{
	unsigned i;

	b->live = b->n > 0;
	b->live_cost = LIVE_COST;
	for (i = 0; i < p->active && b->live; i++)
		b->live = p->worker[i].sender.live != NULL &&
		    live_fill(&p->worker[i].sender, &b->plan, &b->legs,
		    &b->perm, b->shard, b->shards);
}

/* The kernel takes its time to begin and end a run: what is left of a run's
 * share of time is for its frames. */
static uint64_t
live_pace(const struct batch *b, uint64_t n, uint64_t span, unsigned threads)
{
	uint64_t cost = b->live_cost < span / 2 ? b->live_cost : span / 2;

	return span == 0 ? 0 : (uint64_t)((double)n * 1e9 /
	    (double)(span - cost) / threads) + 1;
}

int64_t
batch_live(struct batch *b, struct pool *p, double pps,
    const atomic_bool *stopped)
{
	struct cursor *cur = &b->cur[0];
	struct job j = { .b = b, .stop = stopped };
	uint64_t n = LIVE_AT_ONCE * p->active, span = 0, took;
	struct slice sl;

	if (pps != 0 && pps * LIVE_RUN_MS / 1000 < (double)n)
		n = (uint64_t)(pps * LIVE_RUN_MS / 1000) + 1;
	if (n > b->n - cur->pos)
		n = b->n - cur->pos;
	if (pps != 0)
		span = (uint64_t)((double)n * 1e9 / pps);
	j.pps = live_pace(b, n, span, p->active);
	sl = (struct slice){ .from = cur->pos, .to = cur->pos + n };
	took = clock_mono_ns();
	if (pool_run(p, run_live, &j, &sl) == -1)
		return -1;
	took = clock_mono_ns() - took;
	if (span != 0)
		b->live_cost = took + b->live_cost > span ?
		    took + b->live_cost - span : 0;
	cur->pos = sl.to;
	b->live = cur->pos < b->n;
	b->unreached += sl.unreached;
	marks_push(&cur->marks, cur->pos, clock_mono_ns());
	return (int64_t)sl.sent;
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
	if (b->slow.n > 0 && sent < quota) {
		n = ration_step(b, p, c, quota - (uint32_t)sent);
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

/* Hosts that ration their errors are what is left in the end. */
static uint64_t
slow_due(struct batch *b, const struct batch_clock *c)
{
	uint64_t seconds;

	if (b->ration != 0 && !b->rationed) {
		b->rationed = true;
		seconds = ration_start(b, c->now);
		if (seconds >= SLOW)
			msg_warn("%zu host%s ration%s ICMP errors: UDP ports "
			    "without an answer are asked again at that pace, "
			    "%llu s at most; -T5 leaves them open|filtered",
			    b->slow.n, b->slow.n == 1 ? "" : "s",
			    b->slow.n == 1 ? "s" : "",
			    (unsigned long long)seconds);
	}
	if (b->slow.n > 0)
		return b->slow.due <= c->now ? 0 : b->slow.due;
	b->done = true;
	return UINT64_MAX;
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
	last = b->cur[a - 1].marks.last == 0 ? 0 :
	    b->cur[a - 1].marks.last + c->settle;
	if (last > c->now)
		return last;
	return slow_due(b, c);
}
