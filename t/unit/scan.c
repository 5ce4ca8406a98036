/* Every scan type: the probe as it is filled, the answer that a host gives by
 * the RFCs, the verdict; and what nobody may forge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "meaning/scan.h"
#include "pure/addr.h"
#include "pure/wire.h"

#define US4	ADDR_V4(0xc6120001)	/* 198.18.0.1 */
#define HOST4	ADDR_V4(0xc6120107)
#define ROUTER4	ADDR_V4(0xc61200fe)
#define US6	((u128)0x20010db8u << 96 | 1)
#define HOST6	((u128)0x20010db8u << 96 | (u128)1 << 80 | 7)
#define ROUTER6	((u128)0x20010db8u << 96 | 0xfe)

#define ECHO_PORT	7777	/* where answers repeat the cookie */
#define PLAIN_PORT	7778

static const uint8_t mac[6] = { 2, 0, 0x5e, 0x10, 0, 1 };
static struct payloads payloads;

static int
make_payloads(void **state)
{
	static const char text[] = "payload repeats\n"
	    "\tports\t7777\n\tsource\tnone\n\techo\t4\n"
	    "\t\"ask:\" @cookie 8 \"!\"\n";
	struct buf err = { 0 };

	(void)state;
	return payloads_parse(&payloads, STR(text), "payloads", &err);
}

static int
free_payloads(void **state)
{
	(void)state;
	payloads_release(&payloads);
	return 0;
}

static const struct scan_params params = {
	.key = { 0x0123456789abcdef, 0xfedcba9876543210 },
	.sport = SCAN_SPORT_BASE,
	.nsports = SCAN_SPORTS,
	.ttl = 64,
	.flags = TCP_SYN | TCP_FIN,
	.payloads = &payloads,
};

/* ---- packets ---- */

struct bytes {
	uint8_t	p[2048];
	size_t	n;
};

static size_t
head_of(bool v6)
{
	return v6 ? 40 : 20;
}

/* A probe and what it was filled for. */
struct sent {
	const struct scan_type	*type;
	struct scan_params	 sp;
	bool			 v6;
	struct scan_probe	 probe;
	struct bytes		 b;
};

static void
fill(struct sent *s)
{
	struct frame f;

	assert_int_equal(s->type->prepare(s->type, &f, &s->sp, s->v6, mac), 0);
	s->b.n = s->type->fill(s->type, &f, &s->sp, &s->probe, 0, s->b.p);
	assert_in_range(s->b.n, 28, FRAME_MAX);
}

static uint16_t
port_of(const struct scan_type *t)
{
	return !t->ports ? 0 : t->udp ? ECHO_PORT : 443;
}

static void
send_one(struct sent *s, const struct scan_type *t, bool v6, unsigned attempt,
    uint16_t nsports)
{
	*s = (struct sent){ .type = t, .sp = params, .v6 = v6,
	    .probe = { .src = v6 ? US6 : US4, .dst = v6 ? HOST6 : HOST4,
	    .port = port_of(t), .attempt = attempt } };
	s->sp.nsports = nsports;
	assert_int_equal(scan_udp_ask(&s->sp, t), 0);
	if (nsports == 1)
		s->sp.sport = 53;
	fill(s);
}

