#include "pure/seed.h"

#include "pure/siphash.h"

void
seed_key(uint64_t key[2], const char *text, size_t n)
{
	/* Two keys that are nobody's secret: they only tell the halves apart. */
	static const uint64_t half[2][2] = { { 1, 0 }, { 2, 0 } };

	for (int k = 0; k < 2; k++) {
		uint64_t h = siphash(half[k], &(uint64_t){ n }, 1);

		for (size_t i = 0; i < n; i += 8) {
			uint64_t w[2] = { h, 0 };

			for (size_t j = 0; j < 8 && i + j < n; j++)
				w[1] |= (uint64_t)(unsigned char)text[i + j] <<
				    8 * j;
			h = siphash(half[k], w, 2);
		}
		key[k] = h;
	}
}
