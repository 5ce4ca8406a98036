#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/svcdb.h"

static void
must_parse(struct svcdb *db, const char *text)
{
	struct buf err = { 0 };

	if (svcdb_parse(db, str_of(text), "t", &err) == -1)
		fail_msg("%.*s", STR_ARG(buf_view(&err)));
	assert_int_equal(err.n, 0);
	buf_release(&err);
}

/* The text is refused, and the messages are those, up to the mend. */
static void
must_refuse_n(struct svcdb *db, struct str text, const char *const *head,
    size_t nhead)
{
	struct buf err = { 0 };
	struct str rest, one;
	size_t n = db->n, i;

	assert_int_equal(svcdb_parse(db, text, "t", &err), -1);
	assert_int_equal(db->n, n);
	rest = buf_view(&err);
	for (i = 0; rest.p != NULL; i++) {
		one = str_cut(&rest, '\n');
		if (i >= nhead || one.n < strlen(head[i]) ||
		    memcmp(one.p, head[i], strlen(head[i])) != 0)
			fail_msg("got \"%.*s\", want \"%s...\"", STR_ARG(one),
			    i < nhead ? head[i] : "(nothing)");
		/* What is wrong, and the mend. */
		assert_true(memchr(one.p, ';', one.n) != NULL ||
		    memchr(one.p, ',', one.n) != NULL);
	}
	assert_int_equal(i, nhead);
	buf_release(&err);
}

static void
must_refuse(const char *text, const char *head)
{
	struct svcdb db = { 0 };

	must_refuse_n(&db, str_of(text), &head, 1);
	svcdb_release(&db);
}

static const struct svc_probe *
probe(const struct svcdb *db, const char *name, enum svc_proto proto)
{
	size_t i;

	for (i = 0; i < db->n; i++)
		if (strcmp(db->probe[i].name, name) == 0 &&
		    db->probe[i].proto == proto)
			return &db->probe[i];
	fail_msg("no probe %s", name);
	return NULL;
}

static void
is_text(struct str s, const char *z)
{
	if (z == NULL)
		assert_null(s.p);
	else if (!str_is(s, z))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(s), z);
}

static void
empty(void **state)
{
	struct svcdb db = { 0 };

	(void)state;
	must_parse(&db, "");
	must_parse(&db, "# nothing\r\n\n \t # at all");
	assert_int_equal(db.n, 0);
	assert_null(db.null);
	svcdb_release(&db);
	svcdb_release(&db);
}

static void
has_bytes(const struct svc_probe *p, const char *bytes, size_t n)
{
	assert_int_equal(p->n, n);
	if (n > 0)
		assert_memory_equal(p->payload, bytes, n);
}

#define HAS(p, lit)	has_bytes((p), (lit), sizeof(lit) - 1)

static void
probes(void **state)
{
	struct svcdb db = { 0 };
	const struct svc_probe *p;

	(void)state;
	must_parse(&db,
	    "# a comment\n"
	    "Probe TCP NULL q||\n"
	    "Probe TCP Get q|GET / HTTP/1.0\\r\\n\\r\\n|\r\n"
	    "ports 80,8000-8002\n"
	    "sslports 443\n"
	    "rarity 1\n"
	    "totalwaitms 7500\n"
	    "tcpwrappedms 3000\n"
	    "\tProbe  UDP \t Get   q!\\\\\\0\\a\\b\\f\\n\\r\\t\\v\\xfF"
	    "\\x00.|\xc3! no-payload\n"
	    "Probe TCP last qx\\0\\0x");
	assert_int_equal(db.n, 4);
	p = probe(&db, "NULL", SVC_TCP);
	assert_ptr_equal(db.null, p);
	HAS(p, "");
	assert_int_equal(p->rarity, SVC_RARITY);
	assert_int_equal(p->wait, 5000000000);
	assert_int_equal(p->wrapped, 2000000000);
	p = probe(&db, "Get", SVC_TCP);
	HAS(p, "GET / HTTP/1.0\r\n\r\n");
	assert_int_equal(portset_count(&p->ports), 4);
	assert_true(portset_has(&p->ports, 8002));
	assert_int_equal(portset_count(&p->sslports), 1);
	assert_true(portset_has(&p->sslports, 443));
	assert_int_equal(p->rarity, 1);
	assert_int_equal(p->wait, 7500000000);
	assert_int_equal(p->wrapped, 3000000000);
	assert_int_equal(p->at, 3);
	HAS(probe(&db, "Get", SVC_UDP),
	    "\\\0\a\b\f\n\r\t\v\xff\0.|\xc3");
	HAS(probe(&db, "last", SVC_TCP), "\0\0");
	svcdb_release(&db);
}

