#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "meaning/payload.h"

static const uint8_t cookie[PAYLOAD_COOKIE] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
};

static void
must_parse(struct payloads *ps, const char *text)
{
	struct buf err = { 0 };

	if (payloads_parse(ps, str_of(text), "t", &err) == -1)
		fail_msg("%.*s", STR_ARG(buf_view(&err)));
	assert_int_equal(err.n, 0);
	buf_release(&err);
}

/* The text is refused, and the message starts like this. */
static void
must_refuse(struct payloads *ps, struct str text, const char *head)
{
	struct buf err = { 0 };

	assert_int_equal(payloads_parse(ps, text, "t", &err), -1);
	buf_putc(&err, '\0');
	if (strncmp(err.p, head, strlen(head)) != 0)
		fail_msg("got \"%s\", want \"%s...\"", err.p, head);
	assert_null(strchr(err.p, '\n'));
	/* What is wrong, and the mend. */
	assert_true(strpbrk(err.p, ";,") != NULL);
	buf_release(&err);
}

static void
has_bytes(const struct payloads *ps, uint16_t port, size_t at,
    const char *bytes, size_t n)
{
	struct payload_list l = payloads_for(ps, port);
	uint8_t got[PAYLOAD_MAX];

	assert_true(at < l.n);
	assert_int_equal(l.v[at]->n, n);
	payload_put(l.v[at], got, cookie);
	assert_memory_equal(got, bytes, n);
}

#define HAS(ps, port, at, lit) \
	has_bytes((ps), (port), (at), (lit), sizeof(lit) - 1)

static void
empty_set(void **state)
{
	struct payloads ps = { 0 };
	struct payload_list l;
	unsigned i;

	(void)state;
	must_parse(&ps, "");
	must_parse(&ps, "# nothing\n\n \t # at all\r\n");
	for (i = 0; i < 65536; i += 21845) {
		l = payloads_for(&ps, (uint16_t)i);
		assert_int_equal(l.n, 1);
		assert_ptr_equal(l.v[0], payload_empty);
		assert_int_equal(l.v[0]->n, 0);
	}
	payloads_release(&ps);
	assert_ptr_equal(payloads_for(&ps, 65535).v[0], payload_empty);
	assert_int_equal(payloads_prove(&ps, 1, (const uint8_t *)"x", 1,
	    cookie), PAYLOAD_MUTE);
}

static void
bytes(void **state)
{
	struct payloads ps = { 0 };

	(void)state;
	must_parse(&ps,
	    "payload a # its name\n"
	    "\tports 0,7-9,65535 # and its ports\r\n"
	    "source RFC 1, 2; \"RFC 3\" # but no comment\n"
	    "  \"a#b\" \"c\"# joined\n"
	    "\t\"\\x00\\xFf\\r\\n\\t\\0\\\\\\\"\\0.\"\n"
	    "payload b\nports 8\nsource x\n\"\"\n"
	    "payload pad\nports 100\nsource x\n\"ab\" @pad 4 @pad 4 \"c\"");
	HAS(&ps, 0, 0, "a#bc\0\xff\r\n\t\0\\\"\0.");
	HAS(&ps, 7, 0, "a#bc\0\xff\r\n\t\0\\\"\0.");
	HAS(&ps, 65535, 0, "a#bc\0\xff\r\n\t\0\\\"\0.");
	HAS(&ps, 8, 1, "");
	HAS(&ps, 100, 0, "ab\0\0c");
	assert_int_equal(ps.n, 3);
	assert_string_equal(ps.v[0].name, "a");
	assert_string_equal(ps.v[0].source, "RFC 1, 2; \"RFC 3\"");
	assert_int_equal(payloads_for(&ps, 0).n, 1);
	assert_int_equal(payloads_for(&ps, 8).n, 2);
	assert_string_equal(payloads_for(&ps, 8).v[0]->name, "a");
	assert_string_equal(payloads_for(&ps, 8).v[1]->name, "b");
	assert_ptr_equal(payloads_for(&ps, 1).v[0], payload_empty);
	assert_ptr_equal(payloads_for(&ps, 10).v[0], payload_empty);
	assert_ptr_equal(payloads_for(&ps, 65534).v[0], payload_empty);
	payloads_release(&ps);
}

