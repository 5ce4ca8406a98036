#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/esc.h"

static void
text_of(const char *bytes, size_t n, const char *also, const char *want)
{
	struct buf text = { 0 }, back = { 0 };

	esc_put_also(&text, bytes, n, also);
	assert_int_equal(text.n, strlen(want));
	if (text.n > 0)
		assert_memory_equal(text.p, want, text.n);
	assert_int_equal(esc_clean(text.p, text.n), text.n);
	assert_int_equal(esc_decode(&back, text.p, text.n), 0);
	assert_int_equal(back.n, n);
	if (n > 0)
		assert_memory_equal(back.p, bytes, n);
	buf_release(&text);
	buf_release(&back);
}

static void
forms(void **state)
{
	(void)state;
	text_of("", 0, "", "");
	text_of("plain = text, \"'`$", 18, "", "plain = text, \"'`$");
	text_of("\t\n\r\\", 4, "", "\\t\\n\\r\\\\");
	text_of("\0\x1b\x7f", 3, "", "\\x00\\x1b\\x7f");
	text_of("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "",
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	text_of("\xc3", 1, "", "\\xc3");
	text_of("\xc3(", 2, "", "\\xc3(");
	text_of("\xe2\x82", 2, "", "\\xe2\\x82");
	text_of("\xc2\x9b", 2, "", "\\xc2\\x9b");
	text_of("\xe2\x80\xaex", 4, "", "\\xe2\\x80\\xaex");
	text_of("a,b=c", 5, ",=", "a\\x2cb\\x3dc");
	text_of("a\0b", 3, ",", "a\\x00b");
}

static void
every_byte(void **state)
{
	char bytes[256];
	struct buf text = { 0 }, back = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)i;
	esc_put(&text, bytes, sizeof(bytes));
	for (i = 0; i < text.n; i++)
		assert_in_range((unsigned char)text.p[i], 0x20, 0x7e);
	assert_int_equal(esc_decode(&back, text.p, text.n), 0);
	assert_int_equal(back.n, sizeof(bytes));
	assert_memory_equal(back.p, bytes, sizeof(bytes));
	buf_release(&text);
	buf_release(&back);
}

static void
unclean(void **state)
{
	static const struct {
		const char	*text;
		size_t		 clean;
	} row[] = {
		{ "ab\\", 2 }, { "ab\\x", 2 }, { "ab\\x1", 2 },
		{ "ab\\x1g", 2 }, { "ab\\q", 2 }, { "ab\tc", 2 },
		{ "ab\n", 2 }, { "ab\x7f", 2 }, { "ab\xff", 2 },
		{ "ab\xc0\x80", 2 }, { "ab\xed\xa0\x80", 2 },
		{ "ab\xf4\x90\x80\x80", 2 }, { "ab\xc2\x85", 2 },
		{ "\\x41\\\\\\X41", 6 }, { "\\0", 0 },
	};
	struct buf b = { 0 };
	size_t i, n;

	(void)state;
	buf_puts(&b, "kept");
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		n = strlen(row[i].text);
		assert_int_equal(esc_clean(row[i].text, n), row[i].clean);
		if (row[i].text[row[i].clean] != '\\')
			continue;
		assert_int_equal(esc_decode(&b, row[i].text, n), -1);
		assert_int_equal(b.n, 4);
	}
	assert_int_equal(esc_decode(&b, "\\x4A\\x4a", 8), 0);
	assert_int_equal(b.n, 6);
	assert_memory_equal(b.p, "keptJJ", 6);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(unclean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
