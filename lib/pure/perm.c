#include "pure/perm.h"

#include "pure/siphash.h"

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

void
perm_identity(struct perm *p, uint64_t n)
{
	/* the left half is empty, and perm_mix(0, 0) is 0 */
	*p = (struct perm){ .n = n, .rbits = 63,
	    .rmask = ((uint64_t)1 << 63) - 1 };
}
