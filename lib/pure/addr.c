#include "pure/addr.h"

#include <string.h>

void
addr_to16(uint8_t dst[16], u128 a)
{
	int i;

	for (i = 15; i >= 0; i--) {
		dst[i] = (uint8_t)a;
		a >>= 8;
	}
}

u128
addr_from16(const uint8_t src[16])
{
	u128 a = 0;
	int i;

	for (i = 0; i < 16; i++)
		a = a << 8 | src[i];
	return a;
}

/* Up to three digits, no leading zero, at most 255. */
static size_t
scan_octet(const char *p, size_t n, unsigned *v)
{
	size_t i;
	unsigned x = 0;

	for (i = 0; i < n && i < 4 && p[i] >= '0' && p[i] <= '9'; i++)
		x = x * 10 + (unsigned)(p[i] - '0');
	if (i == 0 || i > 3 || x > 255 || (p[0] == '0' && i > 1))
		return 0;
	*v = x;
	return i;
}

static size_t
scan_v4(const char *p, size_t n, uint32_t *a)
{
	size_t at = 0, k;
	uint32_t x = 0;
	unsigned o;
	int i;

	for (i = 0; i < 4; i++) {
		if (i > 0 && (at >= n || p[at++] != '.'))
			return 0;
		if ((k = scan_octet(p + at, n - at, &o)) == 0)
			return 0;
		x = x << 8 | o;
		at += k;
	}
	*a = x;
	return at;
}

static size_t
scan_group(const char *p, size_t n, unsigned *v)
{
	size_t i;
	unsigned x = 0, d;

	for (i = 0; i < n && i < 5; i++) {
		if (p[i] >= '0' && p[i] <= '9')
			d = (unsigned)(p[i] - '0');
		else if ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f')
			d = (unsigned)((p[i] | 0x20) - 'a') + 10;
		else
			break;
		x = x << 4 | d;
	}
	if (i == 0 || i > 4)
		return 0;
	*v = x;
	return i;
}

/* The 16-bit groups of an IPv6 address, as they are collected. */
struct groups {
	unsigned	g[8];
	int		n;
	int		gap;	/* where "::" stands, -1 for nowhere */
};

static u128
groups_join(const struct groups *gs)
{
	u128 a = 0;
	int i, k, zeros = 8 - gs->n;

	for (i = 0; i <= gs->n; i++) {
		if (i == gs->gap)
			for (k = 0; k < zeros; k++)
				a <<= 16;
		if (i < gs->n)
			a = a << 16 | gs->g[i];
	}
	return a;
}

/* A dotted tail such as ::ffff:192.0.2.1 takes two groups. */
static size_t
scan_tail4(struct groups *gs, const char *p, size_t n)
{
	uint32_t v4;
	size_t k;

	if (gs->n > 6 || (k = scan_v4(p, n, &v4)) == 0)
		return 0;
	gs->g[gs->n++] = v4 >> 16;
	gs->g[gs->n++] = v4 & 0xffff;
	return k;
}

static size_t
scan_v6(const char *p, size_t n, u128 *a)
{
	struct groups gs = { .gap = -1 };
	size_t at = 0, k;
	unsigned v;

	while (gs.n < 8) {
		if (at + 1 < n && p[at] == ':' && p[at + 1] == ':' &&
		    gs.gap == -1) {
			gs.gap = gs.n;
			at += 2;
		} else if (gs.n > 0) {
			if (at >= n || p[at] != ':')
				break;
			at++;
		}
		if ((k = scan_tail4(&gs, p + at, n - at)) > 0) {
			at += k;
			break;
		}
		if ((k = scan_group(p + at, n - at, &v)) == 0) {
			if (gs.gap == gs.n)
				break;
			return 0;
		}
		gs.g[gs.n++] = v;
		at += k;
	}
	/* "1:2:3:4:5:6:7::" has its gap after the last group */
	if (gs.n < 8 && gs.gap == -1)
		return 0;
	if (gs.n == 8 && gs.gap != -1)
		return 0;
	*a = groups_join(&gs);
	return at;
}

