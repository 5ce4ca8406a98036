#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/svcmatch.h"
#include "meaning/svcregex.h"
#include "random.h"

struct fixture {
	struct svcdb	 db;
	struct svcmatch	*m;
	struct svc_found f;
};

static void
setup(struct fixture *x, const char *text)
{
	struct buf err = { 0 };

	*x = (struct fixture){ 0 };
	if (svcdb_parse(&x->db, str_of(text), "t", &err) == -1)
		fail_msg("%.*s", STR_ARG(buf_view(&err)));
	x->m = svcmatch_new(&x->db);
	assert_non_null(x->m);
	buf_release(&err);
}

static void
teardown(struct fixture *x)
{
	svcmatch_free(x->m);
	svcdb_release(&x->db);
}

/* The service that an answer to the i-th probe is, NULL for none. */
static const char *
service_n(struct fixture *x, size_t i, const char *soft, const char *p,
    size_t n)
{
	if (!svcmatch_find(x->m, &x->db.probe[i], soft, p, n, &x->f)) {
		assert_null(x->f.line);
		return NULL;
	}
	assert_string_equal(x->f.line->service, x->f.service.p);
	return x->f.line->service;
}

#define SERVICE(x, i, lit)	service_n((x), (i), NULL, (lit), sizeof(lit) - 1)
#define IS(x, i, lit, name)	assert_string_equal(SERVICE((x), (i), (lit)), name)
#define NOTHING(x, i, lit)	assert_null(SERVICE((x), (i), (lit)))

static void
is_text(struct str s, const char *z)
{
	if (z == NULL)
		assert_null(s.p);
	else if (!str_is(s, z))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(s), z);
}

static void
finds(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x,
	    "Probe TCP NULL q||\n"
	    "match ssh m|^SSH-([\\d.]+)-OpenSSH_([\\w.]+)| p/OpenSSH/ v/$2/ "
	    "i/protocol $1/ cpe:/a:openbsd:openssh:$2/\n"
	    "match nocase m|^HeLLo|i\n"
	    "match line m|^a.b|\nmatch dot m|^a.b|s\n"
	    "match zero m|^\\0\\0(..)|s v/$I(1,\">\")/ i/$I(1,\"<\")/\n"
	    "match anywhere m|needle(\\d)| v/$1/\n"
	    "match empty m|^$|\n");
	IS(&x, 0, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "ssh");
	is_text(x.f.product, "OpenSSH");
	is_text(x.f.version, "9.2p1");
	is_text(x.f.info, "protocol 2.0");
	is_text(x.f.hostname, NULL);
	assert_int_equal(x.f.ncpe, 1);
	is_text(x.f.cpe[0], "cpe:/a:openbsd:openssh:9.2p1");
	assert_ptr_equal(x.f.probe, &x.db.probe[0]);
	assert_int_equal(x.f.line->line, 2);
	NOTHING(&x, 0, "ssh-2.0-OpenSSH_9.2p1");
	NOTHING(&x, 0, "SSH-2.0-");
	IS(&x, 0, "hEllo", "nocase");
	assert_int_equal(x.f.ncpe, 0);
	is_text(x.f.product, NULL);
	NOTHING(&x, 0, "hell");
	IS(&x, 0, "a\rb", "line");
	IS(&x, 0, "a\nb", "dot");
	IS(&x, 0, "\0\0\x01\x02", "zero");
	is_text(x.f.version, "258");
	is_text(x.f.info, "513");
	NOTHING(&x, 0, "\0\0\x01");
	IS(&x, 0, "\xff\xfe\0needle7", "anywhere");
	is_text(x.f.version, "7");
	IS(&x, 0, "", "empty");
	NOTHING(&x, 0, "x");
	teardown(&x);
}

