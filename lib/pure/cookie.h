/* The cookie of a probe: what a keyed hash of its flow (type, target address,
 * target port) puts into the header fields that an answer repeats. Layer 1.
 *
 * The attempt (0..7) is added in plain, so that an answer tells which sending
 * it answers. Also compiled for the kernel (world/tx_live.bpf.c): no calls, no
 * libc, no 128-bit numbers. */
#ifndef PRT_PURE_COOKIE_H
#define PRT_PURE_COOKIE_H

#include <stdint.h>

#include "pure/siphash.h"

/* Attempts that a probe can tell apart. */
#define COOKIE_ATTEMPTS	8
/* The low bits of sequence numbers are left for what an answer adds to them
 * (0..2 for SYN and FIN), the next three for the attempt. */
#define COOKIE_SHIFT	2
#define COOKIE_MASK	(~(uint32_t)((COOKIE_ATTEMPTS << COOKIE_SHIFT) - 1))
/* The hash's part of a source port, of COOKIE_ATTEMPTS ports each. */
#define COOKIE_PORTS	512

struct cookie {
	uint16_t	sport;
	uint32_t	seq, ack;
	uint16_t	ip_id;		/* IPv4 identification */
	uint32_t	flow;		/* IPv6 flow label */
	uint16_t	echo_id, echo_seq;
	uint8_t		payload[8];	/* for UDP payloads */
};

/* `sport` is the first source port; `spread`: the hash chooses one of
 * COOKIE_PORTS x COOKIE_ATTEMPTS from there on, else all leave from it. `hi` and
 * `lo` are the address's halves, `flow` type and port. */
static inline void
cookie_make(struct cookie *c, const uint64_t key[2], uint64_t hi, uint64_t lo,
    uint64_t flow, uint16_t sport, int spread, uint32_t attempt)
{
	const uint64_t words[3] = { hi, lo, flow };
	uint64_t h = siphash(key, words, 3);
	/* a second, unrelated word for what the first has no bits left for */
	uint64_t g = (h ^ key[1]) * 0x9e3779b97f4a7c15u;

	g ^= g >> 29;
	c->sport = !spread ? sport : (uint16_t)(sport +
	    ((h >> 32 & (COOKIE_PORTS - 1)) * COOKIE_ATTEMPTS | attempt));
	c->seq = ((uint32_t)h & COOKIE_MASK) | attempt << COOKIE_SHIFT;
	c->ack = ((uint32_t)g & COOKIE_MASK) | attempt << COOKIE_SHIFT;
	/* zero would let the kernel choose */
	c->ip_id = (uint16_t)(h >> 41) | 1;
	c->flow = (uint32_t)(h >> 41) & 0xfffff;
	c->echo_id = (uint16_t)h;
	c->echo_seq = (uint16_t)((h >> 16 & 0xfff8) | attempt);
	__builtin_memcpy(c->payload, &g, sizeof(c->payload));
}

#endif
