#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/ssl2.h"

#define LONG(s)	(s), sizeof(s) - 1

/* Two ciphers, one of them unknown, by a header of two bytes, and of three. */
static const char plain[] = "\x80\x26\x04\0\1\0\2\0\5\0\x06\0\x10"
    "\x30\x03\x02\x01\x01\x07\0\xc0\1\2\3" "aaaaaaaaaaaaaaaa";
static const char padded[] = "\0\x29\x03\x04\0\1\0\2\0\5\0\x06\0\x10"
    "\x30\x03\x02\x01\x01\x07\0\xc0\1\2\3" "aaaaaaaaaaaaaaaa\0\0\0";

static void
test_hello(void **state)
{
	static const uint8_t challenge[] = "0123456789abcdef";
	static const char head[] = "\x80\x31\1\0\2\0\x18\0\0\0\x10\1\0\x80\2\0"
	    "\x80";
	struct buf b = { 0 };

	(void)state;
	ssl2_hello_put(&b, challenge);
	assert_int_equal(b.n, 2 + 0x31);
	assert_memory_equal(b.p, head, sizeof(head) - 1);
	assert_memory_equal(b.p + b.n - 16, challenge, 16);
	buf_release(&b);
}

static void
says(const char *p, size_t n, size_t step)
{
	struct ssl2_in in = { 0 };
	size_t k;

	for (; n > 0; p += k, n -= k) {
		k = n < step ? n : step;
		assert_int_equal(in.state, SSL2_MORE);
		ssl2_in_feed(&in, p, k);
	}
	assert_int_equal(in.state, SSL2_YES);
	assert_int_equal(in.n, 2);
	assert_string_equal(ssl2_suite_name(in.suite[0]),
	    "SSL_CK_DES_192_EDE3_CBC_WITH_MD5");
	assert_int_equal(in.suite[1], 0x010203);
	assert_null(ssl2_suite_name(in.suite[1]));
	ssl2_in_release(&in);
}

static void
test_answers(void **state)
{
	(void)state;
	for (size_t step = 1; step < 50; step += 16) {
		says(LONG(plain), step);
		says(LONG(padded), step);
	}
}

static void
is(enum ssl2_state wanted, const char *p, size_t n)
{
	struct ssl2_in in = { 0 };

	assert_int_equal(ssl2_in_feed(&in, p, n), wanted);
	assert_int_equal(in.n, 0);
	ssl2_in_release(&in);
}

static void
test_others(void **state)
{
	(void)state;
	is(SSL2_MORE, LONG("\x80"));
	is(SSL2_MORE, plain, 20);
	/* an alert of TLS, HTTP, an ERROR, another version */
	is(SSL2_NO, LONG("\x15\3\1\0\2\2\x28"));
	is(SSL2_NO, LONG("HTTP/1.1 400"));
	is(SSL2_NO, LONG("\x80\3\0\0\1"));
	is(SSL2_NO, LONG("\x80\x0b\4\0\1\3\0\0\0\0\0\0\0"));
	/* no whole number of ciphers, longer than its record, more padding than
	 * there is */
	is(SSL2_NO, LONG("\x80\x0d\4\0\1\0\2\0\0\0\2\0\0\1\2"));
	is(SSL2_NO, LONG("\x80\x0b\4\0\1\0\2\0\x10\0\0\0\0"));
	is(SSL2_NO, LONG("\0\x0b\xff\4\0\1\0\2\0\0\0\0\0\0"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hello),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
