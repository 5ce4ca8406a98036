/* The sixteen probes as bytes, and fingerprints of answers whose attributes were
 * worked out by hand from their published definitions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "meaning/osprobe.h"
#include "pure/addr.h"
#include "pure/checksum.h"
#include "pure/packet.h"
#include "pure/wire.h"

#define US4	ADDR_V4(0xc6120001)	/* 198.18.0.1 */
#define HOST4	ADDR_V4(0xc6120002)
#define OTHER4	ADDR_V4(0xc6120003)
#define US6	((u128)0x20010db8u << 96 | 1)
#define HOST6	((u128)0x20010db8u << 96 | 2)

#define START	UINT64_C(1764000000000000000)
#define MS	UINT64_C(1000000)

static struct osprobe_state st;
static struct osfp fp;
static struct osprobe_facts facts;

static int
begin(void **state)
{
	(void)state;
	memset(&st, 0, sizeof(st));
	st.host = (struct osprobe_host){ .key = { 1, 2 }, .src = US4,
	    .dst = HOST4, .open = 80, .closed = 81, .udp = 33000,
	    .distance = -1 };
	return 0;
}

static void
use_ipv6(void)
{
	st.host.src = US6;
	st.host.dst = HOST6;
}

/* ---- packets ---- */

struct bytes {
	uint8_t	p[900];
	size_t	n;
};

static uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static size_t
head(void)
{
	return addr_is4(st.host.dst) ? 20 : 40;
}

static struct bytes
probe(enum osprobe p, unsigned try)
{
	struct bytes b;

	b.n = osprobe_make(&st.host, p, try, b.p);
	assert_true(b.n > 0 && b.n <= OSPROBE_MAX);
	return b;
}

/* What an answer says of its own. */
struct how {
	uint8_t		ttl, flags, reserved, code;
	uint16_t	id, win, urgent;
	bool		df;
	uint32_t	seq, ack;
	const char	*options;	/* so many bytes: */
	size_t		noptions;
	const char	*data;
};

static void
put_ip(struct bytes *b, uint8_t proto, const struct how *h, size_t n)
{
	uint16_t c;

	memset(b->p, 0, 40);
	if (!addr_is4(st.host.dst)) {
		b->p[0] = 0x60;
		wr_be16(b->p + 4, (uint16_t)n);
		b->p[6] = proto;
		b->p[7] = h->ttl;
		addr_to16(b->p + 8, st.host.dst);
		addr_to16(b->p + 24, st.host.src);
	} else {
		b->p[0] = 0x45;
		wr_be16(b->p + 2, (uint16_t)(20 + n));
		wr_be16(b->p + 4, h->id);
		b->p[6] = h->df ? 0x40 : 0;
		b->p[8] = h->ttl;
		b->p[9] = proto;
		wr_be32(b->p + 12, addr_v4(st.host.dst));
		wr_be32(b->p + 16, addr_v4(st.host.src));
		c = checksum_fold(checksum_add(0, b->p, 20));
		memcpy(b->p + 10, &c, 2);
	}
	b->n = head() + n;
}

/* A segment back to where the probe came from. */
static struct bytes
segment(enum osprobe p, unsigned try, const struct how *h)
{
	struct bytes q = probe(p, try), b;
	size_t ndata = h->data != NULL ? strlen(h->data) : 0;
	const uint8_t *from = q.p + head();
	uint8_t *t;

	put_ip(&b, 6, h, 20 + h->noptions + ndata);
	t = b.p + head();
	memset(t, 0, 20);
	memcpy(t, from + 2, 2);
	memcpy(t + 2, from, 2);
	wr_be32(t + 4, h->seq);
	wr_be32(t + 8, h->ack);
	t[12] = (uint8_t)((20 + h->noptions) / 4 << 4 | h->reserved);
	t[13] = h->flags;
	wr_be16(t + 14, h->win);
	wr_be16(t + 18, h->urgent);
	if (h->noptions > 0)
		memcpy(t + 20, h->options, h->noptions);
	if (ndata > 0)
		memcpy(t + 20 + h->noptions, h->data, ndata);
	return b;
}

static uint32_t
seq_of(enum osprobe p, unsigned try)
{
	struct bytes q = probe(p, try);

	return be32(q.p + head() + 4);
}

static uint32_t
ack_of(enum osprobe p, unsigned try)
{
	struct bytes q = probe(p, try);

	return be32(q.p + head() + 8);
}

static void
send_at(enum osprobe p, uint64_t ms)
{
	osprobe_sent(&st, p, START + ms * MS);
}

static int
take(const struct bytes *b)
{
	unsigned try;

	return osprobe_take(&st, b->p, b->n, START + 2000 * MS, &try);
}

