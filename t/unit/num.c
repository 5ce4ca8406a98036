#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/num.h"

static void
there_and_back(uint64_t v)
{
	char text[NUM_FMT_U64], want[32];
	size_t n = num_fmt_u64(text, v);
	uint64_t back = ~v;

	snprintf(want, sizeof(want), "%llu", (unsigned long long)v);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(text, want, n);
	assert_int_equal(num_scan_u64(text, n, &back), n);
	assert_true(back == v);
}

static void
u64(void **state)
{
	uint64_t v = 1, w = 7;
	unsigned i;

	(void)state;
	there_and_back(0);
	there_and_back(UINT64_MAX);
	for (i = 0; i < 19; i++, v *= 10) {
		there_and_back(v - 1);
		there_and_back(v);
	}
	assert_int_equal(num_scan_u64("18446744073709551616", 20, &w), 0);
	assert_int_equal(num_scan_u64("99999999999999999999", 20, &w), 0);
	assert_int_equal(num_scan_u64("", 0, &w), 0);
	assert_int_equal(num_scan_u64("x", 1, &w), 0);
	assert_int_equal(num_scan_u64("-1", 2, &w), 0);
	assert_true(w == 7);
	assert_int_equal(num_scan_u64("12x", 3, &w), 2);
	assert_int_equal(num_scan_u64("123", 2, &w), 2);
	assert_true(w == 12);
}

static void
big(void **state)
{
	char text[NUM_FMT_U128];

	(void)state;
	assert_int_equal(num_fmt_u128(text, 0), 1);
	assert_memory_equal(text, "0", 1);
	assert_int_equal(num_fmt_u128(text, (u128)1 << 64), 20);
	assert_memory_equal(text, "18446744073709551616", 20);
	assert_int_equal(num_fmt_u128(text, ~(u128)0), NUM_FMT_U128);
	assert_memory_equal(text, "340282366920938463463374607431768211455",
	    NUM_FMT_U128);
}

static void
in_range(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_int_equal(num_parse("5", 5, 6, &v), 0);
	assert_true(v == 5);
	assert_int_equal(num_parse("6", 5, 6, &v), 0);
	assert_int_equal(num_parse("4", 5, 6, &v), -1);
	assert_int_equal(num_parse("7", 5, 6, &v), -1);
	assert_int_equal(num_parse("", 0, 6, &v), -1);
	assert_int_equal(num_parse("5 ", 0, 6, &v), -1);
	assert_int_equal(num_parse("+5", 0, 6, &v), -1);
	assert_int_equal(num_parse("0x5", 0, 6, &v), -1);
	assert_true(v == 6);
}

static void
durations(void **state)
{
	static const struct {
		const char	*text;
		uint64_t	 ns;
	} good[] = {
		{ "250ms", 250000000 }, { "10s", 10000000000 },
		{ "2m", 120000000000 }, { "1h", 3600000000000 },
		{ "500us", 500000 }, { "7ns", 7 }, { "1.5", 1500000000 },
		{ "0", 0 }, { "0.000000001", 1 }, { "0.0000000019", 1 },
		{ "1.5m", 90000000000 }, { "30d", 2592000000000000 },
	};
	static const char *const bad[] = {
		"", "s", "1.", ".5", "1.5.5", "-1", "1 s", "1w", "1sx",
		"99999999999h", "18446744074",
	};
	uint64_t v = 0;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(num_parse_duration(good[i].text, &v), 0);
		if (v != good[i].ns)
			fail_msg("%s: %llu", good[i].text,
			    (unsigned long long)v);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (num_parse_duration(bad[i], &v) != -1)
			fail_msg("a duration: %s", bad[i]);
}

static void
counts(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_int_equal(num_parse_count("100k", &v), 0);
	assert_true(v == 100000);
	assert_int_equal(num_parse_count("1.5M", &v), 0);
	assert_true(v == 1500000);
	assert_int_equal(num_parse_count("2g", &v), 0);
	assert_true(v == 2000000000);
	assert_int_equal(num_parse_count("7", &v), 0);
	assert_true(v == 7);
	assert_int_equal(num_parse_count("1kk", &v), -1);
	assert_int_equal(num_parse_count("k", &v), -1);
	assert_int_equal(num_parse_count("1t", &v), -1);
	assert_int_equal(num_parse_count("18446744073709552k", &v), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u64),
		cmocka_unit_test(big),
		cmocka_unit_test(in_range),
		cmocka_unit_test(durations),
		cmocka_unit_test(counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