static void
cookies(void **state)
{
	struct payloads ps = { 0 };
	const uint8_t *a = (const uint8_t *)"..\x01\x23\x45";

	(void)state;
	must_parse(&ps,
	    "payload raw\nports 1\nsource x\necho 2\n\"<\" @cookie 3 \">\"\n"
	    "payload hex\nports 2\nsource x\necho any\n\"<\" @hex 5 \">\"\n"
	    "payload all\nports 3\nsource x\n@cookie 8\n"
	    "payload hexall\nports 4\nsource x\n@hex 16\n"
	    "payload mute\nports 3,5\nsource x\n\"?\"\n"
	    "payload echo0\nports 5,6\nsource x\necho 0\n@cookie 2\n"
	    "payload far\nports 7\nsource x\necho 65535\n@cookie 2\n");
	HAS(&ps, 1, 0, "<\x01\x23\x45>");
	HAS(&ps, 2, 0, "<01234>");
	HAS(&ps, 3, 0, "\x01\x23\x45\x67\x89\xab\xcd\xef");
	HAS(&ps, 4, 0, "0123456789abcdef");
	assert_int_equal(payloads_prove(&ps, 1, a, 5, cookie),
	    PAYLOAD_PROVEN);
	assert_int_equal(payloads_prove(&ps, 1, a, 4, cookie),
	    PAYLOAD_UNPROVEN);
	assert_int_equal(payloads_prove(&ps, 1, a + 1, 4, cookie),
	    PAYLOAD_UNPROVEN);
	assert_int_equal(payloads_prove(&ps, 1, NULL, 0, cookie),
	    PAYLOAD_UNPROVEN);
	assert_int_equal(payloads_prove(&ps, 2,
	    (const uint8_t *)"to 01234!", 9, cookie), PAYLOAD_PROVEN);
	assert_int_equal(payloads_prove(&ps, 2,
	    (const uint8_t *)"to 01234!", 7, cookie), PAYLOAD_UNPROVEN);
	assert_int_equal(payloads_prove(&ps, 2, NULL, 0, cookie),
	    PAYLOAD_UNPROVEN);
	assert_int_equal(payloads_prove(&ps, 3, a, 5, cookie), PAYLOAD_MUTE);
	/* One of two could have been answered by one that repeats nothing. */
	assert_int_equal(payloads_prove(&ps, 5, a, 5, cookie), PAYLOAD_MUTE);
	assert_int_equal(payloads_prove(&ps, 5, a + 2, 3, cookie),
	    PAYLOAD_PROVEN);
	assert_int_equal(payloads_prove(&ps, 6, a, 5, cookie),
	    PAYLOAD_UNPROVEN);
	assert_int_equal(payloads_prove(&ps, 7, a, 5, cookie),
	    PAYLOAD_UNPROVEN);
	payloads_release(&ps);
}

static void
later_texts(void **state)
{
	struct payloads ps = { 0 };

	(void)state;
	must_parse(&ps,
	    "payload a\nports 1-3\nsource x\n\"a\" @cookie 2\n"
	    "payload b\nports 2\nsource y\n\"b\"\n"
	    "payload c\nports 2,9\nsource z\n\"c\"\n");
	must_parse(&ps, "payload b\nports 2-4\nsource x\n\"B\"\n");
	assert_int_equal(ps.n, 3);
	assert_int_equal(payloads_for(&ps, 2).n, 3);
	HAS(&ps, 1, 0, "a\x01\x23");
	HAS(&ps, 2, 0, "a\x01\x23");
	HAS(&ps, 2, 1, "c");
	HAS(&ps, 2, 2, "B");
	HAS(&ps, 4, 0, "B");
	must_parse(&ps, "clear 2-3\nclear 9\n"
	    "payload d\nports 2\nsource x\n\"d\"\n");
	assert_int_equal(ps.n, 3);
	assert_int_equal(payloads_for(&ps, 2).n, 1);
	HAS(&ps, 1, 0, "a\x01\x23");
	HAS(&ps, 2, 0, "d");
	assert_ptr_equal(payloads_for(&ps, 3).v[0], payload_empty);
	assert_ptr_equal(payloads_for(&ps, 9).v[0], payload_empty);
	HAS(&ps, 4, 0, "B");
	assert_string_equal(payloads_for(&ps, 1).v[0]->source, "x");
	/* A text that is refused leaves no trace. */
	must_refuse(&ps, STR("clear -\npayload e\nports 2\nsource x\n\"e"),
	    "t:5: ");
	HAS(&ps, 2, 0, "d");
	must_parse(&ps, "clear -");
	assert_int_equal(ps.n, 0);
	assert_ptr_equal(payloads_for(&ps, 2).v[0], payload_empty);
	payloads_release(&ps);
}

