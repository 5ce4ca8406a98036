#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/intern.h"
#include "meaning/osdb.h"
#include "meaning/osexpr.h"
#include "meaning/osmatch.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

#define POINTS	"MatchPoints\nSEQ(SP=25%GCD=75)\nT1(R=100%DF=20%T=15)\n\n"

static const char two[] =
    "# comment\n" POINTS
    "Fingerprint First system 1.0 - 1.2\n"
    "Class Maker | Sys | 1.X | general purpose\n"
    "CPE cpe:/o:maker:sys:1 auto\r\n"
    "CPE cpe:/h:maker:box\n"
    "Class Other || 2.X|router\n"
    "SEQ(SP=10-20%GCD=1-6)\n"
    "T1(R=Y%DF=Y%T=3B-45)\n"
    "\n"
    "Fingerprint Second\n"
    "Class Maker | Second || printer\n"
    "IP 6\n"
    "T1(R=Y%DF=Y%T=3B-45)\n";

/* ---- expressions ---- */

static void
expressions(void **state)
{
	static const struct {
		const char *expr, *yes, *no;	/* values, blanks between */
	} t[] = {
		{ "40", "40", "4 400 041 040 FF" },
		{ "S+", "S+", "S O" },
		{ "A|B", "A B", "AB A|B C 1" },
		{ "3B-45", "3B 3C 40 45", "3A 46 4 400 X" },
		{ "F-10", "F 10", "E 11" },
		{ ">A", "B 10 FFFFFFFFFFFFFFFF", "A 9 0 X" },
		{ "<A", "9 0", "A B 10 -" },
		{ "0|1-6|>FF", "0 1 6 100", "7 FF U" },
		{ "M[>500]ST11W[1-5]", "M501ST11W1 M5B4ST11W5",
		    "M500ST11W1 M5B4ST11W6 M5B4ST11 M5B4ST11W1N MST11W1" },
		{ "M[1|5-7]N|X", "M1N M6N X", "M8N M1 N" },
		{ "I|RD", "I RD", "R D IRD" },
		{ "[1", "[1", "1" },
		{ "0-10000000000000000", "0-10000000000000000", "1" },
	};
	struct str rest, one;
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		for (rest = str_of(t[i].yes); rest.n > 0; )
			if (!osexpr_match(str_of(t[i].expr),
			    (one = str_word(&rest))))
				fail_msg("%s: not %.*s", t[i].expr,
				    STR_ARG(one));
		for (rest = str_of(t[i].no); rest.n > 0; )
			if (osexpr_match(str_of(t[i].expr),
			    (one = str_word(&rest))))
				fail_msg("%s: %.*s", t[i].expr, STR_ARG(one));
	}
	assert_true(osexpr_match(STR(""), STR("")));
	assert_false(osexpr_match(STR(""), STR("N")));
	assert_true(osexpr_match(STR("|M5B4"), STR("")));
	assert_true(osexpr_match(STR("M5B4|"), STR("")));
	assert_false(osexpr_match(STR("M5B4"), STR("")));
}

static void
faulty_expressions(void **state)
{
	static const struct {
		const char *expr, *wrong;
	} t[] = {
		{ "A-", "a range is two numbers; " },
		{ "1-2-3", "a range is two numbers; " },
		{ "S-Z", "a range is two numbers; " },
		{ "1-11112222333344445", "a range is two numbers; " },
		{ "1|5-4", "the range ends before it starts; " },
		{ ">", "no number behind < or >; " },
		{ "<X", "no number behind < or >; " },
		{ "M[1-2", "a bracket does not end; " },
		{ "M[5-4]", "the range ends before it starts; " },
		{ "M[[1]]", "brackets inside of brackets; " },
		{ "a b", "a character that no value has; " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		const char *wrong = osexpr_check(str_of(t[i].expr));

		assert_non_null(wrong);
		assert_memory_equal(wrong, t[i].wrong, strlen(t[i].wrong));
	}
	assert_null(osexpr_check(STR("")));
	assert_null(osexpr_check(STR("|M[>500]ST11W[1-5|7]|S+")));
}

/* ---- databases ---- */

static void
read_text(struct osdb *db, const char *text, struct buf *err)
{
	struct buf b = { 0 };

	buf_puts(&b, text);
	assert_int_equal(osdb_read(db, &b, "t", err), 0);
	assert_null(b.p);
}

static void
must_read(struct osdb *db, const char *text)
{
	struct buf err = { 0 };

	read_text(db, text, &err);
	if (err.n > 0 || db->errors > 0)
		fail_msg("%.*s", STR_ARG(buf_view(&err)));
}

static void
is(struct str s, const char *z)
{
	if (!str_is(s, z))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(s), z);
}

