/* SipHash-2-4: the keyed hash behind every cookie. Layer 1. */
#ifndef PRT_PURE_SIPHASH_H
#define PRT_PURE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* The hash of n 64-bit words, which are the message's bytes in little-endian
 * order (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012). */
uint64_t siphash(const uint64_t key[2], const uint64_t *words, size_t n);

#endif
