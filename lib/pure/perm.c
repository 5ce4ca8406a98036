#include "pure/perm.h"

#include "pure/siphash.h"

static inline uint64_t
mix(uint64_t x, uint64_t k)
{
	x = (x ^ k) * 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
	return x ^ x >> 32;
}

void
perm_init(struct perm *p, uint64_t n, const uint64_t key[2])
{
	uint64_t i;
	/* fewer bits mix badly in four rounds; walking costs little there */
	unsigned bits = 10;

	while (bits < 63 && (uint64_t)1 << bits < n)
		bits++;
	p->n = n;
	p->lbits = bits / 2;
	p->rbits = bits - p->lbits;
	p->lmask = ((uint64_t)1 << p->lbits) - 1;
	p->rmask = ((uint64_t)1 << p->rbits) - 1;
	for (i = 0; i < PERM_ROUNDS; i++)
		p->k[i] = siphash(key, &i, 1);
}

uint64_t
perm_at(const struct perm *p, uint64_t x)
{
	uint64_t l, r;
	int i;

	do {
		l = x >> p->rbits;
		r = x & p->rmask;
		for (i = 0; i < PERM_ROUNDS; i += 2) {
			l ^= mix(r, p->k[i]) & p->lmask;
			r ^= mix(l, p->k[i + 1]) & p->rmask;
		}
		x = l << p->rbits | r;
	} while (x >= p->n);
	return x;
}
