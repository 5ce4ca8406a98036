#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/osfp.h"

/* A Linux on a veth, as a scanner would fold it. */
static const char folded[] =
    "OS:SCAN(V=7.93%E=4%D=11/29%OT=80%CT=81%CU=30508%PV=Y%DS=1%DC=D%G=Y%M=F2B289\n"
    "OS:%TM=6B0BC312%P=x86_64-pc-linux-gnu)SEQ(SP=106%GCD=1%ISR=106%TI=Z%CI=Z%II\n"
    "OS:=I%TS=21)OPS(O1=M5B4ST11NWA%O6=M5B4ST11)ECN(R=Y%DF=Y%T=40%W=FAF0%O=M5B4N\n"
    "OS:NSNWA%CC=Y%Q=)T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)T2(R=N)IE(R=Y%DFI=N\n"
    "OS:%T=40%CD=S)\n";
static const char lines[] =
    "SCAN(V=7.93%E=4%D=11/29%OT=80%CT=81%CU=30508%PV=Y%DS=1%DC=D%G=Y%M=F2B289"
    "%TM=6B0BC312%P=x86_64-pc-linux-gnu)\n"
    "SEQ(SP=106%GCD=1%ISR=106%TI=Z%CI=Z%II=I%TS=21)\n"
    "OPS(O1=M5B4ST11NWA%O6=M5B4ST11)\n"
    "ECN(R=Y%DF=Y%T=40%W=FAF0%O=M5B4NNSNWA%CC=Y%Q=)\n"
    "T1(R=Y%DF=Y%T=40%S=O%A=S+%F=AS%RD=0%Q=)\n"
    "T2(R=N)\n"
    "IE(R=Y%DFI=N%T=40%CD=S)\n";

static void
is_form(const struct osfp *fp, enum osfp_form form, const char *want)
{
	struct buf out = { 0 };

	osfp_fmt(fp, form, &out);
	buf_putc(&out, '\0');
	assert_false(out.oom);
	assert_string_equal(out.p, want);
	buf_release(&out);
}

static void
must_parse(struct osfp *fp, const char *text)
{
	struct buf err = { 0 };

	if (osfp_parse(fp, str_of(text), &err) == -1)
		fail_msg("%.*s", STR_ARG(buf_view(&err)));
	assert_int_equal(err.n, 0);
}

static void
reads_every_form(void **state)
{
	struct osfp fp;
	struct buf joined = { 0 };

	(void)state;
	must_parse(&fp, folded);
	is_form(&fp, OSFP_LINES, lines);
	is_form(&fp, OSFP_WRAPPED, folded);
	osfp_fmt(&fp, OSFP_JOINED, &joined);
	assert_null(memchr(joined.p, '\n', joined.n));
	buf_putc(&joined, '\0');
	must_parse(&fp, joined.p);
	is_form(&fp, OSFP_WRAPPED, folded);
	must_parse(&fp, lines);
	is_form(&fp, OSFP_WRAPPED, folded);
	buf_release(&joined);
	/* mail quotes it with blanks, and ends lines in its own way */
	must_parse(&fp, "  OS:SEQ(SP=1\r\n  OS:06)\r\n\n  T2(R=N)  ");
	is_form(&fp, OSFP_LINES, "SEQ(SP=106)\nT2(R=N)\n");
}

static void
knows_what_is_there(void **state)
{
	struct osfp fp;

	(void)state;
	must_parse(&fp, folded);
	assert_string_equal(osfp_get(&fp, OSFP_T1, "A"), "S+");
	assert_string_equal(osfp_get(&fp, OSFP_T1, "Q"), "");
	assert_null(osfp_get(&fp, OSFP_T1, "TG"));
	assert_null(osfp_get(&fp, OSFP_T1, "W"));	/* not of T1 */
	assert_true(osfp_has(&fp, OSFP_IE));
	assert_false(osfp_has(&fp, OSFP_U1));
	assert_false(osfp_is_v6(&fp));
	assert_int_equal(osfp_set(&fp, OSFP_SCAN, "E", "6"), 0);
	assert_true(osfp_is_v6(&fp));
	osfp_unset(&fp, OSFP_T2, "R");
	assert_false(osfp_has(&fp, OSFP_T2));
	assert_null(osfp_get_slot(&fp, OSFP_SLOTS));
}

