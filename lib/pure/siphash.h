/* SipHash-2-4: the keyed hash behind every cookie. Layer 1.
 *
 * Also compiled for the kernel (world/tx_live.bpf.c): no calls, no libc. */
#ifndef PRT_PURE_SIPHASH_H
#define PRT_PURE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
siphash_rotl(uint64_t x, unsigned b)
{
	return x << b | x >> (64 - b);
}

static inline void
siphash_round(struct siphash *s)
{
	s->v0 += s->v1;
	s->v1 = siphash_rotl(s->v1, 13) ^ s->v0;
	s->v0 = siphash_rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = siphash_rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = siphash_rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = siphash_rotl(s->v1, 17) ^ s->v2;
	s->v2 = siphash_rotl(s->v2, 32);
}

static inline void
siphash_block(struct siphash *s, uint64_t m)
{
	s->v3 ^= m;
	siphash_round(s);
	siphash_round(s);
	s->v0 ^= m;
}

/* The hash of n 64-bit words, which are the message's bytes in little-endian
 * order (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). */
static inline uint64_t
siphash(const uint64_t key[2], const uint64_t *words, size_t n)
{
	struct siphash s = {
		key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u,
	};
	size_t i;

	for (i = 0; i < n; i++)
		siphash_block(&s, words[i]);
	siphash_block(&s, (uint64_t)(n * 8) << 56);
	s.v2 ^= 0xff;
	for (i = 0; i < 4; i++)
		siphash_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

#endif