static void
put(struct bytes *b, const void *p, size_t n)
{
	assert_true(b->n + n <= sizeof(b->p));
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void
put_n(struct bytes *b, uint64_t v, unsigned n)
{
	uint8_t c;

	while (n-- > 0) {
		c = (uint8_t)(v >> 8 * n);
		put(b, &c, 1);
	}
}

static void
put_addr(struct bytes *b, u128 a)
{
	uint8_t raw[16];

	addr_to16(raw, a);
	put(b, addr_is4(a) ? raw + 12 : raw, addr_is4(a) ? 4 : 16);
}

static void
put_ip(struct bytes *b, u128 src, u128 dst, unsigned proto, size_t len)
{
	*b = (struct bytes){ .n = 0 };
	if (addr_is4(src)) {
		put_n(b, 0x4500, 2);
		put_n(b, 20 + len, 2);
		put_n(b, 0x77770000, 4);
		put_n(b, 60 << 8 | proto, 2);
		put_n(b, 0, 2);
	} else {
		put_n(b, 0x60077777, 4);
		put_n(b, len, 2);
		put_n(b, proto << 8 | 60, 2);
	}
	put_addr(b, src);
	put_addr(b, dst);
}

/* ---- judging ---- */

/* What all types together say; no two may claim one packet. */
static const struct scan_type *
claimed_by(const struct scan_params *sp, const struct packet *p,
    struct scan_verdict *v)
{
	const struct scan_type *by = NULL;
	struct scan_verdict one;
	size_t i;

	for (i = 0; scan_types[i] != NULL; i++) {
		one = (struct scan_verdict){ 0 };
		if (scan_types[i]->judge(scan_types[i], sp, p, &one) !=
		    SCAN_VALID)
			continue;
		assert_null(by);
		by = scan_types[i];
		*v = one;
	}
	return by;
}

/* What all types together say, of which *sp lets the UDP type in that asks. In
 * a scan with the other one no two may claim the packet either. */
static const struct scan_type *
claimed(const struct scan_params *sp, unsigned ethertype,
    const struct bytes *b, struct scan_verdict *v)
{
	struct scan_params other = *sp;
	struct scan_verdict unused;
	struct packet p;

	if (packet_dissect(&p, ethertype, b->p, b->n) == -1)
		return NULL;
	other.udp_of = sp->udp_of == SCAN_UDP_OF_HOSTS ? SCAN_UDP_OF_PORTS :
	    SCAN_UDP_OF_HOSTS;
	claimed_by(&other, &p, &unused);
	return claimed_by(sp, &p, v);
}

static unsigned
ethertype(const struct sent *s)
{
	return s->v6 ? PACKET_ETH_IPV6 : PACKET_ETH_IPV4;
}

static void
check_verdict(const struct sent *s, const struct bytes *b, const char *state,
    const char *reason)
{
	struct scan_verdict v = { 0 };
	const struct scan_type *by = claimed(&s->sp, s->type == &scan_arp ?
	    PACKET_ETH_ARP : ethertype(s), b, &v);

	if (state == NULL) {
		assert_null(by);
		return;
	}
	if (by != s->type)
		fail_msg("%s, %s: claimed by %s", s->type->name, reason,
		    by == NULL ? "nobody" : by->name);
	assert_true(v.addr == s->probe.dst);
	assert_int_equal(v.port, s->probe.port);
	assert_string_equal(v.state, state);
	assert_string_equal(v.reason, reason);
	if (s->type->on_link || (s->type->udp && s->sp.nsports == 1))
		assert_int_equal(v.attempt, SCAN_ATTEMPTS);
	else
		assert_int_equal(v.attempt, s->probe.attempt);
}

static bool
is_claimed(const struct sent *s, const struct bytes *b)
{
	struct scan_verdict v;

	return claimed(&s->sp, ethertype(s), b, &v) != NULL;
}

/* ---- the hosts ---- */

static void
put_tcp(struct bytes *b, const struct sent *s, uint8_t flags, uint32_t seq,
    uint32_t ack, uint16_t win)
{
	const uint8_t *t = s->b.p + head_of(s->v6);

	put_ip(b, s->probe.dst, s->probe.src, 6, 20);
	put(b, t + 2, 2);
	put(b, t, 2);
	put_n(b, seq, 4);
	put_n(b, ack, 4);
	put_n(b, 0x50, 1);
	put_n(b, flags, 1);
	put_n(b, win, 2);
	put_n(b, 0, 4);
}

struct segment {
	uint8_t		flags;
	uint32_t	seq, ack, len;
};

static struct segment
segment_of(const struct sent *s)
{
	struct rd r = rd_of(s->b.p + head_of(s->v6),
	    s->b.n - head_of(s->v6));
	struct segment g;

	rd_skip(&r, 4);
	g.seq = rd_be32(&r);
	g.ack = rd_be32(&r);
	rd_skip(&r, 1);
	g.flags = rd_u8(&r);
	g.len = (g.flags & TCP_SYN ? 1 : 0) + (g.flags & TCP_FIN ? 1 : 0);
	return g;
}

/* RFC 9293, 3.10.7.1: a port without a socket. False: it says nothing. */
static bool
answer_closed(struct bytes *b, const struct sent *s, uint16_t win)
{
	struct segment g = segment_of(s);

	if (g.flags & TCP_RST)
		return false;
	if (g.flags & TCP_ACK)
		put_tcp(b, s, TCP_RST, g.ack, 0, win);
	else
		put_tcp(b, s, TCP_RST | TCP_ACK, 0, g.seq + g.len, win);
	return true;
}

/* RFC 9293, 3.10.7.2: a port that listens. */
static bool
answer_open(struct bytes *b, const struct sent *s)
{
	struct segment g = segment_of(s);

	if (g.flags & TCP_RST)
		return false;
	if (g.flags & TCP_ACK)
		put_tcp(b, s, TCP_RST, g.ack, 0, 0);
	else if (g.flags & TCP_SYN)
		put_tcp(b, s, TCP_SYN | TCP_ACK, 0x11223344, g.seq + 1, 65535);
	else
		return false;
	return true;
}

static const struct {
	const struct scan_type	*type;
	const char		*open, *closed;
} tcp_states[] = {
	{ &scan_syn, "open", "closed" },
	{ &scan_ack, "unfiltered", "unfiltered" },
	{ &scan_window, "closed", "closed" },
	{ &scan_maimon, "closed", "closed" },
	{ &scan_fin, NULL, "closed" },
	{ &scan_null, NULL, "closed" },
	{ &scan_xmas, NULL, "closed" },
	{ &scan_flags, "open", "closed" },
	{ &scan_syn_ping, "up", "up" },
	{ &scan_ack_ping, "up", "up" },
};
#define NTCP	(sizeof(tcp_states) / sizeof(tcp_states[0]))

static void
one_tcp(size_t i, bool v6, unsigned attempt, uint16_t nsports)
{
	const struct scan_type *t = tcp_states[i].type;
	struct bytes b;
	struct sent s;
	bool syn;

	send_one(&s, t, v6, attempt, nsports);
	syn = (segment_of(&s).flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	assert_int_equal(answer_open(&b, &s), tcp_states[i].open != NULL);
	if (tcp_states[i].open != NULL)
		check_verdict(&s, &b, tcp_states[i].open,
		    syn ? "syn-ack" : "reset");
	assert_true(answer_closed(&b, &s, 0));
	check_verdict(&s, &b, tcp_states[i].closed, "reset");
	if (t == &scan_window) {
		assert_true(answer_closed(&b, &s, 1024));
		check_verdict(&s, &b, "open", "reset");
	}
	/* silence is filtered where an open port would answer */
	assert_string_equal(t->silent_state, t->proto == SCAN_HOST ? "down" :
	    tcp_states[i].open == NULL || t == &scan_maimon ?
	    "open|filtered" : "filtered");
}

static void
tcp(void **state)
{
	unsigned attempt;
	size_t i;

	(void)state;
	for (i = 0; i < NTCP; i++)
		for (attempt = 0; attempt < SCAN_ATTEMPTS; attempt++) {
			one_tcp(i, false, attempt, SCAN_SPORTS);
			one_tcp(i, true, attempt, SCAN_SPORTS);
			one_tcp(i, false, attempt, 1);
			one_tcp(i, true, attempt, 1);
		}
}

/* All flags that there are. */
static void
any_flags(void **state)
{
	struct bytes b;
	struct sent s;
	unsigned flags;

	(void)state;
	for (flags = 0; flags < 256; flags++) {
		send_one(&s, &scan_flags, flags & 1, 0, SCAN_SPORTS);
		s.sp.flags = (uint8_t)flags;
		fill(&s);
		assert_int_equal(segment_of(&s).flags, flags);
		if (answer_open(&b, &s))
			check_verdict(&s, &b, flags & TCP_ACK ? "closed" :
			    "open", flags & TCP_ACK ? "reset" : "syn-ack");
		if (answer_closed(&b, &s, 0))
			check_verdict(&s, &b, "closed", "reset");
	}
}

static void
put_udp(struct bytes *b, const struct sent *s, const void *payload, size_t n)
{
	const uint8_t *t = s->b.p + head_of(s->v6);

	put_ip(b, s->probe.dst, s->probe.src, 17, 8 + n);
	put(b, t + 2, 2);
	put(b, t, 2);
	put_n(b, 8 + n, 2);
	put_n(b, 0, 2);
	put(b, payload, n);
}

static void
one_udp(const struct scan_type *t, const char *answered)
{
	struct bytes b;
	struct sent s;
	unsigned attempt;

	for (attempt = 0; attempt < 2 * SCAN_ATTEMPTS; attempt++) {
		/* answered by what repeats our bytes */
		send_one(&s, t, attempt & 1, attempt / 2, SCAN_SPORTS);
		put_udp(&b, &s, s.b.p + head_of(s.v6) + 8, 13);
		check_verdict(&s, &b, answered, "udp-response");
		/* and by what should and does not */
		b.p[b.n - 2] ^= 1;
		check_verdict(&s, &b, NULL, NULL);
		put_udp(&b, &s, "", 0);
		check_verdict(&s, &b, NULL, NULL);
		/* by anything, where there is no such rule */
		s.probe.port = PLAIN_PORT;
		fill(&s);
		put_udp(&b, &s, "hello", 5);
		check_verdict(&s, &b, answered, "udp-response");
		send_one(&s, t, attempt & 1, attempt / 2, 1);
		put_udp(&b, &s, s.b.p + head_of(s.v6) + 8, 13);
		check_verdict(&s, &b, answered, "udp-response");
	}
}

static void
udp(void **state)
{
	(void)state;
	one_udp(&scan_udp, "open");
	one_udp(&scan_udp_ping, "up");
	assert_string_equal(scan_udp.silent_state, "open|filtered");
	assert_string_equal(scan_udp_ping.silent_state, "down");
}

/* One in 512 answers would prove a probe of the other type, too: it never goes
 * to that one, and no scan has both. */
static void
udp_of_one(void **state)
{
	static const struct scan_type *const types[] = { &scan_udp,
	    &scan_udp_ping };
	struct scan_params sp = params;
	struct scan_verdict v;
	struct packet p;
	struct bytes b;
	struct sent s;
	unsigned i, k;

	(void)state;
	for (k = 0; k < 2; k++) {
		send_one(&s, types[k], false, 0, SCAN_SPORTS);
		for (i = 0; i < 4096; i++) {
			s.probe.port = (uint16_t)(PLAIN_PORT + i);
			fill(&s);
			put_udp(&b, &s, "hello", 5);
			assert_int_equal(packet_dissect(&p, PACKET_ETH_IPV4,
			    b.p, b.n), 0);
			assert_int_equal(types[!k]->judge(types[!k], &s.sp,
			    &p, &v), SCAN_OTHER);
			check_verdict(&s, &b, k == 0 ? "open" : "up",
			    "udp-response");
		}
		/* the second of two is refused, in either order */
		sp.udp_of = SCAN_UDP_UNTOLD;
		assert_int_equal(scan_udp_ask(&sp, &scan_syn), 0);
		assert_int_equal(scan_udp_ask(&sp, types[k]), 0);
		assert_int_equal(scan_udp_ask(&sp, types[k]), 0);
		assert_int_equal(scan_udp_ask(&sp, types[!k]), -1);
		assert_int_equal(scan_udp_ask(&sp, &scan_syn_ping), 0);
		assert_true(scan_udp_has(types[k], &sp));
		assert_false(scan_udp_has(types[!k], &sp));
	}
}

static void
one_icmp(const struct scan_type *t, bool v6, unsigned attempt, unsigned reply,
    const char *reason)
{
	struct bytes b;
	struct sent s;
	size_t head = head_of(v6);
	unsigned type;

	send_one(&s, t, v6, attempt, SCAN_SPORTS);
	for (type = 0; type < 256; type++) {
		put_ip(&b, s.probe.dst, s.probe.src, v6 ? 58 : 1,
		    s.b.n - head);
		put_n(&b, type, 1);
		put(&b, s.b.p + head + 1, s.b.n - head - 1);
		check_verdict(&s, &b, type == reply ? "up" : NULL, reason);
	}
}

static void
icmp(void **state)
{
	unsigned a;

	(void)state;
	for (a = 0; a < SCAN_ATTEMPTS; a++) {
		one_icmp(&scan_icmp_echo, false, a, 0, "echo-reply");
		one_icmp(&scan_icmp_echo, true, a, 129, "echo-reply");
		one_icmp(&scan_icmp_timestamp, false, a, 14,
		    "timestamp-reply");
		one_icmp(&scan_icmp_mask, false, a, 18, "addressmask-reply");
	}
}

static void
on_link(void **state)
{
	struct bytes b = { .n = 0 };
	struct sent s;

	(void)state;
	send_one(&s, &scan_arp, false, 0, SCAN_SPORTS);
	/* RFC 826: swap, fill in, reply */
	put(&b, s.b.p, 7);
	put_n(&b, 2, 1);
	put(&b, "\2\0\x5e\x10\0\7", 6);
	put(&b, s.b.p + 24, 4);
	put(&b, s.b.p + 8, 10);
	check_verdict(&s, &b, "up", "arp-response");
	/* our own question, as the socket hears it */
	check_verdict(&s, &s.b, NULL, NULL);

	send_one(&s, &scan_ndp, true, 0, SCAN_SPORTS);
	put_ip(&b, HOST6, US6, 58, 24);
	b.p[7] = 255;
	put_n(&b, 136 << 8, 2);
	put_n(&b, 0, 2);
	put_n(&b, 0x60000000, 4);
	put_addr(&b, HOST6);
	check_verdict(&s, &b, "up", "nd-response");
	/* to everybody, not to us */
	b.p[44] = 0x20;
	check_verdict(&s, &b, NULL, NULL);
	check_verdict(&s, &s.b, NULL, NULL);
}

/* ---- ICMP errors ---- */

/* RFC 792, 1122 (3.2.2.1) and 1812 (5.2.7.1); RFC 4443. */
static const struct error {
	unsigned	type, code;
	const char	*reason;
} errors4[] = {
	{ 3, 0, "net-unreach" }, { 3, 1, "host-unreach" },
	{ 3, 2, "proto-unreach" }, { 3, 3, "port-unreach" },
	{ 3, 6, "net-unreach" }, { 3, 7, "host-unreach" },
	{ 3, 8, "host-unreach" }, { 3, 9, "net-prohibited" },
	{ 3, 10, "host-prohibited" }, { 3, 11, "net-unreach" },
	{ 3, 12, "host-unreach" }, { 3, 13, "admin-prohibited" },
	{ 3, 14, "host-prohibited" }, { 3, 15, "admin-prohibited" },
	{ 11, 0, "time-exceeded" }, { 11, 1, "time-exceeded" },
	{ 0, 0, NULL }
}, errors6[] = {
	{ 1, 0, "no-route" }, { 1, 1, "admin-prohibited" },
	{ 1, 2, "beyond-scope" }, { 1, 3, "host-unreach" },
	{ 1, 4, "port-unreach" }, { 1, 5, "admin-prohibited" },
	{ 1, 6, "reject-route" }, { 3, 0, "time-exceeded" },
	{ 3, 1, "time-exceeded" }, { 0, 0, NULL }
}, ignored4[] = {
	{ 3, 4, "" }, { 3, 5, "" }, { 3, 16, "" }, { 4, 0, "" }, { 5, 1, "" },
	{ 12, 0, "" }, { 0, 0, NULL }
}, ignored6[] = {
	{ 1, 7, "" }, { 2, 0, "" }, { 4, 0, "" }, { 100, 0, "" }, { 0, 0, NULL }
};

static void
put_error(struct bytes *b, const struct sent *s, u128 from,
    const struct error *e, size_t quoted)
{
	put_ip(b, from, s->probe.src, s->v6 ? 58 : 1, 8 + quoted);
	put_n(b, e->type << 8 | e->code, 2);
	put_n(b, 0, 6);
	put(b, s->b.p, quoted);
}

static const char *
error_state(const struct scan_type *t, const char *reason, bool from_host)
{
	if (t->proto == SCAN_HOST)
		return from_host ? "up" : "down";
	return t->proto == SCAN_UDP && from_host &&
	    strcmp(reason, "port-unreach") == 0 ? "closed" : "filtered";
}

static void
one_error(const struct sent *s, const struct error *e)
{
	u128 router = s->v6 ? ROUTER6 : ROUTER4;
	struct bytes b;

	/* RFC 792 has 8 bytes behind the header, RFC 1812 has more */
	put_error(&b, s, router, e, head_of(s->v6) + 8);
	check_verdict(s, &b, error_state(s->type, e->reason, false),
	    e->reason);
	put_error(&b, s, s->probe.dst, e, s->b.n);
	check_verdict(s, &b, error_state(s->type, e->reason, true), e->reason);
	/* a router has lowered the ttl and mended the sum */
	b.p[head_of(s->v6) + 8 + (s->v6 ? 7 : 8)] -= 3;
	b.p[head_of(s->v6) + 8 + 10] ^= s->v6 ? 0 : 0x55;
	check_verdict(s, &b, error_state(s->type, e->reason, true), e->reason);
	put_error(&b, s, router, e, head_of(s->v6) + 3);
	check_verdict(s, &b, NULL, NULL);
}

static void
for_each_type(void (*f)(const struct sent *, const struct error *))
{
	const struct scan_type *t;
	const struct error *e;
	struct sent s;
	unsigned a;
	size_t i;
	int v6;

	for (i = 0; (t = scan_types[i]) != NULL; i++)
		for (v6 = 0; v6 < 2; v6++) {
			if (t->on_link || !(v6 ? t->v6 : t->v4))
				continue;
			for (a = 0; a < SCAN_ATTEMPTS; a++) {
				send_one(&s, t, v6, a, SCAN_SPORTS);
				for (e = v6 ? errors6 : errors4;
				    e->reason != NULL; e++)
					f(&s, e);
			}
		}
}

static void
errors(void **state)
{
	(void)state;
	for_each_type(one_error);
}

static void
no_errors(void **state)
{
	const struct scan_type *t;
	const struct error *e;
	struct bytes b;
	struct sent s;
	size_t i;
	int v6;

	(void)state;
	for (i = 0; (t = scan_types[i]) != NULL; i++)
		for (v6 = 0; v6 < 2; v6++) {
			if (t->on_link || !(v6 ? t->v6 : t->v4))
				continue;
			send_one(&s, t, v6, 0, SCAN_SPORTS);
			for (e = v6 ? ignored6 : ignored4; e->reason != NULL;
			    e++) {
				put_error(&b, &s, s.probe.dst, e, s.b.n);
				check_verdict(&s, &b, NULL, NULL);
			}
		}
}

/* ---- forgeries ---- */

/* Flips each bit of n bytes from `at` on, but those in `free_bits` of the last
 * byte: none of it may be believed. */
static void
flip(const struct sent *s, const struct bytes *b, size_t at, size_t n,
    uint8_t free_bits)
{
	struct bytes c;
	size_t i;
	int bit;

	assert_true(is_claimed(s, b));
	for (i = at; i < at + n; i++)
		for (bit = 0; bit < 8; bit++) {
			if (i == at + n - 1 && free_bits >> bit & 1)
				continue;
			c = *b;
			c.p[i] ^= (uint8_t)(1u << bit);
			if (is_claimed(s, &c))
				fail_msg("%s: byte %zu, bit %d may be forged",
				    s->type->name, i, bit);
		}
}

/* With one source port, only the number tells the attempt: changing that is
 * no forgery of the answer. */
static uint8_t
attempt_bits(const struct sent *s)
{
	return s->sp.nsports == 1 ? 7 << 2 : 0;
}

static void
forge_tcp(const struct sent *s, const struct bytes *b)
{
	size_t head = head_of(s->v6), alen = s->v6 ? 16 : 4;
	bool acks = b->p[head + 13] & TCP_ACK;

	flip(s, b, s->v6 ? 8 : 12, alen, 0);
	flip(s, b, head, 2, 0);
	flip(s, b, head + 2, 2, 0);
	/* what an answer adds to the number is free, as hosts differ there */
	flip(s, b, head + (acks ? 8 : 4), 4,
	    attempt_bits(s) | (acks ? 3 : 0));
}

static void
forged_tcp(void **state)
{
	struct bytes b;
	struct sent s;
	size_t i;
	unsigned a;
	int k;

	(void)state;
	for (i = 0; i < NTCP; i++)
		for (a = 0; a < SCAN_ATTEMPTS; a++)
			for (k = 0; k < 4; k++) {
				send_one(&s, tcp_states[i].type, k & 1, a,
				    k & 2 ? 1 : SCAN_SPORTS);
				if (answer_open(&b, &s))
					forge_tcp(&s, &b);
				if (answer_closed(&b, &s, 0))
					forge_tcp(&s, &b);
			}
}

static void
forged_udp(void **state)
{
	size_t head, alen;
	struct bytes b;
	struct sent s;
	int k;

	(void)state;
	for (k = 0; k < 8 * SCAN_ATTEMPTS; k++) {
		send_one(&s, k & 4 ? &scan_udp_ping : &scan_udp, k & 1,
		    (unsigned)k >> 3, k & 2 ? 1 : SCAN_SPORTS);
		head = head_of(s.v6);
		alen = s.v6 ? 16 : 4;
		put_udp(&b, &s, s.b.p + head + 8, 13);
		flip(&s, &b, s.v6 ? 8 : 12, alen, 0);
		flip(&s, &b, head + 2, 2, k & 2 ? 0 : 7);
		flip(&s, &b, head + 8 + 4, 8, 0);
	}
}

/* Where no payload helps, the port alone proves a UDP answer, and then one in
 * 512 guesses of it is right. */
static void
guessed_udp(void **state)
{
	struct bytes b;
	struct sent s;
	unsigned i, right = 0;

	(void)state;
	send_one(&s, &scan_udp, false, 0, SCAN_SPORTS);
	s.probe.port = PLAIN_PORT;
	fill(&s);
	for (i = 0; i < 65536; i++) {
		s.probe.dst = HOST4 + i;
		put_udp(&b, &s, "hello", 5);
		right += is_claimed(&s, &b);
	}
	assert_in_range(right, 65536 / 512 / 2, 65536 / 512 * 2);
}

static void
forge_quote(const struct sent *s, const struct error *e)
{
	size_t in = head_of(s->v6) + 8, l4 = in + head_of(s->v6);
	struct bytes b;

	if (strcmp(e->reason, "time-exceeded") != 0)
		return;
	put_error(&b, s, s->v6 ? ROUTER6 : ROUTER4, e, s->b.n);
	flip(s, &b, in + (s->v6 ? 24 : 16), s->v6 ? 16 : 4, 0);
	if (s->type->udp) {
		flip(s, &b, l4, 2, 7);
		flip(s, &b, l4 + 2, 2, 0);
		flip(s, &b, in + (s->v6 ? 2 : 4), 2, 0);
	} else if (s->type->ports) {
		flip(s, &b, l4, 2, 0);
		flip(s, &b, l4 + 2, 2, 0);
		flip(s, &b, l4 + 4, 4, 0);
	} else {
		flip(s, &b, l4 + 4, 2, 0);
		flip(s, &b, l4 + 6, 2, 7);
	}
}

static void
forged_quotes(void **state)
{
	(void)state;
	for_each_type(forge_quote);
}

/* What was true in another scan, with another key, is not in this one. */
static void
replay_one(struct sent *s, struct bytes *b)
{
	uint64_t i;

	for (i = 1; i < 200; i++) {
		s->sp.key[i & 1] = params.key[i & 1] + i * i;
		assert_false(is_claimed(s, b));
	}
	memcpy(s->sp.key, params.key, sizeof(params.key));
	assert_true(is_claimed(s, b));
}

static void
replays(void **state)
{
	struct bytes b;
	struct sent s;
	size_t i;
	int k;

	(void)state;
	for (k = 0; k < 4; k++) {
		for (i = 0; i < NTCP; i++) {
			send_one(&s, tcp_states[i].type, k & 1, 0,
			    k & 2 ? 1 : SCAN_SPORTS);
			if (answer_closed(&b, &s, 0))
				replay_one(&s, &b);
			put_error(&b, &s, s.probe.dst, s.v6 ? errors6 :
			    errors4, s.b.n);
			replay_one(&s, &b);
		}
		for (i = 0; i < 2; i++) {
			send_one(&s, i == 0 ? &scan_udp : &scan_udp_ping,
			    k & 1, 0, k & 2 ? 1 : SCAN_SPORTS);
			put_udp(&b, &s, s.b.p + head_of(s.v6) + 8, 13);
			replay_one(&s, &b);
			put_error(&b, &s, s.probe.dst, s.v6 ? errors6 :
			    errors4, s.b.n);
			replay_one(&s, &b);
		}
		send_one(&s, &scan_icmp_echo, k & 1, 0, SCAN_SPORTS);
		put_ip(&b, s.probe.dst, s.probe.src, s.v6 ? 58 : 1, 8);
		put_n(&b, s.v6 ? 129 : 0, 1);
		put(&b, s.b.p + head_of(s.v6) + 1, 7);
		replay_one(&s, &b);
	}
}

/* Answers that are no answers: to a SYN a plain ACK, a SYN, nothing; to a
 * FIN a SYN and ACK. */
static void
wrong_segments(void **state)
{
	struct segment g;
	struct bytes b;
	struct sent s;
	unsigned flags;
	bool ok;
	size_t i;

	(void)state;
	for (i = 0; i < NTCP; i++) {
		send_one(&s, tcp_states[i].type, false, 0, SCAN_SPORTS);
		g = segment_of(&s);
		for (flags = 0; flags < 64; flags++) {
			put_tcp(&b, &s, (uint8_t)flags, 1, g.seq + g.len, 0);
			ok = flags & TCP_ACK && flags & (TCP_RST | TCP_SYN);
			/* only a RST answers what is no SYN */
			if (g.flags != TCP_SYN &&
			    g.flags != (TCP_SYN | TCP_FIN))
				ok = ok && flags & TCP_RST;
			if (is_claimed(&s, &b) != ok)
				fail_msg("%s: flags %#x in the answer",
				    s.type->name, flags);
		}
	}
}

/* On loopback every probe is heard twice, as one to us. None is an answer,
 * not even those to our own source ports. */
static void
own_probes(void **state)
{
	const struct scan_type *t;
	struct scan_verdict v;
	struct sent s;
	unsigned port, k;
	size_t i;

	(void)state;
	for (i = 0; (t = scan_types[i]) != NULL; i++)
		for (k = 0; k < 4; k++) {
			if (t->on_link || !(k & 1 ? t->v6 : t->v4))
				continue;
			send_one(&s, t, k & 1, 3, k & 2 ? 1 : SCAN_SPORTS);
			s.probe.src = s.probe.dst;
			for (port = s.sp.sport; port < s.sp.sport +
			    s.sp.nsports; port++) {
				s.probe.port = t->ports ? (uint16_t)port : 0;
				fill(&s);
				assert_null(claimed(&s.sp, ethertype(&s),
				    &s.b, &v));
			}
		}
}

/* A real answer from one of those ports is one. */
static void
same_ports(void **state)
{
	struct bytes b;
	struct sent s;
	unsigned port;

	(void)state;
	send_one(&s, &scan_udp, false, 0, SCAN_SPORTS);
	for (port = s.sp.sport; port < SCAN_SPORT_BASE + SCAN_SPORTS; port++) {
		s.probe.port = (uint16_t)port;
		fill(&s);
		put_udp(&b, &s, "hello", 5);
		check_verdict(&s, &b, "open", "udp-response");
	}
}

/* ---- cookies and names ---- */

static void
cookies(void **state)
{
	struct cookie c, d;
	unsigned a, port, seen[512] = { 0 }, i;

	(void)state;
	for (port = 0; port < 65536; port++) {
		scan_cookie(&scan_syn, &params, HOST4, (uint16_t)port, 0, &c);
		assert_in_range(c.sport, SCAN_SPORT_BASE,
		    SCAN_SPORT_BASE + SCAN_SPORTS - 1);
		assert_int_not_equal(c.ip_id, 0);
		seen[(c.sport - SCAN_SPORT_BASE) / 8]++;
		for (a = 0; a < SCAN_ATTEMPTS; a++) {
			scan_cookie(&scan_syn, &params, HOST4, (uint16_t)port,
			    a, &d);
			assert_int_equal(d.sport - c.sport, a);
			assert_int_equal(d.seq - c.seq, a * 4);
			assert_int_equal(d.ack - c.ack, a * 4);
			assert_int_equal(d.echo_seq - c.echo_seq, a);
			assert_int_equal(d.echo_id, c.echo_id);
			assert_memory_equal(d.payload, c.payload, 8);
		}
	}
	/* the hashes use all of the range */
	for (i = 0; i < 512; i++)
		assert_in_range(seen[i], 64, 256);
}

static void
registry(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; scan_types[i] != NULL; i++) {
		assert_int_equal(scan_type_number(scan_types[i]), i);
		assert_true(scan_types[i]->v4 || scan_types[i]->v6);
		for (k = 0; k < i; k++) {
			assert_int_not_equal(scan_types[i]->salt,
			    scan_types[k]->salt);
			assert_string_not_equal(scan_types[i]->name,
			    scan_types[k]->name);
		}
	}
	/* judges keep a bit for each */
	assert_in_range(i, 1, 32);
}

static void
names(void **state)
{
	static const char *const bad[] = { "", "SYN", "sy", "synn", "flags",
	    "flags:X", "flags:S,A", "flags:s", "syn:", "syn:S", "ping", ":" };
	struct scan_params sp = params;
	struct buf b = { 0 };
	uint8_t flags;
	unsigned f;
	size_t i;

	(void)state;
	for (i = 0; scan_types[i] != NULL; i++) {
		b.n = 0;
		scan_type_name(scan_types[i], &sp, &b);
		flags = 0;
		assert_int_equal(scan_type_find(buf_view(&b), &flags), i);
		assert_int_equal(flags, scan_types[i] == &scan_flags ?
		    sp.flags : 0);
	}
	for (f = 0; f < 256; f++) {
		sp.flags = (uint8_t)f;
		b.n = 0;
		scan_type_name(&scan_flags, &sp, &b);
		assert_int_equal(scan_type_find(buf_view(&b), &flags),
		    scan_type_number(&scan_flags));
		assert_int_equal(flags, f);
	}
	assert_true(scan_type_find(STR("flags:FSFS"), &flags) >= 0);
	assert_int_equal(flags, TCP_SYN | TCP_FIN);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(scan_type_find(str_of(bad[i]), &flags), -1);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp),
		cmocka_unit_test(any_flags),
		cmocka_unit_test(udp),
		cmocka_unit_test(udp_of_one),
		cmocka_unit_test(icmp),
		cmocka_unit_test(on_link),
		cmocka_unit_test(errors),
		cmocka_unit_test(no_errors),
		cmocka_unit_test(forged_tcp),
		cmocka_unit_test(forged_udp),
		cmocka_unit_test(guessed_udp),
		cmocka_unit_test(forged_quotes),
		cmocka_unit_test(replays),
		cmocka_unit_test(wrong_segments),
		cmocka_unit_test(own_probes),
		cmocka_unit_test(same_ports),
		cmocka_unit_test(cookies),
		cmocka_unit_test(registry),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, make_payloads, free_payloads);
}