/* The probe is sent for the first time, and answered by that. */
static void
answer(enum osprobe p, const struct how *h)
{
	struct bytes b;

	send_at(p, p <= OSPROBE_S6 ? p * 100 : 600);
	b = segment(p, 0, h);
	assert_int_equal(take(&b), p);
}

static struct how
syn_ack(enum osprobe p)
{
	return (struct how){ .ttl = 64, .flags = TCP_SYN | TCP_ACK,
	    .seq = 1, .ack = seq_of(p, 0) + 1, .win = 65535, .df = true };
}

static struct how
reset(enum osprobe p)
{
	return (struct how){ .ttl = 64, .flags = TCP_RST | TCP_ACK,
	    .ack = seq_of(p, 0) + 1 };
}

static struct bytes
echo(enum osprobe p, const struct how *h)
{
	struct bytes q = probe(p, 0), b;
	size_t n = q.n - head();

	put_ip(&b, addr_is4(st.host.dst) ? 1 : 58, h, n);
	memcpy(b.p + head(), q.p + head(), n);
	b.p[head()] = addr_is4(st.host.dst) ? 0 : 129;
	b.p[head() + 1] = h->code;
	return b;
}

static void
answer_echo(enum osprobe p, const struct how *h)
{
	struct bytes b;

	send_at(p, 600);
	b = echo(p, h);
	assert_int_equal(take(&b), p);
}

/* An error that quotes the UDP probe whole, as it was, with so many hops less to
 * live. */
static struct bytes
unreachable(const struct how *h, unsigned hops)
{
	struct bytes q = probe(OSPROBE_U1, 0), b;
	bool v6 = !addr_is4(st.host.dst);
	uint8_t *t;
	uint16_t c;

	put_ip(&b, v6 ? 58 : 1, h, 8 + q.n);
	t = b.p + head();
	memset(t, 0, 8);
	t[0] = v6 ? 1 : 3;
	t[1] = v6 ? 4 : 3;
	t += 8;
	memcpy(t, q.p, q.n);
	t[v6 ? 7 : 8] = (uint8_t)(t[v6 ? 7 : 8] - hops);
	if (!v6) {
		t[10] = t[11] = 0;
		c = checksum_fold(checksum_add(0, t, 20));
		memcpy(t + 10, &c, 2);
	}
	return b;
}

/* ---- what the fingerprint says ---- */

static void
read_all(void)
{
	osprobe_read(&st, &fp, &facts);
}

static const char *
says(enum osfp_line line, const char *attr)
{
	const char *v = osfp_get(&fp, line, attr);

	return v != NULL ? v : "(absent)";
}

