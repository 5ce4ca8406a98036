#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/dtls.h"
#include "pure/wire.h"

#define LONG(s)	(const uint8_t *)(s), sizeof(s) - 1

/* Bodies of messages: version, random, no session, suite; one certificate. */
static const char hello[] = "\xfe\xfd" "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
    "\0\xc0\x2b\0\0\x0b\xff\1\0\1\0\0\x0b\0\2\1\0";
static const char cert[] = "\0\0\x0d\0\0\x0a" "0123456789";
static const char verify[] = "\xfe\xff\x04" "cook";

/* A datagram with one fragment: bytes [at, at + n) of a message. */
static enum tls_in_state
put(struct dtls_in *in, uint8_t type, uint16_t seq, const uint8_t *body,
    size_t len, size_t at, size_t n)
{
	uint8_t d[512] = { 22, 0xfe, 0xfd };

	wr_be16(d + 11, (uint16_t)(12 + n));
	d[13] = type;
	wr_be16(d + 15, (uint16_t)len);
	wr_be16(d + 17, seq);
	wr_be16(d + 20, (uint16_t)at);
	wr_be16(d + 23, (uint16_t)n);
	memcpy(d + 25, body + at, n);
	return dtls_in_feed(in, d, 25 + n);
}

static enum tls_in_state
whole(struct dtls_in *in, uint8_t type, uint16_t seq, const uint8_t *body,
    size_t len)
{
	return put(in, type, seq, body, len, 0, len);
}

static struct dtls_in
start(void)
{
	return (struct dtls_in){ .tls.most = 4096 };
}

static void
is_read(struct dtls_in *in)
{
	assert_int_equal(whole(in, 14, (uint16_t)(in->seq), LONG("")),
	    TLS_IN_DONE);
	assert_int_equal(in->tls.version, TLS_1_2);
	assert_int_equal(in->tls.legacy, DTLS_1_2);
	assert_int_equal(in->tls.suite, 0xc02b);
	assert_int_equal(in->tls.next, 2);
	assert_int_equal(in->tls.ncert, 1);
	assert_true(str_is(tls_in_at(&in->tls, in->tls.cert[0]), "0123456789"));
	dtls_in_release(in);
}

static void
test_in_order(void **state)
{
	struct dtls_in in = start();

	(void)state;
	assert_int_equal(whole(&in, 2, 1, LONG(hello)), TLS_IN_MORE);
	assert_int_equal(whole(&in, 11, 2, LONG(cert)), TLS_IN_MORE);
	is_read(&in);
}

static void
test_fragments_that_overlap(void **state)
{
	struct dtls_in in = start();
	size_t n = sizeof(hello) - 1;

	(void)state;
	for (size_t i = 0; i < n; i++)
		put(&in, 2, 1, LONG(hello), i > 2 ? i - 2 : 0, i > 2 ? 3 : 1);
	put(&in, 2, 1, LONG(hello), n - 3, 3);
	assert_true(in.tls.hello);
	/* the rest of it first, then all, then all once more */
	put(&in, 11, 2, LONG(cert), 8, 8);
	assert_false(in.tls.has_certs);
	put(&in, 11, 2, LONG(cert), 0, 8);
	whole(&in, 11, 2, LONG(cert));
	whole(&in, 11, 2, LONG(cert));
	is_read(&in);
}

/* The hello was lost: what follows it counts only once that has come again. */
static void
test_loss(void **state)
{
	struct dtls_in in = start();

	(void)state;
	whole(&in, 11, 2, LONG(cert));
	whole(&in, 14, 3, LONG(""));
	assert_int_equal(in.tls.state, TLS_IN_MORE);
	whole(&in, 2, 1, LONG(hello));
	whole(&in, 11, 2, LONG(cert));
	is_read(&in);
}

static void
test_cookie(void **state)
{
	struct dtls_in in = start();

	(void)state;
	whole(&in, 3, 0, LONG(verify));
	assert_true(in.verify);
	assert_true(str_is(buf_view(&in.cookie), "cook"));
	/* nothing more until it is answered */
	whole(&in, 2, 1, LONG(hello));
	assert_false(in.tls.hello);
	in.verify = false;
	whole(&in, 2, 1, LONG(hello));
	whole(&in, 11, 2, LONG(cert));
	is_read(&in);
}

static void
test_others(void **state)
{
	static const char alert[] = "\x15\xfe\xfd\0\0\0\0\0\0\0\0\0\2\2\x28";
	struct dtls_in in = start();

	(void)state;
	assert_int_equal(dtls_in_feed(&in, alert, sizeof(alert) - 1),
	    TLS_IN_ALERT);
	assert_int_equal(in.tls.alert, 40);
	dtls_in_release(&in);
	in = start();
	assert_int_equal(dtls_in_feed(&in, "HTTP/1.1 400 Bad", 16), TLS_IN_NOTLS);
	dtls_in_release(&in);
	in = start();
	assert_int_equal(dtls_in_feed(&in, alert, 10), TLS_IN_NOTLS);
	dtls_in_release(&in);
	/* an encrypted one, of another epoch, is not looked at */
	in = start();
	dtls_in_feed(&in, "\x16\xfe\xfd\0\1\0\0\0\0\0\0\0\1x", 14);
	assert_int_equal(in.tls.state, TLS_IN_MORE);
	/* longer than what is wanted */
	in.tls.most = 20;
	assert_int_equal(put(&in, 2, 0, LONG(hello), 0, 5), TLS_IN_FULL);
	dtls_in_release(&in);
	/* a fragment beyond its message */
	in = start();
	put(&in, 2, 0, LONG(hello), 0, 5);
	put(&in, 2, 0, (const uint8_t *)hello, 6, 5, 5);
	assert_int_equal(in.tls.state, TLS_IN_MORE);
	assert_false(in.tls.hello);
	dtls_in_release(&in);
}

/* 25 bytes of headers, the cookie where RFC 6347, 4.2.1 has it. */
static void
test_hello(void **state)
{
	static const uint8_t random[TLS_RANDOM];
	static const uint16_t suite[] = { 0xc02b };
	static const char want[] = "\x16\xfe\xff\0\0\0\0\0\0\0\1\0\x3a"
	    "\1\0\0\x2e\0\1\0\0\0\0\0\x2e\xfe\xfd";
	struct tls_hello h = { .dtls = true, .record = DTLS_1_0,
	    .version = DTLS_1_2, .seq = 1, .cookie = STR("cook"),
	    .random = random, .suites = { suite, 1 } };
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(tls_hello_put(&b, &h), 0);
	assert_int_equal(b.n, 13 + 0x3a);
	assert_memory_equal(b.p, want, sizeof(want) - 1);
	assert_memory_equal(b.p + 27 + TLS_RANDOM,
	    "\0\4cook\0\2\xc0\x2b\1\0", 12);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_fragments_that_overlap),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_cookie),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
