#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/jarm.h"
#include "world/digest.h"

static const uint8_t stars[TLS_RANDOM + 1] = "********************************";

/* A ServerHello as tls_in_feed() would have it. */
static struct tls_in
hello(uint16_t suite, const char *alpn, const char *exts)
{
	struct tls_in in = { .hello = true, .version = TLS_1_2,
	    .legacy = TLS_1_2, .suite = suite, .has_alpn = *alpn != '\0' };
	unsigned ext;
	int n;

	buf_puts(&in.hs, alpn);
	in.alpn = (struct tls_span){ 0, (uint32_t)strlen(alpn) };
	for (; sscanf(exts, "%4x%n", &ext, &n) == 1; exts += n) {
		in.ext[in.next++] = (uint16_t)ext;
		if (exts[n] == '-')
			n++;
	}
	return in;
}

static void
answer(struct jarm *j, uint16_t suite, const char *alpn, const char *exts)
{
	struct tls_in in = hello(suite, alpn, exts);

	jarm_answer(j, &in);
	tls_in_release(&in);
}

static void
silence(struct jarm *j)
{
	struct tls_in in = { 0 };

	jarm_answer(j, &in);
}

static void
is(struct jarm *j, const char *wanted)
{
	uint8_t d[DIGEST_SHA256];
	struct buf b = { 0 };

	assert_int_equal(digest_init(), 0);
	assert_int_equal(digest_sha256(d, j->text.p, j->text.n), 0);
	jarm_put(j, &b, d);
	buf_putc(&b, '\0');
	assert_string_equal(b.p, wanted);
	buf_release(&b);
	jarm_release(j);
}

/* Answers and their fingerprints, as the tests of other implementations of JARM
 * have them: hdm/jarm-go, Hugo-C/rustJarm. */
static void
test_published_fingerprints(void **state)
{
	static const char some[] = "0000-ff01-000b-0023-0010";
	struct jarm j = { 0 };

	(void)state;
	answer(&j, 0xc02f, "http/1.1", some);
	answer(&j, 0xc02f, "http/1.1", some);
	silence(&j);
	answer(&j, 0xc02f, "", "0000-ff01-000b-0023");
	answer(&j, 0xc02f, "", "0000-ff01-000b-0023");
	silence(&j);
	for (int i = 0; i < 4; i++)
		answer(&j, 0xc02f, "http/1.1", some);
	is(&j, "29d29d00029d29d00029d29d29d29d8c9dac4e97f99c7a0e93e9d4d790df0a");
	j = (struct jarm){ 0 };
	for (int i = 0; i < JARM_HELLOS; i++)
		answer(&j, 0xc02b, "h2", "0000-0017-ff01-000b-0023-0010");
	is(&j, "27d27d27d27d27d27d27d27d27d27debd865e63a4441da99411bab3aadfedf");
	j = (struct jarm){ 0 };
	for (int i = 0; i < JARM_HELLOS; i++)
		silence(&j);
	is(&j, "00000000000000000000000000000000000000000000000000000000000000");
}