#define EXPECT(line, attr, value) \
	assert_string_equal(says(OSFP_ ## line, attr), value)

/* ---- the probes ---- */

static void
syn_probes(void **state)
{
	static const uint16_t win[6] = { 1, 63, 4, 4, 16, 512 };
	static const char options[6][41] = {
		"03030a01020405b4080affffffff000000000402",
		"020405780303000402080affffffff0000000000",
		"080affffffff0000000001010303050102040280",
		"0402080affffffff0000000003030a00",
		"020402180402080affffffff0000000003030a00",
		"020401090402080affffffff00000000",
	};
	char hex[41];
	unsigned i, k;

	(void)state;
	for (i = 0; i < 6; i++) {
		struct bytes b = probe(OSPROBE_S1 + i, 0);

		assert_int_equal(be16(b.p + 20 + 2), 80);
		assert_int_equal(b.p[20 + 13], TCP_SYN);
		assert_int_equal(be16(b.p + 20 + 14), win[i]);
		assert_int_equal(b.p[20 + 12], (b.n - 20) / 4 << 4);
		assert_int_equal(be16(b.p + 6), 0);
		for (k = 40; k < b.n; k++)
			snprintf(hex + (k - 40) * 2, 3, "%02x", b.p[k]);
		assert_string_equal(hex, options[i]);
	}
}

static void
other_tcp_probes(void **state)
{
	static const struct {
		enum osprobe	p;
		uint8_t		flags;
		uint16_t	win, frag, port;
	} want[] = {
		{ OSPROBE_T2, 0, 128, 0x4000, 80 },
		{ OSPROBE_T3, TCP_SYN | TCP_FIN | TCP_URG | TCP_PSH, 256, 0,
		    80 },
		{ OSPROBE_T4, TCP_ACK, 1024, 0x4000, 80 },
		{ OSPROBE_T5, TCP_SYN, 31337, 0, 81 },
		{ OSPROBE_T6, TCP_ACK, 32768, 0x4000, 81 },
		{ OSPROBE_T7, TCP_FIN | TCP_PSH | TCP_URG, 65535, 0, 81 },
	};
	struct bytes b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		b = probe(want[i].p, 1);
		assert_int_equal(b.n, 60);
		assert_int_equal(b.p[33], want[i].flags);
		assert_int_equal(be16(b.p + 34), want[i].win);
		assert_int_equal(be16(b.p + 6), want[i].frag);
		assert_int_equal(be16(b.p + 22), want[i].port);
		assert_int_equal(b.p[42], want[i].p == OSPROBE_T7 ? 15 : 10);
	}
	b = probe(OSPROBE_ECN, 0);
	assert_int_equal(b.n, 52);
	assert_int_equal(b.p[32], 0x88);
	assert_int_equal(b.p[33], TCP_SYN | TCP_ECE | TCP_CWR);
	assert_int_equal(be32(b.p + 28), 0);
	assert_int_equal(be16(b.p + 34), 3);
	assert_int_equal(be16(b.p + 38), 0xf7f5);
	assert_memory_equal(b.p + 40, "\3\3\12\1\2\4\5\264\4\2\1\1", 12);
}

static void
udp_and_echo_probes(void **state)
{
	struct bytes u = probe(OSPROBE_U1, 0), a = probe(OSPROBE_IE1, 0),
	    b = probe(OSPROBE_IE2, 0);
	size_t i;

	(void)state;
	assert_int_equal(u.n, 328);
	assert_int_equal(be16(u.p + 4), 0x1042);
	assert_int_equal(be16(u.p + 22), 33000);
	for (i = 28; i < u.n; i++)
		assert_int_equal(u.p[i], 'C');
	assert_int_equal(a.n, 20 + 8 + 120);
	assert_int_equal(a.p[1], 0);
	assert_int_equal(be16(a.p + 6), 0x4000);
	assert_int_equal(a.p[20], 8);
	assert_int_equal(a.p[21], 9);
	assert_int_equal(be16(a.p + 26), 295);
	assert_int_equal(b.n, 20 + 8 + 150);
	assert_int_equal(b.p[1], 4);
	assert_int_equal(be16(b.p + 6), 0);
	assert_int_equal(b.p[21], 0);
	assert_int_equal(be16(b.p + 26), 296);
	assert_int_equal((uint16_t)(be16(b.p + 24) - be16(a.p + 24)), 1);
	for (i = 28; i < b.n; i++)
		assert_int_equal(b.p[i], 0);
}

/* Every checksum, of every probe and try; and no two leave from one port. */
static void
checksums_and_ports(void **state)
{
	static uint8_t used[65536];
	uint8_t tail[4] = { 0 };
	unsigned p, t, v6;
	struct bytes b;
	uint64_t sum;
	uint16_t port;
	bool icmp;

	(void)state;
	for (v6 = 0; v6 < 2; v6++) {
		memset(used, 0, sizeof(used));
		if (v6)
			use_ipv6();
		for (p = 0; p < OSPROBE_N; p++)
			for (t = 0; t < OSPROBE_TRIES; t++) {
				b = probe(p, t);
				icmp = p == OSPROBE_IE1 || p == OSPROBE_IE2;
				tail[1] = b.p[v6 ? 6 : 9];
				wr_be16(tail + 2, (uint16_t)(b.n - head()));
				sum = checksum_add(0, tail, 4);
				sum = checksum_add(sum, b.p + (v6 ? 8 : 12),
				    v6 ? 32 : 8);
				assert_int_equal(checksum_fold(checksum_add(
				    icmp && !v6 ? 0 : sum, b.p + head(),
				    b.n - head())), 0);
				if (!v6)
					assert_int_equal(checksum_fold(
					    checksum_add(0, b.p, 20)), 0);
				if (icmp)
					continue;
				port = be16(b.p + head());
				assert_true(port >= OSPROBE_PORT && port <
				    OSPROBE_PORT + OSPROBE_NPORTS);
				assert_int_equal(used[port]++, 0);
			}
	}
}

static void
guesses_change(void **state)
{
	(void)state;
	st.host.closed = st.host.udp = 0;
	assert_int_equal(osprobe_make(&st.host, OSPROBE_T5, 0,
	    (uint8_t[OSPROBE_MAX]){ 0 }), 0);
	st.host.closed_guess = st.host.udp_guess = true;
	assert_int_not_equal(be16(probe(OSPROBE_T5, 0).p + 22),
	    be16(probe(OSPROBE_T5, 1).p + 22));
	assert_int_equal(be16(probe(OSPROBE_T5, 1).p + 22),
	    be16(probe(OSPROBE_T7, 1).p + 22));
	assert_int_not_equal(be16(probe(OSPROBE_U1, 0).p + 22),
	    be16(probe(OSPROBE_U1, 1).p + 22));
}

/* ---- sequences ---- */

static void
answer_isns(const uint32_t *isn, const uint16_t *id)
{
	struct how h;
	unsigned i;

	for (i = 0; i < 6; i++) {
		h = syn_ack(OSPROBE_S1 + i);
		h.seq = isn[i];
		h.id = id[i];
		answer(OSPROBE_S1 + i, &h);
	}
	read_all();
}

static const uint16_t no_ids[6];
static const uint32_t any_isns[6] = { 1, 2, 3, 4, 5, 6 };

/* GCD, ISR and SP of six numbers, a tenth of a second apart. */
static void
isns(void **state)
{
	static const struct {
		uint32_t	 isn[6];
		const char	*gcd, *isr, *sp;
	} row[] = {
		/* steps of 64,000, 640,000 a second: 8*log2 of that is 154.3;
		 * nothing deviates */
		{ { 7, 64007, 128007, 192007, 256007, 320007 }, "FA00", "9A",
		    "0" },
		/* steps of 1,000 to 5,000, over the end of the numbers: 10,000
		 * to 50,000 a second, mean 30,000, 8*log2 = 118.98; divided by
		 * the GCD 10 to 50, whose deviation is sqrt(250) = 15.81,
		 * 8*log2 = 31.86 */
		{ { 4294963296u, 4294964296u, 4294966296u, 2000, 6000, 11000 },
		    "3E8", "77", "20" },
		{ { 5, 5, 5, 5, 5, 5 }, "0", "0", "0" },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin(state);
		answer_isns(row[i].isn, no_ids);
		EXPECT(SEQ, "GCD", row[i].gcd);
		EXPECT(SEQ, "ISR", row[i].isr);
		EXPECT(SEQ, "SP", row[i].sp);
	}
}

static void
isn_of_three(void **state)
{
	struct how h;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		h = syn_ack(OSPROBE_S1 + i);
		answer(OSPROBE_S1 + i, &h);
	}
	read_all();
	EXPECT(SEQ, "GCD", "(absent)");
	EXPECT(SEQ, "SP", "(absent)");
	EXPECT(SEQ, "TI", "Z");
	assert_int_equal(osprobe_best_round(&st), 3);
}