static void
reads(void **state)
{
	struct osdb db = { 0 };
	const struct osdb_class *c;

	(void)state;
	must_read(&db, two);
	assert_int_equal(db.nentry, 2);
	is(db.entry[0].name, "First system 1.0 - 1.2");
	assert_int_equal(db.entry[0].line, 6);
	assert_int_equal(db.entry[0].ncls, 2);
	assert_false(db.entry[0].v6);
	assert_true(db.entry[1].v6);
	c = &db.cls[db.entry[0].cls];
	is(c->vendor, "Maker");
	is(c->family, "Sys");
	is(c->gen, "1.X");
	is(c->type, "general purpose");
	assert_int_equal(c->ncpe, 2);
	is(db.cpe[c->cpe], "cpe:/o:maker:sys:1");
	is(db.cpe[c->cpe + 1], "cpe:/h:maker:box");
	is(c[1].family, "");
	is(c[1].type, "router");
	assert_int_equal(c[1].ncpe, 0);
	/* both have the same T1 */
	assert_int_equal(db.nrow, 2);
	assert_int_equal(db.entry[0].row[OSFP_T1], db.entry[1].row[OSFP_T1]);
	assert_int_equal(db.entry[1].row[OSFP_SEQ], OSDB_NO_ROW);
	assert_int_equal(db.points[OSFP_SLOT(OSFP_T1, 0)], 100);
	osdb_release(&db);
}

/* What is wrong is told, with its line; the rest is of use. */
static void
goes_on(void **state)
{
	static const struct {
		const char *text, *err;
		size_t n;	/* fingerprints that are left */
	} t[] = {
		{ "Fingerprint A\nClass a|b|c|d\nT1(R=Y)\n",
		    "t:3: no MatchPoints; ", 1 },
		{ POINTS "MatchPoints\n", "t:5: a second MatchPoints; ", 0 },
		{ "MatchPoints\nT1(R=x)\n", "t:2: \"x\" are no points; ", 0 },
		{ POINTS "Fingerprint A\nClass a|b|c\nT1(R=Y)\n"
		    "Fingerprint B\nClass a|b|c|d\nT1(R=Y)\n",
		    "t:6: a class has four parts; ", 1 },
		{ POINTS "Fingerprint A\nT1(R=Y)\n",
		    "t:5: a fingerprint without a class; ", 0 },
		{ POINTS "Fingerprint A\nClass a|b|c|d\n",
		    "t:5: a fingerprint without tests; ", 0 },
		{ POINTS "Fingerprint\nClass a|b|c|d\nT1(R=Y)\n",
		    "t:5: a fingerprint without a name; ", 0 },
		{ POINTS "Class a|b|c|d\n",
		    "t:5: a class without a fingerprint; ", 0 },
		{ POINTS "T1(R=Y)\n",
		    "t:5: \"Y\" are no points; ", 0 },
		{ POINTS "Fingerprint A\nCPE cpe:/o:a:b\n",
		    "t:6: a CPE without a class; ", 0 },
		{ POINTS "Fingerprint A\nClass a|b|c|d\nCPE a:b\nT1(R=Y)\n",
		    "t:7: \"a:b\" is no CPE; ", 0 },
		{ POINTS "Fingerprint A\nClass a|b|c|d\nCPE cpe:/o:b x\n",
		    "t:7: \"x\" behind a CPE; ", 0 },
		{ POINTS "Fingerprint A\nIP 5\n",
		    "t:6: \"5\" is no version of IP; ", 0 },
		{ POINTS "Fingerprint A\nT1 (R=Y)\n",
		    "t:6: there are no tests \"T1 \"; ", 0 },
		{ POINTS "Fingerprint A\nSCAN(V=1)\n",
		    "t:6: there are no tests \"SCAN\"; ", 0 },
		{ POINTS "Fingerprint A\nSpecial\n",
		    "t:6: \"Special\" is no line of a database; ", 0 },
		{ POINTS "Fingerprint A\nT1(X=Y)\n",
		    "t:6: T1 has no test \"X\"; ", 0 },
		{ POINTS "Fingerprint A\nT1(R)\n",
		    "t:6: test R of T1 has no value; ", 0 },
		{ POINTS "Fingerprint A\nT1(R=Y%R=N)\n",
		    "t:6: a second test R; ", 0 },
		{ POINTS "Fingerprint A\nT1(R=Y)\nT1(DF=N)\n",
		    "t:7: a second T1 of one fingerprint; ", 0 },
		{ POINTS "Fingerprint A\nT1(T=45-3B)\n",
		    "t:6: T=45-3B: the range ends before it starts; ", 0 },
	};
	struct buf err = { 0 };
	struct osdb db;
	size_t i;

	(void)state;
	for (i = 0; i < N(t); i++) {
		db = (struct osdb){ 0 };
		err.n = 0;
		read_text(&db, t[i].text, &err);
		buf_putc(&err, '\0');
		assert_int_equal(db.errors, 1);
		if (strncmp(err.p, t[i].err, strlen(t[i].err)) != 0)
			fail_msg("%s: %s", t[i].text, err.p);
		assert_int_equal(db.nentry, t[i].n);
		osdb_release(&db);
	}
	buf_release(&err);
}

