#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "meaning/targetspec.h"
#include "pure/addr.h"

static int
put_range(void *arg, u128 first, u128 last)
{
	struct buf *b = arg;
	char text[ADDR_RANGE_FMT];

	if (b->n > 0)
		buf_putc(b, ' ');
	buf_put(b, text, addr_range_fmt(text, first, last));
	return b->n > 2000;
}

/* What was parsed, as "ranges|host|tag|port|proto". */
static char *
describe(const struct targetspec *t)
{
	static const char *const proto[] = {
		[TARGETSPEC_ANY] = "", [TARGETSPEC_TCP] = "tcp",
		[TARGETSPEC_UDP] = "udp",
	};
	struct buf b = { 0 };

	if (t->kind != TARGETSPEC_NAME)
		targetspec_each(t, put_range, &b);
	buf_putc(&b, '|');
	buf_str(&b, t->host);
	buf_putc(&b, '|');
	buf_str(&b, t->tag);
	buf_putc(&b, '|');
	if (t->has_port)
		buf_u64(&b, t->port);
	buf_printf(&b, "|%s", proto[t->proto]);
	buf_putc(&b, '\0');
	assert_false(b.oom);
	return b.p;
}

static void
test_good(void **state)
{
	static const char *const rows[][2] = {
		{ "192.0.2.7", "192.0.2.7||||" },
		{ "192.0.2.0/24", "192.0.2.0/24||||" },
		{ "192.0.2.1-192.0.2.3", "192.0.2.1-192.0.2.3||||" },
		{ "2001:db8::1", "2001:db8::1||||" },
		{ "[2001:db8::1]", "2001:db8::1||||" },
		{ "[2001:db8::1]:0", "2001:db8::1|||0|" },
		{ "[2001:db8::-2001:db8::9]:80",
		    "2001:db8::-2001:db8::9|||80|" },
		{ "192.0.2.7:65535", "192.0.2.7|||65535|" },
		{ "10.0.0.1,3", "10.0.0.1 10.0.0.3||||" },
		{ "10.0-1.0.0:80", "10.0.0.0 10.1.0.0|||80|" },
		{ "10.0-1.*.*", "10.0.0.0/15||||" },
		{ "10.1,0.*.*", "10.0.0.0/15||||" },
		{ "*.*.*.*", "0.0.0.0/0||||" },
		{ "-.-.-.-", "0.0.0.0/0||||" },
		{ "1.2.-1.254-", "1.2.0.254/31 1.2.1.254/31||||" },
		{ "1.2.3.007-009", "1.2.3.7-1.2.3.9||||" },
		{ "localhost", "|localhost|||" },
		{ "a_b.example.com.", "|a_b.example.com.|||" },
		{ "1e100.example", "|1e100.example|||" },
		{ "10.0.0.1.example", "|10.0.0.1.example|||" },
		{ "example.com:25", "|example.com||25|" },
		{ "b\xc3\xbc" "cher.example", "|b\xc3\xbc" "cher.example|||" },
		{ "http://example.com", "|example.com||80|tcp" },
		{ "http://example.com:/", "|example.com||80|tcp" },
		{ "http://u:p@q@example.com/@x", "|example.com||80|tcp" },
		{ "dns://192.0.2.1", "192.0.2.1|||53|udp" },
		{ "https://[::1]?x", "::1|||443|tcp" },
		{ "x-y+z.1://h:9", "|h||9|" },
		{ "192.0.2.1,h", "192.0.2.1|h|||" },
		{ "192.0.2.1,,t", "192.0.2.1||t||" },
		{ "192.0.2.1,", "192.0.2.1||||" },
		{ ",h,t,80", "|h|t|80|" },
		{ " 192.0.2.0/30 , h , t , 80 ", "192.0.2.0/30|h|t|80|" },
		{ "\"192.0.2.1\",\"h\"", "192.0.2.1|h|||" },
		{ "::1,h,,22", "::1|h||22|" },
	};
	struct targetspec t;
	const char *why;
	size_t i;
	char *got;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (targetspec_parse(&t, str_of(rows[i][0]), &why) != 0)
			fail_msg("'%s': %s", rows[i][0], why);
		got = describe(&t);
		assert_string_equal(got, rows[i][1]);
		free(got);
	}
}