static void
ip_ids(void **state)
{
	static const struct {
		uint16_t	 id[6];
		const char	*ti;
	} row[] = {
		{ { 0, 0, 0, 0, 0, 0 }, "Z" },
		{ { 0xbeef, 0xbeef, 0xbeef, 0xbeef, 0xbeef, 0xbeef }, "BEEF" },
		{ { 10, 30010, 30020, 30030, 30040, 30050 }, "RD" },
		{ { 10, 1111, 1112, 1113, 1114, 1115 }, "RI" },
		{ { 0x100, 0x200, 0x300, 0x400, 0x500, 0x1900 }, "BI" },
		{ { 65533, 65534, 2, 3, 12, 13 }, "I" },
		{ { 1, 100, 200, 300, 400, 500 }, "(absent)" },
		{ { 0, 0, 0, 0, 0, 9 }, "I" },
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin(state);
		answer_isns(any_isns, row[i].id);
		EXPECT(SEQ, "TI", row[i].ti);
	}
}

static void
ip_ids_of_others(void **state)
{
	struct how h;
	unsigned i;

	(void)state;
	for (i = OSPROBE_T5; i <= OSPROBE_T7; i++) {
		h = reset(i);
		h.id = (uint16_t)(3 * i);
		answer(i, &h);
	}
	h = (struct how){ .ttl = 64, .id = 700 };
	answer_echo(OSPROBE_IE1, &h);
	h.id = 1800;
	answer_echo(OSPROBE_IE2, &h);
	read_all();
	EXPECT(SEQ, "CI", "I");
	EXPECT(SEQ, "II", "RI");
	EXPECT(SEQ, "TI", "(absent)");
	EXPECT(SEQ, "SS", "(absent)");
	assert_false(osfp_has(&fp, OSFP_OPS));
	assert_false(facts.reliable);
}

/* TCP goes from 10 to 20 in five steps of two: up to three of them on, ICMP
 * shares the counter. */
static void
shared_ids(void **state)
{
	static const uint16_t id[6] = { 10, 12, 14, 16, 18, 20 };
	static const struct {
		uint16_t	 echo;
		const char	*ss;
	} row[] = { { 22, "S" }, { 25, "S" }, { 26, "O" }, { 9000, "O" },
	    { 19, "O" } };
	struct how h = { .ttl = 64 };
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin(state);
		h.id = row[i].echo;
		answer_echo(OSPROBE_IE1, &h);
		h.id++;
		answer_echo(OSPROBE_IE2, &h);
		answer_isns(any_isns, id);
		EXPECT(SEQ, "SS", row[i].ss);
	}
}

/* What was sent again is read where it came, and says nothing of a counter that
 * is shared. */
