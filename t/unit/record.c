#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/esc.h"
#include "meaning/record.h"
#include "random.h"

/* A line in exactly its own memory, so that a sanitizer sees one byte too
 * many. */
static char *
exact(const char *p, size_t n)
{
	char *copy = malloc(n > 0 ? n : 1);

	assert_non_null(copy);
	if (n > 0)
		memcpy(copy, p, n);
	return copy;
}

enum spelling { TSV, JSON };

/* What a line becomes, newline included: NULL when it is malformed. The caller
 * frees it. */
static char *
convert(const char *line, size_t n, enum spelling to)
{
	char *copy = exact(line, n);
	struct record r = { 0 };
	struct buf b = { 0 };
	const char *err = NULL;

	if (rec_scan(&r, copy, n, &err) == -1) {
		assert_non_null(err);
		assert_int_equal(r.kind, REC_BLANK);
		assert_int_equal(r.npair, 0);
		free(copy);
		rec_release(&r);
		return NULL;
	}
	if (to == JSON)
		rec_put_json(&r, &b);
	else
		rec_put_tsv(&r, &b);
	buf_putc(&b, '\0');
	assert_false(b.oom);
	rec_release(&r);
	free(copy);
	return b.p;
}

static void
becomes(const char *line, enum spelling to, const char *want)
{
	char *got = convert(line, strlen(line), to);
	size_t n = strlen(want);

	if (got == NULL)
		fail_msg("malformed: %s", line);
	if (strncmp(got, want, n) != 0 || strcmp(got + n, "\n") != 0)
		fail_msg("%s\n becomes %s wanted  %s", line, got, want);
	free(got);
}

/* The two lines are the same record, each in its canonical spelling. */
static void
same(const char *tsv, const char *json)
{
	becomes(tsv, JSON, json);
	becomes(json, TSV, tsv);
	becomes(tsv, TSV, tsv);
	becomes(json, JSON, json);
}

static void
malformed(const char *line, const char *says)
{
	size_t n = strlen(line);
	char *copy = exact(line, n);
	struct record r = { 0 };
	const char *err = NULL;

	if (rec_scan(&r, copy, n, &err) != -1)
		fail_msg("not malformed: %s", line);
	if (strstr(err, says) == NULL)
		fail_msg("%s\n says '%s', not '%s'", line, err, says);
	free(copy);
	rec_release(&r);
}

static void
both_spellings(void **state)
{
	(void)state;
	same("192.0.2.7\t443\ttcp\topen\tsyn-ack\tttl=57\trtt=0.0123\t"
	    "time=1764000000.123456",
	    "{\"ip\":\"192.0.2.7\",\"port\":443,\"proto\":\"tcp\","
	    "\"state\":\"open\",\"reason\":\"syn-ack\",\"ttl\":57,"
	    "\"rtt\":0.0123,\"time\":1764000000.123456}");
	same("192.0.2.7\t-\thost\tup\techo-reply",
	    "{\"ip\":\"192.0.2.7\",\"port\":null,\"proto\":\"host\","
	    "\"state\":\"up\",\"reason\":\"echo-reply\"}");
	same("192.0.2.0/24\t22,80\ttcp",
	    "{\"ip\":\"192.0.2.0/24\",\"port\":\"22,80\","
	    "\"proto\":\"tcp\"}");
	same("2001:db8::1", "{\"ip\":\"2001:db8::1\"}");
	same("2001:db8::1\t-\t-", "{\"ip\":\"2001:db8::1\",\"port\":null,"
	    "\"proto\":null}");
	same("192.0.2.7\ttag=a b", "{\"ip\":\"192.0.2.7\",\"tag\":\"a b\"}");
	same("#prt\tstat\tsent=7\tcomplete=1\tid=5\tip=x",
	    "{\"prt\":\"stat\",\"sent\":7,\"complete\":true,\"id\":\"5\","
	    "\"ip\":\"x\"}");
	same("#prt\tx", "{\"prt\":\"x\"}");
}

