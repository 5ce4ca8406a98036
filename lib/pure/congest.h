/* How fast a path takes probes: rate control that tells loss by congestion
 * from loss by chance. Layer 1.
 *
 * Probes go out in random order, so whatever share of them has an answer to
 * give is the same at every moment of the scan. That makes the yield, answers
 * for each probe sent, a measure of loss that needs no retransmission: a path
 * that is full answers less of what is sent the faster one sends, a path that
 * loses one packet in twenty by chance does so at every rate. The rate is
 * doubled while the yield holds (slow start), cut to what the path delivered
 * when it fell (multiplicative decrease, at most once a measurement, which
 * lasts more than one round trip), and raised by small equal steps after that
 * (additive increase), which grow when nothing comes of them for long. A cut
 * that did not mend the yield is taken back: then it was not the rate.
 *
 * Retransmissions go to who was silent, and where the path lost much: their
 * yield is no measure, so while nothing else is sent the rate stays below where
 * the path was found to be full. Answers that only a retransmission brought
 * count as evidence of loss where too few answers came to compare yields.
 * Packets that the own kernel dropped always cut the rate.
 */
#ifndef PRT_PURE_CONGEST_H
#define PRT_PURE_CONGEST_H

#include <stdbool.h>
#include <stdint.h>

/* Totals since the start of the scan; they only grow. */
struct congest_total {
	uint64_t	sent;		/* first attempts */
	uint64_t	resent;		/* retransmissions */
	uint64_t	first;		/* answers to a first attempt */
	uint64_t	late;		/* answers that a retransmission got */
	uint64_t	dropped;	/* by the own kernel, either direction */
};

struct congest {
	double		rate;		/* packets a second, now */
	double		floor;
	double		ceiling;
	double		knee;		/* where the path got full; 0: unknown */
	bool		slow_start;
	unsigned	calm;		/* increases since the last cut */
	/* Yield of first attempts at rates the path takes with ease. */
	struct congest_ref {
		double	sent;
		double	got;
	} ref, ref_before;		/* and before the last was learned */
	/* Recent measurements together, the older the fainter: what none of
	 * them shows alone. */
	struct {
		double	promise;
		double	answers;
		double	var;
	} recent;
	/* A cut on trial, for so many more measurements: the rate before it and
	 * the yield that led to it, as a share of what the reference promised. */
	unsigned	trial;
	double		trial_rate;
	double		trial_share;
	bool		judged;		/* yields were compared at two rates */
	bool		blind_cut;	/* late answers cut the rate */
	/* The measurement under way: answers trail what was sent by a round
	 * trip, and so do their marks. */
	enum { CONGEST_START, CONGEST_SEND, CONGEST_DRAIN } phase;
	uint64_t	since;		/* the phase's start */
	uint64_t	span;		/* ns that CONGEST_SEND lasted */
	struct congest_total sent0;	/* at CONGEST_SEND's start */
	struct congest_total sent1;	/* at its end */
	struct congest_total got0;	/* a round trip after its start */
	bool		got0_set;
};

/* Rates are packets a second, 0 < floor <= ceiling; the first rate is a modest
 * one between them. */
void	congest_init(struct congest *, double floor, double ceiling,
	    uint64_t now);
/* Another ceiling from now on, not below the floor. */
void	congest_bound(struct congest *, double ceiling);
/* Takes note of the totals so far and of the present smoothed round trip time
 * (ns, 0 when nothing answered yet); the rate from now on. Call it as often
 * as is convenient, at least once every few milliseconds while sending. */
double	congest_update(struct congest *, uint64_t now, uint64_t rtt,
	    const struct congest_total *);

#endif
