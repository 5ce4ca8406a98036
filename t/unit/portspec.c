#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/portspec.h"
#include "meaning/reserved.h"
#include "pure/addr.h"
#include "world/datafile.h"

static const char small[] =
    "# comment\n"
    "tcp\t80\thttp www\n"
    "tcp\t443\thttps\t# behind a line\n"
    "tcp 8080 http-alt\n"
    "\n"
    "tcp\t22\tssh\n"
    "tcp\t8000\thttp-alt\n"
    "tcp\t65535\t-\n"
    "udp\t53\tdomain dns\n"
    "udp\t161\tsnmp\r\n"
    "tcp\t53\tdomain dns";

static void
parse_small(struct ports *t)
{
	unsigned long line;
	const char *what;

	assert_int_equal(ports_parse(t, small, sizeof(small) - 1, &line,
	    &what), 0);
}

static void
assert_set(const struct portset *s, const char *want)
{
	struct buf b = { 0 };

	portset_fmt(s, &b);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, want);
	buf_release(&b);
}

static void
test_ports(void **state)
{
	struct portset s = { 0 };
	struct ports t = { 0 };

	(void)state;
	parse_small(&t);
	assert_int_equal(t.n[PORTS_TCP], 7);
	assert_int_equal(t.n[PORTS_UDP], 2);
	assert_true(str_is(ports_name(&t, PORTS_TCP, 80), "http"));
	assert_true(str_is(ports_name(&t, PORTS_UDP, 161), "snmp"));
	assert_null(ports_name(&t, PORTS_UDP, 80).p);
	assert_null(ports_name(&t, PORTS_TCP, 65535).p);
	assert_null(ports_name(&t, PORTS_TCP, 0).p);
	assert_int_equal(ports_find(&t, PORTS_TCP, STR("HTTP-alt"), &s), 2);
	assert_int_equal(ports_find(&t, PORTS_UDP, STR("dns"), &s), 1);
	assert_int_equal(ports_find(&t, PORTS_TCP, STR("htt"), &s), 0);
	assert_int_equal(ports_find(&t, PORTS_TCP, STR("-"), &s), 0);
	assert_int_equal(ports_find(&t, PORTS_TCP, STR(""), &s), 0);
	portset_normalise(&s);
	assert_set(&s, "53,8000,8080");
	portset_release(&s);
	assert_int_equal(ports_top(&t, PORTS_TCP, 3, &s), 0);
	portset_normalise(&s);
	assert_set(&s, "80,443,8080");
	portset_release(&s);
	ports_release(&t);
}

static void
test_ports_bad(void **state)
{
	static const struct {
		const char	*text;
		unsigned long	 line;
	} rows[] = {
		{ "tcp\t80\thttp\nsctp\t80\thttp\n", 2 },
		{ "tcp\t80\n", 1 },
		{ "tcp\n", 1 },
		{ "tcp\tx\ty\n", 1 },
		{ "\n\ntcp\t65536\ty\n", 3 },
		{ "tcp\t0\ty\n", 1 },
		{ "tcp\t80\thttp\ntcp\t80\thttp\n", 2 },
		{ "tcp\t-80\thttp", 1 },
	};
	struct ports t = { 0 };
	const char *what;
	unsigned long line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		what = NULL;
		assert_int_equal(ports_parse(&t, rows[i].text,
		    strlen(rows[i].text), &line, &what), -1);
		assert_int_equal(line, rows[i].line);
		assert_non_null(what);
		assert_null(t.row[PORTS_TCP]);
	}
}