static void
looks(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x,
	    "Probe TCP NULL q||\n"
	    "match null m|^x|\nsoftmatch softnull m|^y|\n"
	    "match hard m|^z1|\n"
	    "Probe TCP A q|a|\nfallback B\n"
	    "match a m|^a|\nsoftmatch sa m|^z|\nsoftmatch sb m|^z2|\n"
	    "Probe TCP B q|b|\n"
	    "match b m|^[ab]|\nmatch sb m|^z2x| p/hard/\n");
	IS(&x, 0, "x", "null");
	IS(&x, 1, "x", "null");
	NOTHING(&x, 0, "a");
	IS(&x, 1, "a", "a");
	IS(&x, 2, "a", "b");
	IS(&x, 1, "b", "b");
	IS(&x, 1, "z", "sa");
	assert_true(x.f.line->soft);
	/* A match line behind it counts before a softmatch. */
	IS(&x, 1, "z1", "hard");
	IS(&x, 1, "z2x", "sb");
	is_text(x.f.product, "hard");
	IS(&x, 1, "y", "softnull");
	/* What a soft match found before narrows it down. */
	assert_string_equal(service_n(&x, 1, "sb", "z2", 2), "sb");
	assert_true(x.f.line->soft);
	assert_null(service_n(&x, 1, "sa", "z1", 0));
	assert_string_equal(service_n(&x, 1, "sa", "z1", 2), "sa");
	assert_string_equal(service_n(&x, 1, "b", "a", 1), "b");
	assert_null(service_n(&x, 1, "null", "a", 1));
	teardown(&x);
}

static void
templates(void **state)
{
	struct fixture x;

	(void)state;
	setup(&x,
	    "Probe TCP NULL q||\n"
	    "match a m|^a([^\\n]*)(x)?| p/$1/ v/<$P(1)>/ i/$SUBST(1,\"_\",\".\")/ "
	    "h/$2/ o/,$1 , / d/$SUBST(1,\"aa\",\"a\")/ "
	    "cpe:/a:Ven dor:$1/ cpe:/o:$2/ cpe:/h:$SUBST(1,\"_\",\"\")/\n"
	    "match n m|^n([^\\n]*)| v/$I(1,\">\")/ i/$I(1,\"<\")/\n"
	    "match k m=^k(?:(a)|(b))(c)= p/$1/ v/$2/ i/$3/\n"
	    "match many m|^m(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)| p/$9$1/\n");
	IS(&x, 0, "a T_e/st-1.~\xe9 \r ", "a");
	is_text(x.f.product, "T_e/st-1.~\xe9");
	is_text(x.f.version, "< T_e/st-1.~  >");
	is_text(x.f.info, "T.e/st-1.~\xe9");
	is_text(x.f.hostname, NULL);
	is_text(x.f.os, ", T_e/st-1.~\xe9");
	assert_int_equal(x.f.ncpe, 2);
	is_text(x.f.cpe[0], "cpe:/a:Ven dor:_t_e%2Fst-1.~%E9___");
	is_text(x.f.cpe[1], "cpe:/h:_te%2Fst-1.~%E9___");
	IS(&x, 0, "aab\0c", "a");
	is_text(x.f.product, "ab");
	is_text(x.f.version, "<abc>");
	is_text(x.f.cpe[0], "cpe:/a:Ven dor:ab");
	IS(&x, 0, "aaaaa", "a");
	is_text(x.f.device, "aa");
	IS(&x, 0, "a", "a");
	is_text(x.f.product, NULL);
	is_text(x.f.os, NULL);
	IS(&x, 0, "n\x01\x02\x03", "n");
	is_text(x.f.version, "66051");
	is_text(x.f.info, "197121");
	IS(&x, 0, "n\xff\xff\xff\xff\xff\xff\xff\xff", "n");
	is_text(x.f.version, "18446744073709551615");
	IS(&x, 0, "n123456789", "n");
	is_text(x.f.version, NULL);
	IS(&x, 0, "n", "n");
	is_text(x.f.version, NULL);
	IS(&x, 0, "kbc", "k");
	is_text(x.f.product, NULL);
	is_text(x.f.version, "b");
	is_text(x.f.info, "c");
	IS(&x, 0, "m123456789ab", "many");
	is_text(x.f.product, "91");
	teardown(&x);
}

