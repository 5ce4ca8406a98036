/* From the text of --seed to the key of a permutation. Layer 1. */
#ifndef PRT_PURE_SEED_H
#define PRT_PURE_SEED_H

#include <stddef.h>
#include <stdint.h>

/* Any bytes; the same ones give the same key on every machine. */
void	seed_key(uint64_t key[2], const char *text, size_t n);

#endif
