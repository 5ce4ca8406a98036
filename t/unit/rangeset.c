#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "pure/addr.h"
#include "pure/rangeset.h"
#include "random.h"

static void
add(struct rangeset *s, const char *spec)
{
	u128 a, b;

	assert_int_equal(addr_range_parse(spec, strlen(spec), &a, &b), 0);
	assert_int_equal(rangeset_add(s, a, b), 0);
}

static void
assert_set(const struct rangeset *s, const char *want)
{
	char got[1024];
	size_t i, at = 0;

	for (i = 0; i < s->n; i++) {
		if (i > 0)
			got[at++] = ' ';
		at += addr_range_fmt(got + at, s->r[i].first, s->r[i].last);
		assert_true(at < sizeof(got) - ADDR_RANGE_FMT - 2);
	}
	got[at] = '\0';
	assert_string_equal(got, want);
}

static void
test_merge(void **state)
{
	struct rangeset s = { 0 };

	(void)state;
	assert_true(rangeset_count(&s) == 0);
	rangeset_normalise(&s);
	assert_set(&s, "");
	add(&s, "192.0.2.128/25");
	add(&s, "10.0.0.5");
	add(&s, "192.0.2.0/25");
	add(&s, "10.0.0.4");
	add(&s, "10.0.0.5-10.0.0.9");
	add(&s, "2001:db8::/64");
	rangeset_normalise(&s);
	assert_set(&s, "10.0.0.4-10.0.0.9 192.0.2.0/24 2001:db8::/64");
	assert_true(rangeset_count(&s) == ((u128)1 << 64) + 262);
	rangeset_release(&s);
}

static void
test_family_border(void **state)
{
	struct rangeset s = { 0 };

	(void)state;
	add(&s, "::/0");
	rangeset_normalise(&s);
	assert_int_equal(s.n, 2);
	assert_false(rangeset_has(&s, ADDR_V4(1)));
	assert_true(rangeset_has(&s, 1));
	assert_true(rangeset_has(&s, ADDR_MAX));
	add(&s, "0.0.0.0/0");
	rangeset_normalise(&s);
	assert_set(&s, "::-::fffe:ffff:ffff 0.0.0.0/0 "
	    "::1:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	/* 2^128 does not fit */
	assert_true(rangeset_count(&s) == ADDR_MAX);
	rangeset_release(&s);
}

static void
test_subtract_ends(void **state)
{
	struct rangeset a = { 0 }, b = { 0 };

	(void)state;
	add(&a, "0.0.0.0/0");
	add(&b, "0.0.0.0/8");
	add(&b, "255.255.255.255");
	add(&b, "10.0.0.0/8");
	rangeset_normalise(&b);
	assert_int_equal(rangeset_subtract(&a, &b), 0);
	assert_set(&a, "1.0.0.0-9.255.255.255 11.0.0.0-255.255.255.254");
	assert_int_equal(rangeset_subtract(&a, &a), 0);
	assert_set(&a, "");
	add(&a, "ffff::/16");
	rangeset_release(&b);
	add(&b, "::/0");
	assert_int_equal(rangeset_subtract(&a, &b), 0);
	assert_set(&a, "");
	rangeset_release(&a);
	rangeset_release(&b);
}

/* A universe of 512 addresses as bits: what the ranges must agree with. */
#define UNIVERSE	512

static u128
place(unsigned i)
{
	/* half of it below the border between the families, half above */
	return ADDR_V4_BASE - UNIVERSE / 2 + i;
}

static void
random_set(struct rangeset *s, bool *bits)
{
	unsigned i, k, n = (unsigned)(rnd() % 40), a, b;

	memset(bits, 0, UNIVERSE);
	for (i = 0; i < n; i++) {
		a = (unsigned)(rnd() % UNIVERSE);
		b = a + (unsigned)(rnd() % 30);
		if (b >= UNIVERSE)
			b = UNIVERSE - 1;
		/* one range lies in one family */
		if (a < UNIVERSE / 2 && b >= UNIVERSE / 2)
			b = UNIVERSE / 2 - 1;
		assert_int_equal(rangeset_add(s, place(a), place(b)), 0);
		for (k = a; k <= b; k++)
			bits[k] = true;
	}
	rangeset_normalise(s);
}

static void
assert_bits(const struct rangeset *s, const bool *bits)
{
	u128 count = 0;
	unsigned i;
	size_t k;

	for (i = 0; i < UNIVERSE; i++) {
		assert_int_equal(rangeset_has(s, place(i)), bits[i]);
		count += bits[i];
	}
	assert_true(rangeset_count(s) == count);
	for (k = 1; k < s->n; k++) {
		assert_true(s->r[k].first > s->r[k - 1].last);
		assert_true(s->r[k].first > s->r[k - 1].last + 1 ||
		    addr_is4(s->r[k].first) != addr_is4(s->r[k - 1].first));
	}
}

static void
test_random(void **state)
{
	bool x[UNIVERSE], y[UNIVERSE];
	struct rangeset a, b, both;
	unsigned i, round;

	(void)state;
	for (round = 0; round < 2000; round++) {
		a = b = both = (struct rangeset){ 0 };
		random_set(&a, x);
		random_set(&b, y);
		assert_bits(&a, x);
		assert_int_equal(rangeset_intersect(&both, &a, &b), 0);
		assert_int_equal(rangeset_subtract(&a, &b), 0);
		for (i = 0; i < UNIVERSE; i++) {
			bool in = x[i] && y[i];

			x[i] = x[i] && !y[i];
			y[i] = in;
		}
		assert_bits(&a, x);
		assert_bits(&both, y);
		rangeset_release(&a);
		rangeset_release(&b);
		rangeset_release(&both);
	}
}

/* Big enough for the radix sort, of both families. */
static void
test_sort(void **state)
{
	struct rangeset s = { 0 };
	size_t i;
	u128 a;

	(void)state;
	for (i = 0; i < 5000; i++) {
		a = i % 2 == 0 ? ADDR_V4((uint32_t)rnd()) :
		    (u128)rnd() << 64 | rnd();
		assert_int_equal(rangeset_add(&s, a, a), 0);
	}
	rangeset_normalise(&s);
	assert_true(s.n > 4990);
	for (i = 1; i < s.n; i++)
		assert_true(s.r[i - 1].last < s.r[i].first);
	rangeset_release(&s);
}

static void
test_million(void **state)
{
	struct rangeset s = { 0 };
	uint64_t t0, ms;
	size_t i;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		uint32_t a = (uint32_t)rnd();

		assert_int_equal(rangeset_add(&s, ADDR_V4(a), ADDR_V4(a)), 0);
	}
	t0 = clock_mono_ns();
	rangeset_normalise(&s);
	ms = (clock_mono_ns() - t0) / NS_PER_MS;
	print_message("# a million ranges normalised in %lu ms\n",
	    (unsigned long)ms);
	assert_true(s.n > 990000);
	/* generous: under a sanitizer, on a machine with other work */
	assert_true(ms < 3000);
	rangeset_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_family_border),
		cmocka_unit_test(test_subtract_ends),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_million),
	};

	return cmocka_run_group_tests_name("rangeset", tests, NULL, NULL);
}
