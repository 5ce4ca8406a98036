#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "pure/rate.h"

#define S	UINT64_C(1000000000)

/* Sends for `ns` in a loop that wakes up every `tick` or when rate_wait() says,
 * whichever is later, and `late` after that; what went out. */
static uint64_t
drive(struct rate *r, uint64_t *now, uint64_t ns, uint64_t tick, uint64_t late)
{
	uint64_t end = *now + ns, sent = 0, wait;

	while (*now < end) {
		sent += rate_grant(r, *now, 64);
		wait = rate_wait(r, *now);
		*now += (wait > tick ? wait : tick) + late;
	}
	return sent;
}

static void
near(double got, double want, double within)
{
	if (fabs(got - want) > within * want)
		fail_msg("%g, not within %g of %g", got, within, want);
}

static void
test_exact(void **state)
{
	static const double pps[] = { 100, 997, 10000, 33333, 100000, 300000,
	    1000000 };
	struct rate r;

	(void)state;
	for (size_t i = 0; i < sizeof(pps) / sizeof(*pps); i++) {
		uint64_t now = 12345;

		rate_init(&r, pps[i], now);
		near((double)drive(&r, &now, 10 * S, 1000, 0), pps[i] * 10,
		    0.01);
	}
}

static void
test_late_waking_loses_nothing(void **state)
{
	static const double pps[] = { 100, 1000, 20000 };
	struct rate r;

	(void)state;
	for (size_t i = 0; i < sizeof(pps) / sizeof(*pps); i++) {
		uint64_t now = S;

		rate_init(&r, pps[i], now);
		near((double)drive(&r, &now, 10 * S, 1000, 1500000),
		    pps[i] * 10, 0.01);
	}
}

static void
test_slow(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 1.0 / 300, 5 * S);
	assert_int_equal(rate_grant(&r, 5 * S, 10), 1);
	assert_int_equal(rate_grant(&r, 5 * S, 10), 0);
	assert_true(rate_wait(&r, 5 * S) >= 300 * S);
	assert_true(rate_wait(&r, 5 * S) <= 300 * S + 1000);
	assert_int_equal(rate_grant(&r, 304 * S, 10), 0);
	assert_int_equal(rate_grant(&r, 305 * S + 1, 10), 1);
}

static void
test_no_burst_after_pause(void **state)
{
	struct rate r;
	uint32_t n;

	(void)state;
	rate_init(&r, 100000, 0);
	n = rate_grant(&r, 3600 * S, 1000000);
	/* 2.5 ms' worth: what goes together, and what a late waking may have
	 * cost */
	assert_in_range(n, 1, 250);
	assert_int_equal(rate_grant(&r, 3600 * S, 1000000), 0);
	rate_init(&r, 10, 0);
	assert_int_equal(rate_grant(&r, 3600 * S, 1000), 1);
	assert_int_equal(rate_grant(&r, 3600 * S, 1000), 0);
}

static void
test_waits_for_what_is_worth_it(void **state)
{
	static const struct { double pps; uint32_t n; } c[] = {
		{ 100, 1 }, { 2000, 1 }, { 20000, 10 }, { 100000, 50 },
		{ 1000000, RATE_WORTH },
	};
	uint64_t now;
	struct rate r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(c) / sizeof(*c); i++) {
		now = S;
		rate_init(&r, c[i].pps, now);
		(void)rate_grant(&r, now, 1000);
		now += rate_wait(&r, now);
		assert_int_equal(rate_wait(&r, now), 0);
		assert_int_equal(rate_grant(&r, now, 1000), c[i].n);
	}
}

static void
test_wait_is_enough(void **state)
{
	struct rate r;
	uint64_t now = 7;

	(void)state;
	rate_init(&r, 77777, now);
	for (int i = 0; i < 100000; i++) {
		while (rate_grant(&r, now, 1) == 1)
			;
		assert_true(rate_wait(&r, now) > 0);
		now += rate_wait(&r, now);
		assert_int_equal(rate_wait(&r, now), 0);
		assert_int_equal(rate_grant(&r, now, 1), 1);
	}
}

static void
test_set(void **state)
{
	struct rate r;
	uint64_t now = 0;

	(void)state;
	rate_init(&r, 1000, now);
	near((double)drive(&r, &now, 4 * S, 1000, 0), 4000, 0.01);
	rate_set(&r, 50000, now);
	near((double)drive(&r, &now, 4 * S, 1000, 0), 200000, 0.01);
	rate_set(&r, 200, now);
	near((double)drive(&r, &now, 4 * S, 1000, 0), 800, 0.02);
}

static void
test_unbounded(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 0, 0);
	assert_int_equal(rate_grant(&r, 0, UINT32_MAX), UINT32_MAX);
	assert_int_equal(rate_wait(&r, 0), 0);
	rate_set(&r, 10, S);
	assert_int_equal(rate_grant(&r, S, 100), 1);
}

static void
test_return(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 1000, 0);
	assert_int_equal(rate_grant(&r, S, 2), 2);
	rate_settle(&r, 2);
	assert_int_equal(rate_grant(&r, S, 2), 2);
	rate_settle(&r, 1000);
	assert_in_range(rate_grant(&r, S, 1000), 1, 3);
}

static void
test_clock_going_back(void **state)
{
	struct rate r;

	(void)state;
	rate_init(&r, 1000, 10 * S);
	assert_int_equal(rate_grant(&r, 10 * S, 5), 1);
	assert_int_equal(rate_grant(&r, 9 * S, 5), 0);
	assert_int_equal(rate_grant(&r, 10 * S, 5), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_late_waking_loses_nothing),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_no_burst_after_pause),
		cmocka_unit_test(test_waits_for_what_is_worth_it),
		cmocka_unit_test(test_wait_is_enough),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_unbounded),
		cmocka_unit_test(test_return),
		cmocka_unit_test(test_clock_going_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
