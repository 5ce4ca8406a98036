/* The records of a scan: what the sender writes, the listener reads; what is
 * damaged is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "meaning/scanrec.h"
#include "pure/addr.h"

/* The record as it arrives: written, read again, in either spelling. */
static void
pass(struct record *r, bool json, struct buf *line)
{
	const char *err;

	line->n = 0;
	if (json)
		rec_put_json(r, line);
	else
		rec_put_tsv(r, line);
	assert_false(r->oom || line->oom);
	assert_int_equal(line->p[line->n - 1], '\n');
	assert_int_equal(rec_scan(r, line->p, line->n - 1, &err), 0);
}

/* ---- the head ---- */

static const struct scanrec_head head = {
	.id = "0123456789abcdef0123456789abcdef",
	.token = "fedcba9876543210fedcba9876543210",
	.params = { .sport = 61000, .nsports = SCAN_SPORTS, .ttl = 64 },
};

static void
one_head(struct scanrec_head h, bool json)
{
	struct scanrec_head got;
	struct record r = { 0 };
	struct buf line = { 0 };
	const char *err = NULL;

	scanrec_head_put(&r, &h);
	pass(&r, json, &line);
	assert_int_equal(r.kind, REC_META);
	assert_true(str_is(r.what, "scan"));
	assert_int_equal(scanrec_head_get(&got, &r, &err), 0);
	assert_string_equal(got.id, h.id);
	assert_string_equal(got.token, h.token);
	assert_int_equal(got.params.sport, h.params.sport);
	assert_int_equal(got.params.nsports, h.params.nsports);
	assert_int_equal(got.params.ttl, h.params.ttl);
	assert_int_equal(got.params.offer, h.params.offer);
	/* the key stays in the answer board */
	assert_int_equal(got.params.key[0], 0);
	assert_int_equal(got.params.key[1], 0);
	rec_release(&r);
	buf_release(&line);
}

static void
heads(void **state)
{
	struct scanrec_head h = head;
	int json;

	(void)state;
	for (json = 0; json < 2; json++) {
		one_head(head, json);
		h.token[0] = '\0';
		h.params.offer = SCAN_OFFER_FULL;
		one_head(h, json);
		h.params.nsports = 1;
		h.params.sport = 65535;
		h.params.ttl = 255;
		one_head(h, json);
		h.params.sport = 1;
		h.params.ttl = 1;
		one_head(h, json);
	}
}

static int
get_head(const char *line)
{
	struct scanrec_head h;
	struct record r = { 0 };
	const char *err = NULL;
	int got;

	assert_int_equal(rec_scan(&r, line, strlen(line), &err), 0);
	err = NULL;
	got = scanrec_head_get(&h, &r, &err);
	if (got == -1)
		assert_non_null(err);
	rec_release(&r);
	return got;
}

static void
bad_heads(void **state)
{
	static const char *const bad[] = {
		"",
		"\tid=",
		"\tid=a",
		"\tsport=61000\tsports=4096\tttl=64",
		"\tid=\tsport=61000\tsports=4096\tttl=64",
		"\tid=a\tsports=4096\tttl=64",
		"\tid=a\tsport=61000\tttl=64",
		"\tid=a\tsport=61000\tsports=4096",
		"\tid=a\tsport=0\tsports=1\tttl=64",
		"\tid=a\tsport=65536\tsports=1\tttl=64",
		"\tid=a\tsport=61441\tsports=4096\tttl=64",
		"\tid=a\tsport=61000\tsports=0\tttl=64",
		"\tid=a\tsport=61000\tsports=2\tttl=64",
		"\tid=a\tsport=61000\tsports=4097\tttl=64",
		"\tid=a\tsport=61000\tsports=4096\tttl=0",
		"\tid=a\tsport=61000\tsports=4096\tttl=256",
		"\tid=a\tsport=-1\tsports=4096\tttl=64",
		"\tid=a\tsport=61000x\tsports=4096\tttl=64",
		"\tid=a\tsport= 61000\tsports=4096\tttl=64",
		"\tid=a\tsport=\tsports=4096\tttl=64",
		"\tid=a\tsport=99999999999999999999\tsports=1\tttl=64",
		/* longer than there is room */
		"\tid=0123456789012345678901234567890123456789012345678901234"
		"567890123\tsport=61000\tsports=4096\tttl=64",
		"\tid=a\ttoken=01234567890123456789012345678901234567890123456"
		"78901234567890123\tsport=61000\tsports=4096\tttl=64",
	};
	struct buf line = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(get_head("#prt\tscan\tid=a\tsport=61000\tsports=4096"
	    "\tttl=64\tunknown=1"), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		line.n = 0;
		buf_printf(&line, "#prt\tscan%s", bad[i]);
		buf_putc(&line, '\0');
		if (get_head(line.p) != -1)
			fail_msg("taken: %s", line.p);
	}
	buf_release(&line);
}

