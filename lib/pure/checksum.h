/* The Internet checksum (RFC 1071), in sums that can be prepared. Layer 1. */
#ifndef PRT_PURE_CHECKSUM_H
#define PRT_PURE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pure/patch.h"

/* The one's complement sum of n bytes as 16-bit words in memory order, added
 * to `sum`; an odd last byte is padded with zero. Sums add up in any order. */
static inline uint64_t
checksum_add(uint64_t sum, const void *p, size_t n)
{
	const unsigned char *b = p;
	uint16_t w;

	for (; n > 1; n -= 2, b += 2) {
		memcpy(&w, b, 2);
		sum += w;
	}
	if (n == 1) {
		w = 0;
		memcpy(&w, b, 1);
		sum += w;
	}
	return sum;
}

/* The checksum field's value, to be stored in memory order as it is. */
static inline uint16_t
checksum_fold(uint64_t sum)
{
	return patch_fold(sum);
}

/* A sum in memory order as one of host-order numbers (RFC 1071, 2(B): the sum
 * is the same in any byte order, but for the order of its own bytes). */
static inline uint64_t
checksum_value(uint64_t sum)
{
	uint16_t c = (uint16_t)~checksum_fold(sum);
	unsigned char b[2];

	memcpy(b, &c, 2);
	return (uint64_t)b[0] << 8 | b[1];
}

#endif
