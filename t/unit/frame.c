/* Packets as they are built, against an independent reading of the RFCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pure/addr.h"
#include "pure/frame.h"
#include "pure/packet.h"

#define SRC4	ADDR_V4(0xc6120001)	/* 198.18.0.1 */
#define DST4	ADDR_V4(0xc61200fe)
#define SRC6	((u128)0x20010db8u << 96 | 1)
#define DST6	((u128)0x20010db8u << 96 | (u128)0xfedc << 64 | 0xba987654u)

static const uint8_t mac[6] = { 2, 0, 0x5e, 0x10, 0, 1 };

/* ---- the RFCs, read slowly ---- */

static unsigned
be16(const uint8_t *p)
{
	return (unsigned)p[0] * 256 + p[1];
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)(be16(p) * 65536 + be16(p + 2));
}

/* RFC 1071, 1: over bytes, big-endian, with end-around carry at every step. */
static unsigned
sum16(unsigned sum, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		sum += i % 2 == 0 ? (unsigned)p[i] * 256 : p[i];
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

/* RFC 793, 3.1, and RFC 8200, 8.1: a good packet sums up to all ones. */
static unsigned
sum_l4(const uint8_t *p, size_t n, bool v6, unsigned proto)
{
	size_t head = v6 ? 40 : 20;
	uint8_t pseudo[8] = { 0, 0, 0, 0, (uint8_t)((n - head) >> 8),
	    (uint8_t)(n - head), 0, (uint8_t)proto };
	unsigned sum = 0;

	if (proto != 1) {
		sum = sum16(sum, pseudo, sizeof(pseudo));
		sum = sum16(sum, p + (v6 ? 8 : 12), v6 ? 32 : 8);
	}
	return sum16(sum, p + head, n - head);
}

/* The IP header of a packet of n bytes in all. */
static void
check_ip(const uint8_t *p, size_t n, bool v6, unsigned proto, unsigned ttl,
    const struct frame_vars *v)
{
	uint8_t a[16];

	if (v6) {
		assert_int_equal(be32(p), 0x60000000u | v->flow);
		assert_int_equal(be16(p + 4), n - 40);
		assert_int_equal(p[6], proto);
		assert_int_equal(p[7], ttl);
		addr_to16(a, v->src);
		assert_memory_equal(p + 8, a, 16);
		addr_to16(a, v->dst);
		assert_memory_equal(p + 24, a, 16);
	} else {
		assert_int_equal(p[0], 0x45);
		assert_int_equal(p[1], 0);
		assert_int_equal(be16(p + 2), n);
		assert_int_equal(be16(p + 4), v->ip_id);
		assert_int_equal(be16(p + 6), 0);
		assert_int_equal(p[8], ttl);
		assert_int_equal(p[9], proto);
		assert_int_equal(be32(p + 12), addr_v4(v->src));
		assert_int_equal(be32(p + 16), addr_v4(v->dst));
		assert_int_equal(sum16(0, p, 20), 0xffff);
	}
	assert_int_equal(sum_l4(p, n, v6, proto), 0xffff);
}

static struct frame_vars
vars(bool v6, uint32_t salt)
{
	uint32_t r = salt * 2654435761u;

	return (struct frame_vars){ .src = v6 ? SRC6 : SRC4,
	    .dst = (v6 ? DST6 : DST4) - (salt & 0xff),
	    .ip_id = (uint16_t)(r >> 3), .flow = r & 0xfffff,
	    .sport = (uint16_t)(r >> 7), .dport = (uint16_t)(r >> 11),
	    .seq = r ^ 0x12345678, .ack = ~r, .echo_id = (uint16_t)(r >> 1),
	    .echo_seq = (uint16_t)(r >> 9) };
}

/* ---- TCP ---- */

static void
one_tcp(bool v6, uint8_t flags, bool mss, uint32_t salt)
{
	static const uint8_t option[4] = { 2, 4, 5, 0xb4 };
	struct frame_vars v = vars(v6, salt);
	size_t n, head = v6 ? 40 : 20, len = mss ? 24 : 20;
	uint8_t p[FRAME_MAX];
	struct frame f;

	assert_int_equal(frame_tcp(&f, v6, 57, flags, option,
	    mss ? sizeof(option) : 0), 0);
	memset(p, 0xa5, sizeof(p));
	n = frame_put_tcp(&f, p, &v);
	assert_int_equal(n, head + len);
	check_ip(p, n, v6, 6, 57, &v);
	assert_int_equal(be16(p + head), v.sport);
	assert_int_equal(be16(p + head + 2), v.dport);
	assert_int_equal(be32(p + head + 4), v.seq);
	assert_int_equal(be32(p + head + 8), v.ack);
	assert_int_equal(p[head + 12], len / 4 << 4);
	assert_int_equal(p[head + 13], flags);
	assert_int_not_equal(be16(p + head + 14), 0);
	assert_int_equal(be16(p + head + 18), 0);
	if (mss)
		assert_memory_equal(p + head + 20, option, 4);
	assert_int_equal(p[n], 0xa5);
}

static void
tcp(void **state)
{
	unsigned flags;

	(void)state;
	for (flags = 0; flags < 256; flags++) {
		one_tcp(false, (uint8_t)flags, false, flags);
		one_tcp(true, (uint8_t)flags, false, flags);
		one_tcp(false, (uint8_t)flags, true, flags + 256);
		one_tcp(true, (uint8_t)flags, true, flags + 256);
	}
}

/* One template, many probes: nothing of one stays for the next. */
static void
tcp_again(void **state)
{
	uint8_t p[FRAME_MAX];
	struct frame_vars v;
	struct frame f[2];
	uint32_t i;
	int v6;
	size_t n;

	(void)state;
	for (v6 = 0; v6 < 2; v6++)
		assert_int_equal(frame_tcp(&f[v6], v6, 255, TCP_SYN, NULL, 0),
		    0);
	for (i = 0; i < 20000; i++) {
		v6 = i & 1;
		v = vars(v6, i);
		n = frame_put_tcp(&f[v6], p, &v);
		check_ip(p, n, v6, 6, 255, &v);
	}
}

/* The sums at their edges: all zeros and all ones. */
static void
tcp_edges(void **state)
{
	static const uint32_t edge[] = { 0, 1, 0xffff, 0x10000, 0xfffe,
	    0xffff0000, 0xffffffff };
	uint8_t p[FRAME_MAX];
	struct frame_vars v;
	struct frame f;
	size_t i, n;
	int v6;

	(void)state;
	for (v6 = 0; v6 < 2; v6++) {
		assert_int_equal(frame_tcp(&f, v6, 1, 0, NULL, 0), 0);
		for (i = 0; i < sizeof(edge) / sizeof(edge[0]); i++) {
			v = (struct frame_vars){ .src = v6 ? edge[i] :
			    ADDR_V4(edge[i]), .dst = v6 ? ADDR_MAX :
			    ADDR_V4(edge[i]), .ip_id = (uint16_t)edge[i],
			    .flow = edge[i] & 0xfffff,
			    .sport = (uint16_t)edge[i],
			    .dport = (uint16_t)edge[i], .seq = edge[i],
			    .ack = edge[i] };
			n = frame_put_tcp(&f, p, &v);
			check_ip(p, n, v6, 6, 1, &v);
		}
	}
}

/* ---- UDP ---- */

static void
one_udp(const struct frame *f, bool v6, size_t npayload, uint32_t salt)
{
	struct frame_vars v = vars(v6, salt);
	uint8_t p[FRAME_MAX + 1], payload[FRAME_PAYLOAD + 32];
	size_t i, n, head = v6 ? 40 : 20;

	for (i = 0; i < npayload; i++)
		payload[i] = (uint8_t)(i * 31 + salt);
	memset(p, 0xa5, sizeof(p));
	n = frame_put_udp(f, p, &v, payload, npayload);
	assert_int_equal(n, head + 8 + npayload);
	check_ip(p, n, v6, 17, 64, &v);
	assert_int_equal(be16(p + head), v.sport);
	assert_int_equal(be16(p + head + 2), v.dport);
	assert_int_equal(be16(p + head + 4), 8 + npayload);
	assert_int_not_equal(be16(p + head + 6), 0);
	assert_memory_equal(p + head + 8, payload, npayload);
	assert_int_equal(p[n], 0xa5);
}

static void
udp(void **state)
{
	static const size_t size[] = { 0, 1, 2, 3, 7, 8, 255, 256, 511, 1399,
	    1400, FRAME_PAYLOAD - 1, FRAME_PAYLOAD };
	struct frame f;
	size_t i;
	int v6;

	(void)state;
	for (v6 = 0; v6 < 2; v6++) {
		assert_int_equal(frame_udp(&f, v6, 64), 0);
		for (i = 0; i < sizeof(size) / sizeof(size[0]); i++)
			one_udp(&f, v6, size[i], (uint32_t)i);
	}
	/* what the header of IPv6 leaves unused */
	assert_int_equal(frame_udp(&f, false, 64), 0);
	one_udp(&f, false, FRAME_PAYLOAD + 20, 1);
}

/* RFC 768: a sum of zero goes out as all ones; no packet has none. */
static void
udp_zero(void **state)
{
	uint8_t p[FRAME_MAX];
	struct frame_vars v;
	struct frame f;
	unsigned port, ones = 0;
	size_t n;
	int v6;

	(void)state;
	for (v6 = 0; v6 < 2; v6++) {
		assert_int_equal(frame_udp(&f, v6, 64), 0);
		v = vars(v6, 7);
		for (port = 0; port < 65536; port++) {
			v.sport = (uint16_t)port;
			n = frame_put_udp(&f, p, &v, "x", 1);
			assert_int_not_equal(be16(p + (v6 ? 46 : 26)), 0);
			if (be16(p + (v6 ? 46 : 26)) == 0xffff) {
				ones++;
				check_ip(p, n, v6, 17, 64, &v);
			}
		}
	}
	/* two families, two ports that sum up to it each: 0 is ffff */
	assert_in_range(ones, 2, 4);
}

/* ---- ICMP ---- */

static void
one_icmp(bool v6, uint8_t type, size_t len, uint32_t salt)
{
	struct frame_vars v = vars(v6, salt);
	uint8_t p[FRAME_MAX];
	struct frame f;
	size_t i, n, head = v6 ? 40 : 20;

	assert_int_equal(frame_icmp(&f, v6, 33, type), 0);
	memset(p, 0xa5, sizeof(p));
	n = frame_put_icmp(&f, p, &v);
	assert_int_equal(n, head + len);
	check_ip(p, n, v6, v6 ? 58 : 1, 33, &v);
	assert_int_equal(p[head], v6 ? 128 : type);
	assert_int_equal(p[head + 1], 0);
	assert_int_equal(be16(p + head + 4), v.echo_id);
	assert_int_equal(be16(p + head + 6), v.echo_seq);
	for (i = 8; i < len; i++)
		assert_int_equal(p[head + i], 0);
	assert_int_equal(p[n], 0xa5);
}

static void
icmp(void **state)
{
	uint32_t salt;

	(void)state;
	for (salt = 0; salt < 300; salt++) {
		one_icmp(false, 8, 8, salt);
		one_icmp(false, 13, 20, salt);
		one_icmp(false, 17, 12, salt);
		one_icmp(true, 8, 8, salt);
	}
}

/* ---- the link ---- */

static void
arp(void **state)
{
	static const uint8_t want[28] = {
		0, 1, 8, 0, 6, 4, 0, 1,
		2, 0, 0x5e, 0x10, 0, 1, 198, 18, 0, 1,
		0, 0, 0, 0, 0, 0, 198, 18, 0, 254
	};
	struct frame_vars v = { .src = SRC4, .dst = DST4 };
	uint8_t p[FRAME_MAX];
	struct frame f;

	(void)state;
	assert_int_equal(frame_arp(&f, mac), 0);
	assert_int_equal(frame_put_arp(&f, p, &v), sizeof(want));
	assert_memory_equal(p, want, sizeof(want));
}

static void
ns(void **state)
{
	struct frame_vars v = { .src = SRC6, .dst = DST6, .flow = 0x54321 };
	struct frame_vars group = v;
	static const uint8_t option[8] = { 1, 1, 2, 0, 0x5e, 0x10, 0, 1 };
	uint8_t p[FRAME_MAX], a[16], to[6];
	static const uint8_t solicited[16] = { 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 1, 0xff, 0x98, 0x76, 0x54 };
	struct frame f;
	size_t n;

	(void)state;
	assert_int_equal(frame_ns(&f, mac), 0);
	n = frame_put_ns(&f, p, &v);
	assert_int_equal(n, 72);
	assert_memory_equal(p + 24, solicited, 16);
	group.dst = addr_from16(solicited);
	group.flow = 0;
	check_ip(p, n, true, 58, 255, &group);
	assert_int_equal(p[40], 135);
	assert_int_equal(p[41], 0);
	assert_int_equal(be32(p + 44), 0);
	addr_to16(a, DST6);
	assert_memory_equal(p + 48, a, 16);
	assert_memory_equal(p + 64, option, 8);
	/* RFC 2464, 7 */
	frame_multicast_mac(to, frame_solicited_node(DST6));
	assert_memory_equal(to, "\x33\x33\xff\x98\x76\x54", 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp),
		cmocka_unit_test(tcp_again),
		cmocka_unit_test(tcp_edges),
		cmocka_unit_test(udp),
		cmocka_unit_test(udp_zero),
		cmocka_unit_test(icmp),
		cmocka_unit_test(arp),
		cmocka_unit_test(ns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