static void
ids_of_what_came_late(void **state)
{
	static const uint16_t id[6] = { 10, 12, 14, 16, 18, 20 };
	struct how h = { .ttl = 64, .id = 40 };
	struct bytes b;
	unsigned i, try;

	(void)state;
	answer_isns(any_isns, id);
	send_at(OSPROBE_IE2, 625);
	b = echo(OSPROBE_IE2, &h);
	assert_int_equal(osprobe_take(&st, b.p, b.n, START + 626 * MS, &try),
	    OSPROBE_IE2);
	send_at(OSPROBE_IE1, 1700);
	h.id = 45;
	b = echo(OSPROBE_IE1, &h);
	assert_int_equal(osprobe_take(&st, b.p, b.n, START + 1701 * MS, &try),
	    OSPROBE_IE1);
	for (i = 0; i < 3; i++) {
		h = reset(OSPROBE_T7 - i);
		h.id = (uint16_t)(i + 1);
		send_at(OSPROBE_T7 - i, 700);
		b = segment(OSPROBE_T7 - i, 0, &h);
		assert_int_equal(osprobe_take(&st, b.p, b.n,
		    START + (800 + i) * MS, &try), OSPROBE_T7 - i);
	}
	read_all();
	EXPECT(SEQ, "TI", "I");
	EXPECT(SEQ, "II", "I");
	EXPECT(SEQ, "CI", "I");
	EXPECT(SEQ, "SS", "(absent)");
}

/* Timestamps at so many a tenth of a second. */
static void
answer_times(uint32_t first, uint32_t step)
{
	uint8_t o[12] = { 1, 1, 8, 10 };
	struct how h;
	unsigned i;

	for (i = 0; i < 6; i++) {
		h = syn_ack(OSPROBE_S1 + i);
		wr_be32(o + 4, first + i * step);
		h.options = (const char *)o;
		h.noptions = sizeof(o);
		answer(OSPROBE_S1 + i, &h);
	}
	read_all();
}

static void
timestamps(void **state)
{
	static const struct {
		uint32_t	 first, step;
		const char	*ts;
		double		 hz, uptime;
	} row[] = {
		{ 100000, 10, "7", 100, 1000.5 },
		{ 100000, 25, "8", 250, 400.5 },
		{ 100000, 100, "A", 1000, 100.5 },
		{ 4294967290u, 100, "A", 1000, 0.494 },	/* over the end */
		{ 100000, 0, "1", 0, 0 },
		{ 0, 10, "0", 0, 0 },
		{ 1, 400000000, "20", 0, 0 },	/* what is no clock */
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin(state);
		answer_times(row[i].first, row[i].step);
		EXPECT(SEQ, "TS", row[i].ts);
		assert_true(fabs(facts.hz - row[i].hz) < 0.001);
		assert_true(fabs(facts.uptime - row[i].uptime) < 0.01);
	}
	begin(state);
	answer_isns(any_isns, no_ids);
	EXPECT(SEQ, "TS", "U");
}

/* A rate that fits and values that do not lie on one line: something is added to
 * each connection's. */
static void
no_single_clock(void **state)
{
	static const uint32_t value[6] = { 90000, 400, 80000, 70000, 60000,
	    90500 };
	uint8_t o[12] = { 1, 1, 8, 10 };
	struct how h;
	unsigned i;

	(void)state;
	for (i = 0; i < 6; i++) {
		h = syn_ack(OSPROBE_S1 + i);
		wr_be32(o + 4, value[i]);
		h.options = (const char *)o;
		h.noptions = sizeof(o);
		answer(OSPROBE_S1 + i, &h);
	}
	read_all();
	assert_true(facts.hz == 0 && facts.uptime == 0);
}

/* The round with more answers is read, and what the others had is not lost. */
static void
rounds(void **state)
{
	struct bytes b;
	struct how h;
	unsigned i;

	(void)state;
	h = syn_ack(OSPROBE_S1);
	answer(OSPROBE_S1, &h);
	for (i = 1; i < 6; i++)
		send_at(i, i * 100);
	for (i = 0; i < 6; i++) {
		send_at(i, 1000 + i * 100);
		if (i == 0)
			continue;
		h = syn_ack(i);
		h.seq = i * 1000;
		h.ack = seq_of(i, 1) + 1;
		h.win = (uint16_t)i;
		b = segment(i, 1, &h);
		assert_int_equal(take(&b), i);
	}
	assert_int_equal(osprobe_best_round(&st), 5);
	read_all();
	EXPECT(SEQ, "GCD", "3E8");
	EXPECT(WIN, "W1", "FFFF");
	EXPECT(WIN, "W6", "5");
	assert_int_equal(facts.answered, 6);
}

/* ---- lines ---- */

