#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "pure/congest.h"
#include "pure/rate.h"

#define MS	UINT64_C(1000000)
#define RING	1024		/* ms of round trip that the path can hold */

/* A path in steps of one millisecond: what is sent beyond its capacity is
 * dropped at once, so is a share by chance; of what is left, a share has an
 * answer, which comes after the round trip. */
struct path {
	double		capacity;	/* packets a second, 0: no bound */
	double		loss;		/* by chance */
	double		share;		/* of probes that have an answer */
	unsigned	rtt;		/* ms */
	uint64_t	rnd;
	uint32_t	answers[2][RING];	/* to first attempts, to others */
	uint64_t	now;		/* ms */
	struct rate	queue;
	struct rate	sender;
	struct congest_total total;
	bool		again;		/* these are retransmissions */
};

static double
chance(struct path *p)
{
	p->rnd = p->rnd * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (double)(p->rnd >> 11) / 9007199254740992.0;
}

static void
step(struct path *p, struct congest *c)
{
	uint64_t ns = p->now * MS;
	uint32_t n, through;
	uint32_t *first = &p->answers[0][p->now % RING];
	uint32_t *late = &p->answers[1][p->now % RING];

	p->total.first += *first;
	p->total.late += *late;
	*first = *late = 0;
	rate_set(&p->sender, congest_update(c, ns, p->rtt * MS, &p->total), ns);
	n = rate_grant(&p->sender, ns, UINT32_MAX);
	if (p->again)
		p->total.resent += n;
	else
		p->total.sent += n;
	through = rate_grant(&p->queue, ns, n);
	for (uint32_t i = 0; i < through; i++)
		if (chance(p) >= p->loss && chance(p) < p->share)
			p->answers[p->again][(p->now + p->rtt) % RING]++;
	p->now++;
}

static void
path_init(struct path *p, double capacity, double loss, double share,
    unsigned rtt, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	p->capacity = capacity;
	p->loss = loss;
	p->share = share;
	p->rtt = rtt;
	p->rnd = seed;
	p->now = 1000;
	rate_init(&p->queue, capacity, p->now * MS);
	rate_init(&p->sender, 1, p->now * MS);
}

static double
mean_rate(struct path *p, struct congest *c, unsigned ms)
{
	double sum = 0;

	for (unsigned i = 0; i < ms; i++) {
		step(p, c);
		sum += c->rate;
	}
	return sum / ms;
}

static void
settles(double capacity, double loss, double share, unsigned rtt)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct congest c;
		struct path p;
		double mean;

		path_init(&p, capacity, loss, share, rtt, seed);
		congest_init(&c, 10, 1e6, p.now * MS);
		mean_rate(&p, &c, 5000);
		mean = mean_rate(&p, &c, 10000);
		if (mean < 0.8 * capacity || mean > 1.2 * capacity)
			fail_msg("capacity %g, loss %g, share %g, rtt %u, "
			    "seed %d: %g", capacity, loss, share, rtt,
			    (int)seed, mean);
	}
}

static void
test_settles_at_capacity(void **state)
{
	(void)state;
	settles(20000, 0, 1, 40);
	settles(20000, 0, 0.2, 40);
	settles(3000, 0, 0.5, 100);
	settles(100000, 0, 0.1, 10);
	settles(50000, 0, 1, 1);
}

static void
test_settles_with_loss_by_chance(void **state)
{
	(void)state;
	settles(20000, 0.05, 1, 40);
	settles(20000, 0.2, 0.5, 40);
}

static void
test_chance_does_not_collapse(void **state)
{
	static const double loss[] = { 0.05, 0.2, 0.4 };

	(void)state;
	for (size_t k = 0; k < 3; k++)
		for (uint64_t seed = 1; seed <= 8; seed++) {
			struct congest c;
			struct path p;
			double mean;

			path_init(&p, 0, loss[k], 0.3, 40, seed);
			congest_init(&c, 10, 50000, p.now * MS);
			mean_rate(&p, &c, 3000);
			mean = mean_rate(&p, &c, 10000);
			if (mean < 0.9 * 50000)
				fail_msg("loss %g, seed %d: %g", loss[k],
				    (int)seed, mean);
		}
}

/* Loss that sets in later, and has nothing to do with the rate either. */
static void
test_chance_that_changes(void **state)
{
	struct congest c;
	struct path p;

	(void)state;
	path_init(&p, 0, 0, 0.3, 40, 3);
	congest_init(&c, 10, 50000, p.now * MS);
	mean_rate(&p, &c, 3000);
	p.loss = 0.3;
	mean_rate(&p, &c, 1000);
	assert_true(mean_rate(&p, &c, 5000) > 0.9 * 50000);
	/* ... and so does a block of addresses where nobody lives */
	p.share = 0.01;
	mean_rate(&p, &c, 1000);
	assert_true(mean_rate(&p, &c, 5000) > 0.8 * 50000);
}