/* The table's types, where the text fits them; else it is a string. */
static void
types(void **state)
{
	(void)state;
	same("h\tttl=0", "{\"ip\":\"h\",\"ttl\":0}");
	same("h\tttl=-1", "{\"ip\":\"h\",\"ttl\":-1}");
	same("h\tttl=057", "{\"ip\":\"h\",\"ttl\":\"057\"}");
	same("h\tttl=5.0", "{\"ip\":\"h\",\"ttl\":\"5.0\"}");
	same("h\tttl=", "{\"ip\":\"h\",\"ttl\":\"\"}");
	same("h\tttl=18446744073709551616",
	    "{\"ip\":\"h\",\"ttl\":18446744073709551616}");
	same("h\trtt=1e-3", "{\"ip\":\"h\",\"rtt\":1e-3}");
	same("h\trtt=.5", "{\"ip\":\"h\",\"rtt\":\".5\"}");
	same("h\trtt=5.", "{\"ip\":\"h\",\"rtt\":\"5.\"}");
	same("h\trtt=1e", "{\"ip\":\"h\",\"rtt\":\"1e\"}");
	same("h\trtt=-", "{\"ip\":\"h\",\"rtt\":\"-\"}");
	same("h\trtt=0x1", "{\"ip\":\"h\",\"rtt\":\"0x1\"}");
	same("h\tcomplete=0", "{\"ip\":\"h\",\"complete\":false}");
	same("h\tcomplete=yes", "{\"ip\":\"h\",\"complete\":\"yes\"}");
	same("h\tcomplete=", "{\"ip\":\"h\",\"complete\":\"\"}");
	same("h\thost=443", "{\"ip\":\"h\",\"host\":\"443\"}");
	same("h\tnever=443", "{\"ip\":\"h\",\"never\":\"443\"}");
	same("h\t0443", "{\"ip\":\"h\",\"port\":\"0443\"}");
	same("h\tk=a=b", "{\"ip\":\"h\",\"k\":\"a=b\"}");
	same("h\tk=1\tk=2", "{\"ip\":\"h\",\"k\":\"1\",\"k\":\"2\"}");
	same("h\tk=-", "{\"ip\":\"h\",\"k\":\"-\"}");
}

static void
hostile_text(void **state)
{
	(void)state;
	same("h\tb=\\t\\n\\r\\\\\\x00\\x1b[2J\\xff\"'",
	    "{\"ip\":\"h\",\"b\":\"\\\\t\\\\n\\\\r\\\\\\\\\\\\x00\\\\x1b[2J"
	    "\\\\xff\\\"'\"}");
	/* upper-case digits are kept as they are */
	same("h\tb=\\xFF", "{\"ip\":\"h\",\"b\":\"\\\\xFF\"}");
	same("h\tb\"q=\xc3\xa9\xf0\x9f\x98\x80",
	    "{\"ip\":\"h\",\"b\\\"q\":\"\xc3\xa9\xf0\x9f\x98\x80\"}");
	malformed("h\tb=\x1b[2J", "raw control byte");
	malformed("h\tb=\xff", "not printable UTF-8");
	malformed("h\tb=\xc3", "not printable UTF-8");
	malformed("h\tb=\xe2\x80\xae", "not printable UTF-8");
	malformed("h\tb=\\", "backslash");
	malformed("h\tb=\\x1", "backslash");
	malformed("h\tb=\\x1\tc", "backslash");
	malformed("h\tb=\\q", "backslash");
	malformed("h\r", "raw control byte");
	malformed("h\x7f", "raw control byte");
}

static void
nul_byte(void **state)
{
	struct record r = { 0 };
	const char *err = NULL;

	(void)state;
	assert_int_equal(rec_scan(&r, "h\tb=\0", 5, &err), -1);
	assert_int_equal(rec_scan(&r, "\0", 1, &err), -1);
	assert_int_equal(rec_scan(&r, "{\"ip\":\"\0\"}", 10, &err), -1);
	rec_release(&r);
}

static void
blank_lines(void **state)
{
	static const char *const line[] = {
		"", " ", "# x", "#", "#prt", "#prtx\ty", "  # x", "#prt x=y",
	};
	struct record r = { 0 };
	struct buf b = { 0 };
	const char *err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(line) / sizeof(line[0]); i++) {
		assert_int_equal(rec_scan(&r, line[i], strlen(line[i]), &err),
		    0);
		assert_int_equal(r.kind, REC_BLANK);
		rec_put_tsv(&r, &b);
		rec_put_json(&r, &b);
	}
	assert_int_equal(b.n, 0);
	rec_release(&r);
}

