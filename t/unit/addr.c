#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pure/addr.h"
#include "random.h"

/* What the C library says about a whole text: 0, or -1 when it is no address. */
static int
reference(const char *z, u128 *a)
{
	uint8_t b[16];
	struct in_addr v4;

	if (inet_pton(AF_INET, z, &v4) == 1) {
		*a = ADDR_V4(ntohl(v4.s_addr));
		return 0;
	}
	if (inet_pton(AF_INET6, z, b) == 1) {
		*a = addr_from16(b);
		return 0;
	}
	return -1;
}

static void
assert_agrees(const char *z)
{
	/* exactly the bytes, so that a sanitizer sees one read too many */
	size_t n = strlen(z), k;
	char *copy = malloc(n + 1);
	u128 a = 0, want = 0;
	int ref = reference(z, &want);

	assert_non_null(copy);
	copy = realloc(copy, n > 0 ? n : 1);
	assert_non_null(copy);
	memcpy(copy, z, n);
	k = addr_scan(copy, n, &a);
	if (k > n)
		fail_msg("'%s': consumed %zu of %zu", z, k, n);
	if ((ref == 0) != (k == n && n > 0))
		fail_msg("'%s': inet_pton says %s, addr_scan %zu of %zu", z,
		    ref == 0 ? "yes" : "no", k, n);
	if (ref == 0 && a != want)
		fail_msg("'%s': wrong address", z);
	free(copy);
}