static void
test_bad(void **state)
{
	static const char *const rows[] = {
		"", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4",
		"1.2.3.4/33", "1.2.3.4/", "1.2.3.9-5", "::/129",
		"1::2::3", ":", "[::1", "::1]", "[]", "[]:80", "[1.2.3.4]",
		"[::1]80", "[::1]:", "[::1]:x", "[h]", "h:", "h:x", "h:65536",
		"h:-1", "h:80:90", "fe80::1%eth0", "[fe80::1%eth0]:80", "a..b",
		".", "-a.b", "a-.b", "a b", "a\tb", "a/24", "a*",
		"*.example", "http://", "http:///", "http://:80",
		"http://h:x", "foo://h", "://h", ",", ",,", ",,t", ",,,80",
		"h,x", "1.2.3.4,5.6.7.8", "1.2.3.4,h,t,x", "1.2.3.4,h,t,1,2",
		"1.2.3.4,h,t,65536", "1.2.3.4,h!", "1.2.3.4-,5-300",
		"1,,2.3.4.5", "1.2.3.*5", "1.2.3.5-1", "*", "1.2.3.4\x01",
		"h\x7f", "1.2.3.4,h\x01",
	};
	char longest[300];
	struct targetspec t;
	const char *why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		why = NULL;
		if (targetspec_parse(&t, str_of(rows[i]), &why) != -1)
			fail_msg("'%s' is none", rows[i]);
		assert_non_null(why);
	}
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(targetspec_parse(&t, (struct str){ longest, 63 },
	    &why), 0);
	assert_int_equal(targetspec_parse(&t, (struct str){ longest, 64 },
	    &why), -1);
}

static void
test_masscan(void **state)
{
	static const struct {
		const char	*line;
		int		 r;
		const char	*want;
	} rows[] = {
		{ "open tcp 80 192.0.2.1 1764000000", 1, "192.0.2.1|||80|tcp" },
		{ "closed udp 53 2001:db8::1 1", 1, "2001:db8::1|||53|udp" },
		{ "banner tcp 22 192.0.2.1 1 ssh x y", 1,
		    "192.0.2.1|||22|tcp" },
		{ "open icmp 0 192.0.2.1 1", 1, "192.0.2.1||||" },
		{ "open tcp 80", -1, NULL },
		{ "open tcp x 192.0.2.1 1", -1, NULL },
		{ "open tcp 80 h 1", -1, NULL },
		{ "open", 0, NULL },
		{ "open.example tcp", 0, NULL },
		{ "192.0.2.1 80 tcp", 0, NULL },
		{ "", 0, NULL },
	};
	struct targetspec t;
	const char *why;
	size_t i;
	char *got;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(targetspec_masscan(&t, str_of(rows[i].line),
		    &why), rows[i].r);
		if (rows[i].r != 1)
			continue;
		got = describe(&t);
		assert_string_equal(got, rows[i].want);
		free(got);
	}
}

static int
count_one(void *arg, u128 first, u128 last)
{
	uint64_t *n = arg;

	(void)first;
	(void)last;
	return ++*n == 1000 ? 7 : 0;
}

static void
test_nranges(void **state)
{
	static const struct {
		const char	*text;
		uint64_t	 n;
	} rows[] = {
		{ "1.2.3.4", 1 }, { "1.2.3.*", 1 }, { "1.2.*.1", 256 },
		{ "*.*.*.1", 1 << 24 }, { "1-254.1-254.1-254.1-254",
		    254 * 254 * 254 }, { "*.1.*.*", 256 }, { "1.2.3.1,3,5", 3 },
		{ "0-255.0-255.0-255.0-255", 1 },
	};
	struct targetspec t;
	const char *why;
	uint64_t n;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(targetspec_parse(&t, str_of(rows[i].text),
		    &why), 0);
		assert_int_equal(targetspec_nranges(&t), rows[i].n);
		n = 0;
		r = targetspec_each(&t, count_one, &n);
		/* a callback that has enough ends it */
		assert_int_equal(r, rows[i].n >= 1000 ? 7 : 0);
		assert_int_equal(n, rows[i].n >= 1000 ? 1000 : rows[i].n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_masscan),
		cmocka_unit_test(test_nranges),
	};

	return cmocka_run_group_tests_name("targetspec", tests, NULL, NULL);
}
