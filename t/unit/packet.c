/* The dissector: good packets, cut packets, lying packets; never a byte beyond
 * the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "pure/addr.h"
#include "pure/packet.h"

#define A4	ADDR_V4(0xc6120007)	/* 198.18.0.7 */
#define B4	ADDR_V4(0xc6120009)
#define A6	((u128)0x20010db8u << 96 | 7)
#define B6	((u128)0x20010db8u << 96 | 9)

/* ---- a page with nothing behind it ---- */

#define AREA	4096

static uint8_t *end;

static int
make_area(void **state)
{
	uint8_t *p = mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	if (p == MAP_FAILED || mprotect(p + AREA, AREA, PROT_NONE) == -1)
		return -1;
	end = p + AREA;
	return 0;
}

/* Dissects n bytes that end where the memory does. */
static int
dissect(struct packet *p, unsigned ethertype, const void *bytes, size_t n)
{
	memcpy(end - n, bytes, n);
	return packet_dissect(p, ethertype, end - n, n);
}

/* ---- writing packets ---- */

struct bytes {
	uint8_t	p[512];
	size_t	n;
};

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

	if (addr_is4(a)) {
		put_n(b, addr_v4(a), 4);
		return;
	}
	addr_to16(raw, a);
	put(b, raw, 16);
}

/* The family follows from the addresses. */
static void
put_ip(struct bytes *b, u128 src, u128 dst, unsigned proto, size_t len)
{
	if (addr_is4(src)) {
		put_n(b, 0x4500, 2);
		put_n(b, 20 + len, 2);
		put_n(b, 0xbeef, 2);
		put_n(b, 0x4000, 2);
		put_n(b, 57, 1);
		put_n(b, proto, 1);
		put_n(b, 0, 2);
	} else {
		put_n(b, 0x60012345, 4);
		put_n(b, len, 2);
		put_n(b, proto, 1);
		put_n(b, 57, 1);
	}
	put_addr(b, src);
	put_addr(b, dst);
}

static void
put_tcp(struct bytes *b)
{
	put_n(b, 443, 2);
	put_n(b, 61234, 2);
	put_n(b, 0xdeadbeef, 4);
	put_n(b, 0x12345678, 4);
	put_n(b, 0x5012, 2);
	put_n(b, 64240, 2);
	put_n(b, 0, 4);
}

static unsigned
type_of(u128 a)
{
	return addr_is4(a) ? PACKET_ETH_IPV4 : PACKET_ETH_IPV6;
}

static void
check_ip(const struct packet *p, u128 src, u128 dst)
{
	assert_true(p->src == src);
	assert_true(p->dst == dst);
	assert_int_equal(p->ttl, 57);
	if (addr_is4(src))
		assert_int_equal(p->ip_id, 0xbeef);
	else
		assert_int_equal(p->flow, 0x12345);
}

static void
check_tcp(const struct packet *p)
{
	assert_int_equal(p->kind, PACKET_TCP);
	assert_int_equal(p->sport, 443);
	assert_int_equal(p->dport, 61234);
	assert_int_equal(p->seq, 0xdeadbeef);
	assert_int_equal(p->ack, 0x12345678);
	assert_int_equal(p->flags, TCP_SYN | TCP_ACK);
	assert_int_equal(p->win, 64240);
}

/* What is shorter than `need` is refused, at every length; what is longer, or
 * cut behind it, is the same packet. */
static void
check_cuts(unsigned ethertype, const struct bytes *b, size_t need)
{
	struct packet p;
	size_t n;

	for (n = 0; n <= b->n; n++)
		assert_int_equal(dissect(&p, ethertype, b->p, n),
		    n < need ? -1 : 0);
}

/* ---- each kind ---- */

static void
tcp(void **state)
{
	const u128 a[2][2] = { { A4, B4 }, { A6, B6 } };
	struct packet p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct bytes b = { .n = 0 };

		put_ip(&b, a[i][0], a[i][1], 6, 20);
		put_tcp(&b);
		assert_int_equal(dissect(&p, type_of(a[i][0]), b.p, b.n), 0);
		check_ip(&p, a[i][0], a[i][1]);
		check_tcp(&p);
		/* the window is the last thing we need */
		check_cuts(type_of(a[i][0]), &b, b.n - 4);
		/* another family's bytes are nothing */
		assert_int_equal(dissect(&p, type_of(a[!i][0]), b.p, b.n), -1);
		assert_int_equal(dissect(&p, 0x8847, b.p, b.n), -1);
		assert_int_equal(dissect(&p, PACKET_ETH_ARP, b.p, b.n), -1);
	}
}