static void
sets(void **state)
{
	struct osfp fp = { 0 };
	char longest[OSFP_VALUE + 2];

	(void)state;
	memset(longest, 'N', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(osfp_set(&fp, OSFP_T3, "O", ""), 0);
	assert_int_equal(osfp_set(&fp, OSFP_T3, "O", longest), -1);
	assert_int_equal(osfp_set(&fp, OSFP_T3, "IPL", "1"), -1);
	assert_int_equal(osfp_set(&fp, OSFP_T3, "W", "a b"), -1);
	assert_int_equal(osfp_set(&fp, OSFP_T3, "W", "1%S=A"), -1);
	assert_int_equal(osfp_set(&fp, OSFP_T3, "W", "1)"), -1);
	assert_int_equal(osfp_set(&fp, OSFP_T3, "W", "\xc3\xa9"), -1);
	assert_int_equal(osfp_set_slot(&fp, OSFP_SLOT(OSFP_T2, 12), STR("1")),
	    -1);
	assert_int_equal(osfp_set_hex(&fp, OSFP_T3, "W", 0xfe88), 0);
	is_form(&fp, OSFP_JOINED, "T3(W=FE88%O=)");
}

/* Setting again and again never runs out of room, and keeps the others. */
static void
never_full(void **state)
{
	struct osfp fp = { 0 };
	char text[OSFP_VALUE + 1];
	unsigned line, k, round;

	(void)state;
	for (round = 0; round < 3; round++)
		for (line = 0; line < OSFP_NLINE; line++)
			for (k = 0; osfp_rows[line].attr[k] != NULL; k++) {
				snprintf(text, sizeof(text), "%0*u",
				    OSFP_VALUE, OSFP_SLOT(line, k));
				assert_int_equal(osfp_set_slot(&fp,
				    OSFP_SLOT(line, k), str_of(text)), 0);
			}
	for (line = 0; line < OSFP_NLINE; line++)
		for (k = 0; osfp_rows[line].attr[k] != NULL; k++) {
			snprintf(text, sizeof(text), "%0*u", OSFP_VALUE,
			    OSFP_SLOT(line, k));
			assert_string_equal(osfp_get_slot(&fp,
			    OSFP_SLOT(line, k)), text);
		}
}

static void
refuses(void **state)
{
	static const struct {
		const char *text, *err;
	} t[] = {
		{ "", "no fingerprint; " },
		{ "OS:\n OS:", "no fingerprint; " },
		{ "T8(R=N)", "\"T8\" is no name of a fingerprint's line; " },
		{ "SCAN(E=6)S1(P=60)", "\"S1\" is of nmap's form for IPv6, " },
		{ "T1", "\"T1\" is no line of a fingerprint; " },
		{ "T1(R=N", "T1 does not end; " },
		{ "T1(R)", "\"R\" of T1 has no value; " },
		{ "T1(W=1)", "T1 has no attribute \"W\"; " },
		{ "T1(R=N)T1(R=N)", "a second T1; " },
		{ "T1(R=N)x", "\"x\" is no line of a fingerprint; " },
		{ "T1(R=Y%%T=40)", "\"\" of T1 has no value; " },
		{ "T2(O=\xff)", "\"\" is no value of O; " },
	};
	struct osfp fp;
	struct buf err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		err.n = 0;
		assert_int_equal(osfp_parse(&fp, str_of(t[i].text), &err), -1);
		buf_putc(&err, '\0');
		if (strncmp(err.p, t[i].err, strlen(t[i].err)) != 0)
			fail_msg("%s: %s", t[i].text, err.p);
		is_form(&fp, OSFP_JOINED, "");
		assert_int_equal(osfp_parse(&fp, str_of(t[i].text), NULL), -1);
	}
	buf_release(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_form),
		cmocka_unit_test(knows_what_is_there),
		cmocka_unit_test(sets),
		cmocka_unit_test(never_full),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
