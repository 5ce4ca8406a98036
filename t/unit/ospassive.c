/* What was seen in passing: taken from records, made plain, and read as a part of
 * a fingerprint; and systems by the names of services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "meaning/osname.h"
#include "meaning/ospassive.h"

#define OPEN	"192.0.2.7\t22\ttcp\topen\tsyn-ack"
#define CLOSED	"192.0.2.7\t23\ttcp\tclosed\treset"

/* Takes a line: was it one to take? */
static bool
take(struct ospassive *o, const char *line, bool v6)
{
	struct record r = { 0 };
	const char *err;
	bool took;

	assert_int_equal(rec_scan(&r, line, strlen(line), &err), 0);
	took = ospassive_take(o, &r, v6);
	rec_release(&r);
	return took;
}

/* The lines, each ended by a newline, as a fingerprint. */
static void
reads(const char *lines, bool v6, const char *want)
{
	static struct osfp fp;
	struct ospassive o = { 0 };
	struct buf b = { 0 };
	char line[256];
	const char *end;

	for (; (end = strchr(lines, '\n')) != NULL; lines = end + 1) {
		assert_true(str_copy(line, sizeof(line),
		    (struct str){ lines, (size_t)(end - lines) }));
		assert_true(take(&o, line, v6));
	}
	ospassive_plain(&o);
	ospassive_read(&o, &fp);
	osfp_fmt(&fp, OSFP_JOINED, &b);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, want);
	buf_release(&b);
}

static void
answers(void **state)
{
	(void)state;
	reads(OPEN "\tttl=57\twin=65160\tmss=1460\twscale=7\ttcpopts=MSTNW"
	    "\tdf=1\tipid=0\n", false, "SCAN(E=4)SEQ(TI=Z)OPS(O1=M5B4ST11NW7)"
	    "WIN(W1=FE88)T1(DF=Y%TG=40)");
	reads(OPEN "\tttl=118\twin=65535\tmss=1460\twscale=8\ttcpopts=MNWNNS"
	    "\tdf=1\tipid=17\n" CLOSED "\tttl=118\twin=0\tdf=1\tipid=18\n",
	    false, "SCAN(E=4)OPS(O1=M5B4NW8NNS)WIN(W1=FFFF)T1(DF=Y%TG=80)"
	    "T5(DF=Y%TG=80%W=0)");
	/* no options were offered, none were taken up, or they are not told */
	reads(OPEN "\tttl=255\twin=4128\tmss=536\tdf=0\tipid=9\n", false,
	    "SCAN(E=4)WIN(W1=1020)T1(DF=N%TG=FF)");
	reads(OPEN "\tttl=30\twin=100\ttcpopts=\tdf=0\tipid=9\n", false,
	    "SCAN(E=4)OPS(O1=)WIN(W1=64)T1(DF=N%TG=20)");
	reads(OPEN "\tttl=64\twin=1\tmss=1460\ttcpopts=M.30E\tdf=1\tipid=1\n",
	    false, "SCAN(E=4)WIN(W1=1)T1(DF=Y%TG=40)");
	reads(CLOSED "\tttl=64\twin=0\tdf=1\tipid=0\n", false,
	    "SCAN(E=4)SEQ(CI=Z)T5(DF=Y%TG=40%W=0)");
	reads("2001:db8::1\t22\ttcp\topen\tsyn-ack\tttl=60\twin=64260"
	    "\tmss=1440\twscale=9\ttcpopts=MNWNNTSE\n", true, "SCAN(E=6)"
	    "OPS(O1=M5A0NW9NNT11SLL)WIN(W1=FB04)T1(TG=40)");
}

/* A way with another MTU, and loopback, look like an Ethernet. */
static void
ways(void **state)
{
	(void)state;
	reads(OPEN "\tttl=64\twin=65236\tmss=1400\twscale=7\ttcpopts=MSTNW"
	    "\tdf=1\tipid=0\n", false, "SCAN(E=4)SEQ(TI=Z)OPS(O1=M5B4ST11NW7)"
	    "WIN(W1=FE88)T1(DF=Y%TG=40)");
	reads(OPEN "\tttl=64\twin=65483\tmss=65495\twscale=7\ttcpopts=MSTNW"
	    "\tdf=1\tipid=0\n", false, "SCAN(E=4)SEQ(TI=Z)OPS(O1=M5B4ST11NW7)"
	    "WIN(W1=FE88)T1(DF=Y%TG=40)");
	/* four segments stay four, what is no multiple stays as it is */
	reads(OPEN "\tttl=64\twin=5600\tmss=1400\ttcpopts=M\tdf=0\tipid=1\n",
	    false, "SCAN(E=4)OPS(O1=M5B4)WIN(W1=16D0)T1(DF=N%TG=40)");
	reads(OPEN "\tttl=64\twin=64768\tmss=1400\ttcpopts=M\tdf=0\tipid=1\n",
	    false, "SCAN(E=4)OPS(O1=M5B4)WIN(W1=FD00)T1(DF=N%TG=40)");
	/* a segment that no way asks for is the system's own choice */
	reads(OPEN "\tttl=64\twin=536\tmss=536\ttcpopts=M\tdf=0\tipid=1\n",
	    false, "SCAN(E=4)OPS(O1=M218)WIN(W1=5B4)T1(DF=N%TG=40)");
}

