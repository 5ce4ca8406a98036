#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/date.h"

static void
agrees_with_libc(void **state)
{
	uint64_t t, ns;
	struct buf b = { 0 };
	char want[64];
	struct tm tm;
	time_t tt;

	(void)state;
	for (t = 0; t < 9000000000u; t += 7777777) {
		tt = (time_t)t;
		gmtime_r(&tt, &tm);
		b.n = 0;
		date_put_iso(&b, t * NS_PER_S + 123456789, 6);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.123456Z", &tm);
		assert_int_equal(b.n, strlen(want));
		assert_memory_equal(b.p, want, b.n);
		assert_int_equal(date_scan_iso(b.p, b.n, &ns), b.n);
		assert_true(ns == t * NS_PER_S + 123456000);
		b.n = 0;
		date_put_ctime(&b, t);
		strftime(want, sizeof(want), "%a %b %e %H:%M:%S %Y", &tm);
		assert_int_equal(b.n, strlen(want));
		assert_memory_equal(b.p, want, b.n);
	}
	buf_release(&b);
}

static size_t
scan(const char *text, uint64_t *ns)
{
	return date_scan_iso(text, strlen(text), ns);
}

static void
zones_and_decimals(void **state)
{
	uint64_t ns;

	(void)state;
	assert_int_equal(scan("1970-01-01T01:00:00+01:00", &ns), 25);
	assert_true(ns == 0);
	assert_int_equal(scan("1970-01-01 00:00:00.5-0030 x", &ns), 26);
	assert_true(ns == 1800 * (uint64_t)NS_PER_S + NS_PER_S / 2);
	assert_int_equal(scan("2024-02-29T12:00:00.1234567891234Z", &ns), 34);
	assert_true(ns % NS_PER_S == 123456789);
}

static void
what_is_no_date(void **state)
{
	static const char *const bad[] = {
		"", "2024", "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z",
		"2024-01-32T00:00:00Z", "2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z", "2024-01-01T00:00:00",
		"2024-01-01T00:00:00+1", "1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+01:00", "2024-01-01",
	};
	uint64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(scan(bad[i], &ns), 0);
	assert_int_equal(date_scan_epoch(STR("1764000000.25"), &ns), 0);
	assert_true(ns == 1764000000250000000u);
	assert_int_equal(date_scan_epoch(STR("7"), &ns), 0);
	assert_int_equal(date_scan_epoch(STR(""), &ns), -1);
	assert_int_equal(date_scan_epoch(STR("7x"), &ns), -1);
	assert_int_equal(date_scan_epoch(STR("-7"), &ns), -1);
	assert_int_equal(date_scan_epoch(STR("99999999999999999"), &ns), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_libc),
		cmocka_unit_test(zones_and_decimals),
		cmocka_unit_test(what_is_no_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