size_t
addr_scan(const char *p, size_t n, u128 *a)
{
	uint32_t v4;
	size_t k;

	if ((k = scan_v4(p, n, &v4)) > 0 && (k == n || p[k] != ':')) {
		*a = ADDR_V4(v4);
		return k;
	}
	return scan_v6(p, n, a);
}

static size_t
fmt_v4(char *dst, uint32_t a)
{
	size_t at = 0;
	int i;

	for (i = 24; i >= 0; i -= 8) {
		at += num_fmt_u64(dst + at, a >> i & 255);
		if (i > 0)
			dst[at++] = '.';
	}
	return at;
}

static size_t
fmt_hex(char *dst, unsigned v)
{
	size_t at = 0;
	int i;
	bool on = false;

	for (i = 12; i >= 0; i -= 4) {
		unsigned d = v >> i & 15;

		if (d != 0 || on || i == 0) {
			dst[at++] = "0123456789abcdef"[d];
			on = true;
		}
	}
	return at;
}

size_t
addr_fmt(char *dst, u128 a)
{
	unsigned g[8];
	int i, run, best = -1, bestlen = 1;
	size_t at = 0;

	if (addr_is4(a))
		return fmt_v4(dst, addr_v4(a));
	for (i = 0; i < 8; i++)
		g[i] = (unsigned)(a >> (112 - 16 * i)) & 0xffff;
	/* RFC 5952, 4.2: the longest run of two or more zeros, the first one */
	for (i = 0; i < 8; i += run + 1) {
		for (run = 0; i + run < 8 && g[i + run] == 0; run++)
			;
		if (run > bestlen) {
			best = i;
			bestlen = run;
		}
	}
	for (i = 0; i < 8; i++) {
		if (i == best) {
			dst[at++] = ':';
			if (i + bestlen == 8)
				dst[at++] = ':';
			i += bestlen - 1;
			continue;
		}
		if (i > 0)
			dst[at++] = ':';
		at += fmt_hex(dst + at, g[i]);
	}
	return at;
}

static u128
low_bits(unsigned bits)
{
	return bits == 128 ? ADDR_MAX : ((u128)1 << bits) - 1;
}

int
addr_range_parse(const char *p, size_t n, u128 *first, u128 *last)
{
	uint64_t len;
	u128 a, b;
	size_t k = addr_scan(p, n, &a), m;
	unsigned width;

	if (k == 0)
		return -1;
	/* "::ffff:192.0.2.0/120" counts its bits as it is spelled */
	width = memchr(p, ':', k) != NULL ? 128 : 32;
	if (k == n) {
		*first = *last = a;
		return 0;
	}
	p += k + 1;
	n -= k + 1;
	if (p[-1] == '/') {
		m = num_scan_u64(p, n, &len);
		if (m == 0 || m != n || len > width)
			return -1;
		b = low_bits(width - (unsigned)len);
		*first = a & ~b;
		*last = a | b;
		return 0;
	}
	if (p[-1] != '-' || n == 0 || addr_scan(p, n, &b) != n ||
	    addr_is4(a) != addr_is4(b) || b < a)
		return -1;
	*first = a;
	*last = b;
	return 0;
}

size_t
addr_range_fmt(char *dst, u128 first, u128 last)
{
	size_t at = addr_fmt(dst, first);
	u128 span = last - first;
	bool is4 = addr_is4(first);
	unsigned len;

	if (first == last)
		return at;
	if ((span & (span + 1)) == 0 && (first & span) == 0) {
		for (len = is4 ? 32 : 128; len > 0 && span != 0; len--)
			span >>= 1;
		dst[at++] = '/';
		return at + num_fmt_u64(dst + at, len);
	}
	dst[at++] = '-';
	return at + addr_fmt(dst + at, last);
}