/* ---- plans ---- */

static void
add(struct plan *p, const char *range, const char *type, const char *ports,
    struct scan_params *sp)
{
	struct portset ps = { 0 };
	u128 first, last;
	uint8_t flags;
	size_t bad;
	int t = scan_type_find(str_of(type), &flags);

	assert_int_not_equal(t, -1);
	if (scan_types[t] == &scan_flags)
		sp->flags = flags;
	assert_int_equal(addr_range_parse(range, strlen(range), &first, &last),
	    0);
	if (*ports != '\0')
		assert_int_equal(portset_parse(&ps, ports, strlen(ports),
		    &bad), 0);
	assert_int_equal(plan_add(p, first, last, (unsigned)t, &ps), 0);
	portset_release(&ps);
}

/* Reads every line of `text` into a plan, last line first if `back`. */
static void
read_pieces(struct plan *p, struct scan_params *sp, struct str text, bool back,
    bool json)
{
	struct str line[64];
	struct record r = { 0 };
	struct buf again = { 0 };
	const char *err;
	size_t n = 0, i;

	while (text.n > 0) {
		assert_true(n < 64);
		line[n++] = str_cut(&text, '\n');
	}
	for (i = 0; i < n; i++) {
		struct str l = line[back ? n - 1 - i : i];

		assert_int_equal(rec_scan(&r, l.p, l.n, &err), 0);
		pass(&r, json, &again);
		assert_true(scanrec_is_piece(&r));
		assert_int_equal(scanrec_piece(p, sp, &r, &err), 0);
	}
	rec_release(&r);
	buf_release(&again);
}

static void
check_same(const struct plan *a, const struct plan *b)
{
	struct plan_probe x, y;
	uint64_t i;

	assert_int_equal(a->n, b->n);
	for (i = 0; i < a->n; i += a->n > 5000 ? a->n / 4999 : 1) {
		plan_at(a, i, &x);
		plan_at(b, i, &y);
		assert_true(x.addr == y.addr);
		assert_int_equal(x.type, y.type);
		assert_int_equal(x.port, y.port);
	}
}

static void
plans(void **state)
{
	struct scan_params sp = { 0 }, got;
	struct plan p = { 0 }, q;
	struct buf text = { 0 };
	int k;

	(void)state;
	add(&p, "192.0.2.0/24", "syn", "22,80,8000-8100", &sp);
	add(&p, "192.0.2.128-192.0.3.5", "syn", "80-90", &sp);
	add(&p, "192.0.2.7", "udp", "53,161", &sp);
	add(&p, "192.0.2.0/28", "icmp-echo", "", &sp);
	add(&p, "192.0.2.0/28", "arp", "", &sp);
	add(&p, "192.0.2.9", "flags:SFE", "1-65535", &sp);
	add(&p, "192.0.2.10", "syn-ping", "443", &sp);
	add(&p, "2001:db8::-2001:db8::ffff:ffff", "fin", "7", &sp);
	add(&p, "2001:db8::5", "ndp", "", &sp);
	add(&p, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "null", "0", &sp);
	assert_int_equal(plan_seal(&p), 0);
	scanrec_plan_put(&p, &sp, &text);
	assert_false(text.oom);
	for (k = 0; k < 4; k++) {
		q = (struct plan){ 0 };
		got = (struct scan_params){ 0 };
		read_pieces(&q, &got, buf_view(&text), k & 1, k & 2);
		assert_int_equal(plan_seal(&q), 0);
		assert_int_equal(got.flags, TCP_SYN | TCP_FIN | TCP_ECE);
		check_same(&p, &q);
		plan_release(&q);
	}
	plan_release(&p);
	buf_release(&text);
}

