#include "run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"

/* Input that pauses this long becomes a batch; so does input that trickles on
 * without a pause, after LINGER. */
#define PAUSE		(20 * (uint64_t)NS_PER_MS)
#define LINGER		(500 * (uint64_t)NS_PER_MS)
/* How often input and listener are looked after while sending. */
#define LOOK_AROUND	(1 * (uint64_t)NS_PER_MS)
/* The shortest sleep, and the one for a full window. */
#define NAP_MIN		(50 * (uint64_t)NS_PER_US)
#define WINDOW_NAP	(20 * (uint64_t)NS_PER_US)
/* Parts of a plan at once: their answers are in each checkpoint. */
#define MOST_PARTS	4
/* A lower rate is steered better without long runs in the kernel. */
#define LIVE_PPS	200e3

/* ---- input ---- */

int
loop_read(struct scan *s, uint64_t now)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	long n;

	if (s->input.eof || poll(&pfd, 1, 0) != 1)
		return 0;
	n = recin_fill(&s->input.in);
	if (n == -1) {
		if (errno == EINTR || errno == EAGAIN)
			return 0;
		msg_warn("cannot read standard input: %s", strerror(errno));
		return -1;
	}
	s->input.eof = n == 0;
	if ((n = input_take(&s->input, &s->plan)) == -1)
		return -1;
	if (s->pending == 0)
		s->pending_since = now;
	s->pending += n;
	s->input_at = now;
	return 0;
}

static bool
time_to_seal(const struct scan *s, uint64_t now)
{
	if ((s->pending == 0 && s->input.pass.n == 0) ||
	    s->nbatch == MAX_BATCHES || s->rest.plan.n > 0)
		return false;
	/* shards are of one plan: batches fall differently at every run */
	if (s->input.eof || s->cfg->shards > 1)
		return s->input.eof;
	return now - s->input_at >= PAUSE ||
	    (now - s->pending_since >= LINGER && s->nbatch == 0);
}

/* The next part of a plan follows when no first attempts are left. */
static bool
time_for_part(const struct scan *s)
{
	size_t i;

	if (s->rest.plan.n == 0 || s->nbatch >= MOST_PARTS)
		return false;
	for (i = 0; i < s->nbatch; i++)
		if (s->batch[i]->cur[0].pos < s->batch[i]->n)
			return false;
	return true;
}

/* ---- sending ---- */

static void
note_sent(struct scan *s, uint64_t before)
{
	if (s->first_sent == 0)
		s->first_sent = before;
	s->last_sent = clock_mono_ns();
}

static int
send_live(struct scan *s, struct batch *b)
{
	uint64_t now = clock_mono_ns();

	if (batch_live(b, &s->pool, s->rate.pps, &stop) == -1)
		return -1;
	note_sent(s, now);
	rate_restart(&s->rate, clock_mono_ns());
	return 0;
}

static bool
goes_live(const struct scan *s, const struct batch *b)
{
	return b->live && (s->rate.pps == 0 || s->rate.pps >= LIVE_PPS);
}

/* One round over the batches: -1 after a message, else the time until there is
 * something to do (0: at once). */
