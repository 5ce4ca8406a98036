/* IPv4 and IPv6 addresses as one 128-bit number. Layer 1.
 *
 * An IPv4 address is its IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2), so that
 * ranges, sets and tables need no second case; "::ffff:192.0.2.1" and
 * "192.0.2.1" are therefore the same address. */
#ifndef PRT_PURE_ADDR_H
#define PRT_PURE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

/* The longest text addr_fmt() writes, without a NUL. */
#define ADDR_FMT	39
/* Two addresses and a dash, or an address and "/128". */
#define ADDR_RANGE_FMT	(2 * ADDR_FMT + 1)

#define ADDR_V4_BASE	((u128)0xffff00000000u)
#define ADDR_V4(a)	(ADDR_V4_BASE | (u128)(uint32_t)(a))
#define ADDR_MAX	(~(u128)0)

static inline bool
addr_is4(u128 a)
{
	return a >> 32 == 0xffff;
}

/* The 32-bit host-order IPv4 address; only for addr_is4(). */
static inline uint32_t
addr_v4(u128 a)
{
	return (uint32_t)a;
}

/* Order of reports: every IPv4 address before every IPv6 one, each by value.
 * Less than, equal to or greater than 0. */
static inline int
addr_cmp(u128 a, u128 b)
{
	if (addr_is4(a) != addr_is4(b))
		return addr_is4(a) ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* The 16 network-order bytes (a mapped address for IPv4), and back. */
void	addr_to16(uint8_t dst[16], u128 a);
u128	addr_from16(const uint8_t src[16]);

/* One address at the start of p: bytes consumed, 0 when there is none. IPv4 is
 * four decimal octets without leading zeros; IPv6 is RFC 4291 2.2, any form. */
size_t	addr_scan(const char *p, size_t n, u128 *a);
/* RFC 5952 text (dotted for IPv4), at most ADDR_FMT bytes, no NUL. */
size_t	addr_fmt(char *dst, u128 a);

/* An address, "a/len" or "a-b" that is the whole of p: 0, or -1 when it is not
 * or when b < a or the two are of different families. Host bits below a
 * prefix are ignored. */
int	addr_range_parse(const char *p, size_t n, u128 *first, u128 *last);
/* The shortest of "a", "a/len" and "a-b": at most ADDR_RANGE_FMT bytes. */
size_t	addr_range_fmt(char *dst, u128 first, u128 last);

#endif