static void
test_forms(void **state)
{
	static const char *const texts[] = {
		"", "0.0.0.0", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.",
		"1.2.3.4.", "1.2.3.4.5", ".1.2.3.4", "01.2.3.4", "1.2.3.04",
		"1.2.3.00", "1..3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4",
		"1.2.3.4/8", "0x1.2.3.4", "1.2.3.1000", "1.2.3.0000", "1",
		":", "::", ":::", "::1", "1::", "1::1", "::1:", ":1", "1:",
		":1::", "1::2::3", "::1::", "1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "1:2:3:4:5:6:7::",
		"1:2:3:4:5:6::", "::2:3:4:5:6:7:8", "1::3:4:5:6:7:8",
		"1:2:3:4:5:6:7::8", "1:2:3::4:5:6:7:8", "1:2:3:4:5:6:7:8:9",
		"1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
		"::12345", "::1234", "::g", "::00001", "::0001", "FFFF::AbCd",
		"::1.2.3.4", "::ffff:1.2.3.4", "::ffff:1.2.3", "::ffff:1.2.3.4.5",
		"::1.2.3.4:5", "1.2.3.4::", "1.2.3.4:1", "1:2:3:4:5:6:1.2.3.4",
		"1:2:3:4:5:6:7:1.2.3.4", "1:2:3:4:5:1.2.3.4", "::5:1.2.3.4",
		"1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "::01.2.3.4",
		"::256.2.3.4", "::ffff.1.2.3", "::1%eth0", "1:2:3:4::1.2.3.4",
		"fe80::1%1", "[::1]", "::/0", "1:2", "1::2:", "abcd", "a.b.c.d",
		"1.2.3.4\xff", "::\xff", "12345::", "::1.2.3.4.", "1:::2",
		"1::2:::3", "0:0:0:0:0:0:0:0", "0:0:0:0:0:ffff:0:0",
		"1:2:3:4:5:6:7:1.2", "::1.2.3.256", "::1.2.3.4444",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_agrees(texts[i]);
}

/* Texts of the right letters in any order, and addresses with a few bytes
 * changed: inet_pton() must never be of another opinion. */
static void
test_hostile(void **state)
{
	static const char letters[] = "0123456789abcdefABCDEF:::::::.....";
	char z[64], *p;
	uint8_t b[16];
	unsigned i, k, n;

	(void)state;
	for (i = 0; i < 400000; i++) {
		n = (unsigned)(rnd() % 24);
		for (k = 0; k < n; k++)
			z[k] = letters[rnd() % (sizeof(letters) - 1)];
		z[n] = '\0';
		assert_agrees(z);
	}
	for (i = 0; i < 400000; i++) {
		for (k = 0; k < 16; k++)
			b[k] = rnd() % 3 != 0 ? 0 : (uint8_t)rnd();
		if (i % 3 == 0)
			inet_ntop(AF_INET, b, z, sizeof(z));
		else
			inet_ntop(AF_INET6, b, z, sizeof(z));
		if (i % 7 == 0)
			strcat(z, ".1.2.3");
		n = (unsigned)strlen(z);
		p = &z[rnd() % n];
		switch (rnd() % 4) {
		case 0:
			*p = letters[rnd() % (sizeof(letters) - 1)];
			break;
		case 1:
			memmove(p, p + 1, strlen(p));
			break;
		case 2:
			memmove(p + 1, p, strlen(p) + 1);
			break;
		default:
			break;
		}
		assert_agrees(z);
	}
}

static void
random_addr(uint8_t b[16])
{
	unsigned k, zeros = (unsigned)(rnd() & 0xff);

	for (k = 0; k < 16; k++) {
		b[k] = (uint8_t)rnd();
		if (zeros >> (k / 2) & 1 || rnd() % 8 == 0)
			b[k] = 0;
	}
}

static void
test_fmt(void **state)
{
	char want[64], got[ADDR_FMT + 1];
	uint8_t b[16], back[16];
	unsigned i;
	size_t n;
	u128 a, again;

	(void)state;
	for (i = 0; i < 400000; i++) {
		random_addr(b);
		a = addr_from16(b);
		addr_to16(back, a);
		assert_memory_equal(b, back, 16);
		inet_ntop(AF_INET6, b, want, sizeof(want));
		memset(got, '#', sizeof(got));
		n = addr_fmt(got, a);
		assert_true(n <= ADDR_FMT);
		assert_int_equal(got[n], '#');
		assert_int_equal(addr_scan(got, n, &again), n);
		assert_true(a == again);
		got[n] = '\0';
		/* glibc writes ::1.2.3.4 for the long deprecated compatible
		 * form; RFC 5952 5 asks for dots only behind known prefixes */
		if (a >> 32 != 0 && strcmp(want, got) != 0)
			fail_msg("%s, and inet_ntop says %s", got, want);

		a = ADDR_V4((uint32_t)rnd());
		addr_to16(b, a);
		inet_ntop(AF_INET, b + 12, want, sizeof(want));
		n = addr_fmt(got, a);
		got[n] = '\0';
		assert_string_equal(got, want);
	}
}

/* RFC 5952, section 4 and its examples */
static void
test_rfc5952(void **state)
{
	static const char *const rows[][2] = {
		{ "2001:0db8::0001", "2001:db8::1" },
		{ "2001:db8:0:0:0:0:2:1", "2001:db8::2:1" },
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "2001:DB8::AAAA", "2001:db8::aaaa" },
		{ "0:0:0:0:0:0:0:0", "::" },
		{ "0:0:0:0:0:0:0:1", "::1" },
		{ "1:0:0:0:0:0:0:0", "1::" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::192.0.2.1", "::c000:201" },
	};
	char got[ADDR_FMT + 1];
	size_t i, n;
	u128 a;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = strlen(rows[i][0]);
		assert_int_equal(addr_scan(rows[i][0], n, &a), n);
		got[addr_fmt(got, a)] = '\0';
		assert_string_equal(got, rows[i][1]);
	}
}

/* What follows an address is left alone. */
static void
test_scan_prefix(void **state)
{
	static const struct {
		const char	*text;
		size_t		 n;
	} rows[] = {
		{ "1.2.3.4,x", 7 }, { "1.2.3.4/8", 7 }, { "1.2.3.4-5", 7 },
		{ "::1]:80", 3 }, { "::/0", 2 }, { "1::,", 3 },
		{ "::1.2.3.4/96", 9 }, { "2001:db8::-2001:db8::f", 10 },
		{ "1:2:3:4:5:6:7:8/64", 15 }, { "", 0 }, { "x", 0 },
	};
	size_t i;
	u128 a;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(addr_scan(rows[i].text,
		    strlen(rows[i].text), &a), rows[i].n);
}