static int64_t
send_round(struct scan *s)
{
	struct batch_clock c = { .now = clock_mono_ns(),
	    .rto = pace_timeout(s), .settle = pace_settle(s) };
	uint64_t due, next = UINT64_MAX, room;
	uint32_t grant, want = TX_BATCH * s->pool.active;
	int64_t sent;
	size_t i;

	if (s->have_board)
		c.tries = atomic_load_explicit(&s->board.head->tries,
		    memory_order_relaxed);
	pace_update(s, c.now);
	for (i = 0; i < s->nbatch;) {
		due = batch_due(s->batch[i], &c);
		if (!s->batch[i]->done && s->batch[i]->until != 0 &&
		    c.now >= s->batch[i]->until) {
			if (giveup_tell(s, s->batch[i]) == -1)
				return -1;
			s->batch[i]->done = true;
		}
		if (s->batch[i]->done) {
			announce_end(s, i);
			continue;
		}
		if (due <= c.now && (room = pace_window(s)) == 0) {
			due = c.now + WINDOW_NAP;
		} else if (due <= c.now && goes_live(s, s->batch[i])) {
			if (send_live(s, s->batch[i]) == -1)
				return -1;
		} else if (due <= c.now) {
			grant = rate_grant(&s->rate, c.now, room < want ?
			    (uint32_t)room : want);
			sent = grant == 0 ? 0 : batch_step(s->batch[i],
			    &s->pool, &c, grant);
			if (sent == -1)
				return -1;
			if (sent > 0)
				note_sent(s, c.now);
			rate_settle(&s->rate, (int64_t)grant - sent);
			due = c.now + (grant == 0 ?
			    rate_wait(&s->rate, c.now) : 0);
		}
		if (due < next)
			next = due;
		i++;
	}
	return next == UINT64_MAX ? INT64_MAX :
	    next <= c.now ? 0 : (int64_t)(next - c.now);
}

/* First attempts are nearly all of the work; what trails them counts as one
 * more probe of the batch. */
static void
show_progress(struct scan *s, uint64_t now)
{
	struct progress_state st = { .total = s->probes,
	    .more = !s->input.eof, .sent = pool_sent(&s->pool) };
	size_t i;

	if (!progress_due(&s->progress, now))
		return;
	st.done = pace_sent(s);
	for (i = 0; i < s->nbatch; i++)
		st.done -= s->batch[i]->n > 0 &&
		    s->batch[i]->cur[0].pos == s->batch[i]->n;
	if (s->have_board)
		st.found = atomic_load(&s->board.head->open);
	progress_show(&s->progress, now, &st);
}

/* Sleeps until there is input or `ns` have passed; less while answers come in,
 * since the last one ends the scan. */
void
loop_rest(struct scan *s, uint64_t ns)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	struct timespec ts;
	uint64_t got = pace_answered(s);

	s->nap = got != s->answered_was ? NAP_MIN : s->nap + s->nap / 2;
	s->answered_was = got;
	if (s->nap < NAP_MIN)
		s->nap = NAP_MIN;
	if (s->nap > PAUSE)
		s->nap = PAUSE;
	if (ns > s->nap)
		ns = s->nap;
	ts = (struct timespec){ 0, (long)ns };
	/* ppoll() rounds up by the timer slack, 50 us: fine for all but the
	 * last stretch to the next packet */
	(void)ppoll(&pfd, s->input.eof ? 0 : 1, &ts, NULL);
}

static int
look_around(struct scan *s, uint64_t now)
{
	if (now - s->looked < LOOK_AROUND)
		return 0;
	s->looked = now;
	if (loop_read(s, now) == -1)
		return -1;
	if (time_to_seal(s, now) && announce_batch(s) == -1)
		return -1;
	if (time_for_part(s) && announce_part(s) == -1)
		return -1;
	save_turn(s, now);
	if (s->asked_listener && !s->alone && !board_peer(&s->board))
		s->gone = true;
	if (progress_hear(&s->progress))
		pace_steer(s);
	show_progress(s, now);
	return 0;
}

void
loop_run(struct scan *s)
{
	int64_t wait;

	while (!atomic_load(&stop) && !s->gone && !s->failed) {
		if (look_around(s, clock_mono_ns()) == -1 || (wait =
		    s->progress.paused ? (int64_t)PAUSE : send_round(s)) == -1) {
			s->failed = true;
			return;
		}
		if (s->nbatch == 0) {
			if (s->input.eof && s->pending == 0 &&
			    s->input.pass.n == 0 && s->rest.plan.n == 0)
				return;
			wait = PAUSE;
		}
		if (wait > 0 && !s->input.eof)
			s->looked = 0;
		if (wait > 0)
			loop_rest(s, (uint64_t)wait);
	}
}