static void
typed_by_hand(void **state)
{
	(void)state;
	becomes("192.0.2.7 80 tcp", TSV, "192.0.2.7\t80\ttcp");
	becomes("  192.0.2.7   80  tcp  ", TSV, "192.0.2.7\t80\ttcp");
	becomes("192.0.2.7 80 # the web", TSV, "192.0.2.7\t80");
	becomes("192.0.2.7 - host up echo-reply k=v l=", TSV,
	    "192.0.2.7\t-\thost\tup\techo-reply\tk=v\tl=");
	becomes("192.0.2.7 tag=a", TSV, "192.0.2.7\ttag=a");
	malformed("192.0.2.7 80 tcp open syn-ack more", "without '='");
	malformed("192.0.2.7 k=v 80", "without '='");
}

static void
malformed_tsv(void **state)
{
	(void)state;
	malformed("\t80", "is empty");
	malformed("-\t80", "is empty");
	malformed("-", "is empty");
	malformed("a b\t80", "holds a blank");
	malformed("h\t", "empty column");
	malformed("h\t\ttcp", "empty column");
	malformed("h\t80\ttcp\topen\tsyn-ack\t", "empty column");
	malformed("h\t80\ttcp\topen\tsyn-ack\tttl", "without '='");
	malformed("h\tk=v\t80", "without '='");
	malformed("h\t=v", "without a name");
	malformed("h\tport=80", "by position");
	malformed("h\t80\tip=h", "by position");
	malformed("h\tprt=scan", "#prt");
	malformed("#prt\t", "what it is");
	malformed("#prt\tscan\tx", "without '='");
	malformed("#prt\tscan\tprt=x", "#prt");
	malformed("#prt\tscan\t\x01", "raw control byte");
}

static void
malformed_json(void **state)
{
	static const char *const line[] = {
		"{", "{}", "{\"ip\"}", "{\"ip\":}", "{\"ip\":\"h\"",
		"{\"ip\":\"h\",}", "{\"ip\":\"h\"}x", "{\"ip\":\"h\"}{}",
		"{\"ip\":\"h\" \"k\":1}", "{\"ip\":\"h", "{\"ip\":\"h\\",
		"{\"ip\":\"h\\\"}", "{\"ip\":\"h\\q\"}", "{\"ip\":\"\\u12\"}",
		"{\"ip\":\"\\u12g4\"}", "{\"ip\":\"h\x01\"}", "{ip:\"h\"}",
		"{'ip':'h'}", "{\"ip\":\"h\",\"k\":01}",
		"{\"ip\":\"h\",\"k\":+1}", "{\"ip\":\"h\",\"k\":1.}",
		"{\"ip\":\"h\",\"k\":.1}", "{\"ip\":\"h\",\"k\":1e}",
		"{\"ip\":\"h\",\"k\":-}", "{\"ip\":\"h\",\"k\":NaN}",
		"{\"ip\":\"h\",\"k\":True}", "{\"ip\":\"h\",\"k\":nul}",
		"{\"ip\":\"h\",\"k\":[1,]}", "{\"ip\":\"h\",\"k\":[1}",
		"{\"ip\":\"h\",\"k\":[,]}", "{\"ip\":\"h\",\"\":1}",
		"{\"ip\":\"h\",\"k\":{\"l\":1}", "{\"ip\":\"h\",\"k\":1 2}",
		"{\"ip\":null}", "{\"ip\":\"\"}", "{\"ip\":\"-\"}",
		"{\"ip\":\"a b\"}", "{\"port\":80}", "{\"prt\":\"\"}",
		"{\"prt\":null}", "{\"ip\":\"h\",\"ip\":\"h\"}",
		"{\"ip\":\"h\",\"port\":1,\"port\":1}",
		"{\"prt\":\"a\",\"prt\":\"b\"}", "{\"ip\":{\"ip\":\"h\"}}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(line) / sizeof(line[0]); i++)
		malformed(line[i], "");
}

static void
foreign_json(void **state)
{
	(void)state;
	/* order and blanks are free */
	becomes(" {\t\"port\" : 80 , \"ip\" : \"h\" } ", JSON,
	    "{\"ip\":\"h\",\"port\":80}");
	becomes("{\"x\":1,\"prt\":\"scan\"}", TSV, "#prt\tscan\tx=1");
	/* a gap between the columns is explicit */
	becomes("{\"ip\":\"h\",\"state\":\"open\"}", TSV, "h\t-\t-\topen");
	/* nesting is flattened, an array of scalars is a list */
	becomes("{\"ip\":\"h\",\"a\":{\"b\":{\"c\":1},\"d\":\"x\"}}", TSV,
	    "h\ta.b.c=1\ta.d=x");
	becomes("{\"ip\":\"h\",\"l\":[1,\"a,b\",true,null,\"\\u0001\"]}",
	    TSV, "h\tl=1,a\\x2cb,true,,\\x01");
	becomes("{\"ip\":\"h\",\"l\":[{\"p\":1},[2,3],4]}", TSV,
	    "h\tl.0.p=1\tl.1=2,3\tl=4");
	becomes("{\"ip\":\"h\",\"l\":[],\"m\":{},\"n\":[{}]}", TSV, "h\tl=");
	becomes("{\"ip\":\"h\",\"port\":[80,443]}", TSV, "h\t80,443");
	/* a nested name never is a column's, nor makes a meta record */
	becomes("{\"ip\":\"h\",\"a\":{\"port\":1,\"prt\":2}}", TSV,
	    "h\ta.port=1\ta.prt=2");
	/* what would end a name, a column or a line */
	becomes("{\"ip\":\"h\",\"a=b\\n\":1}", TSV, "h\ta\\x3db\\n=1");
	becomes("{\"ip\":\"h\",\"port\":\"a=b\"}", TSV, "h\ta\\x3db");
	becomes("{\"ip\":\"#prt\\tx\"}", TSV, "\\x23prt\\tx");
	becomes("{\"ip\":\"{\"}", TSV, "\\x7b");
	/* escapes of JSON, half a surrogate pair, a whole one */
	becomes("{\"ip\":\"h\",\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"}",
	    TSV, "h\ts=\"\\\\/\\x08\\x0c\\n\\r\\t\xc3\xa9");
	becomes("{\"ip\":\"h\",\"s\":\"\\ud83d\\ude00\\ud83dx\\ude00\"}", TSV,
	    "h\ts=\xf0\x9f\x98\x80\\xed\\xa0\\xbdx\\xed\\xb8\\x80");
	becomes("{\"ip\":\"h\",\"s\":\"\xff\x7f\xe2\x80\xae\"}", TSV,
	    "h\ts=\\xff\\x7f\\xe2\\x80\\xae");
	/* a well-formed escape in a string is one, a lone backslash is not */
	becomes("{\"ip\":\"h\",\"s\":\"\\\\x41\\\\q\\\\\"}", TSV,
	    "h\ts=\\x41\\\\q\\\\");
}