static int
take_piece(const char *text, bool *piece)
{
	struct scan_params sp = { 0 };
	struct plan p = { 0 };
	struct record r = { 0 };
	const char *err = NULL;
	int got;

	assert_int_equal(rec_scan(&r, text, strlen(text), &err), 0);
	*piece = scanrec_is_piece(&r);
	err = NULL;
	got = *piece ? scanrec_piece(&p, &sp, &r, &err) : -1;
	if (*piece && got == -1)
		assert_non_null(err);
	plan_release(&p);
	rec_release(&r);
	return got;
}

static void
bad_pieces(void **state)
{
	static const char *const bad[] = {
		"192.0.2.1\t80\ttcp\t-\t-\tscan=",
		"192.0.2.1\t80\ttcp\t-\t-\tscan=ping",
		"192.0.2.1\t80\ttcp\t-\t-\tscan=flags",
		"192.0.2.1\t80\ttcp\t-\t-\tscan=flags:Q",
		"192.0.2.1\t-\ttcp\t-\t-\tscan=syn",
		"192.0.2.1\t80\thost\t-\t-\tscan=icmp-echo",
		"192.0.2.1\t-\thost\t-\t-\tscan=syn-ping",
		"192.0.2.1\t80-22\ttcp\t-\t-\tscan=syn",
		"192.0.2.1\t65536\ttcp\t-\t-\tscan=syn",
		"192.0.2.1\t80,\ttcp\t-\t-\tscan=syn",
		"192.0.2.1\tssh\ttcp\t-\t-\tscan=syn",
		"192.0.2\t80\ttcp\t-\t-\tscan=syn",
		"192.0.2.9-192.0.2.1\t80\ttcp\t-\t-\tscan=syn",
		"192.0.2.0/33\t80\ttcp\t-\t-\tscan=syn",
		"192.0.2.1-2001:db8::1\t80\ttcp\t-\t-\tscan=syn",
		"www.example.org\t80\ttcp\t-\t-\tscan=syn",
	};
	static const char *const none[] = {
		"192.0.2.1\t80\ttcp\topen\tsyn-ack\tscan=syn",
		"192.0.2.1\t80\ttcp\t-\t-\thost=scan",
		"192.0.2.1", "#prt\tscan\tscan=syn", "# scan=syn",
	};
	bool piece;
	size_t i;

	(void)state;
	assert_int_equal(take_piece("192.0.2.1\t80\ttcp\t-\t-\tscan=syn",
	    &piece), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (take_piece(bad[i], &piece) != -1 || !piece)
			fail_msg("taken: %s", bad[i]);
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		(void)take_piece(none[i], &piece);
		if (piece)
			fail_msg("a piece: %s", none[i]);
	}
}

/* A plan says whose datagrams are, and no plan says both. */
static void
udp_pieces(void **state)
{
	static const struct {
		const char		*text;
		enum scan_udp_of	 of;
	} one[] = {
		{ "192.0.2.1\t53\tudp\t-\t-\tscan=udp", SCAN_UDP_OF_PORTS },
		{ "192.0.2.1\t53\thost\t-\t-\tscan=udp-ping",
		    SCAN_UDP_OF_HOSTS },
	};
	struct record r = { 0 };
	struct scan_params sp;
	struct plan p;
	const char *err;
	unsigned i, k;

	(void)state;
	for (i = 0; i < 4; i++) {
		sp = (struct scan_params){ 0 };
		p = (struct plan){ 0 };
		for (k = 0; k < 2; k++) {
			const char *text = one[k == 0 ? i / 2 : i % 2].text;

			err = "";
			assert_int_equal(rec_scan(&r, text, strlen(text),
			    &err), 0);
			assert_int_equal(scanrec_piece(&p, &sp, &r, &err),
			    k == 1 && i / 2 != i % 2 ? -1 : 0);
			assert_int_equal(sp.udp_of, one[i / 2].of);
		}
		if (i / 2 != i % 2)
			assert_non_null(strstr(err, "run prt-blast once"));
		plan_release(&p);
	}
	rec_release(&r);
}

/* ---- the small ones ---- */