static void
test_capacity_that_changes(void **state)
{
	struct congest c;
	struct path p;
	double mean;

	(void)state;
	path_init(&p, 20000, 0, 0.5, 40, 5);
	congest_init(&c, 10, 1e6, p.now * MS);
	mean_rate(&p, &c, 5000);
	rate_set(&p.queue, 5000, p.now * MS);
	mean_rate(&p, &c, 3000);
	mean = mean_rate(&p, &c, 5000);
	assert_true(mean > 0.8 * 5000 && mean < 1.25 * 5000);
	rate_set(&p.queue, 15000, p.now * MS);
	mean_rate(&p, &c, 15000);
	mean = mean_rate(&p, &c, 5000);
	assert_true(mean > 0.75 * 15000 && mean < 1.25 * 15000);
}

static void
test_slow_start_is_quick(void **state)
{
	struct congest c;
	struct path p;

	(void)state;
	path_init(&p, 0, 0, 1, 1, 1);
	congest_init(&c, 10, 1e6, p.now * MS);
	mean_rate(&p, &c, 250);
	assert_true(c.rate == 1e6);
	/* silence is no evidence of loss */
	path_init(&p, 0, 0, 0, 40, 1);
	congest_init(&c, 10, 100000, p.now * MS);
	mean_rate(&p, &c, 2000);
	assert_true(c.rate == 100000);
}

static void
test_bounds(void **state)
{
	struct congest c;
	struct path p;

	(void)state;
	path_init(&p, 500, 0, 1, 40, 1);
	congest_init(&c, 2000, 8000, p.now * MS);
	for (int i = 0; i < 5000; i++) {
		step(&p, &c);
		assert_true(c.rate >= 2000 && c.rate <= 8000);
	}
	congest_init(&c, 5, 50, 0);
	assert_true(c.rate == 50);
}

static void
test_kernel_drops(void **state)
{
	struct congest c;
	struct path p;
	double before;

	(void)state;
	path_init(&p, 0, 0, 0.5, 10, 1);
	congest_init(&c, 10, 100000, p.now * MS);
	mean_rate(&p, &c, 2000);
	before = c.rate;
	p.total.dropped += 100;
	for (int i = 0; i < 60 && c.rate == before; i++)
		step(&p, &c);
	assert_true(c.rate < 0.76 * before && c.rate > 0.5 * before);
	/* once for one lot of drops */
	before = c.rate;
	mean_rate(&p, &c, 100);
	assert_true(c.rate >= before);
}

/* A scan too short to compare yields: its retransmissions tell. */
static void
test_late_answers_slow_a_short_scan(void **state)
{
	struct congest c;
	struct congest_total t = { .sent = 100, .first = 10 };
	uint64_t now = 0;
	double before;

	(void)state;
	congest_init(&c, 10, 1000, now);
	congest_update(&c, now, 50 * MS, &t);
	c.rate = 1000;
	before = c.rate;
	t.late = 20;
	for (int i = 0; i < 300; i++) {
		now += MS;
		t.resent++;
		congest_update(&c, now, 50 * MS, &t);
	}
	assert_true(c.rate < before);
	assert_true(c.rate >= before / 2);
}

/* A path that is dead for a moment is not one that takes nothing. */
static void
test_blackout(void **state)
{
	struct congest c;
	struct path p;

	(void)state;
	path_init(&p, 0, 0, 0.2, 40, 6);
	congest_init(&c, 10, 50000, p.now * MS);
	mean_rate(&p, &c, 3000);
	p.loss = 1;
	mean_rate(&p, &c, 200);
	p.loss = 0;
	mean_rate(&p, &c, 6000);
	assert_true(mean_rate(&p, &c, 2000) > 0.8 * 50000);
}

/* Silence, and answers in clusters: what is sent again stays below the knee. */
static void
test_retransmissions_do_not_exceed_the_knee(void **state)
{
	struct congest c;
	struct path p;

	(void)state;
	path_init(&p, 20000, 0, 0.2, 40, 4);
	congest_init(&c, 10, 1e6, p.now * MS);
	mean_rate(&p, &c, 10000);
	p.again = true;
	for (int i = 0; i < 20; i++) {
		p.share = i % 4 == 0 ? 0.05 : 0;
		mean_rate(&p, &c, 500);
		if (c.rate < 0.6 * 20000 || c.rate > 20000)
			fail_msg("%g, knee %g", c.rate, c.knee);
	}
}

static void
test_retransmission_pass_keeps_the_rate(void **state)
{
	struct congest c;
	struct path p;

	(void)state;
	path_init(&p, 0, 0.05, 0.3, 40, 9);
	congest_init(&c, 10, 50000, p.now * MS);
	mean_rate(&p, &c, 3000);
	p.again = true;
	p.share = 0.02;
	mean_rate(&p, &c, 500);
	assert_true(mean_rate(&p, &c, 3000) > 0.9 * 50000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settles_at_capacity),
		cmocka_unit_test(test_settles_with_loss_by_chance),
		cmocka_unit_test(test_chance_does_not_collapse),
		cmocka_unit_test(test_chance_that_changes),
		cmocka_unit_test(test_capacity_that_changes),
		cmocka_unit_test(test_slow_start_is_quick),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_kernel_drops),
		cmocka_unit_test(test_late_answers_slow_a_short_scan),
		cmocka_unit_test(test_blackout),
		cmocka_unit_test(test_retransmissions_do_not_exceed_the_knee),
		cmocka_unit_test(test_retransmission_pass_keeps_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