/* The options, and the bit for fragments. */
static void
tcp_options(void **state)
{
	struct bytes b = { .n = 0 }, cut;
	struct packet p;
	size_t n;

	(void)state;
	put_ip(&b, A4, B4, 6, 20 + 4);
	put_tcp(&b);
	put_n(&b, 0x020405b4, 4);
	assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), 0);
	assert_true(p.df);
	assert_int_equal(p.noptions, 0);
	b.p[20 + 12] = 0x60;
	b.p[6] = 0;
	assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), 0);
	check_tcp(&p);
	assert_false(p.df);
	assert_int_equal(p.noptions, 4);
	assert_memory_equal(p.options, "\2\4\5\xb4", 4);
	/* believed as far as there is something */
	for (n = 36; n < b.n; n++) {
		assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, n), 0);
		assert_int_equal(p.noptions, n > 40 ? n - 40 : 0);
	}
	for (n = 0; n < 16; n++) {
		cut = b;
		cut.p[20 + 12] = (uint8_t)(n << 4);
		assert_int_equal(dissect(&p, PACKET_ETH_IPV4, cut.p, cut.n),
		    0);
		assert_int_equal(p.noptions, n > 5 ? 4 : 0);
	}
}

static void
udp(void **state)
{
	struct bytes b = { .n = 0 };
	struct packet p;

	(void)state;
	put_ip(&b, A6, B6, 17, 8 + 5);
	put_n(&b, 53, 2);
	put_n(&b, 61000, 2);
	put_n(&b, 13, 2);
	put_n(&b, 0, 2);
	put(&b, "hello", 5);
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p, b.n), 0);
	check_ip(&p, A6, B6);
	assert_int_equal(p.kind, PACKET_UDP);
	assert_int_equal(p.sport, 53);
	assert_int_equal(p.dport, 61000);
	assert_int_equal(p.npayload, 5);
	assert_memory_equal(p.payload, "hello", 5);
	check_cuts(PACKET_ETH_IPV6, &b, b.n - 5);
	/* behind the IP length there is only padding of the link */
	put(&b, "\0\0\0\0\0\0", 6);
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p, b.n), 0);
	assert_int_equal(p.npayload, 5);
	/* a length of more than there is: the packet was snapped */
	b.p[4] = 0xff;
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p, b.n), 0);
	assert_int_equal(p.npayload, 11);
	/* zero: segmentation offload */
	b.p[4] = b.p[5] = 0;
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p, b.n), 0);
	assert_int_equal(p.npayload, 11);
}

static void
icmp_echo(void **state)
{
	const u128 a[2][2] = { { A4, B4 }, { A6, B6 } };
	struct packet p;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct bytes b = { .n = 0 };

		put_ip(&b, a[i][0], a[i][1], i == 0 ? 1 : 58, 8);
		put_n(&b, i == 0 ? 0 : 129, 1);
		put_n(&b, 0, 3);
		put_n(&b, 0xcafe, 2);
		put_n(&b, 0x0102, 2);
		assert_int_equal(dissect(&p, type_of(a[i][0]), b.p, b.n), 0);
		check_ip(&p, a[i][0], a[i][1]);
		assert_int_equal(p.kind, i == 0 ? PACKET_ICMP : PACKET_ICMP6);
		assert_int_equal(p.type, i == 0 ? 0 : 129);
		assert_int_equal(p.echo_id, 0xcafe);
		assert_int_equal(p.echo_seq, 0x0102);
		assert_false(p.quote.there);
		check_cuts(type_of(a[i][0]), &b, b.n);
		/* ICMPv6 in IPv4, and ICMP in IPv6, are none */
		b.p[i == 0 ? 9 : 6] = i == 0 ? 58 : 1;
		assert_int_equal(dissect(&p, type_of(a[i][0]), b.p, b.n), -1);
	}
}