static void
test_ranges(void **state)
{
	static const char *const good[][2] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.77/24", "192.0.2.0/24" },
		{ "192.0.2.7/32", "192.0.2.7" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "1.2.3.4/0", "0.0.0.0/0" },
		{ "10.0.0.0-10.0.0.255", "10.0.0.0/24" },
		{ "10.0.0.1-10.0.0.2", "10.0.0.1-10.0.0.2" },
		{ "10.0.0.0-10.0.0.2", "10.0.0.0-10.0.0.2" },
		{ "10.0.0.4-10.0.0.4", "10.0.0.4" },
		{ "0.0.0.0-255.255.255.255", "0.0.0.0/0" },
		{ "2001:db8::5/64", "2001:db8::/64" },
		{ "2001:db8::/127", "2001:db8::/127" },
		{ "::/0", "::/0" },
		{ "1::-1::ff", "1::/120" },
		{ "::ffff:192.0.2.9/120", "192.0.2.0/24" },
		{ "::ffff:0:0/96", "0.0.0.0/0" },
	};
	static const char *const bad[] = {
		"", "/", "/8", "-", "-1.2.3.4", "1.2.3.4/", "1.2.3.4/33",
		"1.2.3.4/-1", "1.2.3.4/8/8", "1.2.3.4-", "1.2.3.4-1.2.3.3",
		"1.2.3.4-::1", "::1-1.2.3.4", "::/129", "::/", "1.2.3.4 ",
		"1.2.3.4/8 ", "1.2.3.4-5", "1.2.3.4/99999999999999999999",
		"1.2.3.4,", "1.2.3.4-1.2.3.5-1.2.3.6",
	};
	char got[ADDR_RANGE_FMT + 1];
	size_t i;
	u128 a, b;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (addr_range_parse(good[i][0], strlen(good[i][0]), &a,
		    &b) != 0)
			fail_msg("%s", good[i][0]);
		got[addr_range_fmt(got, a, b)] = '\0';
		assert_string_equal(got, good[i][1]);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (addr_range_parse(bad[i], strlen(bad[i]), &a, &b) != -1)
			fail_msg("'%s' is no range", bad[i]);
}

static void
test_range_round_trip(void **state)
{
	char text[ADDR_RANGE_FMT + 1];
	uint8_t x[16];
	u128 a, b, a2, b2, t;
	unsigned i;
	size_t n;

	(void)state;
	for (i = 0; i < 200000; i++) {
		random_addr(x);
		a = addr_from16(x);
		random_addr(x);
		b = i % 2 == 0 ? addr_from16(x) :
		    a | (((u128)1 << rnd() % 128) - 1);
		if (i % 4 < 2) {
			a = ADDR_V4((uint32_t)a);
			b = ADDR_V4((uint32_t)b);
		}
		if (b < a)
			t = a, a = b, b = t;
		if (addr_is4(a) != addr_is4(b))
			continue;
		memset(text, '#', sizeof(text));
		n = addr_range_fmt(text, a, b);
		assert_true(n <= ADDR_RANGE_FMT);
		assert_int_equal(text[n], '#');
		assert_int_equal(addr_range_parse(text, n, &a2, &b2), 0);
		assert_true(a == a2 && b == b2);
	}
}

static void
test_cmp(void **state)
{
	(void)state;
	assert_true(addr_cmp(ADDR_V4(1), 1) < 0);
	assert_true(addr_cmp(1, ADDR_V4(UINT32_MAX)) > 0);
	assert_true(addr_cmp(ADDR_V4(2), ADDR_V4(0x80000000u)) < 0);
	assert_true(addr_cmp(1, ADDR_MAX) < 0);
	assert_int_equal(addr_cmp(5, 5), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_fmt),
		cmocka_unit_test(test_rfc5952),
		cmocka_unit_test(test_scan_prefix),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_range_round_trip),
		cmocka_unit_test(test_cmp),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