/* The first and the last of the known ones, those of TLS 1.3, and others. */
static void
test_places_of_suites(void **state)
{
	static const struct {
		uint16_t	suite;
		const char	*place;
	} known[] = {
		{ 0x0004, "01" }, { 0x0005, "02" }, { 0xc027, "25" },
		{ 0xcca9, "40" }, { 0x1301, "41" }, { 0x1305, "45" },
		{ 0x0034, "46" }, { 0x13ff, "46" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct jarm j = { 0 };
		struct buf b = { 0 };

		answer(&j, known[i].suite, "", "");
		jarm_put(&j, &b, stars);
		assert_memory_equal(b.p, known[i].place, 2);
		buf_release(&b);
		jarm_release(&j);
	}
}

/* A warning in front is a refusal to JARM; so is another alert. */
static void
test_alert(void **state)
{
	struct tls_in in = hello(0xc02f, "", "");
	struct jarm j = { 0 };

	(void)state;
	in.alerted = true;
	jarm_answer(&j, &in);
	assert_false(j.has[0]);
	tls_in_release(&in);
}

/* ---- hellos, with stars for what is random ---- */

static struct buf
nth(unsigned n)
{
	struct jarm j = { .n = n };
	struct buf b = { 0 };

	assert_int_equal(jarm_hello_put(&j, &b, stars,
	    STR("jsonplaceholder.typicode.com")), 0);
	return b;
}

/* Lengths of all, and the suites that they begin and end with: as published in the
 * tests of Hugo-C/rustJarm, for this name. */
static void
test_published_hellos(void **state)
{
	static const struct {
		size_t	n, suites;
		uint8_t	record, version;
		uint8_t	first[4], last[2];
	} want[JARM_HELLOS] = {
		{ 0x1b5, 0x8a, 3, 3, { 0, 0x16, 0, 0x33 }, { 0, 5 } },
		{ 0x1b5, 0x8a, 3, 3, { 0, 5, 0, 4 }, { 0, 0x16 } },
		{ 0x166, 0x46, 3, 3, { 0xc0, 0x12, 0xc0, 7 }, { 0, 0x16 } },
		{ 0x158, 0x44, 3, 3, { 0xc0, 0x13, 0xc0, 0x27 }, { 0, 5 } },
		{ 0x1a9, 0x8c, 3, 3, { 0xaa, 0xaa, 0xc0, 0x12 }, { 0, 0x16 } },
		{ 0x1aa, 0x8a, 2, 2, { 0, 0x16, 0, 0x33 }, { 0, 5 } },
		{ 0x1b7, 0x8a, 1, 3, { 0, 0x16, 0, 0x33 }, { 0, 5 } },
		{ 0x1b7, 0x8a, 1, 3, { 0, 5, 0, 4 }, { 0, 0x16 } },
		{ 0x1ad, 0x80, 1, 3, { 0, 0x16, 0, 0x33 }, { 0, 5 } },
		{ 0x1c4, 0x8c, 1, 3, { 0xaa, 0xaa, 0xc0, 0x12 }, { 0, 0x16 } },
	};

	(void)state;
	for (unsigned i = 0; i < JARM_HELLOS; i++) {
		struct buf b = nth(i);
		const uint8_t *p = (const uint8_t *)b.p;

		assert_int_equal(b.n, 5 + want[i].n);
		assert_int_equal(p[2], want[i].record);
		assert_int_equal(p[10], want[i].version);
		assert_int_equal(p[77], want[i].suites);
		assert_memory_equal(p + 78, want[i].first, 4);
		assert_memory_equal(p + 76 + want[i].suites, want[i].last, 2);
		buf_release(&b);
	}
}

/* What comes behind the suites, of the two with the most in it. */
static void
test_published_extensions(void **state)
{
	static const char first[] = "\x01\0\0\xde\0\0\0\x21\0\x1f\0\0\x1c"
	    "jsonplaceholder.typicode.com\0\x17\0\0\0\x01\0\x01\x01\xff\x01\0"
	    "\x01\0\0\x0a\0\x0a\0\x08\0\x1d\0\x17\0\x18\0\x19\0\x0b\0\x02\x01\0"
	    "\0#\0\0\0\x10\0<\0:\x02hq\x03h2c\x06spdy/3\x02h2\x06spdy/2\x06"
	    "spdy/1\x08http/1.1\x08http/1.0\x08http/0.9\0\x0d\0\x14\0\x12\x04"
	    "\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01\x02"
	    "\x01\0" "3\0&\0$\0\x1d\0 ********************************\0-\0"
	    "\x02\x01\x01\0+\0\x07\x06\x03\x03\x03\x02\x03\x01";
	static const char last[] = "\0" "3\0+\0)\xaa\xaa\0\x01\0\0\x1d\0 "
	    "********************************\0-\0\x02\x01\x01\0+\0\x0b\x0a"
	    "\xaa\xaa\x03\x04\x03\x03\x03\x02\x03\x01";
	struct buf b = nth(0);

	(void)state;
	assert_memory_equal(b.p + b.n - (sizeof(first) - 1), first,
	    sizeof(first) - 1);
	buf_release(&b);
	b = nth(9);
	assert_memory_equal(b.p + b.n - (sizeof(last) - 1), last,
	    sizeof(last) - 1);
	/* first of the extensions, an empty one */
	assert_memory_equal(b.p + 78 + 0x8c + 4, "\xaa\xaa\0\0\0\0", 6);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_fingerprints),
		cmocka_unit_test(test_places_of_suites),
		cmocka_unit_test(test_alert),
		cmocka_unit_test(test_published_hellos),
		cmocka_unit_test(test_published_extensions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