static void
arp(void **state)
{
	struct bytes b = { .n = 0 };
	struct packet p;
	size_t i;

	(void)state;
	put(&b, "\0\1\10\0\6\4\0\2", 8);
	put(&b, "\2\0\x5e\x10\0\7", 6);
	put_addr(&b, A4);
	put(&b, "\2\0\x5e\x10\0\11", 6);
	put_addr(&b, B4);
	assert_int_equal(dissect(&p, PACKET_ETH_ARP, b.p, b.n), 0);
	assert_int_equal(p.kind, PACKET_ARP);
	assert_true(p.src == A4 && p.dst == B4 && p.has_mac);
	assert_memory_equal(p.mac, "\2\0\x5e\x10\0\7", 6);
	check_cuts(PACKET_ETH_ARP, &b, 28);
	/* any other hardware, protocol, length or operation is none of ours */
	for (i = 0; i < 8; i++) {
		b.p[i] ^= 1;
		assert_int_equal(dissect(&p, PACKET_ETH_ARP, b.p, b.n), -1);
		b.p[i] ^= 1;
	}
	/* padded to the least length of Ethernet */
	put_n(&b, 0, 8);
	put_n(&b, 0, 8);
	assert_int_equal(dissect(&p, PACKET_ETH_ARP, b.p, b.n), 0);
}

static void
put_na(struct bytes *b, uint32_t flags, size_t options)
{
	put_ip(b, A6, B6, 58, 24 + options);
	b->p[7] = 255;
	put_n(b, 136 << 8, 2);
	put_n(b, 0, 2);
	put_n(b, flags, 4);
	put_addr(b, A6);
}

static void
neighbour(void **state)
{
	struct bytes b = { .n = 0 }, bad = { .n = 0 };
	struct packet p;

	(void)state;
	put_na(&b, 0x60000000, 16);
	put(&b, "\16\1\0\0\0\0\0\0", 8);	/* a nonce, RFC 3971 */
	put(&b, "\2\1\2\0\x5e\x10\0\7", 8);
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p, b.n), 0);
	assert_int_equal(p.kind, PACKET_NA);
	assert_true(p.solicited && p.target == A6 && p.has_mac);
	assert_memory_equal(p.mac, "\2\0\x5e\x10\0\7", 6);
	/* without options, and with one that is cut, it is still one */
	check_cuts(PACKET_ETH_IPV6, &b, b.n - 16);
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p, b.n - 1), 0);
	assert_false(p.has_mac);
	/* RFC 4861, 7.1.2: hop limit 255, code 0, no option of length 0 */
	b.p[7] = 254;
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p, b.n), -1);
	b.p[7] = 255;
	b.p[41] = 1;
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p, b.n), -1);
	b.p[41] = 0;
	b.p[65] = 0;
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p, b.n), -1);
	put_na(&bad, 0x20000000, 0);
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, bad.p, bad.n), 0);
	assert_false(p.solicited || p.has_mac);
}

/* ---- headers in between ---- */

static void
ip4_options(void **state)
{
	struct bytes b = { .n = 0 };
	struct packet p;
	unsigned len;

	(void)state;
	put_ip(&b, A4, B4, 6, 40 + 20);
	put_n(&b, 0x01010101, 4);	/* no operation */
	put_n(&b, 0x94040000, 4);	/* router alert */
	while (b.n < 60)
		put_n(&b, 0, 4);
	put_tcp(&b);
	b.p[0] = 0x4f;
	assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), 0);
	check_ip(&p, A4, B4);
	check_tcp(&p);
	check_cuts(PACKET_ETH_IPV4, &b, b.n - 4);
	/* a header shorter than a header */
	for (len = 0; len < 5; len++) {
		b.p[0] = (uint8_t)(0x40 | len);
		assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), -1);
	}
}

/* A total length shorter than the header is a lie; believe what is there. */
static void
ip4_total(void **state)
{
	struct bytes b = { .n = 0 };
	struct packet p;
	unsigned total;

	(void)state;
	put_ip(&b, A4, B4, 6, 20);
	put_tcp(&b);
	for (total = 0; total < 70; total++) {
		b.p[3] = (uint8_t)total;
		assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n),
		    total >= 20 && total < 36 ? -1 : 0);
	}
}