/* A captured text has no length that a field could not bear. */
static void
long_texts(void **state)
{
	struct fixture x;
	char big[5000];

	(void)state;
	setup(&x, "Probe TCP NULL q||\nmatch a m|^(a+)| p/$1$1/ "
	    "v/$SUBST(1,\"a\",\"bbbbbbbb\")/ cpe:/a:$1/\n");
	memset(big, 'a', sizeof(big));
	assert_string_equal(service_n(&x, 0, NULL, big, sizeof(big)), "a");
	assert_true(x.f.product.n > 400 && x.f.product.n <= 512);
	assert_true(x.f.version.n > 400 && x.f.version.n <= 512);
	assert_true(x.f.cpe[0].n > 400 && x.f.cpe[0].n <= 520);
	teardown(&x);
}

/* Patterns that take too long only because of all the places where they may
 * start. */
static void
quadratic(void **state)
{
	static char big[65536];
	struct fixture x;

	(void)state;
	setup(&x, "Probe TCP NULL q||\nmatch a m|x.*zq|s\n"
	    "match b m|[xw].*zq|si\nmatch c m|(?=x).*zq|s\n"
	    "match d m|\\w.*y.*zq|s\nmatch good m|^zq|\n");
	memset(big, 'x', sizeof(big));
	big[0] = 'z';
	big[1] = big[sizeof(big) - 1] = 'q';
	memset(big + sizeof(big) - 20, 'y', 19);
	assert_string_equal(service_n(&x, 0, NULL, big, sizeof(big)), "good");
	assert_string_equal(service_n(&x, 0, NULL, big, 1024), "good");
	teardown(&x);
}

/* Patterns that would run for years, and ones that are none. */
static void
bounded(void **state)
{
	struct buf err = { 0 };
	struct fixture x;
	char big[4096];

	(void)state;
	setup(&x,
	    "Probe TCP NULL q||\n"
	    "match evil m|^(a+)+$|\n"
	    "match evil m|^(?:a?){40}a{40}b|\n"
	    "match bad m|^(a|\n"
	    "match bad m|^a| p/$1/ cpe:/a:$2/\n"
	    "match good m|^(a+)| v/$1/\n");
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 1] = '!';
	assert_string_equal(service_n(&x, 0, NULL, big, sizeof(big)), "bad");
	is_text(x.f.product, NULL);
	assert_int_equal(svcmatch_check(&x.db, &err), -1);
	buf_putc(&err, '\0');
	assert_string_equal(err.p, "t:4: a malformed pattern: missing closing "
	    "parenthesis at its byte 3; correct it\n"
	    "t:5: $1, and the pattern captures 0; correct the number or put "
	    "( ) around what it means\n"
	    "t:5: $2, and the pattern captures 0; correct the number or put "
	    "( ) around what it means");
	buf_release(&err);
	teardown(&x);
	setup(&x, "Probe TCP NULL q||\nmatch a m|^(a)(b)| p/$2/\n");
	assert_int_equal(svcmatch_check(&x.db, &err), 0);
	assert_int_equal(err.n, 0);
	teardown(&x);
}

/* ---- no line is ruled out that would have matched ---- */

/* A random pattern, and a text that it is likely to match. */
struct guess {
	struct buf	re, text;
	unsigned	depth;
};

/* Parts of patterns, and what they match. */
struct part {
	const char	*re;
	struct str	 text;
};

#define PART(re, text)	{ (re), { (text), sizeof(text) - 1 } }

