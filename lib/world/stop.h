/* Stopping on a signal, for programs that look at a flag. Layer 3. */
#ifndef PRT_WORLD_STOP_H
#define PRT_WORLD_STOP_H

#include <stdatomic.h>

/* Set by SIGINT and SIGTERM once stop_catch() was called. */
extern atomic_bool stop;

/* From now on those two set `stop` and interrupt a waiting system call, and a
 * closed pipe is an error of write(2) instead of the end. */
void	stop_catch(void);

#endif
