#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void
grows(void **state)
{
	struct buf b = { 0 };
	size_t i;

	(void)state;
	buf_put(&b, NULL, 0);
	assert_int_equal(b.n, 0);
	for (i = 0; i < 100000; i++)
		buf_putc(&b, (char)('a' + i % 26));
	buf_puts(&b, "end");
	buf_str(&b, STR("!"));
	buf_printf(&b, "%d-%s", 42, "x");
	assert_false(b.oom);
	assert_int_equal(b.n, 100000 + 3 + 1 + 4);
	for (i = 0; i < 100000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	assert_memory_equal(b.p + 100000, "end!42-x", 8);
	assert_true(str_is((struct str){ b.p + 100000, 8 }, "end!42-x"));
	buf_release(&b);
	assert_int_equal(b.n, 0);
	assert_int_equal(b.cap, 0);
}

/* Without memory the buffer keeps what it had, and says so until the end. */
static void
out_of_memory(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "kept");
	assert_int_equal(buf_reserve(&b, SIZE_MAX), -1);
	assert_true(b.oom);
	buf_puts(&b, "lost");
	buf_u64(&b, 1);
	buf_ns(&b, 1, 9);
	buf_printf(&b, "lost");
	assert_int_equal(buf_reserve(&b, 1), -1);
	assert_int_equal(b.n, 4);
	assert_memory_equal(b.p, "kept", 4);
	buf_release(&b);
	assert_false(b.oom);
}

static void
seconds(void **state)
{
	static const struct {
		uint64_t	 ns;
		unsigned	 digits;
		const char	*want;
	} row[] = {
		{ 0, 0, "0" }, { 0, 3, "0.000" }, { 1, 9, "0.000000001" },
		{ 999999999, 0, "0" }, { 999999999, 6, "0.999999" },
		{ 1500000000, 1, "1.5" }, { 12300000, 4, "0.0123" },
		{ UINT64_MAX, 9, "18446744073.709551615" },
	};
	struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		b.n = 0;
		buf_ns(&b, row[i].ns, row[i].digits);
		if (!str_is(buf_view(&b), row[i].want))
			fail_msg("%s: %.*s", row[i].want, (int)b.n, b.p);
	}
	buf_release(&b);
}

static void
slices(void **state)
{
	struct str rest = STR("a,,b"), s;
	char z[4];

	(void)state;
	s = str_cut(&rest, ',');
	assert_true(str_is(s, "a"));
	s = str_cut(&rest, ',');
	assert_true(s.n == 0 && rest.p != NULL);
	s = str_cut(&rest, ',');
	assert_true(str_is(s, "b"));
	assert_null(rest.p);
	assert_true(str_is(str_trim(STR(" \tx y\r ")), "x y"));
	assert_true(str_is(str_trim(STR("  ")), ""));
	assert_true(str_copy(z, sizeof(z), STR("abc")));
	assert_string_equal(z, "abc");
	assert_false(str_copy(z, sizeof(z), STR("abcd")));
	assert_string_equal(z, "abc");
	assert_false(str_eq(STR("a"), STR("ab")));
	assert_true(str_eq(STR_NONE, STR("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(seconds),
		cmocka_unit_test(slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