/* Fields without a row in the table keep the type that NDJSON gave them. */
static void
unknown_fields(void **state)
{
	static const char line[] = "{\"ip\":\"h\",\"a\":1,\"b\":-1.5E+3,"
	    "\"c\":true,\"d\":null,\"e\":\"1\",\"f.g\":\"\"}";

	(void)state;
	becomes(line, JSON, line);
	becomes(line, TSV, "h\ta=1\tb=-1.5E+3\tc=true\td=\te=1\tf.g=");
	/* and those with a row have the table's */
	becomes("{\"ip\":\"h\",\"host\":1,\"ttl\":\"1\",\"complete\":true,"
	    "\"rtt\":null}", JSON,
	    "{\"ip\":\"h\",\"host\":\"1\",\"ttl\":1,\"complete\":true,"
	    "\"rtt\":null}");
	becomes("{\"ip\":\"h\",\"complete\":true}", TSV, "h\tcomplete=1");
}

static void
depth_is_bounded(void **state)
{
	struct buf b = { 0 };
	size_t i;

	(void)state;
	buf_puts(&b, "{\"ip\":\"h\",\"k\":");
	for (i = 0; i < 100000; i++)
		buf_puts(&b, "[");
	buf_putc(&b, '\0');
	malformed(b.p, "nested too deeply");
	b.n = 0;
	buf_puts(&b, "{\"ip\":\"h\"");
	for (i = 0; i < 100000; i++)
		buf_puts(&b, ",\"k\":{\"l\":1");
	buf_putc(&b, '\0');
	malformed(b.p, "nested too deeply");
	buf_release(&b);
}

/* ---- building ---- */