static void
lines(void **state)
{
	struct svcdb db = { 0 };
	const struct svc_line *l;
	const struct svc_probe *p;

	(void)state;
	must_parse(&db,
	    "Probe TCP NULL q||\n"
	    "match ssh m|^SSH-([\\d.]+)|\n"
	    "match http m=^HTTP/1.[01] (\\d+) =is p/A b/ v|$1| i,x/y, "
	    "h!$P(1)! o/$SUBST(1,\"_\", \".\")/ d/$I(1,\">\")/ "
	    "cpe:/a:v:p:$1/ cpe:|o:v:p|a\r\n"
	    "softmatch ssl/http m/^HTTP/s");
	p = &db.probe[0];
	assert_int_equal(p->nline, 3);
	l = &p->line[0];
	assert_string_equal(l->service, "ssh");
	assert_string_equal(l->file, "t");
	assert_int_equal(l->line, 2);
	assert_false(l->soft);
	is_text(l->product, NULL);
	is_text(l->device, NULL);
	assert_int_equal(l->ncpe, 0);
	l = &p->line[1];
	assert_string_equal(l->service, "http");
	is_text(l->product, "A b");
	is_text(l->version, "$1");
	is_text(l->info, "x/y");
	is_text(l->hostname, "$P(1)");
	is_text(l->os, "$SUBST(1,\"_\", \".\")");
	is_text(l->device, "$I(1,\">\")");
	assert_int_equal(l->ncpe, 2);
	is_text(l->cpe[0], "a:v:p:$1");
	is_text(l->cpe[1], "o:v:p");
	l = &p->line[2];
	assert_string_equal(l->service, "ssl/http");
	assert_true(l->soft);
	assert_int_equal(l->line, 4);
	svcdb_release(&db);
}

/* The names of those whose lines a probe's answers are held against. */
static void
looks(const struct svc_probe *p, const char *names)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < p->nlook; i++)
		buf_printf(&b, "%s%s%s", i == 0 ? "" : " ", p->look[i]->name,
		    p->look[i]->proto == SVC_UDP ? "/u" : "");
	if (!str_is(buf_view(&b), names))
		fail_msg("%s: \"%.*s\" is not \"%s\"", p->name,
		    STR_ARG(buf_view(&b)), names);
	buf_release(&b);
}

static void
fallbacks(void **state)
{
	struct svcdb db = { 0 };

	(void)state;
	must_parse(&db,
	    "Probe TCP A q|a|\nfallback B, NULL,A,C\n"
	    "Probe TCP NULL q||\n"
	    "Probe TCP B q|b|\nfallback C\n"
	    "Probe TCP C q|c|\n"
	    "Probe TCP D q|d|\nfallback E\n"
	    "Probe UDP C q|c|\n"
	    "Probe UDP E q|e|\nfallback C,B\n"
	    "Probe UDP F q||\n");
	looks(probe(&db, "A", SVC_TCP), "A B NULL C");
	looks(probe(&db, "NULL", SVC_TCP), "NULL");
	looks(probe(&db, "B", SVC_TCP), "B C NULL");
	looks(probe(&db, "C", SVC_TCP), "C NULL");
	looks(probe(&db, "D", SVC_TCP), "D E/u NULL");
	looks(probe(&db, "C", SVC_UDP), "C/u");
	looks(probe(&db, "E", SVC_UDP), "E/u C/u B");
	looks(probe(&db, "F", SVC_UDP), "F/u");
	svcdb_release(&db);
}

