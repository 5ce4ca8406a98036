#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pure/portset.h"
#include "random.h"

static void
assert_fmt(const struct portset *s, const char *want)
{
	struct buf b = { 0 };

	portset_fmt(s, &b);
	buf_putc(&b, '\0');
	assert_false(b.oom);
	assert_string_equal(b.p, want);
	buf_release(&b);
}

static void
test_parse(void **state)
{
	static const char *const good[][2] = {
		{ "22", "22" },
		{ "0", "0" },
		{ "22,80,8000-8100", "22,80,8000-8100" },
		{ "80,22,8000-8100,22", "22,80,8000-8100" },
		{ "1-3,4,5-5", "1-5" },
		{ "10-20,12-13,15-30", "10-30" },
		{ "0-65535", "0-65535" },
		{ "65535,65534", "65534-65535" },
		{ "080", "80" },
	};
	struct portset s = { 0 };
	size_t i, bad;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(portset_parse(&s, good[i][0],
		    strlen(good[i][0]), &bad), 0);
		assert_fmt(&s, good[i][1]);
	}
	portset_release(&s);
}

static void
test_parse_bad(void **state)
{
	static const struct {
		const char	*text;
		size_t		 at;
	} bad[] = {
		{ "", 0 }, { ",", 0 }, { "22,", 3 }, { "22,,80", 3 },
		{ "-", 0 }, { "22-", 3 }, { "-22", 0 }, { "22-80-90", 5 },
		{ "80,90-80", 3 }, { "65536", 0 }, { "1-65536", 2 },
		{ "22 ", 2 }, { "http", 0 }, { "22,x", 3 },
		{ "99999999999999999999999", 0 },
	};
	struct portset s = { 0 };
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		at = 99;
		assert_int_equal(portset_parse(&s, bad[i].text,
		    strlen(bad[i].text), &at), -1);
		assert_int_equal(at, bad[i].at);
		assert_int_equal(portset_count(&s), 0);
	}
	portset_release(&s);
}

static void
random_set(struct portset *s, bool *bits)
{
	unsigned i, k, n = (unsigned)(rnd() % 60);
	uint32_t lo, hi;

	memset(bits, 0, 65536);
	for (i = 0; i < n; i++) {
		lo = (uint32_t)(rnd() & 0xffff);
		hi = lo + (uint32_t)(rnd() % (i % 8 == 0 ? 3000 : 3));
		if (hi > 65535)
			hi = 65535;
		assert_int_equal(portset_add(s, (uint16_t)lo, (uint16_t)hi), 0);
		for (k = lo; k <= hi; k++)
			bits[k] = true;
	}
	portset_normalise(s);
}

static void
assert_bits(const struct portset *s, const bool *bits)
{
	uint32_t p, i = 0;

	for (p = 0; p < 65536; p++) {
		if (!bits[p]) {
			assert_int_equal(portset_index(s, (uint16_t)p), -1);
			continue;
		}
		assert_int_equal(portset_index(s, (uint16_t)p), (int32_t)i);
		assert_int_equal(portset_at(s, i), p);
		i++;
	}
	assert_int_equal(portset_count(s), i);
}

static void
test_random(void **state)
{
	static bool x[65536], y[65536], z[65536];
	struct portset a, b, c;
	unsigned round, i;
	size_t bad;

	(void)state;
	for (round = 0; round < 60; round++) {
		struct buf text = { 0 };

		a = b = c = (struct portset){ 0 };
		random_set(&a, x);
		random_set(&b, y);
		assert_bits(&a, x);
		portset_fmt(&a, &text);
		if (text.n > 0) {
			assert_int_equal(portset_parse(&c, text.p, text.n,
			    &bad), 0);
			assert_true(portset_eq(&a, &c));
		}
		buf_release(&text);
		portset_release(&c);
		assert_int_equal(portset_union(&c, &a), 0);
		assert_int_equal(portset_union(&c, &b), 0);
		for (i = 0; i < 65536; i++)
			z[i] = x[i] || y[i];
		assert_bits(&c, z);
		assert_int_equal(portset_subtract(&c, &b), 0);
		for (i = 0; i < 65536; i++)
			z[i] = x[i] && !y[i];
		assert_bits(&c, z);
		assert_int_equal(portset_subtract(&c, &c), 0);
		assert_int_equal(portset_count(&c), 0);
		portset_release(&a);
		portset_release(&b);
		portset_release(&c);
	}
}

static void
test_all(void **state)
{
	struct portset s = { 0 }, none = { 0 };
	unsigned round, p;

	(void)state;
	/* every second port, three times over: bounded memory */
	for (round = 0; round < 3; round++)
		for (p = 0; p < 65536; p += 2)
			assert_int_equal(portset_add(&s, (uint16_t)p,
			    (uint16_t)p), 0);
	portset_normalise(&s);
	assert_int_equal(s.n, 32768);
	assert_int_equal(portset_count(&s), 32768);
	for (p = 1; p < 65536; p += 2)
		assert_int_equal(portset_add(&s, (uint16_t)p, (uint16_t)p), 0);
	portset_normalise(&s);
	assert_int_equal(portset_count(&s), 65536);
	assert_fmt(&s, "0-65535");
	assert_false(portset_eq(&s, &none));
	assert_int_equal(portset_subtract(&s, &none), 0);
	assert_fmt(&s, "0-65535");
	portset_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_bad),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests_name("portset", tests, NULL, NULL);
}
