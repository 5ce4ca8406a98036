#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pure/rtt.h"
#include "pure/timing.h"

#define MS	UINT64_C(1000000)
#define S	UINT64_C(1000000000)

static void
test_initial(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r, S, 100 * MS, 10 * S);
	assert_int_equal(rtt_rto(&r), S);
	rtt_init(&r, S, 100 * MS, 500 * MS);
	assert_int_equal(rtt_rto(&r), 500 * MS);
	rtt_init(&r, 1 * MS, 100 * MS, 500 * MS);
	assert_int_equal(rtt_rto(&r), 100 * MS);
}

/* The arithmetic of RFC 6298 2.2 and 2.3, by hand. */
static void
test_rfc(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r, S, 1 * MS, 60 * S);
	rtt_sample(&r, 200 * MS);
	assert_int_equal(r.srtt, 200 * MS);
	assert_int_equal(r.rttvar, 100 * MS);
	assert_int_equal(rtt_rto(&r), 600 * MS);
	rtt_sample(&r, 280 * MS);
	/* RTTVAR = 3/4 * 100 + 1/4 * 80; SRTT = 7/8 * 200 + 1/8 * 280 */
	assert_int_equal(r.rttvar, 95 * MS);
	assert_int_equal(r.srtt, 210 * MS);
	assert_int_equal(rtt_rto(&r), 590 * MS);
	rtt_sample(&r, 130 * MS);
	assert_int_equal(r.rttvar, 91250000);
	assert_int_equal(r.srtt, 200 * MS);
}

static void
test_bounds(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r, S, 100 * MS, 300 * MS);
	for (int i = 0; i < 100; i++)
		rtt_sample(&r, 50000);
	assert_int_equal(rtt_rto(&r), 100 * MS);
	for (int i = 0; i < 100; i++)
		rtt_sample(&r, 2 * S);
	assert_int_equal(rtt_rto(&r), 300 * MS);
	rtt_sample(&r, UINT64_MAX);
	assert_int_equal(rtt_rto(&r), 300 * MS);
}

/* Without variance the clock granularity still leaves room. */
static void
test_granularity(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r, S, 0, 60 * S);
	for (int i = 0; i < 200; i++)
		rtt_sample(&r, 80 * MS);
	assert_true(rtt_rto(&r) > 80 * MS);
	assert_true(rtt_rto(&r) < 82 * MS);
}

static void
test_backoff(void **state)
{
	struct rtt r;

	(void)state;
	rtt_init(&r, S, 100 * MS, 5 * S);
	rtt_backoff(&r);
	assert_int_equal(rtt_rto(&r), 2 * S);
	rtt_backoff(&r);
	rtt_backoff(&r);
	rtt_backoff(&r);
	assert_int_equal(rtt_rto(&r), 5 * S);
	rtt_sample(&r, 100 * MS);
	assert_int_equal(rtt_rto(&r), 300 * MS);
}

static void
test_bound(void **state)
{
	struct timing t = *timing_find("4");

	(void)state;
	timing_bound(&t, 2000 * MS);
	assert_int_equal(t.rto_max, 1250 * MS);
	timing_bound(&t, 700 * MS);
	assert_int_equal(t.rto_max, 700 * MS);
	assert_int_equal(t.rto_initial, 500 * MS);
	timing_delay(&t, 250 * MS);
	assert_int_equal(t.delay, 250 * MS);
	assert_true(t.rate > 3.99 && t.rate < 4.01);
	timing_bound(&t, 50 * MS);
	assert_int_equal(t.rto_max, 50 * MS);
	assert_int_equal(t.rto_initial, 50 * MS);
	assert_int_equal(t.rto_min, 50 * MS);
	assert_int_equal(t.retries, 6);
}

static void
test_templates(void **state)
{
	const struct timing *t = timing_find("4");

	(void)state;
	assert_ptr_equal(t, timing_find("aggressive"));
	assert_ptr_equal(t, timing_find("T4"));
	assert_int_equal(t->rto_max, 1250 * MS);
	assert_int_equal(t->rto_initial, 500 * MS);
	assert_int_equal(t->rto_min, 100 * MS);
	assert_int_equal(t->retries, 6);
	assert_int_equal(timing_find("5")->retries, 2);
	assert_int_equal(timing_find("0")->delay, 300 * S);
	assert_int_equal(timing_find("sneaky")->delay, 15 * S);
	assert_int_equal(timing_find("polite")->delay, 400 * MS);
	assert_ptr_equal(timing_find("normal"),
	    &timing_table[TIMING_DEFAULT]);
	assert_null(timing_find("6"));
	assert_null(timing_find("33"));
	assert_null(timing_find(""));
	assert_null(timing_find("T"));
	for (int i = 0; i < TIMING_N; i++) {
		t = &timing_table[i];
		assert_true(t->rto_min <= t->rto_initial);
		assert_true(t->rto_initial <= t->rto_max);
		if (t->delay != 0)
			assert_true(t->rate * (double)t->delay < 1.0001e9 &&
			    t->rate * (double)t->delay > 0.9999e9);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_initial),
		cmocka_unit_test(test_rfc),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_granularity),
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_templates),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
