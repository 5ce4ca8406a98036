#include "pure/congest.h"

#include <math.h>
#include <string.h>

#define MS		UINT64_C(1000000)
#define START_RATE	500.0
#define SEND_MIN_NS	(5 * MS)	/* a measurement is at least so long */
#define SEND_MAX_NS	(250 * MS)	/* and waits no longer for probes */
#define SEND_PROBES	16		/* than until it sent so many */
#define RTT_UNKNOWN	(50 * MS)
#define RTT_MAX		(1000 * MS)
#define JUDGE_ANSWERS	20.0		/* promised answers that allow a verdict */
#define SHARE_BAD	0.93		/* less than this of the promise is loss */
#define SIGMAS		3.5
#define REF_DECAY	0.95
#define RECENT_DECAY	0.9
#define TRIAL_MAX	3
#define TRIAL_ANSWERS	200.0
#define CUT_TO		0.8		/* of the knee */
#define CUT_MIN		0.75		/* a cut is to at most this */
#define CUT_MAX		0.25		/* and to no less than this */
#define CUT_DROPPED	0.7
#define STEP		(1.0 / 64)	/* of the knee: the additive increase */
#define CALM		24		/* so many of them, then it doubles */
#define CALM_MORE	1.0905077326652577 /* 2^(1/8): with every 8 more */
#define STEP_MAX	0.25		/* of the rate */
#define BLIND_LOSS	0.1
#define AGAIN_TO	0.8		/* of the knee: retransmissions alone */

/* For fmin(), fmax() and an errno of sqrt() the math library would be loaded. */
static double
least(double a, double b)
{
	return a < b ? a : b;
}

static double
most(double a, double b)
{
	return a > b ? a : b;
}

void
congest_init(struct congest *c, double floor, double ceiling, uint64_t now)
{
	memset(c, 0, sizeof(*c));
	c->floor = floor;
	c->ceiling = ceiling;
	c->rate = least(ceiling, most(floor, START_RATE));
	c->slow_start = true;
	c->phase = CONGEST_START;
	c->since = now;
}

static void
set_rate(struct congest *c, double rate)
{
	c->rate = least(c->ceiling, most(c->floor, rate));
}

/* What one measurement saw. */
struct sample {
	double	first, again;	/* sent: first attempts, retransmissions */
	double	answers;	/* to first attempts */
	double	dropped;
	double	rate;		/* really sent, first and again */
	double	promise;	/* answers, were the yield as the reference's */
	double	var;		/* of answers - promise */
};

static void
take_sample(const struct congest *c, const struct congest_total *now,
    struct sample *s)
{
	double y;

	s->first = (double)(c->sent1.sent - c->sent0.sent);
	s->again = (double)(c->sent1.resent - c->sent0.resent);
	s->answers = (double)(now->first - c->got0.first);
	s->dropped = (double)(now->dropped - c->sent0.dropped);
	s->rate = (s->first + s->again) * 1e9 / (double)c->span;
	s->promise = s->var = 0;
	if (c->ref.got < JUDGE_ANSWERS)
		return;
	y = c->ref.got / c->ref.sent;
	s->promise = s->first * y;
	s->var = s->promise + s->promise * s->promise / c->ref.got;
}

static void
learn(struct congest *c, const struct sample *s)
{
	c->ref_before = c->ref;
	if (c->ref.got >= 4 * JUDGE_ANSWERS) {
		c->ref.sent *= REF_DECAY;
		c->ref.got *= REF_DECAY;
	}
	c->ref.sent += s->first;
	c->ref.got += s->answers;
}

static void
cut(struct congest *c, double from, double to)
{
	c->slow_start = false;
	c->calm = 0;
	memset(&c->recent, 0, sizeof(c->recent));
	to = most(least(to, from * CUT_MIN), from * CUT_MAX);
	set_rate(c, to);
}

static void
grow(struct congest *c, const struct sample *s)
{
	double step;
	unsigned i;

	/* A sender that does not reach its rate learns nothing by a higher. */
	if (s->rate < 0.75 * c->rate)
		return;
	if (c->slow_start) {
		set_rate(c, c->rate * 2);
		return;
	}
	if (c->rate > c->knee)
		c->knee = c->rate;
	/* a knee that nothing confirms for so long was chance, or is gone */
	step = c->knee * STEP;
	c->calm++;
	for (i = CALM; i < c->calm && step < c->rate; i++)
		step *= CALM_MORE;
	set_rate(c, c->rate + least(step, c->rate * STEP_MAX));
}

/* The measurements after a cut: true while the verdict is out, and when the
 * cut did not help and was undone. Had the rate been to blame, the share of
 * answers would have risen about as much as the rate fell. */
static bool
on_trial(struct congest *c, const struct sample *s)
{
	double share, helped;

	c->recent.promise += s->promise;
	c->recent.answers += s->answers;
	if (--c->trial > 0 && c->recent.promise < TRIAL_ANSWERS)
		return true;
	c->trial = 0;
	share = c->recent.answers / c->recent.promise;
	helped = c->trial_share * sqrt(c->trial_rate / c->rate);
	memset(&c->recent, 0, sizeof(c->recent));
	if (share >= helped || share >= SHARE_BAD)
		return false;
	/* the population changed, or the path's loss by chance did */
	c->ref.got *= share;
	c->knee = c->trial_rate;
	set_rate(c, c->trial_rate);
	return true;
}