/* A whole payload around one line. */
#define WITH(line) STR("payload a\nports 1\nsource x\n" line "\n\"\"\n")

static void
refused(void **state)
{
	struct payloads ps = { 0 };
	struct {
		struct str	 text;
		const char	*head;
	} t[] = {
		{ STR("payload a\nsource x\n\"\""), "t:1: payload a has no p" },
		{ STR("\npayload a\nports 1\nsource x\n"),
		    "t:2: payload a has no bytes" },
		{ STR("payload a\nports 1\n\"\"\npayload b"),
		    "t:1: payload a has no source" },
		{ STR("payload a\nports 1\nsource \n\"\"\n"),
		    "t:1: payload a has no source" },
		{ STR("\"x\""), "t:1: bytes of no payload" },
		{ STR("ports 1"), "t:1: \"ports\" of no payload" },
		{ STR("echo 1"), "t:1: \"echo\" of no payload" },
		{ STR("source 1"), "t:1: \"source\" of no payload" },
		{ STR("port 1"), "t:1: \"port\" is no word" },
		{ STR("\0"), "t:1: \"" },
		{ STR("payload"), "t:1: \"\" is no name" },
		{ STR("payload A"), "t:1: \"A\" is no name" },
		{ STR("payload a b"), "t:1: \"a b\" is no name" },
		{ STR("payload abcdefghijklmnopqrstuvwxyz0123456"),
		    "t:1: \"abc" },
		{ WITH("ports 2"), "t:4: a second line of ports" },
		{ STR("payload a\nports 1,x"), "t:2: \"x\" is no list" },
		{ STR("payload a\nports 65536"), "t:2: \"" },
		{ STR("payload a\nports 9-1"), "t:2: \"" },
		{ STR("payload a\nports"), "t:2: " },
		{ WITH("source y"), "t:4: a second source" },
		{ STR("payload a\nsource \x1b[1m"), "t:2: a source that" },
		{ WITH("echo -1"), "t:4: \"-1\" is no offset" },
		{ WITH("echo 65536"), "t:4: \"65536\" is no offset" },
		{ WITH("echo 1x"), "t:4: \"1x\" is no offset" },
		{ WITH("echo"), "t:4: \"\" is no offset" },
		{ WITH("echo 1"), "t:4: there is no cookie" },
		{ WITH("echo 1\n@cookie 2\necho any"), "t:6: a second echo" },
		{ WITH("@cookie 1"), "t:4: \"1\" is no length" },
		{ WITH("@cookie 9"), "t:4: \"9\" is no length" },
		{ WITH("@cookie"), "t:4: \"\" is no length" },
		{ WITH("@cookie 2x"), "t:4: \"2x\" is no length" },
		{ WITH("@hex 17"), "t:4: \"17\" is no length" },
		{ WITH("@cookie 2 @hex 2"), "t:4: a second cookie" },
		{ WITH("@pad x"), "t:4: \"x\" is no length" },
		{ WITH("@pad"), "t:4: \"\" is no length" },
		{ WITH("\"abc\" @pad 2"), "t:4: the payload already has 3" },
		{ WITH("@pad 1401"), "t:4: payload a is longer than 1400" },
		{ WITH("@pad 99999999999999999999"), "t:4: \"999" },
		{ WITH("@pad 1400 \"x\""), "t:4: payload a is longer" },
		{ WITH("@pad 1399 @cookie 2"), "t:4: payload a is longer" },
		{ WITH("@cookies 2"), "t:4: \"@cookies\" is no bytes" },
		{ WITH("\"a\" b"), "t:4: \"b\" is no bytes" },
		{ WITH("\"a"), "t:4: a string without its closing" },
		{ WITH("\""), "t:4: a string without its closing" },
		{ WITH("\"\\\""), "t:4: a string without its closing" },
		{ WITH("\"\\"), "t:4: \"\\\" is no escape" },
		{ WITH("\"\\x"), "t:4: \"\\x\" is no escape" },
		{ WITH("\"\\x0"), "t:4: \"\\x0\" is no escape" },
		{ WITH("\"\\x0g\""), "t:4: \"\\x0g\" is no escape" },
		{ WITH("\"\\a\""), "t:4: \"\\a\"\" is no escape" },
		{ WITH("\"\\01\""), "t:4: \\0 before a digit" },
		{ WITH("\"\t\""), "t:4: a byte that is not printable ASCII" },
		{ WITH("\"\xc3\xa9\""), "t:4: a byte that is not printable" },
		{ WITH("\"\0\""), "t:4: a byte that is not printable" },
		{ WITH("clear 1"), "t:4: clear behind a payload" },
		{ STR("clear x"), "t:1: \"x\" is no list" },
		{ STR("payload a\nports 1\nsource x\n\"\"\npayload a\n"
		    "ports 2\nsource x\n\"\"\n"), "t:5: a second payload a" },
	};
	size_t i;

	(void)state;
	must_parse(&ps, "payload z\nports -\nsource x\n\"zz\"\n");
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		must_refuse(&ps, t[i].text, t[i].head);
		assert_int_equal(ps.n, 1);
		HAS(&ps, 1, 0, "zz");
	}
	payloads_release(&ps);
}