static void
setters(void **state)
{
	struct record r = { 0 };
	struct buf b = { 0 };
	char text[] = "one";

	(void)state;
	rec_data(&r, STR("h"), STR("80"), STR_NONE, STR("open"), STR_NONE);
	assert_int_equal(r.ncol, 4);
	rec_set(&r, "a", STR("1"));
	rec_set_copy(&r, "b", str_of(text));
	memset(text, 'x', sizeof(text) - 1);
	rec_set_bytes(&r, "c", "\0\t\xff", 3);
	rec_set_u64(&r, "d", UINT64_MAX);
	rec_set_ns(&r, "e", 1500000000, 3);
	rec_set_ns(&r, "f", UINT64_MAX, 9);
	rec_set(&r, "a", STR("2"));
	rec_set(&r, "g", STR("x"));
	rec_unset(&r, "g");
	rec_unset(&r, "nothing");
	assert_true(str_is(rec_get(&r, "a"), "2"));
	assert_null(rec_get(&r, "g").p);
	rec_put_tsv(&r, &b);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, "h\t80\t-\topen\ta=2\tb=one\t"
	    "c=\\x00\\t\\xff\td=18446744073709551615\te=1.500\t"
	    "f=18446744073.709551615\n");
	rec_meta(&r, "stat");
	assert_int_equal(r.npair, 0);
	rec_set(&r, "sent", STR("7"));
	b.n = 0;
	rec_put_json(&r, &b);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, "{\"prt\":\"stat\",\"sent\":7}\n");
	assert_false(r.oom);
	rec_release(&r);
	rec_release(&r);
	buf_release(&b);
}

static void
last_of_doubles(void **state)
{
	static const char line[] = "h\tk=1\tk=2";
	struct record r = { 0 };
	const char *err;

	(void)state;
	assert_int_equal(rec_scan(&r, line, strlen(line), &err), 0);
	assert_true(str_is(rec_get(&r, "k"), "2"));
	rec_set(&r, "k", STR("3"));
	assert_true(str_is(r.pair[0].val, "1"));
	assert_true(str_is(rec_get(&r, "k"), "3"));
	rec_unset(&r, "k");
	assert_int_equal(r.npair, 0);
	rec_release(&r);
}

/* Bytes that a record carries come back, by way of both spellings. */
static void
carries(struct record *r, const unsigned char *p, size_t n)
{
	struct buf tsv = { 0 }, json = { 0 }, back = { 0 };
	struct record got = { 0 };
	const char *err = "";
	struct str v;

	rec_data(r, STR("h"), STR("80"), STR("tcp"), STR("open"), STR("x"));
	rec_set_bytes(r, "banner", p, n);
	rec_set(r, "ttl", STR("1"));
	assert_false(r->oom);
	rec_put_tsv(r, &tsv);
	assert_ptr_equal(memchr(tsv.p, '\n', tsv.n), tsv.p + tsv.n - 1);
	assert_int_equal(rec_scan(&got, tsv.p, tsv.n - 1, &err), 0);
	rec_put_json(&got, &json);
	assert_ptr_equal(memchr(json.p, '\n', json.n), json.p + json.n - 1);
	assert_int_equal(rec_scan(&got, json.p, json.n - 1, &err), 0);
	assert_int_equal(got.npair, 2);
	v = rec_get(&got, "banner");
	assert_int_equal(esc_decode(&back, v.p, v.n), 0);
	assert_int_equal(back.n, n);
	if (n > 0)
		assert_memory_equal(back.p, p, n);
	rec_release(&got);
	buf_release(&tsv);
	buf_release(&json);
	buf_release(&back);
}

static void
big_banners(void **state)
{
	enum { N = 64 * 1024 };
	unsigned char *p = malloc(N);
	struct record r = { 0 };
	size_t i, round;

	(void)state;
	assert_non_null(p);
	for (round = 0; round < 8; round++) {
		for (i = 0; i < N; i++)
			p[i] = round < 4 ? (unsigned char)rnd() :
			    (unsigned char)"\t\n\0\\\x1b\xff=,"[rnd() % 8];
		carries(&r, p, N);
	}
	memset(p, 0, N);
	carries(&r, p, N);
	memset(p, '\\', N);
	carries(&r, p, N);
	for (i = 0; i < 256; i++) {
		p[0] = (unsigned char)i;
		carries(&r, p, 1);
		carries(&r, p, 0);
	}
	rec_release(&r);
	free(p);
}

/* Lines put together at random from what matters: a record's TSV is its own
 * fixed point, also by way of NDJSON. */
