/* Random numbers for tests: the same ones at every run (xorshift64*). */
#ifndef PRT_UNIT_RANDOM_H
#define PRT_UNIT_RANDOM_H

#include <stdint.h>

static uint64_t random_state = 42;

static inline uint64_t
rnd(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1du;
}

#endif