/* A faulty line is told each time; past 20 errors they are only counted. */
static void
many_errors(void **state)
{
	struct osdb db = { 0 };
	struct buf text = { 0 }, err = { 0 };
	unsigned i;

	(void)state;
	buf_puts(&text, POINTS);
	for (i = 0; i < 25; i++)
		buf_puts(&text, "Fingerprint A\nClass a|b|c|d\nT1(T=x-y)\n");
	buf_puts(&text, "Fingerprint B\nClass a|b|c|d\nT1(R=Y)\n");
	assert_int_equal(osdb_read(&db, &text, "t", &err), 0);
	assert_int_equal(db.errors, 25);
	assert_int_equal(db.nentry, 1);
	assert_int_equal(db.ncls, 1);
	is(db.entry[0].name, "B");
	buf_putc(&err, '\0');
	assert_non_null(strstr(err.p, ": 5 errors more; "));
	buf_release(&err);
	osdb_release(&db);
}

static void
checks(void **state)
{
	struct osdb db = { 0 };
	struct buf err = { 0 };

	(void)state;
	must_read(&db, two);
	assert_int_equal(osdb_check(&db, "t", &err), 0);
	osdb_release(&db);
	must_read(&db, POINTS
	    "Fingerprint A\nClass a|b|c|d\nT1(R=Y)\nSEQ(SP=1)\n"
	    "Fingerprint B\nClass a|b|c|d\nSEQ(SP=1)\nT1(R=Y)\n"
	    "Fingerprint C\nIP 6\nClass a|b|c|d\nSEQ(SP=1)\nT1(R=Y)\n"
	    "Fingerprint D\nClass a|b|c|d\nT1(R=Y%Q=)\nSEQ(SP=1)\n");
	assert_int_equal(osdb_check(&db, "t", &err), -1);
	buf_putc(&err, '\0');
	assert_string_equal(err.p,
	    "t:9: the same tests as line 5, which nothing tells apart; make "
	    "one of both, or add a test\n"
	    "t:1: T1 has tests of Q, without points; write them in "
	    "MatchPoints");
	buf_release(&err);
	osdb_release(&db);
}

/* ---- matching ---- */

static size_t
find(const struct osdb *db, const char *subject, struct osmatch_hit *hit,
    size_t max, unsigned *conf)
{
	static struct osfp fp;
	struct osmatch *m = osmatch_new(db);
	size_t n;

	assert_non_null(m);
	assert_int_equal(osfp_parse(&fp, str_of(subject), NULL), 0);
	n = osmatch_find(m, &fp, hit, max);
	if (conf != NULL && n > 0)
		*conf = osmatch_conf(m, &fp, &hit[0]);
	osmatch_free(m);
	return n;
}