/* Too few answers to compare yields, but retransmissions bring what first
 * attempts lost: once, slow down by as much. */
static void
cut_blindly(struct congest *c, const struct congest_total *t)
{
	double all = (double)(t->first + t->late);

	if (c->judged || c->blind_cut || all < JUDGE_ANSWERS ||
	    (double)t->late < BLIND_LOSS * all)
		return;
	c->blind_cut = true;
	c->knee = c->rate;
	cut(c, c->rate, c->rate * most(0.5, 1 - (double)t->late / all));
}

/* Is so much less than promised more than chance? */
static bool
falls_short(double answers, double promise, double var)
{
	return answers < SHARE_BAD * promise &&
	    answers < promise - SIGMAS * sqrt(var);
}

/* The share of the promise that came, when that is evidence of a path too
 * full; else 1. */
static double
shortfall(struct congest *c, const struct sample *s)
{
	c->recent.promise = RECENT_DECAY * c->recent.promise + s->promise;
	c->recent.answers = RECENT_DECAY * c->recent.answers + s->answers;
	c->recent.var = RECENT_DECAY * RECENT_DECAY * c->recent.var + s->var;
	if (falls_short(s->answers, s->promise, s->var))
		return s->answers / s->promise;
	if (falls_short(c->recent.answers, c->recent.promise, c->recent.var))
		return c->recent.answers / c->recent.promise;
	return 1;
}

/* What is sent again goes to who was silent, in places where much was lost and
 * in others where nothing was: its yield says nothing of the path, and what is
 * lost now is lost for good. So the rate is one that was found to be safe. */
static void
hold(struct congest *c, const struct congest_total *now)
{
	if (c->knee > 0)
		set_rate(c, AGAIN_TO * c->knee);
	cut_blindly(c, now);
}

static void
judge(struct congest *c, const struct congest_total *now)
{
	struct sample s;
	double share;

	take_sample(c, now, &s);
	if (s.dropped > 0) {
		c->trial = 0;
		c->knee = c->rate;
		cut(c, c->rate, c->rate * CUT_DROPPED);
		return;
	}
	if (s.first + s.again == 0)
		return;
	if (s.first == 0) {
		hold(c, now);
		return;
	}
	if (s.promise < JUDGE_ANSWERS) {
		learn(c, &s);
		grow(c, &s);
		cut_blindly(c, now);
		return;
	}
	c->judged = true;
	if (c->trial > 0 && on_trial(c, &s))
		return;
	share = shortfall(c, &s);
	if (share < 1 && c->slow_start) {
		/* The doubling before this one may have gone too far already,
		 * by too little to notice: unlearn it. */
		c->ref = c->ref_before;
		take_sample(c, now, &s);
		if (s.promise > s.answers)
			share = s.answers / s.promise;
	}
	if (share < 1) {
		c->trial = TRIAL_MAX;
		c->trial_rate = c->rate;
		c->trial_share = share;
		/* promise : answers = sent : delivered */
		c->knee = most(s.rate * share, CUT_MAX * c->rate);
		cut(c, c->rate, CUT_TO * c->knee);
		return;
	}
	/* Near the knee a yield may already be short by what no test can see:
	 * learning it would let the reference sink step by step. */
	if (c->knee == 0 || c->rate <= 0.9 * c->knee)
		learn(c, &s);
	grow(c, &s);
}

static void
enter(struct congest *c, int phase, uint64_t now)
{
	c->phase = phase;
	c->since = now;
}

double
congest_update(struct congest *c, uint64_t now, uint64_t rtt,
    const struct congest_total *t)
{
	uint64_t age = now > c->since ? now - c->since : 0;

	if (rtt == 0)
		rtt = RTT_UNKNOWN;
	if (rtt > RTT_MAX)
		rtt = RTT_MAX;
	if (c->phase == CONGEST_START) {
		c->sent0 = c->sent1 = *t;
		c->got0_set = false;
		enter(c, CONGEST_SEND, now);
		return c->rate;
	}
	if (!c->got0_set && (c->phase == CONGEST_DRAIN ? age + c->span : age) >=
	    rtt) {
		c->got0 = *t;
		c->got0_set = true;
	}
	if (c->phase == CONGEST_SEND) {
		uint64_t n = t->sent + t->resent - c->sent0.sent -
		    c->sent0.resent;

		if (age < SEND_MIN_NS || age < rtt ||
		    (n < SEND_PROBES && age < SEND_MAX_NS))
			return c->rate;
		c->sent1 = *t;
		c->span = age;
		enter(c, CONGEST_DRAIN, now);
		return c->rate;
	}
	if (age < rtt)
		return c->rate;
	judge(c, t);
	enter(c, CONGEST_START, now);
	return c->rate;
}

void
congest_bound(struct congest *c, double ceiling)
{
	c->ceiling = ceiling < c->floor ? c->floor : ceiling;
	if (c->rate > c->ceiling)
		c->rate = c->ceiling;
}