static void
options(void **state)
{
	static const struct {
		const char	*bytes;
		size_t		 n;
		const char	*o;
	} row[] = {
		{ "\2\4\5\264\1\3\3\10\1\1\10\12\0\0\0\1\377\377\377\377", 20,
		    "M5B4NW8NNT11" },
		{ "\2\4\5\264\4\2\10\12\0\0\0\0\0\0\0\0\0\2\2\2", 20,
		    "M5B4ST00L" },
		{ "\1\1\1\1", 4, "NNNN" },
		{ "\4\2\0\0", 4, "SLL" },
		{ "\2\3\5\1\3\4\1\1", 8, "" },	/* too short */
		{ "\376\4\0\0", 4, "" },	/* without a letter */
		{ "\1\5\2\4", 4, "N" },		/* cut off */
		{ "", 0, "" },
	};
	struct how h;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		begin(state);
		h = syn_ack(OSPROBE_S3);
		h.options = row[i].bytes;
		h.noptions = row[i].n;
		send_at(OSPROBE_S1, 0);
		answer(OSPROBE_S3, &h);
		read_all();
		EXPECT(OPS, "O3", row[i].o);
	}
	EXPECT(OPS, "O1", "(absent)");
}

static void
numbers_and_flags(void **state)
{
	struct how h = syn_ack(OSPROBE_S1);

	(void)state;
	h.seq = ack_of(OSPROBE_S1, 0) + 1;
	answer(OSPROBE_S1, &h);
	/* a RST that says something, with odd bits */
	h = (struct how){ .ttl = 60, .flags = TCP_RST | TCP_PSH, .reserved = 4,
	    .urgent = 1, .seq = ack_of(OSPROBE_T4, 0), .win = 0x1234,
	    .data = "123456789" };
	answer(OSPROBE_T4, &h);
	h = (struct how){ .ttl = 130, .flags = TCP_RST | TCP_ACK, .df = true,
	    .ack = seq_of(OSPROBE_T7, 0) };
	answer(OSPROBE_T7, &h);
	h.ack = seq_of(OSPROBE_T5, 0) + 2;
	h.seq = 99;
	h.flags |= TCP_URG;
	h.urgent = 7;
	answer(OSPROBE_T5, &h);
	send_at(OSPROBE_T6, 700);
	read_all();
	EXPECT(T1, "S", "A+");
	EXPECT(T1, "A", "S+");
	EXPECT(T1, "F", "AS");
	EXPECT(T4, "R", "Y");
	EXPECT(T4, "DF", "N");
	EXPECT(T4, "TG", "40");
	EXPECT(T4, "T", "(absent)");
	EXPECT(T4, "W", "1234");
	EXPECT(T4, "S", "A");
	EXPECT(T4, "A", "Z");
	EXPECT(T4, "F", "PR");
	EXPECT(T4, "RD", "CBF43926");
	EXPECT(T4, "Q", "RU");
	EXPECT(T7, "TG", "FF");
	EXPECT(T7, "DF", "Y");
	EXPECT(T7, "A", "S");
	EXPECT(T7, "S", "Z");
	EXPECT(T7, "RD", "0");
	EXPECT(T7, "Q", "");
	EXPECT(T5, "S", "O");
	EXPECT(T5, "A", "O");
	EXPECT(T5, "F", "UAR");
	EXPECT(T5, "Q", "");
	EXPECT(T6, "R", "N");
	EXPECT(T6, "W", "(absent)");
	EXPECT(SCAN, "OT", "80");
	EXPECT(SCAN, "CT", "81");
}

static void
congestion(void **state)
{
	static const struct {
		uint8_t		 flags;
		const char	*cc;
	} row[] = { { 0, "N" }, { TCP_ECE, "Y" }, { TCP_CWR, "O" },
	    { TCP_ECE | TCP_CWR, "S" } };
	struct how h;
	size_t i;

	for (i = 0; i < 4; i++) {
		begin(state);
		h = syn_ack(OSPROBE_ECN);
		h.flags |= row[i].flags;
		answer(OSPROBE_ECN, &h);
		send_at(OSPROBE_S1, 0);
		read_all();
		EXPECT(ECN, "CC", row[i].cc);
	}
	EXPECT(ECN, "W", "FFFF");
}

static void
echoes(void **state)
{
	static const struct {
		bool		 df1, df2;
		uint8_t		 code1, code2;
		const char	*dfi, *cd;
	} row[] = {
		{ false, false, 0, 0, "N", "Z" },
		{ true, true, 9, 0, "Y", "S" },
		{ true, false, 5, 5, "S", "5" },
		{ false, true, 1, 2, "O", "O" },
	};
	struct how h = { .ttl = 255 };
	size_t i;

	for (i = 0; i < 4; i++) {
		begin(state);
		h.df = row[i].df1;
		h.code = row[i].code1;
		answer_echo(OSPROBE_IE1, &h);
		h.df = row[i].df2;
		h.code = row[i].code2;
		answer_echo(OSPROBE_IE2, &h);
		read_all();
		EXPECT(IE, "R", "Y");
		EXPECT(IE, "DFI", row[i].dfi);
		EXPECT(IE, "CD", row[i].cd);
		EXPECT(IE, "TG", "FF");
	}
	begin(state);
	answer_echo(OSPROBE_IE1, &h);
	send_at(OSPROBE_IE2, 600);
	read_all();
	EXPECT(IE, "R", "N");
	EXPECT(IE, "CD", "(absent)");
}

