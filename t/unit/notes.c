#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "meaning/notes.h"
#include "meaning/target.h"
#include "pure/addr.h"
#include "pure/seed.h"

static void
add(struct notes *s, const char *line)
{
	struct record r = { 0 };
	struct target t = { 0 };
	const char *err;

	assert_int_equal(rec_scan(&r, line, strlen(line), &err), 0);
	assert_int_equal(target_of(&t, &r, &err), 0);
	assert_int_equal(notes_add(s, &t), 0);
	target_release(&t);
	rec_release(&r);
}

/* All notes on a probe, as "host/tag host/tag". */
static const char *
found(const struct notes *s, u128 addr, int32_t port)
{
	static char out[512];
	struct str host, tag;
	size_t cursor = 0, n = 0;

	out[0] = '\0';
	while (notes_next(s, addr, port, &cursor, &host, &tag))
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%.*s/%.*s",
		    n > 0 ? " " : "", STR_ARG(host), STR_ARG(tag));
	return out;
}

#define A(x)	ADDR_V4(0xc0000200u + (x))	/* 192.0.2.x */

static void
test_find(void **state)
{
	struct notes s = { 0 };

	(void)state;
	assert_string_equal(found(&s, A(1), 80), "");
	add(&s, "192.0.2.7\t-\t-\t-\t-\thost=seven");
	add(&s, "192.0.2.0/24\t80,443\ttcp\t-\t-\ttag=net");
	add(&s, "192.0.2.9");
	add(&s, "192.0.2.8\t22\ttcp\t-\t-\thost=eight\ttag=x");
	add(&s, "2001:db8::1\t-\t-\t-\t-\thost=six");
	notes_seal(&s);
	assert_string_equal(found(&s, A(7), 22), "seven/");
	assert_string_equal(found(&s, A(7), 80), "seven/ /net");
	assert_string_equal(found(&s, A(8), 22), "eight/x");
	assert_string_equal(found(&s, A(8), 443), "/net");
	assert_string_equal(found(&s, A(9), 22), "");
	assert_string_equal(found(&s, A(8), -1), "eight/x /net");
	assert_string_equal(found(&s, A(256), 80), "");
	assert_string_equal(found(&s, A(0) - 1, 80), "");
	assert_string_equal(found(&s,
	    ((u128)0x20010db800000000u << 64) + 1, 9), "six/");
	notes_release(&s);
}

static void
test_names_that_share_an_address(void **state)
{
	struct notes s = { 0 };

	(void)state;
	add(&s, "192.0.2.7\t-\t-\t-\t-\thost=a");
	add(&s, "192.0.2.7\t-\t-\t-\t-\thost=b");
	add(&s, "192.0.2.7\t80\t-\t-\t-\thost=a");
	add(&s, "192.0.2.7\t81\t-\t-\t-\thost=c");
	notes_seal(&s);
	assert_string_equal(found(&s, A(7), 80), "a/ b/");
	assert_string_equal(found(&s, A(7), 81), "a/ b/ c/");
	notes_release(&s);
}

/* Against looking at every note. */
static void
test_random(void **state)
{
	enum { N = 300 };
	static struct { u128 first, last; } made[N];
	struct notes s = { 0 };
	uint64_t rnd = 7;
	char name[16];

	(void)state;
	for (int i = 0; i < N; i++) {
		struct target t = { 0 };

		rnd = rnd * 6364136223846793005u + 1442695040888963407u;
		t.first = made[i].first = A(rnd >> 40 & 0xfff);
		t.last = made[i].last = t.first + (rnd >> 33 & 0x7f) / 16;
		snprintf(name, sizeof(name), "n%d", i);
		t.host = str_of(name);
		assert_int_equal(notes_add(&s, &t), 0);
	}
	notes_seal(&s);
	for (u128 a = A(0); a <= A(0x1010); a++) {
		struct str host, tag;
		size_t cursor = 0;
		int want = 0, got = 0;

		for (int i = 0; i < N; i++)
			want += made[i].first <= a && a <= made[i].last;
		while (notes_next(&s, a, 80, &cursor, &host, &tag))
			got++;
		assert_int_equal(got, want);
	}
	notes_release(&s);
}

static void
test_target(void **state)
{
	static const struct {
		const char *line;
		int ok;
		enum target_proto proto;
		uint32_t nport;
	} t[] = {
		{ "192.0.2.1", 1, TARGET_ANY, 0 },
		{ "192.0.2.0/24\t22,80\ttcp", 1, TARGET_TCP, 2 },
		{ "2001:db8::1-2001:db8::9 53 udp", 1, TARGET_UDP, 1 },
		{ "192.0.2.1\t-\thost\tup\techo-reply", 1, TARGET_ANY, 0 },
		{ "192.0.2.1\t9\tsctp\topen\tinit-ack", 1, TARGET_OTHER, 1 },
		{ "example.org", 0, TARGET_ANY, 0 },
		{ "192.0.2.1\thttp\ttcp", 0, TARGET_ANY, 0 },
		{ "192.0.2.1\t70000\ttcp", 0, TARGET_ANY, 0 },
	};
	struct target got = { 0 };
	struct record r = { 0 };
	const char *err;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		rec_clear(&r);
		assert_int_equal(rec_scan(&r, t[i].line, strlen(t[i].line),
		    &err), 0);
		assert_int_equal(target_of(&got, &r, &err), t[i].ok - 1);
		if (!t[i].ok)
			continue;
		assert_int_equal(got.proto, t[i].proto);
		assert_int_equal(portset_count(&got.ports), t[i].nport);
	}
	target_release(&got);
	rec_release(&r);
}

static void
test_seed(void **state)
{
	uint64_t a[2], b[2];

	(void)state;
	seed_key(a, "42", 2);
	seed_key(b, "42", 2);
	assert_memory_equal(a, b, sizeof(a));
	/* for ever: a shard of last year fits one of today */
	assert_true(a[0] != a[1]);
	seed_key(b, "43", 2);
	assert_true(a[0] != b[0] && a[1] != b[1]);
	seed_key(b, "42\0", 3);
	assert_true(a[0] != b[0] && a[1] != b[1]);
	seed_key(a, "12345678a", 9);
	seed_key(b, "12345678b", 9);
	assert_true(a[0] != b[0] && a[1] != b[1]);
	seed_key(a, "", 0);
	assert_true(a[0] != 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_names_that_share_an_address),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_target),
		cmocka_unit_test(test_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
