#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "world/hosttime.h"

/* Addresses that differ in their low and in their high half. */
static u128
nth(uint64_t i)
{
	return (u128)(i % 7) << 100 | (u128)i << 3;
}

static void
every_host_keeps_its_time(void **state)
{
	struct hosttime t = { 0 };
	struct hosttime_host *h;
	uint64_t i;

	(void)state;
	assert_null(hosttime_find(&t, nth(1)));
	for (i = 0; i < 10000; i++) {
		h = hosttime_of(&t, nth(i), 1000 + i);
		assert_non_null(h);
		assert_false(h->told);
		assert_true(h->since == 1000 + i);
		h->told = i % 2 == 0;
	}
	assert_int_equal(t.n, 10000);
	for (i = 0; i < 10000; i++) {
		h = hosttime_of(&t, nth(i), 5);
		assert_true(h->addr == nth(i));
		assert_true(h->since == 1000 + i);
		assert_int_equal(h->told, i % 2 == 0);
	}
	assert_int_equal(t.n, 10000);
	assert_true(hosttime_find(&t, nth(9)) == hosttime_of(&t, nth(9), 5));
	assert_null(hosttime_find(&t, 1));
	hosttime_release(&t);
	assert_null(t.host);
	/* empty again, and of use */
	assert_true(hosttime_of(&t, 0, 7)->since == 7);
	hosttime_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_host_keeps_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