static void
udp_comes_back(void **state)
{
	struct how h = { .ttl = 62 };
	struct bytes b = unreachable(&h, 2);

	(void)state;
	send_at(OSPROBE_U1, 600);
	assert_int_equal(take(&b), OSPROBE_U1);
	read_all();
	EXPECT(U1, "R", "Y");
	EXPECT(U1, "T", "40");
	EXPECT(U1, "IPL", "164");
	EXPECT(U1, "UN", "0");
	EXPECT(U1, "RIPL", "G");
	EXPECT(U1, "RID", "G");
	EXPECT(U1, "RIPCK", "G");
	EXPECT(U1, "RUCK", "G");
	EXPECT(U1, "RUD", "G");
	EXPECT(SCAN, "CU", "33000");
	EXPECT(SCAN, "DS", "3");
	assert_int_equal(facts.distance, 3);
}

/* What BSD stacks of old did to what they quote, and worse. */
static void
udp_comes_back_changed(void **state)
{
	struct how h = { .ttl = 62 };
	struct bytes b = unreachable(&h, 0);
	uint8_t *t = b.p + 20;

	(void)state;
	send_at(OSPROBE_U1, 600);
	t[7] = 5;			/* the unused word */
	wr_be16(t + 8 + 2, 0x15c);	/* its length */
	wr_be16(t + 8 + 4, 0x4210);	/* its identification */
	wr_be16(t + 8 + 26, 0xabcd);	/* UDP's checksum */
	t[8 + 28 + 299] = 'D';
	assert_int_equal(take(&b), OSPROBE_U1);
	read_all();
	EXPECT(U1, "UN", "5");
	EXPECT(U1, "RIPL", "15C");
	EXPECT(U1, "RID", "4210");
	EXPECT(U1, "RIPCK", "I");
	EXPECT(U1, "RUCK", "ABCD");
	EXPECT(U1, "RUD", "I");

	begin(state);
	b = unreachable(&h, 0);
	b.n = 20 + 8 + 27;		/* half a checksum */
	wr_be16(b.p + 2, (uint16_t)b.n);
	send_at(OSPROBE_U1, 600);
	assert_int_equal(take(&b), OSPROBE_U1);
	read_all();
	EXPECT(U1, "RUCK", "(absent)");

	begin(state);
	b = unreachable(&h, 0);
	t[8 + 10] = t[8 + 11] = 0;
	b.n = 20 + 8 + 28;		/* no more than RFC 792 wants */
	wr_be16(b.p + 2, (uint16_t)b.n);
	send_at(OSPROBE_U1, 600);
	assert_int_equal(take(&b), OSPROBE_U1);
	read_all();
	EXPECT(U1, "RIPCK", "Z");
	EXPECT(U1, "IPL", "38");
	EXPECT(U1, "RUD", "G");
}

static void
over_ipv6(void **state)
{
	struct how h = { .ttl = 64 };
	struct bytes b;

	(void)state;
	use_ipv6();
	b = unreachable(&h, 0);
	send_at(OSPROBE_U1, 600);
	assert_int_equal(take(&b), OSPROBE_U1);
	answer_echo(OSPROBE_IE1, &h);
	answer_echo(OSPROBE_IE2, &h);
	answer_isns(any_isns, no_ids);
	assert_true(osfp_is_v6(&fp));
	EXPECT(SEQ, "GCD", "1");
	EXPECT(SEQ, "TI", "(absent)");
	EXPECT(SEQ, "II", "(absent)");
	EXPECT(T1, "DF", "(absent)");
	EXPECT(T1, "T", "40");
	EXPECT(U1, "R", "Y");
	EXPECT(U1, "RIPL", "G");
	EXPECT(U1, "RID", "(absent)");
	EXPECT(U1, "RUCK", "G");
	EXPECT(U1, "IPL", "18C");
	EXPECT(IE, "R", "Y");
	EXPECT(IE, "DFI", "(absent)");
	EXPECT(IE, "CD", "Z");
}

/* ---- what is not believed ---- */

