#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

/* RFC 3629, 3: the bytes of a code point, surrogates and what lies beyond
 * U+10FFFF included. */
static size_t
encode(char *d, uint32_t c)
{
	if (c < 0x80) {
		d[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		d[0] = (char)(0xc0 | c >> 6);
		d[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		d[0] = (char)(0xe0 | c >> 12);
		d[1] = (char)(0x80 | (c >> 6 & 0x3f));
		d[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	d[0] = (char)(0xf0 | c >> 18);
	d[1] = (char)(0x80 | (c >> 12 & 0x3f));
	d[2] = (char)(0x80 | (c >> 6 & 0x3f));
	d[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static int
printable(uint32_t c)
{
	return c >= 0x20 && !(c >= 0x7f && c < 0xa0) &&
	    !(c >= 0xd800 && c < 0xe000) && c <= 0x10ffff &&
	    c != 0x200e && c != 0x200f && !(c >= 0x2028 && c <= 0x202e) &&
	    !(c >= 0x2066 && c <= 0x2069) && c != 0xfeff;
}

static void
every_code_point(void **state)
{
	char d[8];
	uint32_t c;
	size_t n, cut, got;

	(void)state;
	for (c = 0; c < 0x1fffff; c++) {
		n = encode(d, c);
		got = utf8_printable(d, n);
		if (got != (printable(c) ? n : 0))
			fail_msg("U+%04X: %zu", c, got);
		for (cut = 0; n > 1 && cut < n; cut++)
			assert_int_equal(utf8_printable(d, cut), 0);
	}
}

static void
malformed(void **state)
{
	static const char *const bad[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
		"\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
		"\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff",
		"\xc3(", "\xe2\x82(", "\xf0\x9f\x98(", "\xc3\xc3",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(utf8_printable(bad[i], strlen(bad[i])), 0);
	assert_int_equal(utf8_printable("ab", 2), 1);
	assert_int_equal(utf8_printable("\xc3\xa9\xff", 3), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
