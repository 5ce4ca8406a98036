/* Frames made inside the kernel: running the program of live.bpf.c over what
 * Linux calls live frames (5.18 and later). Layer 3.
 *
 * The state is that of the sender "xdp-live" (tx.h), one for each thread. */
#ifndef PRT_WORLD_LIVE_H
#define PRT_WORLD_LIVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "world/live_abi.h"

/* The kernel takes tens of milliseconds to begin and end a run: it should last
 * so many, and a scan should have so many probes. */
#define LIVE_RUN_MS	500
#define LIVE_PROBES	100000

/* The program's memory: its tables are the caller's to fill. */
struct live *live_memory(void *state);
/* Makes and sends the frames from ->at to ->end, ->pps of them a second: 0, or
 * -1 with errno; *stop ends it early. */
int	live_run(void *state, const atomic_bool *stop);
#endif