static void
forgeries(void **state)
{
	struct how h = syn_ack(OSPROBE_S1);
	struct bytes good, b;

	(void)state;
	send_at(OSPROBE_S1, 0);
	good = segment(OSPROBE_S1, 0, &h);
	b = good;
	b.p[20 + 11]++;			/* acknowledges another SYN */
	assert_int_equal(take(&b), -1);
	b = good;
	b.p[20 + 3] ^= 1;		/* to a port that we did not send from */
	assert_int_equal(take(&b), -1);
	b = good;
	b.p[20 + 1] ^= 1;		/* from a port that we did not ask */
	assert_int_equal(take(&b), -1);
	b = good;
	b.p[15]++;			/* from another host */
	assert_int_equal(take(&b), -1);
	b = good;
	b.p[6] = 0x20;			/* a fragment */
	assert_int_equal(take(&b), -1);
	b = segment(OSPROBE_S1, 1, &h);	/* a try that there was not */
	wr_be32(b.p + 28, seq_of(OSPROBE_S1, 1) + 1);
	assert_int_equal(take(&b), -1);
	assert_int_equal(take(&good), OSPROBE_S1);
	assert_int_equal(take(&good), -1);	/* a second time */

	/* a RST that repeats nothing of ours */
	send_at(OSPROBE_T6, 0);
	h = (struct how){ .ttl = 64, .flags = TCP_RST };
	b = segment(OSPROBE_T6, 0, &h);
	assert_int_equal(take(&b), -1);
	/* an error about another port, and one that quotes less than the
	 * ports */
	h = (struct how){ .ttl = 64 };
	send_at(OSPROBE_U1, 0);
	b = unreachable(&h, 0);
	b.p[20 + 8 + 23]++;
	assert_int_equal(take(&b), -1);
	b = unreachable(&h, 0);
	b.n = 20 + 8 + 20 + 3;
	assert_int_equal(take(&b), -1);
	/* another echo's answer */
	send_at(OSPROBE_IE1, 0);
	b = echo(OSPROBE_IE1, &h);
	b.p[20 + 5] ^= 1;
	assert_int_equal(take(&b), -1);
}

static void
other_states(void **state)
{
	struct how h = reset(OSPROBE_S1);
	struct bytes b;

	(void)state;
	send_at(OSPROBE_S1, 0);
	b = segment(OSPROBE_S1, 0, &h);
	assert_int_equal(take(&b), -1);
	assert_true(st.not_open);
	h = syn_ack(OSPROBE_T5);
	send_at(OSPROBE_T5, 0);
	b = segment(OSPROBE_T5, 0, &h);
	assert_int_equal(take(&b), -1);
	assert_int_equal(st.not_closed, 1);
	/* another segment to that port says nothing, one to the next try's
	 * does */
	h = reset(OSPROBE_T7);
	send_at(OSPROBE_T7, 0);
	b = segment(OSPROBE_T7, 0, &h);
	assert_int_equal(take(&b), -1);
	send_at(OSPROBE_T7, 500);
	h.ack = seq_of(OSPROBE_T7, 1) + 1;
	b = segment(OSPROBE_T7, 1, &h);
	assert_int_equal(take(&b), OSPROBE_T7);
	st.took[OSPROBE_T7] = 0;
	/* a filter forbids UDP: it need not be asked again */
	h = (struct how){ .ttl = 64 };
	send_at(OSPROBE_U1, 0);
	b = unreachable(&h, 0);
	b.p[21] = 13;
	assert_int_equal(take(&b), -1);
	assert_int_equal(st.refused, 1);
	assert_int_equal(st.tries[OSPROBE_U1], OSPROBE_TRIES);
	read_all();
	assert_false(osfp_has(&fp, OSFP_T1));
	assert_false(osfp_has(&fp, OSFP_T5));
	EXPECT(U1, "R", "N");
	EXPECT(SCAN, "G", "N");
	assert_false(facts.reliable);
}

static void
silence(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < OSPROBE_N; i++)
		send_at(i, 0);
	read_all();
	EXPECT(SEQ, "R", "N");
	EXPECT(OPS, "R", "N");
	EXPECT(WIN, "R", "N");
	EXPECT(ECN, "R", "N");
	EXPECT(T1, "R", "N");
	EXPECT(T7, "R", "N");
	EXPECT(U1, "R", "N");
	EXPECT(IE, "R", "N");
	assert_int_equal(facts.asked, 16);
	assert_int_equal(facts.answered, 0);
	assert_int_equal(facts.distance, -1);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup(f, begin)
	const struct CMUnitTest tests[] = {
		TEST(syn_probes), TEST(other_tcp_probes),
		TEST(udp_and_echo_probes), TEST(checksums_and_ports),
		TEST(guesses_change), TEST(isns), TEST(isn_of_three),
		TEST(ip_ids), TEST(ip_ids_of_others), TEST(shared_ids),
		TEST(ids_of_what_came_late), TEST(timestamps),
		TEST(no_single_clock), TEST(rounds), TEST(options),
		TEST(numbers_and_flags), TEST(congestion), TEST(echoes),
		TEST(udp_comes_back), TEST(udp_comes_back_changed),
		TEST(over_ipv6), TEST(forgeries), TEST(other_states),
		TEST(silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