static void
one_id(struct ospassive *o, unsigned id)
{
	struct buf b = { 0 };

	buf_printf(&b, OPEN "\tttl=64\twin=1\tdf=0\tipid=%u", id);
	buf_putc(&b, '\0');
	assert_true(take(o, b.p, false));
	buf_release(&b);
}

static const char *
ids(const unsigned *id, size_t n)
{
	static struct osfp fp;
	struct ospassive o = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		one_id(&o, id[i]);
	ospassive_plain(&o);
	ospassive_read(&o, &fp);
	return osfp_get(&fp, OSFP_SEQ, "TI");
}

static void
identifications(void **state)
{
	static const unsigned zero[300], up[] = { 65533, 65535, 3, 900 },
	    wild[] = { 1, 30000, 200, 40000, 7 }, same[] = { 5, 5, 5, 5 },
	    mixed[] = { 0, 0, 0, 9 };

	(void)state;
	assert_string_equal(ids(zero, 1), "Z");
	assert_string_equal(ids(zero, 300), "Z");
	assert_string_equal(ids(up, 4), "I");
	/* three may be chance */
	assert_null(ids(up, 3));
	assert_null(ids(wild, 5));
	assert_null(ids(same, 4));
	assert_null(ids(mixed, 4));
}

static void
refused(void **state)
{
	static const char *const bad[] = {
		"192.0.2.7\t53\tudp\topen\tudp-response\tttl=64\twin=1",
		"192.0.2.7\t22\ttcp\topen\tsyn-ack",
		"192.0.2.7",
		OPEN "\tttl=64",
		OPEN "\twin=1",
		OPEN "\tttl=0\twin=1",
		OPEN "\tttl=256\twin=1",
		OPEN "\tttl=64\twin=65536",
		OPEN "\tttl=64\twin=x",
		OPEN "\tttl=64\twin=1\tdf=2",
		OPEN "\tttl=64\twin=1\tmss=-1",
		OPEN "\tttl=64\twin=1\treason_ip=192.0.2.1",
	};
	struct ospassive o = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (take(&o, bad[i], false))
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(ospassive_distance(&o), 0);
	assert_int_equal(ospassive_weight(&o), 0);
}

static void
hosts(void **state)
{
	struct ospassive o = { 0 }, other = { 0 };

	(void)state;
	/* ports of one stack, with windows of their own */
	take(&o, OPEN "\tttl=61\twin=100\tmss=1460\ttcpopts=M\tdf=1\tipid=0",
	    false);
	take(&o, OPEN "\tttl=61\twin=200\tmss=1460\ttcpopts=M\tdf=1\tipid=0",
	    false);
	assert_false(o.mixed);
	assert_int_equal(o.win[OSPASSIVE_OPEN], 100);
	assert_int_equal(ospassive_distance(&o), 4);
	assert_int_equal(ospassive_weight(&o), 80);
	other = o;
	take(&other, OPEN "\tttl=60\twin=1\ttcpopts=M\tdf=1\tipid=0", false);
	assert_true(other.mixed);
	take(&o, OPEN "\tttl=61\twin=1\ttcpopts=MS\tdf=1\tipid=0", false);
	assert_true(o.mixed);
}

static void
names(void **state)
{
	size_t i;

	(void)state;
	assert_string_equal(osname_of(STR("Windows"))->vendor, "Microsoft");
	assert_string_equal(osname_of(STR("RouterOS"))->stack, "Linux");
	assert_null(osname_of(STR("Linu")));
	assert_null(osname_of(STR("")));
	/* Apple's is another system than Cisco's */
	assert_null(osname_of(STR("iOS")));
	assert_string_equal(osname_of_cpe(STR("cpe:/o:debian:debian_linux:12"))
	    ->distro, "Debian");
	assert_string_equal(osname_of_cpe(STR("cpe:/o:microsoft:windows_10"))
	    ->family, "Windows");
	assert_string_equal(osname_of_cpe(STR("cpe:/o:cisco:ios_xe:16"))
	    ->family, "IOS XE");
	assert_string_equal(osname_of_cpe(STR("cpe:/o:cisco:ios"))->family,
	    "IOS");
	assert_null(osname_of_cpe(STR("cpe:/o:cisco:iosx")));
	assert_null(osname_of_cpe(STR("cpe:/a:openbsd:openssh:9.2p1")));
	assert_null(osname_of_cpe(STR("cpe:/o:")));
	for (i = 0; i < OSNAME_N; i++) {
		assert_non_null(osname_rows[i].family);
		assert_non_null(osname_rows[i].stack);
		/* each is found by something, and as itself */
		if (osname_rows[i].said != NULL)
			assert_ptr_equal(osname_of(str_of(osname_rows[i].said)),
			    &osname_rows[i]);
		else
			assert_non_null(osname_rows[i].distro);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(ways),
		cmocka_unit_test(identifications),
		cmocka_unit_test(refused),
		cmocka_unit_test(hosts),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