static void
adds(void **state)
{
	static const char *const nothere[] = {
		"t:2: probe B falls back to \"X\", and there is no such" };
	struct svcdb db = { 0 };
	const struct svc_probe *p;

	(void)state;
	must_parse(&db, "Exclude 9,T:9100-9102\n"
	    "Probe TCP NULL q||\nmatch a m|^a|\n"
	    "Probe TCP B q|b|\nmatch b m|^b|\nfallback NULL\n"
	    "Probe UDP B q|b|\n");
	must_refuse_n(&db, STR("Probe TCP B q|x|\nfallback X\n"), nothere, 1);
	HAS(probe(&db, "B", SVC_TCP), "b");
	looks(probe(&db, "B", SVC_TCP), "B NULL");
	must_parse(&db, "Probe TCP C q|c|\nfallback B\n"
	    "Probe TCP NULL q||\nmatch x m|^x|\nmatch y m|^y|\n"
	    "Exclude U:7\n");
	assert_int_equal(db.n, 4);
	p = &db.probe[0];
	assert_ptr_equal(db.null, p);
	assert_int_equal(p->nline, 2);
	assert_string_equal(p->line[0].service, "x");
	assert_string_equal(db.probe[1].name, "B");
	assert_string_equal(db.probe[1].line[0].service, "b");
	assert_ptr_equal(db.probe[1].look[1], p);
	assert_int_equal(db.probe[2].proto, SVC_UDP);
	looks(probe(&db, "C", SVC_TCP), "C B NULL");
	assert_int_equal(portset_count(&db.exclude[SVC_TCP]), 4);
	assert_true(portset_has(&db.exclude[SVC_TCP], 9102));
	assert_int_equal(portset_count(&db.exclude[SVC_UDP]), 2);
	assert_true(portset_has(&db.exclude[SVC_UDP], 7));
	/* The same again changes nothing but the place in memory. */
	must_parse(&db, "Probe TCP B q|b|\nmatch b m|^b|\nfallback NULL\n");
	assert_int_equal(db.n, 4);
	looks(probe(&db, "C", SVC_TCP), "C B NULL");
	svcdb_release(&db);
}