static void
random_lines(void **state)
{
	static const char *const part[] = {
		"\t", "\t", "=", "-", "h", "80", "ttl", "#prt\t", "\\x41", "\\",
		"\"", "{", " ", ",", "\xc3\xa9", "complete=1", "\tk=v", "prt",
		"port", "\x01", "#",
	};
	char *tsv, *json, *back;
	struct buf b = { 0 };
	unsigned good = 0, i, k;

	(void)state;
	for (i = 0; i < 200000; i++) {
		b.n = 0;
		for (k = 1 + (unsigned)(rnd() % 9); k > 0; k--)
			buf_puts(&b, part[rnd() %
			    (sizeof(part) / sizeof(part[0]))]);
		tsv = convert(b.p, b.n, TSV);
		if (tsv == NULL || *tsv == '\0') {
			free(tsv);
			continue;
		}
		json = convert(b.p, b.n, JSON);
		assert_non_null(json);
		back = convert(json, strlen(json) - 1, TSV);
		assert_non_null(back);
		assert_string_equal(back, tsv);
		free(back);
		back = convert(tsv, strlen(tsv) - 1, TSV);
		assert_non_null(back);
		assert_string_equal(back, tsv);
		free(back);
		free(json);
		free(tsv);
		good++;
	}
	/* it would prove nothing if all were malformed */
	assert_true(good > 2000);
	buf_release(&b);
}

static void
lists(void **state)
{
	(void)state;
	same("h\tcpe=a,b\\x2cc,,", "{\"ip\":\"h\",\"cpe\":[\"a\","
	    "\"b\\\\x2cc\",\"\",\"\"]}");
	same("h\tcpe=", "{\"ip\":\"h\",\"cpe\":[]}");
	same("h\tcpe=a", "{\"ip\":\"h\",\"cpe\":[\"a\"]}");
	same("h\tcpe=,", "{\"ip\":\"h\",\"cpe\":[\"\",\"\"]}");
	becomes("{\"ip\":\"h\",\"cpe\":\"a,b\"}", JSON,
	    "{\"ip\":\"h\",\"cpe\":[\"a\",\"b\"]}");
	becomes("{\"ip\":\"h\",\"cpe\":[\"a,b\",1]}", TSV,
	    "h\tcpe=a\\x2cb,1");
}

/* ---- the field table ---- */

static void
table(void **state)
{
	const struct rec_field *f;

	(void)state;
	for (f = rec_fields; f->name != NULL; f++) {
		if (f > rec_fields && strcmp(f[-1].name, f->name) >= 0)
			fail_msg("%s stands behind %s: rec_field_find() wants "
			    "the order of bytes", f->name, f[-1].name);
		assert_ptr_equal(rec_field_find(str_of(f->name)), f);
		assert_int_equal(esc_clean(f->name, strlen(f->name)),
		    strlen(f->name));
		assert_null(strpbrk(f->name, "= \t"));
		assert_null(strpbrk(f->meaning, "\t\n"));
		if (*f->by != '\0')
			assert_memory_equal(f->by, "prt-", 4);
	}
	assert_null(rec_field_find(STR("")));
	assert_null(rec_field_find(STR("tt")));
	assert_null(rec_field_find(STR("ttll")));
	assert_null(rec_field_find(STR("zzz")));
	assert_null(rec_field_find(STR("port")));
}

static void
table_text(void **state)
{
	struct buf b = { 0 };

	(void)state;
	rec_fields_put(&b, "prt-listen");
	buf_putc(&b, '\0');
	assert_memory_equal(b.p, "ip\ttext\t", 8);
	assert_non_null(strstr(b.p, "\nttl\tinteger\t"));
	assert_null(strstr(b.p, "\ntoken\t"));
	b.n = 0;
	rec_fields_put(&b, NULL);
	buf_putc(&b, '\0');
	assert_non_null(strstr(b.p, "\ntag\ttext\t"));
	b.n = 0;
	rec_fields_put(&b, "prt");
	buf_putc(&b, '\0');
	assert_null(strstr(b.p, "\nttl\t"));
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_spellings),
		cmocka_unit_test(types),
		cmocka_unit_test(hostile_text),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(blank_lines),
		cmocka_unit_test(typed_by_hand),
		cmocka_unit_test(malformed_tsv),
		cmocka_unit_test(malformed_json),
		cmocka_unit_test(foreign_json),
		cmocka_unit_test(unknown_fields),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(setters),
		cmocka_unit_test(last_of_doubles),
		cmocka_unit_test(big_banners),
		cmocka_unit_test(random_lines),
		cmocka_unit_test(lists),
		cmocka_unit_test(table),
		cmocka_unit_test(table_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