static void
seals(void **state)
{
	struct record r = { 0 };
	struct buf line = { 0 };
	uint64_t v;

	(void)state;
	scanrec_seal_put(&r, 7, (uint64_t)1 << 63, 4096);
	pass(&r, false, &line);
	assert_true(str_is(r.what, "plan"));
	assert_int_equal(scanrec_u64(&r, "batch", &v), 0);
	assert_int_equal(v, 7);
	assert_int_equal(scanrec_u64(&r, "probes", &v), 0);
	assert_true(v == (uint64_t)1 << 63);
	assert_int_equal(scanrec_u64(&r, "offset", &v), 0);
	assert_int_equal(v, 4096);
	assert_int_equal(scanrec_u64(&r, "absent", &v), -1);
	scanrec_done_put(&r, 8);
	pass(&r, true, &line);
	assert_true(str_is(r.what, "done"));
	assert_int_equal(scanrec_u64(&r, "batch", &v), 0);
	assert_int_equal(v, 8);
	rec_release(&r);
	buf_release(&line);
}

static void
shards(void **state)
{
	static const struct {
		const char	*text;
		int		 got;
	} t[] = {
		{ "1/1", 0 }, { "18446744073709551615/18446744073709551615", 0 },
		{ "2/3", 0 }, { "0/3", -1 }, { "4/3", -1 }, { "1/", -1 },
		{ "/3", -1 }, { "1", -1 }, { "", -1 }, { "1/3/4", -1 },
		{ "1/3 ", -1 }, { "1.5/3", -1 }, { "-1/3", -1 },
	};
	const uint64_t order[2] = { 1, (uint64_t)-2 };
	uint64_t i, n, got[2];
	struct record r = { 0 };
	struct buf line = { 0 };
	size_t k;

	(void)state;
	scanrec_seal_put(&r, 1, 100, 0);
	assert_int_equal(scanrec_shard_get(&r, &i, &n, got), 0);
	assert_true(i == 1 && n == 1);
	scanrec_shard_put(&r, UINT64_MAX - 1, UINT64_MAX, order);
	pass(&r, false, &line);
	assert_int_equal(scanrec_shard_get(&r, &i, &n, got), 0);
	assert_true(i == UINT64_MAX - 1 && n == UINT64_MAX);
	assert_memory_equal(got, order, sizeof(got));
	for (k = 0; k < sizeof(t) / sizeof(t[0]); k++) {
		rec_set(&r, "shard", str_of(t[k].text));
		if (scanrec_shard_get(&r, &i, &n, got) != t[k].got)
			fail_msg("shard=%s", t[k].text);
	}
	rec_set(&r, "shard", STR("1/2"));
	rec_unset(&r, "order");
	assert_int_equal(scanrec_shard_get(&r, &i, &n, got), -1);
	rec_release(&r);
	buf_release(&line);
}

static void
keys(void **state)
{
	static const uint64_t key[][2] = { { 0, 0 }, { UINT64_MAX, 1 },
	    { 0x0123456789abcdef, UINT64_MAX } };
	static const char *const bad[] = { "",
	    "0123456789abcdef0123456789abcde",
	    "0123456789abcdef0123456789abcdef0",
	    "0123456789ABCDEF0123456789abcdef",
	    "0x23456789abcdef0123456789abcdef",
	    " 123456789abcdef0123456789abcdef",
	    "-123456789abcdef0123456789abcdef" };
	struct record r = { 0 };
	struct buf line = { 0 };
	uint64_t got[2];
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		scanrec_done_put(&r, 1);
		scanrec_key_put(&r, "key", key[i]);
		pass(&r, i & 1, &line);
		assert_int_equal(scanrec_key_get(&r, "key", got), 0);
		assert_memory_equal(got, key[i], sizeof(got));
	}
	assert_int_equal(scanrec_key_get(&r, "order", got), -1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rec_set(&r, "key", str_of(bad[i]));
		assert_int_equal(scanrec_key_get(&r, "key", got), -1);
	}
	rec_release(&r);
	buf_release(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads),
		cmocka_unit_test(bad_heads),
		cmocka_unit_test(plans),
		cmocka_unit_test(bad_pieces),
		cmocka_unit_test(udp_pieces),
		cmocka_unit_test(seals),
		cmocka_unit_test(shards),
		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