static void
errors(void **state)
{
	static const struct {
		const char *text, *head;
	} cases[] = {
		{ "match a m|a|", "t:1: \"match\" of no probe; " },
		{ "ports 1", "t:1: \"ports\" of no probe; " },
		{ "probe TCP A q||", "t:1: \"probe\" is no word of this" },
		{ "\x01 foo", "t:1: \"\" is no word of this file; " },
		{ "Probe", "t:1: \"\" is no protocol of a probe; " },
		{ "Probe SCTP A q||", "t:1: \"SCTP\" is no protocol" },
		{ "Probe TCP", "t:1: \"\" is no name of a probe; " },
		{ "Probe TCP a,b q||", "t:1: \"a,b\" is no name of a probe; " },
		{ "Probe TCP A", "t:1: probe A has no bytes; " },
		{ "Probe TCP A |x|", "t:1: probe A has no bytes; " },
		{ "Probe TCP A q", "t:1: the bytes of probe A do not end; " },
		{ "Probe TCP A q|x", "t:1: the bytes of probe A do not end; " },
		{ "Probe TCP A q|x| y", "t:1: \"y\" behind a probe's bytes; " },
		{ "Probe TCP A q|\\q|", "t:1: \"\\q\" is no escape" },
		{ "Probe TCP A q|\\x1|", "t:1: \"\\x1\" is no escape" },
		{ "Probe TCP A q|\\|", "t:1: \"\\\" is no escape" },
		{ "Probe TCP A q||\nProbe TCP A q||",
		    "t:2: a second TCP probe A; " },
		{ "Probe TCP A q||\nmatch", "t:2: \"\" is no name of a ser" },
		{ "Probe TCP A q||\nmatch a", "t:2: a match without a patt" },
		{ "Probe TCP A q||\nmatch a x|a|",
		    "t:2: a match without a pattern; " },
		{ "Probe TCP A q||\nmatch a m|a",
		    "t:2: the pattern does not end; " },
		{ "Probe TCP A q||\nmatch a m|a|x",
		    "t:2: \"x\" is no flag of a pattern; " },
		{ "Probe TCP A q||\nmatch a m|a| z/a/",
		    "t:2: \"z/a/\" is no part of a match; " },
		{ "Probe TCP A q||\nmatch a m|a| p/a",
		    "t:2: p/product/ does not end; " },
		{ "Probe TCP A q||\nmatch a m|a| p",
		    "t:2: p/product/ does not end; " },
		{ "Probe TCP A q||\nmatch a m|a| p/a/b/",
		    "t:2: \"b/\" directly behind p/product/; " },
		{ "Probe TCP A q||\nmatch a m|a| p/a/ p/b/",
		    "t:2: a second p/product/; " },
		{ "Probe TCP A q||\nmatch a m|a| v/$0/",
		    "t:2: v/version/ has a $ that starts no reference; " },
		{ "Probe TCP A q||\nmatch a m|a| v/$/",
		    "t:2: v/version/ has a $ that starts no reference; " },
		{ "Probe TCP A q||\nmatch a m|a| v/$P(1/",
		    "t:2: v/version/ has a malformed $P; " },
		{ "Probe TCP A q||\nmatch a m|a| v/$SUBST(1,\"\",\"\")/",
		    "t:2: v/version/ has a malformed $SUBST; " },
		{ "Probe TCP A q||\nmatch a m|a| v/$I(1,\"=\")/",
		    "t:2: v/version/ has a malformed $I; " },
		{ "Probe TCP A q||\nmatch a m|a| cpe:/a",
		    "t:2: cpe:/name/ does not end; " },
		{ "Probe TCP A q||\nmatch a m|a| cpe:/a/ cpe:/b/ cpe:/c/ "
		    "cpe:/d/ cpe:/e/", "t:2: more than 4 cpe of one line; " },
		{ "Probe TCP A q||\nports", "t:2: \"\" is no list of ports; " },
		{ "Probe TCP A q||\nports 1,x", "t:2: \"x\" is no list of" },
		{ "Probe TCP A q||\nports 1,70000", "t:2: \"70000\" is no li" },
		{ "Probe TCP A q||\nports 1\nports 2",
		    "t:3: a second ports line of this probe; " },
		{ "Probe TCP A q||\nrarity 0", "t:2: \"0\" is no rarity; " },
		{ "Probe TCP A q||\nrarity 10", "t:2: \"10\" is no rarity; " },
		{ "Probe TCP A q||\nrarity 1\nrarity 1", "t:3: a second rar" },
		{ "Probe TCP A q||\ntotalwaitms 1s",
		    "t:2: \"1s\" is no totalwaitms; " },
		{ "Probe TCP A q||\ntcpwrappedms 600001",
		    "t:2: \"600001\" is no tcpwrappedms; " },
		{ "Probe TCP A q||\nfallback", "t:2: no fallback given; " },
		{ "Probe TCP A q||\n\nfallback B,A",
		    "t:3: probe A falls back to \"B\", and there is no" },
		{ "Probe TCP A q||\nfallback A,",
		    "t:2: probe A falls back to \"\", and there is no" },
		{ "Exclude", "t:1: \"\" is no list of ports; " },
		{ "Exclude ssh", "t:1: \"ssh\" is no list of ports; " },
		{ "Exclude 99999", "t:1: \"99999\": " },
		{ "Exclude 1\nExclude 2", "t:2: a second Exclude line; " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		must_refuse(cases[i].text, cases[i].head);
}

/* All of a text's errors are told, and a bad probe takes its lines along. */
static void
many_errors(void **state)
{
	static const char *const some[] = {
		"t:1: \"XCP\" is no protocol", "t:2: the pattern does not end",
		"t:4: \"x\" is no rarity", "t:6: \"foo\" is no word",
	};
	static const char *const nul[] = { "t:1: a NUL byte; " };
	struct svcdb db = { 0 };
	struct buf text = { 0 }, err = { 0 };
	struct str rest;
	size_t i;

	(void)state;
	must_refuse_n(&db, STR("Probe XCP A q||\nmatch a m|a\n"
	    "match b m|b|\nrarity x\nProbe TCP A q||\nfoo"), some, 4);
	must_refuse_n(&db, STR("Probe TCP A q|\0|"), nul, 1);
	for (i = 0; i < 1000; i++)
		buf_puts(&text, "foo\n");
	assert_int_equal(svcdb_parse(&db, buf_view(&text), "t", &err), -1);
	rest = buf_view(&err);
	for (i = 1; i <= 20; i++)
		str_cut(&rest, '\n');
	is_text(rest, "t:1001: 980 errors more; mend those above first");
	buf_release(&text);
	buf_release(&err);
	svcdb_release(&db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(probes),
		cmocka_unit_test(lines),
		cmocka_unit_test(fallbacks),
		cmocka_unit_test(adds),
		cmocka_unit_test(errors),
		cmocka_unit_test(many_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
