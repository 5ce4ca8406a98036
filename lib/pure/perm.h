/* A keyed bijection of [0, n): the order in which probes go out. Layer 1.
 *
 * An unbalanced Feistel network over the smallest power of two that holds n, 1,024
 * at least, with cycle walking (Black and Rogaway, "Ciphers with Arbitrary Finite
 * Domains", 2002). It costs no memory, whatever n is.
 *
 * Also compiled for the kernel (world/tx_live.bpf.c): no calls, no libc. */
#ifndef PRT_PURE_PERM_H
#define PRT_PURE_PERM_H

#include <stdint.h>

#define PERM_ROUNDS	4

struct perm {
	uint64_t	n;
	uint32_t	lbits, rbits;
	uint64_t	lmask, rmask;
	uint64_t	k[PERM_ROUNDS];
};

/* n may be 0 (then there is nothing to ask for) and at most 2^63. The same n
 * and key give the same order on every machine. */
void	 perm_init(struct perm *, uint64_t n, const uint64_t key[2]);

/* The order in which positions are images: nothing is mixed. */
void	 perm_identity(struct perm *, uint64_t n);

static inline uint64_t
perm_mix(uint64_t x, uint64_t k)
{
	x = (x ^ k) * 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

/* One walk through the network: a bijection of the power of two. */
static inline uint64_t
perm_step(const struct perm *p, uint64_t x)
{
	uint64_t l = x >> p->rbits, r = x & p->rmask;
	int i;

	for (i = 0; i < PERM_ROUNDS; i += 2) {
		l ^= perm_mix(r, p->k[i]) & p->lmask;
		r ^= perm_mix(l, p->k[i + 1]) & p->rmask;
	}
	return l << p->rbits | r;
}

/* The image of pos, pos < n. */
static inline uint64_t
perm_at(const struct perm *p, uint64_t pos)
{
	do
		pos = perm_step(p, pos);
	while (pos >= p->n);
	return pos;
}

/* The way back through the network. */
static inline uint64_t
perm_unstep(const struct perm *p, uint64_t x)
{
	uint64_t l = x >> p->rbits, r = x & p->rmask;
	int i;

	for (i = PERM_ROUNDS - 2; i >= 0; i -= 2) {
		r ^= perm_mix(l, p->k[i + 1]) & p->rmask;
		l ^= perm_mix(r, p->k[i]) & p->lmask;
	}
	return l << p->rbits | r;
}

/* The position whose image is i, i < n. */
static inline uint64_t
perm_of(const struct perm *p, uint64_t i)
{
	do
		i = perm_unstep(p, i);
	while (i >= p->n);
	return i;
}

/* Shard i of k (1-based) is every k-th position, starting at i - 1: how many
 * of n positions it has, and its j-th one. Shards are disjoint and complete. */
static inline uint64_t
shard_count(uint64_t n, uint64_t i, uint64_t k)
{
	return n < i ? 0 : (n - i) / k + 1;
}

static inline uint64_t
shard_pos(uint64_t j, uint64_t i, uint64_t k)
{
	return i - 1 + j * k;
}

#endif
