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
#define SIGMAS		3.0
#define REF_DECAY	0.875
#define RECENT_DECAY	0.9
#define TRIAL_MAX	3
#define TRIAL_ANSWERS	200.0
#define CUT_TO		0.8		/* of the knee */
#define CUT_MIN		0.75		/* a cut is to at most this */
#define CUT_MAX		0.25		/* and to no less than this */
#define CUT_DROPPED	0.7
#define STEP		(1.0 / 64)	/* of the knee: the additive increase */
#define BLIND_LOSS	0.1

void
congest_init(struct congest *c, double floor, double ceiling, uint64_t now)
{
	memset(c, 0, sizeof(*c));
	c->floor = floor;
	c->ceiling = ceiling;
	c->rate = fmin(ceiling, fmax(floor, START_RATE));
	c->slow_start = true;
	c->phase = CONGEST_START;
	c->since = now;
}

void
congest_pass(struct congest *c)
{
	c->ref[1].sent = c->ref[1].got = 0;
	memset(&c->recent, 0, sizeof(c->recent));
	c->blind_cut = false;
	c->trial = 0;
	c->phase = CONGEST_START;
}

static void
set_rate(struct congest *c, double rate)
{
	c->rate = fmin(c->ceiling, fmax(c->floor, rate));
}

/* What one measurement saw. */
struct sample {
	double	sent[2];
	double	got[2];
	double	dropped;
	double	rate;		/* really sent, first and again */
	double	promise;	/* answers, were the yield as the reference's */
	double	answers;	/* of the kinds that have a reference */
	double	var;		/* of answers - promise */
};

static void
take_sample(const struct congest *c, const struct congest_total *now,
    struct sample *s)
{
	double y;

	s->sent[0] = (double)(c->sent1.sent - c->sent0.sent);
	s->sent[1] = (double)(c->sent1.resent - c->sent0.resent);
	s->got[0] = (double)(now->first - c->got0.first);
	s->got[1] = (double)(now->late - c->got0.late);
	s->dropped = (double)(now->dropped - c->sent0.dropped);
	s->rate = (s->sent[0] + s->sent[1]) * 1e9 / (double)c->span;
	s->promise = s->answers = s->var = 0;
	for (int k = 0; k < 2; k++) {
		if (c->ref[k].got < JUDGE_ANSWERS)
			continue;
		y = c->ref[k].got / c->ref[k].sent;
		s->promise += s->sent[k] * y;
		s->answers += s->got[k];
		s->var += s->sent[k] * y +
		    s->sent[k] * y * s->sent[k] * y / c->ref[k].got;
	}
}

static void
learn(struct congest *c, const struct sample *s)
{
	memcpy(c->ref_before, c->ref, sizeof(c->ref));
	for (int k = 0; k < 2; k++) {
		if (s->sent[k] == 0)
			continue;
		if (c->ref[k].got >= 4 * JUDGE_ANSWERS) {
			c->ref[k].sent *= REF_DECAY;
			c->ref[k].got *= REF_DECAY;
		}
		c->ref[k].sent += s->sent[k];
		c->ref[k].got += s->got[k];
	}
}

/* Scales what the references promise: the population changed, or the path's
 * loss by chance did. */
static void
rebase(struct congest *c, double share)
{
	for (int k = 0; k < 2; k++)
		c->ref[k].got *= share;
}

static void
cut(struct congest *c, double from, double to)
{
	c->slow_start = false;
	memset(&c->recent, 0, sizeof(c->recent));
	to = fmax(fmin(to, from * CUT_MIN), from * CUT_MAX);
	set_rate(c, to);
}

static void
grow(struct congest *c, const struct sample *s)
{
	/* A sender that does not reach its rate learns nothing by a higher. */
	if (s->rate < 0.75 * c->rate)
		return;
	if (c->slow_start) {
		set_rate(c, c->rate * 2);
		return;
	}
	if (c->rate > c->knee)
		c->knee = c->rate;
	set_rate(c, c->rate + c->knee * STEP);
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
	rebase(c, share);
	c->knee = c->trial_rate;
	set_rate(c, c->trial_rate);
	return true;
}

/* Too few answers to compare yields, but retransmissions bring what first
 * attempts lost: once a pass, slow down by as much. */
static void
cut_blindly(struct congest *c, const struct congest_total *t)
{
	double all = (double)(t->first + t->late);

	if (c->judged || c->blind_cut || all < JUDGE_ANSWERS ||
	    (double)t->late < BLIND_LOSS * all)
		return;
	c->blind_cut = true;
	c->knee = c->rate;
	cut(c, c->rate, c->rate * fmax(0.5, 1 - (double)t->late / all));
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
	if (s.sent[0] + s.sent[1] == 0)
		return;
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
		memcpy(c->ref, c->ref_before, sizeof(c->ref));
		take_sample(c, now, &s);
		if (s.promise > s.answers)
			share = s.answers / s.promise;
	}
	if (share < 1) {
		c->trial = TRIAL_MAX;
		c->trial_rate = c->rate;
		c->trial_share = share;
		/* promise : answers = sent : delivered */
		c->knee = fmax(s.rate * share, c->floor);
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
