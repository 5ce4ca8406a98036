/* The two clocks and the kernel's randomness. Layer 0.
 *
 * Pure code never calls these: it takes `now` as an argument. */
#ifndef PRT_BASE_CLOCK_H
#define PRT_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_S	1000000000u
#define NS_PER_MS	1000000u
#define NS_PER_US	1000u

/* CLOCK_MONOTONIC, in nanoseconds: for intervals. */
uint64_t clock_mono_ns(void);
/* CLOCK_REALTIME, in nanoseconds since the epoch: for time= fields. */
uint64_t clock_wall_ns(void);
/* Fills n bytes from getrandom(2): 0, or -1 with errno. */
int	 random_bytes(void *, size_t n);

#endif