/* A perfect match by a tenth of what the host showed is less sure. */
static void
little_tested(void **state)
{
	struct osmatch_hit hit[2];
	struct osdb db = { 0 };
	unsigned conf;

	(void)state;
	must_read(&db, POINTS
	    "Fingerprint A\nClass a|b|c|d\nSEQ(SP=10)\n");
	assert_int_equal(find(&db, "SEQ(SP=10%GCD=1)T1(R=Y%DF=Y%T=40)", hit,
	    2, &conf), 1);
	assert_int_equal(osmatch_accuracy(&hit[0]), 100);
	/* 25 of 235 points, and a fifth of them would do */
	assert_int_equal(conf, 53);
	assert_int_equal(find(&db, "SEQ(SP=10%GCD=1)", hit, 2, &conf), 1);
	assert_int_equal(conf, 100);
	osdb_release(&db);
}

static void
matches(void **state)
{
	struct osmatch_hit hit[8];
	struct osdb db = { 0 };
	unsigned conf;

	(void)state;
	must_read(&db, POINTS
	    "Fingerprint A\nClass a|b|c|d\nSEQ(SP=10%GCD=1)\nT1(R=Y%DF=Y%T=40)\n"
	    "Fingerprint B\nClass a|b|c|d\nSEQ(SP=11%GCD=1)\nT1(R=Y%DF=Y%T=40)\n"
	    "Fingerprint C\nClass a|b|c|d\nT1(R=Y%DF=Y)\n"
	    "Fingerprint D\nClass a|b|c|d\nIP 6\nT1(R=Y)\n");
	/* A: 235 of 235; B: all but SP's 25; C: 120 of 120 */
	assert_int_equal(find(&db, "SEQ(SP=10%GCD=1)T1(R=Y%DF=Y%T=40%Q=)",
	    hit, 8, &conf), 3);
	is(hit[0].entry->name, "A");
	is(hit[1].entry->name, "C");
	is(hit[2].entry->name, "B");
	assert_int_equal(hit[0].got, 235);
	assert_int_equal(hit[0].of, 235);
	assert_int_equal(hit[1].of, 120);
	assert_int_equal(hit[2].got, 210);
	assert_int_equal(osmatch_accuracy(&hit[2]), 89);
	assert_int_equal(conf, 100);
	/* only as many as wanted */
	assert_int_equal(find(&db, "SEQ(SP=11%GCD=1)T1(R=Y%DF=Y%T=40)", hit,
	    1, NULL), 1);
	is(hit[0].entry->name, "B");
	/* nothing in common */
	assert_int_equal(find(&db, "U1(R=N)", hit, 8, NULL), 0);
	/* IPv6 is apart */
	assert_int_equal(find(&db, "SCAN(E=6)T1(R=Y)", hit, 8, NULL), 1);
	is(hit[0].entry->name, "D");
	osdb_release(&db);
}

/* 20 of 235 points are less than a quarter: nothing to be sure of. */
static void
little_evidence(void **state)
{
	struct osmatch_hit hit[2];
	struct osdb db = { 0 };
	unsigned conf;

	(void)state;
	must_read(&db, two);
	assert_int_equal(find(&db, "T1(DF=Y)", hit, 2, &conf), 1);
	assert_int_equal(osmatch_accuracy(&hit[0]), 100);
	assert_int_equal(conf, 100 * 20 * 4 / 235);
	osdb_release(&db);
}

/* ---- interning ---- */

static void
interns(void **state)
{
	static char text[5000][8];
	struct intern t = { 0 };
	uint32_t i, round;
	bool fresh;

	(void)state;
	for (round = 0; round < 2; round++)
		for (i = 0; i < N(text); i++) {
			snprintf(text[i], sizeof(text[i]), "%u", i / 2);
			assert_int_equal(intern_put(&t, i % 2,
			    str_of(text[i]), &fresh), i);
			assert_int_equal(fresh, round == 0);
		}
	assert_int_equal(t.n, N(text));
	assert_int_equal(intern_put(&t, 0, STR(""), &fresh), N(text));
	assert_true(fresh);
	intern_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions),
		cmocka_unit_test(faulty_expressions),
		cmocka_unit_test(reads),
		cmocka_unit_test(goes_on),
		cmocka_unit_test(many_errors),
		cmocka_unit_test(checks),
		cmocka_unit_test(little_tested),
		cmocka_unit_test(matches),
		cmocka_unit_test(little_evidence),
		cmocka_unit_test(interns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