/* n payloads for one port, called a0, a1... */
static void
many(struct buf *b, unsigned n, const char *ports)
{
	unsigned i;

	b->n = 0;
	for (i = 0; i < n; i++)
		buf_printf(b, "payload a%u\nports %s\nsource x\n\"%u\"\n", i,
		    ports, i);
}

static void
limits(void **state)
{
	struct payloads ps = { 0 };
	struct buf b = { 0 }, err = { 0 };

	(void)state;
	many(&b, PAYLOADS_PORT, "-");
	assert_int_equal(payloads_parse(&ps, buf_view(&b), "t", &err), 0);
	assert_int_equal(payloads_for(&ps, 65535).n, PAYLOADS_PORT);
	HAS(&ps, 0, 15, "15");
	HAS(&ps, 65535, 0, "0");
	must_refuse(&ps, STR("payload x\nports 7\nsource x\n\"\""),
	    "t:1: port 7 has 16 payloads");
	payloads_release(&ps);
	many(&b, PAYLOADS_PORT + 1, "65535");
	must_refuse(&ps, buf_view(&b), "t:65: port 65535 has 16 payloads");
	/* Every payload on a port of its own, none at all, is no help. */
	b.n = 0;
	for (unsigned i = 0; i <= PAYLOADS_MAX; i++)
		buf_printf(&b, "payload a%u\nports %u\nsource x\n\"\"\n", i,
		    i);
	must_refuse(&ps, buf_view(&b), "t:16385: more than 4096");
	b.n -= strlen("payload a4096\nports 4096\nsource x\n\"\"\n");
	assert_int_equal(payloads_parse(&ps, buf_view(&b), "t", &err), 0);
	must_refuse(&ps, STR("payload x\nports 7\nsource x\n\"\""),
	    "t:4: more than 4096 payloads with those read before");
	must_parse(&ps, "payload a1\nports 7\nsource x\n\"\"");
	assert_int_equal(ps.n, PAYLOADS_MAX);
	payloads_release(&ps);
	buf_release(&b);
}

/* The file that the programs read by default, from the top of the tree. */
static void
shipped(void **state)
{
	static const struct {
		const char	*name;
		uint16_t	 port;
	} want[] = {
		{ "dns-version", 53 }, { "ntp-client", 123 },
		{ "snmp-v1-public", 161 }, { "snmp-v2c-public", 161 },
		{ "snmp-v3-discovery", 161 }, { "netbios-ns-status", 137 },
		{ "ssdp-search", 1900 }, { "mdns-services", 5353 },
		{ "sip-options", 5060 }, { "ike-v1-main", 500 },
		{ "ike-v2-init", 500 }, { "tftp-read", 69 },
		{ "rpc-portmap-null", 111 }, { "memcached-version", 11211 },
		{ "quic-version", 443 }, { "stun-binding", 3478 },
		{ "coap-core", 5683 }, { "dtls-hello", 443 },
	};
	struct payloads ps = { 0 };
	struct payload_list l;
	struct buf b = { 0 };
	char chunk[4096];
	size_t i, k, n;
	FILE *f;

	(void)state;
	f = fopen("share/udp-payloads", "r");
	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_put(&b, chunk, n);
	fclose(f);
	buf_putc(&b, '\0');
	must_parse(&ps, b.p);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		l = payloads_for(&ps, want[i].port);
		for (k = 0; k < l.n; k++)
			if (strcmp(l.v[k]->name, want[i].name) == 0)
				break;
		if (k == l.n)
			fail_msg("no %s for port %u", want[i].name,
			    (unsigned)want[i].port);
	}
	payloads_release(&ps);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_set),
		cmocka_unit_test(bytes),
		cmocka_unit_test(cookies),
		cmocka_unit_test(later_texts),
		cmocka_unit_test(refused),
		cmocka_unit_test(limits),
		cmocka_unit_test(shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
