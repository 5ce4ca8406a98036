/* Writing the fields of a probe into a copy of its template. Layer 1.
 *
 * Values are in host order, and so are sums: a one's complement sum may be
 * taken over numbers of 32 bits as well as of 16 (RFC 1071, 2). Also compiled
 * for the kernel (world/tx_live.bpf.c): no calls, no libc, no 128-bit numbers. */
#ifndef PRT_PURE_PATCH_H
#define PRT_PURE_PATCH_H

#include <stdint.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define PATCH_BE16(v)	__builtin_bswap16(v)
#define PATCH_BE32(v)	__builtin_bswap32(v)
#define PATCH_BE64(v)	__builtin_bswap64(v)
#else
#define PATCH_BE16(v)	(v)
#define PATCH_BE32(v)	(v)
#define PATCH_BE64(v)	(v)
#endif

/* In the kernel a copy of unknown alignment would go byte by byte. */
static inline void
patch_16(uint8_t *p, uint16_t v)
{
	uint16_t be = PATCH_BE16(v);
#ifdef __bpf__
	*(uint16_t *)p = be;
#else
	__builtin_memcpy(p, &be, 2);
#endif
}

static inline void
patch_32(uint8_t *p, uint32_t v)
{
	uint32_t be = PATCH_BE32(v);
#ifdef __bpf__
	*(uint32_t *)p = be;
#else
	__builtin_memcpy(p, &be, 4);
#endif
}

static inline void
patch_64(uint8_t *p, uint64_t v)
{
	uint64_t be = PATCH_BE64(v);
#ifdef __bpf__
	*(uint64_t *)p = be;
#else
	__builtin_memcpy(p, &be, 8);
#endif
}

static inline uint64_t
patch_sum64(uint64_t v)
{
	return (v >> 32) + (uint32_t)v;
}

/* The checksum field of a sum of host-order numbers. */
static inline uint16_t
patch_fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 791, 3.1; `ipsum` is the template's sum. Returns the addresses' part of
 * the pseudo header's sum. */
static inline uint64_t
patch_ip4(uint8_t *ip, uint32_t src, uint32_t dst, uint16_t id, uint64_t ipsum)
{
	uint64_t sum = (uint64_t)src + dst;

	patch_16(ip + 4, id);
	patch_16(ip + 10, patch_fold(ipsum + sum + id));
	patch_32(ip + 12, src);
	patch_32(ip + 16, dst);
	return sum;
}

/* RFC 8200, 3: addresses by halves; returns the same as patch_ip4(). */
static inline uint64_t
patch_ip6(uint8_t *ip, const uint64_t src[2], const uint64_t dst[2],
    uint32_t flow)
{
	patch_32(ip, 0x60000000u | (flow & 0xfffff));
	patch_64(ip + 8, src[0]);
	patch_64(ip + 16, src[1]);
	patch_64(ip + 24, dst[0]);
	patch_64(ip + 32, dst[1]);
	return patch_sum64(src[0]) + patch_sum64(src[1]) +
	    patch_sum64(dst[0]) + patch_sum64(dst[1]);
}

/* RFC 9293, 3.1; `sum` is the template's with the pseudo header's. */
static inline void
patch_tcp(uint8_t *t, uint64_t sum, uint16_t sport, uint16_t dport,
    uint32_t seq, uint32_t ack)
{
	patch_16(t, sport);
	patch_16(t + 2, dport);
	patch_32(t + 4, seq);
	patch_32(t + 8, ack);
	patch_16(t + 16, patch_fold(sum + sport + dport + seq + ack));
}

/* RFC 792 and 4443: a query's identifier and sequence number. */
static inline void
patch_icmp(uint8_t *t, uint64_t sum, uint16_t id, uint16_t seq)
{
	patch_16(t + 4, id);
	patch_16(t + 6, seq);
	patch_16(t + 2, patch_fold(sum + id + seq));
}

#endif