static void
test_portspec(void **state)
{
	static const struct {
		const char	*text;
		unsigned	 protos;
		const char	*tcp, *udp;
	} rows[] = {
		{ "22", PORTSPEC_TCP, "22", "" },
		{ "22", PORTSPEC_UDP, "", "22" },
		{ "22,80,8000-8100", PORTSPEC_TCP, "22,80,8000-8100", "" },
		{ " 22 , 80 ", PORTSPEC_TCP, "22,80", "" },
		{ "-", PORTSPEC_TCP, "1-65535", "" },
		{ "-100", PORTSPEC_TCP, "1-100", "" },
		{ "60000-", PORTSPEC_TCP, "60000-65535", "" },
		{ "0", PORTSPEC_TCP, "0", "" },
		{ "0-", PORTSPEC_TCP, "0-65535", "" },
		{ "53", PORTSPEC_TCP | PORTSPEC_UDP, "53", "53" },
		{ "T:22,80,U:53,161", PORTSPEC_TCP, "22,80", "53,161" },
		{ "7,U:53", PORTSPEC_TCP | PORTSPEC_UDP, "7", "7,53" },
		{ "u:-,t:1", PORTSPEC_TCP, "1", "1-65535" },
		{ "http,https", PORTSPEC_TCP, "80,443", "" },
		{ "http-alt", PORTSPEC_TCP, "8000,8080", "" },
		{ "http*", PORTSPEC_TCP, "80,443,8000,8080", "" },
		{ "*TP", PORTSPEC_TCP, "80", "" },
		{ "h*t?", PORTSPEC_TCP, "80", "" },
		{ "h*p?", PORTSPEC_TCP, "443", "" },
		{ "s*", PORTSPEC_TCP | PORTSPEC_UDP, "22", "161" },
		{ "[-100]", PORTSPEC_TCP | PORTSPEC_UDP, "22,53,80", "53" },
		{ "T:[443-8080]", PORTSPEC_UDP, "443,8000,8080", "" },
		{ "-,^[-8000]", PORTSPEC_TCP,
		    "1-21,23-52,54-79,81-442,444-7999,8001-65535", "" },
		{ "domain,snmp", PORTSPEC_TCP | PORTSPEC_UDP, "53", "53,161" },
		{ "U:dns", PORTSPEC_TCP, "", "53" },
		{ "top:2", PORTSPEC_TCP, "80,443", "" },
		{ "top:2", PORTSPEC_TCP | PORTSPEC_UDP, "80,443", "53,161" },
		{ "top:9999", PORTSPEC_UDP, "", "53,161" },
		{ "-,^8080", PORTSPEC_TCP, "1-8079,8081-65535", "" },
		{ "^8080,8079-8081", PORTSPEC_TCP, "8079,8081", "" },
		{ "53,^U:53", PORTSPEC_TCP | PORTSPEC_UDP, "53", "" },
		{ "T:1-9,^U:5,^2-3,9", PORTSPEC_TCP, "1,4-9", "" },
		{ "top:3,^http,^http-alt", PORTSPEC_TCP, "443", "" },
		{ "-,^-1000,^60000-", PORTSPEC_TCP, "1001-59999", "" },
	};
	struct portspec_error err;
	struct portspec s = { 0 };
	struct ports t = { 0 };
	size_t i;

	(void)state;
	parse_small(&t);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (portspec_parse(&s, rows[i].text, rows[i].protos, &t,
		    &err) != 0)
			fail_msg("'%s': %s", rows[i].text, err.what);
		assert_set(&s.set[PORTS_TCP], rows[i].tcp);
		assert_set(&s.set[PORTS_UDP], rows[i].udp);
		portspec_release(&s);
	}
	ports_release(&t);
}

static void
test_portspec_bad(void **state)
{
	static const struct {
		const char	*text;
		size_t		 at, n;
	} rows[] = {
		{ "", 0, 0 }, { "22,", 3, 0 }, { ",22", 0, 0 },
		{ "[1", 0, 2 }, { "[9-8]", 0, 5 }, { "22,[]", 3, 2 },
		{ "x*", 0, 2 },
		{ "22,,80", 3, 0 }, { "22,htp", 3, 3 }, { "22, 65536", 4, 5 },
		{ "9-8", 0, 3 }, { "1-2-3", 0, 5 }, { "--", 0, 2 },
		{ "T:", 0, 2 }, { "X:22", 0, 4 }, { "top:", 0, 4 },
		{ "top:x", 0, 5 }, { "22,top:0", 3, 5 }, { "top:-5", 0, 6 },
		{ "^8080", 0, 5 }, { "22,^22", 0, 6 }, { "22,^", 3, 1 },
		{ "22,^^22", 3, 4 }, { "22;80", 0, 5 },
		{ "U:http", 0, 6 }, { "22-x", 0, 4 },
		{ "99999999999999999999", 0, 20 }, { "[1-5]", 0, 5 },
	};
	struct portspec_error err;
	struct portspec s = { 0 };
	struct ports t = { 0 };
	size_t i;

	(void)state;
	parse_small(&t);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (portspec_parse(&s, rows[i].text, PORTSPEC_TCP, &t,
		    &err) != -1)
			fail_msg("'%s' is none", rows[i].text);
		if (err.at != rows[i].at || err.n != rows[i].n)
			fail_msg("'%s': points at %zu, %zu", rows[i].text,
			    err.at, err.n);
		assert_non_null(err.what);
		assert_int_equal(s.set[PORTS_TCP].n, 0);
	}
	assert_int_equal(portspec_parse(&s, "ssh", PORTSPEC_TCP, NULL, &err),
	    -1);
	assert_int_equal(portspec_parse(&s, "T:22", PORTSPEC_TCP, NULL, &err),
	    0);
	portspec_release(&s);
	ports_release(&t);
}