static const struct part solid[] = {
	PART("a", "a"), PART("b", "b"), PART("A", "A"), PART("B", "B"),
	PART("abc", "abc"), PART("1", "1"), PART("\\.", "."), PART(" ", " "),
	PART("\\r", "\r"), PART("\\n", "\n"), PART("\\0", "\0"),
	PART("\\x41", "A"), PART("\\xff", "\xff"), PART("\\t", "\t"),
	PART("\\/", "/"), PART("{", "{"), PART("}", "}"), PART("]", "]"),
	PART("-", "-"), PART("\\07", "\a"), PART("\\e", "\033"),
	PART("a{", "a{"), PART("b{x", "b{x"), PART("c{2", "c{2"),
	PART("d{,2}", "d{,2}"), PART("\\0011", "\0011"), PART("\\\\", "\\"),
	/* Classes. */
	PART(".", "q"), PART(".", "\n"), PART("\\d", "7"), PART("\\w", "b"),
	PART("\\s", " "), PART("\\S", "a"), PART("\\D", "a"),
	PART("[a-c]", "b"), PART("[^a]", "z"), PART("[]x]", "]"),
	PART("[^]]", "a"), PART("[\\d.]", "."), PART("[\\]a]", "]"),
	PART("[[:alpha:]]", "a"), PART("[^[:alpha:]1]", "-"), PART("[b]", "b"),
	PART("[\\x00-\\x1f]", "\001"), PART("\\N", "a"), PART("[\\b]", "\b"),
	PART("[a\\-z]", "-"), PART("[--]", "-"), PART("[aA]", "a"),
	PART("[aa]", "a"), PART("[$]", "$"), PART("[(|)]", "|"),
	PART("[\\n]", "\n"), PART("[[]", "["), PART("[\\0]", "\0"),
	/* What is rare. */
	PART("(?i:a)", "A"), PART("(?i:abc)", "aBC"), PART("(?s-i:.A)", "\nA"),
	PART("(?-i)B", "B"), PART("\\Qa.|\\E", "a.|"), PART("\\h", " "),
	PART("\\R", "\r\n"), PART("\\x{41}", "A"), PART("\\101", "A"),
	PART("(?>ab)", "ab"), PART("(?<n>a)", "a"), PART("\\cA", "\001"),
	PART("(?|(a)|(b))", "b"), PART("\\x4", "\004"), PART("\\v", "\n"),
	PART("[\\Qa]\\E]", "]"), PART("(?i)a", "A"), PART("(?x) a # b", "a"),
};
static const struct part thin[] = {
	PART("\\b", ""), PART("\\B", ""), PART("^", ""), PART("$", ""),
	PART("(?=)", ""), PART("(?!zz)", ""), PART("(?<!q)", ""),
	PART("(?=ab)", ""), PART("(?=ab)", "ab"), PART("(?<=abc)", ""),
	PART("(?#x|)", ""), PART("\\K", ""), PART("\\A", ""), PART("\\Z", ""),
	PART("(?=.*abc)", ""), PART("(a)|\\1", "a"), PART("\\1", ""),
};

static unsigned
below(unsigned n)
{
	return (unsigned)(rnd() % n);
}

static void	put_sequence(struct guess *);

static void
put_part(struct guess *g, const struct part *p)
{
	buf_puts(&g->re, p->re);
	buf_str(&g->text, p->text);
}

/* "(...|...)", of which the text has one. */
static void
put_group(struct guess *g)
{
	unsigned n = below(3) == 0 ? 1 + below(3) : 1, keep = below(n), i;
	size_t start;

	buf_puts(&g->re, below(2) == 0 ? "(" : "(?:");
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&g->re, '|');
		start = g->text.n;
		put_sequence(g);
		if (i != keep)
			g->text.n = start;
	}
	buf_putc(&g->re, ')');
}