static void
fragments(void **state)
{
	struct bytes b = { .n = 0 }, six = { .n = 0 };
	struct packet p;
	unsigned off;

	(void)state;
	put_ip(&b, A4, B4, 6, 20);
	put_tcp(&b);
	put_ip(&six, A6, B6, 44, 28);
	put_n(&six, 6, 1);
	put_n(&six, 0, 7);
	put_tcp(&six);
	/* of the first, more may follow; the others have no ports */
	b.p[6] = 0x20;
	assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), 0);
	check_tcp(&p);
	six.p[43] = 1;
	assert_int_equal(dissect(&p, PACKET_ETH_IPV6, six.p, six.n), 0);
	check_tcp(&p);
	check_cuts(PACKET_ETH_IPV6, &six, six.n - 4);
	for (off = 0; off < 13; off++) {
		b.p[6] = (uint8_t)(1u << off >> 8);
		b.p[7] = (uint8_t)(1u << off);
		assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), -1);
		six.p[42] = (uint8_t)(8u << off >> 8);
		six.p[43] = (uint8_t)(8u << off);
		assert_int_equal(dissect(&p, PACKET_ETH_IPV6, six.p, six.n),
		    -1);
	}
}

/* Hop-by-hop, destination options and routing, of different lengths, and `n`
 * of them in a row. */
static void
put_extensions(struct bytes *b, unsigned n)
{
	static const uint8_t type[] = { 0, 60, 43 };
	unsigned i, len;
	size_t at = 6;

	for (i = 0; i < n; i++) {
		b->p[at] = type[i % 3];
		at = b->n;
		len = i % 3;
		put_n(b, 6, 1);
		put_n(b, len, 1);
		for (len = len * 8 + 6; len > 0; len--)
			put_n(b, 0xff, 1);
	}
}

static void
ip6_extensions(void **state)
{
	struct packet p;
	unsigned n;

	(void)state;
	for (n = 0; n < 12; n++) {
		struct bytes b = { .n = 0 };

		put_ip(&b, A6, B6, 6, 0);
		put_extensions(&b, n);
		put_tcp(&b);
		b.p[5] = (uint8_t)(b.n - 40);
		if (n < 8) {
			assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p,
			    b.n), 0);
			check_ip(&p, A6, B6);
			check_tcp(&p);
			check_cuts(PACKET_ETH_IPV6, &b, b.n - 4);
		} else {
			/* more than anybody sends */
			assert_int_equal(dissect(&p, PACKET_ETH_IPV6, b.p,
			    b.n), -1);
		}
	}
}

static void
not_understood(void **state)
{
	static const uint8_t proto[] = { 2, 47, 50, 51, 59, 132, 255 };
	struct packet p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(proto); i++) {
		struct bytes b = { .n = 0 }, six = { .n = 0 };

		put_ip(&b, A4, B4, proto[i], 20);
		put_tcp(&b);
		assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), -1);
		put_ip(&six, A6, B6, proto[i], 20);
		put_tcp(&six);
		assert_int_equal(dissect(&p, PACKET_ETH_IPV6, six.p, six.n),
		    -1);
	}
}

/* ---- quotes ---- */

/* An ICMP error from A about a packet that B sent to 198.18.0.7 or its like;
 * `quoted` bytes of the transport header are there. */
static void
put_error(struct bytes *b, bool v6, unsigned type, unsigned proto,
    size_t quoted)
{
	uint8_t inner[8] = { 0xee, 0x48, 0, 80, 0xca, 0xfe, 0xba, 0xbe };

	if (proto == 1 || proto == 58) {
		inner[0] = proto == 1 ? 8 : 128;
		inner[1] = 0;
	}
	put_ip(b, v6 ? A6 : A4, v6 ? B6 : B4, v6 ? 58 : 1,
	    8 + (v6 ? 40 : 20) + quoted);
	put_n(b, type << 8 | 1, 2);
	put_n(b, 0, 6);
	put_ip(b, v6 ? B6 : B4, v6 ? A6 : A4, proto, 1000);
	put(b, inner, quoted);
}