static void
test_wants_ports(void **state)
{
	(void)state;
	assert_false(portspec_wants_ports("22,T:80,^U:5,-"));
	assert_true(portspec_wants_ports("22,ssh"));
	assert_true(portspec_wants_ports("U:top:5"));
	assert_true(portspec_wants_ports("-,^ssh"));
	assert_false(portspec_wants_ports(""));
}

/* The file that is installed. */
static void
test_share_ports(void **state)
{
	struct ports t = { 0 };
	char path[PATH_MAX];
	struct buf text = { 0 };
	unsigned long line;
	const char *what;

	(void)state;
	assert_int_equal(datafile_read("ports", &text, path,
	    sizeof(path)), 0);
	if (ports_parse(&t, text.p, text.n, &line, &what) != 0)
		fail_msg("%s:%lu: %s", path, line, what);
	assert_true(t.n[PORTS_TCP] >= 1000);
	assert_true(t.n[PORTS_UDP] >= 300);
	assert_true(str_is(ports_name(&t, PORTS_TCP, 443), "https"));
	assert_true(str_is(ports_name(&t, PORTS_UDP, 53), "domain"));
	ports_release(&t);
	buf_release(&text);
}

static bool
has(const struct rangeset *s, const char *text)
{
	u128 a = 0;

	assert_int_equal(addr_scan(text, strlen(text), &a), strlen(text));
	return rangeset_has(s, a);
}

static void
test_share_reserved(void **state)
{
	static const char *const refused[] = {
		"0.0.0.0", "0.1.2.3", "100.64.0.1", "100.127.255.255",
		"192.0.0.8", "192.88.99.1", "224.0.0.1", "239.255.255.250",
		"240.0.0.1", "255.255.255.255", "::", "::2", "::c000:201",
		"100::1", "2001:0:1::", "2001:1::1", "2001:3::1",
		"2001:1ff::1", "2002:c000:201::1", "ff02::1", "5f00::1",
	};
	static const char *const allowed[] = {
		"127.0.0.1", "::1", "10.0.0.1", "172.16.5.4", "192.168.1.1",
		"169.254.1.1", "fe80::1", "fc00::1", "fd12::1", "192.0.2.1",
		"198.51.100.1", "203.0.113.1", "198.18.0.1", "2001:db8::1",
		"3fff::1", "2001:2::1", "1.1.1.1", "100.63.255.255",
		"100.128.0.0", "192.0.1.1", "223.255.255.255", "2001:200::1",
		"2000::1", "64:ff9b::1", "2606::1",
	};
	struct rangeset s = { 0 };
	char path[PATH_MAX];
	struct buf text = { 0 };
	unsigned long line;
	const char *what;
	size_t i;

	(void)state;
	assert_int_equal(datafile_read("reserved", &text, path,
	    sizeof(path)), 0);
	if (reserved_parse(&s, text.p, text.n, &line, &what) != 0)
		fail_msg("%s:%lu: %s", path, line, what);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!has(&s, refused[i]))
			fail_msg("%s is not refused", refused[i]);
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (has(&s, allowed[i]))
			fail_msg("%s is refused", allowed[i]);
	rangeset_release(&s);
	buf_release(&text);
	assert_int_equal(reserved_parse(&s, "\n::1 # x\n1.2.3\n", 15, &line,
	    &what), -1);
	assert_int_equal(line, 3);
	assert_int_equal(s.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_ports_bad),
		cmocka_unit_test(test_portspec),
		cmocka_unit_test(test_portspec_bad),
		cmocka_unit_test(test_wants_ports),
		cmocka_unit_test(test_share_ports),
		cmocka_unit_test(test_share_reserved),
	};

	return cmocka_run_group_tests_name("portspec", tests, NULL, NULL);
}