/* A quantifier, and the text from start on as often as it says. */
static void
put_times(struct guess *g, size_t start)
{
	static const struct {
		const char *re;
		unsigned min, max;
	} all[] = {
		{ "*", 0, 3 }, { "+", 1, 3 }, { "?", 0, 1 }, { "{2}", 2, 2 },
		{ "{0}", 0, 0 }, { "{1}", 1, 1 }, { "{1,3}", 1, 3 },
		{ "{2,}", 2, 4 }, { "{0,2}", 0, 2 }, { "{70}", 70, 70 },
	};
	static const char *const how[] = { "", "", "", "?", "+" };
	char one[256];
	size_t n = g->text.n - start;
	unsigned q = below(10), times;

	if (n > sizeof(one) || (q == 9 && n > 1))
		return;
	if (n > 0)
		memcpy(one, g->text.p + start, n);
	times = all[q].min + below(all[q].max - all[q].min + 1);
	buf_puts(&g->re, all[q].re);
	buf_puts(&g->re, how[below(5)]);
	for (g->text.n = start; times > 0; times--)
		buf_put(&g->text, one, n);
}

static void
put_sequence(struct guess *g)
{
	unsigned n = 1 + below(5);
	size_t start;

	g->depth++;
	while (n-- > 0) {
		start = g->text.n;
		if (below(8) == 0) {
			put_part(g, &thin[below(sizeof(thin) /
			    sizeof(thin[0]))]);
			continue;
		}
		if (below(4) == 0 && g->depth < 4)
			put_group(g);
		else
			/* Mostly what is frequent. */
			put_part(g, &solid[below(below(3) > 0 ? 12 :
			    sizeof(solid) / sizeof(solid[0]))]);
		if (below(4) == 0)
			put_times(g, start);
	}
	g->depth--;
}

static void
make_guess(struct guess *g, bool caseless)
{
	bool anchored = below(2) == 0;
	size_t i;

	g->re.n = g->text.n = 0;
	if (anchored)
		buf_putc(&g->re, '^');
	else if (below(2) == 0)
		buf_puts(&g->text, below(2) == 0 ? "x" : "HTTP/1.0 ab\r\n");
	put_sequence(g);
	if (below(2) == 0)
		buf_puts(&g->text, "tail");
	for (i = 0; caseless && i < g->text.n; i++)
		if ((g->text.p[i] | 0x20) >= 'a' &&
		    (g->text.p[i] | 0x20) <= 'z' && below(2) == 0)
			g->text.p[i] ^= 0x20;
	assert_false(g->re.oom || g->text.oom);
}

/* Does the expression alone match the text? */
static bool
matches(const struct guess *g, bool caseless, bool dotall)
{
	struct svcregex *re = svcregex_new(buf_view(&g->re), caseless, dotall,
	    NULL);
	struct svcregex_memory *m = svcregex_memory_new();
	struct str group[SVCREGEX_GROUPS];
	bool over, is;

	assert_non_null(m);
	is = re != NULL && svcregex_match(re, m, g->text.p, g->text.n, group,
	    &over);
	svcregex_free(re);
	svcregex_memory_free(m);
	return is;
}

static void
never_wrong(void **state)
{
	struct buf text = { 0 };
	struct guess g = { 0 };
	unsigned i, flags, matched = 0;
	struct fixture x;
	bool is;

	(void)state;
	for (i = 0; i < 40000; i++) {
		flags = below(4);
		make_guess(&g, flags & 1);
		text.n = 0;
		buf_puts(&text, "Probe TCP NULL q||\nmatch a m\x01");
		buf_str(&text, buf_view(&g.re));
		buf_printf(&text, "\x01%s%s", flags & 1 ? "i" : "",
		    flags & 2 ? "s" : "");
		buf_putc(&text, '\0');
		setup(&x, text.p);
		is = matches(&g, flags & 1, flags & 2);
		if (is != (service_n(&x, 0, NULL, g.text.p, g.text.n) !=
		    NULL))
			fail_msg("%.*s", STR_ARG(buf_view(&g.re)));
		matched += is;
		teardown(&x);
	}
	assert_true(matched > i / 4);
	buf_release(&text);
	buf_release(&g.re);
	buf_release(&g.text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(looks),
		cmocka_unit_test(templates),
		cmocka_unit_test(long_texts),
		cmocka_unit_test(quadratic),
		cmocka_unit_test(bounded),
		cmocka_unit_test(never_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