static void
quotes(void **state)
{
	static const struct {
		bool		v6;
		unsigned	type, proto;
		size_t		need;
	} t[] = {
		{ false, 3, 6, 8 }, { false, 3, 17, 4 }, { false, 11, 6, 8 },
		{ false, 12, 6, 8 }, { false, 3, 1, 8 }, { true, 1, 6, 8 },
		{ true, 1, 17, 4 }, { true, 3, 58, 8 }, { true, 1, 58, 8 },
	};
	const struct packet_quote *q;
	struct packet p;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (n = 0; n <= 8; n++) {
			struct bytes b = { .n = 0 };

			put_error(&b, t[i].v6, t[i].type, t[i].proto, n);
			assert_int_equal(dissect(&p, t[i].v6 ?
			    PACKET_ETH_IPV6 : PACKET_ETH_IPV4, b.p, b.n), 0);
			assert_int_equal(p.type, t[i].type);
			assert_int_equal(p.code, 1);
			q = &p.quote;
			assert_int_equal(q->there, n >= t[i].need);
			if (!q->there)
				continue;
			assert_int_equal(q->proto, t[i].proto);
			assert_true(q->src == (t[i].v6 ? B6 : B4));
			assert_true(q->dst == (t[i].v6 ? A6 : A4));
			if (t[i].v6)
				assert_int_equal(q->flow, 0x12345);
			else
				assert_int_equal(q->ip_id, 0xbeef);
			if (t[i].proto == 1 || t[i].proto == 58) {
				assert_int_equal(q->icmp_type,
				    t[i].proto == 1 ? 8 : 128);
				assert_int_equal(q->echo_id, 0xcafe);
				assert_int_equal(q->echo_seq, 0xbabe);
				continue;
			}
			assert_int_equal(q->sport, 61000);
			assert_int_equal(q->dport, 80);
			if (t[i].proto == 6)
				assert_int_equal(q->seq, 0xcafebabe);
		}
}

/* What is no error quotes nothing, whatever stands there; nor does an error
 * that quotes a later fragment or another family. */
static void
no_quotes(void **state)
{
	struct packet p;
	unsigned type;

	(void)state;
	for (type = 0; type < 256; type++) {
		struct bytes b = { .n = 0 }, six = { .n = 0 };

		put_error(&b, false, type, 6, 8);
		assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), 0);
		assert_int_equal(p.quote.there, type == 3 || type == 11 ||
		    type == 12);
		b.p[20 + 8 + 6] = 0x40;
		b.p[20 + 8 + 7] = 1;
		assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), 0);
		assert_false(p.quote.there);
		b.p[20 + 8] = 0x65;
		assert_int_equal(dissect(&p, PACKET_ETH_IPV4, b.p, b.n), 0);
		assert_false(p.quote.there);
		put_error(&six, true, type, 6, 8);
		if (type == 136)
			continue;
		assert_int_equal(dissect(&p, PACKET_ETH_IPV6, six.p, six.n),
		    0);
		assert_int_equal(p.quote.there, type < 128);
	}
}

/* Whatever byte is changed to whatever, and wherever it is cut. */
static void
damage(void **state)
{
	const unsigned type[3] = { PACKET_ETH_IPV4, PACKET_ETH_IPV6,
	    PACKET_ETH_ARP };
	struct bytes b[4] = { { .n = 0 } };
	struct packet p;
	size_t i, at, n;
	unsigned v, e;

	(void)state;
	put_error(&b[0], false, 3, 6, 8);
	put_error(&b[1], true, 1, 17, 8);
	put_na(&b[2], 0x60000000, 8);
	put(&b[2], "\2\1\2\0\x5e\x10\0\7", 8);
	put_ip(&b[3], A6, B6, 6, 0);
	put_extensions(&b[3], 3);
	put_tcp(&b[3]);
	for (i = 0; i < 4; i++)
		for (at = 0; at < b[i].n; at++)
			for (v = 0; v < 256; v += 3) {
				struct bytes c = b[i];

				c.p[at] = (uint8_t)v;
				for (e = 0; e < 3; e++) {
					(void)dissect(&p, type[e], c.p, c.n);
					n = (v * 7 + at * 13) % c.n;
					if (dissect(&p, type[e], c.p, n) == -1)
						continue;
					assert_true(p.npayload <= n);
				}
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp),
		cmocka_unit_test(tcp_options),
		cmocka_unit_test(udp),
		cmocka_unit_test(icmp_echo),
		cmocka_unit_test(arp),
		cmocka_unit_test(neighbour),
		cmocka_unit_test(ip4_options),
		cmocka_unit_test(ip4_total),
		cmocka_unit_test(fragments),
		cmocka_unit_test(ip6_extensions),
		cmocka_unit_test(not_understood),
		cmocka_unit_test(quotes),
		cmocka_unit_test(no_quotes),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, make_area, NULL);
}
