#include "world/memory.h"

#include <malloc.h>

#define AHEAD	(512 * 1024)

void
memory_setup(void)
{
#ifdef M_ARENA_MAX
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_TOP_PAD, AHEAD);
	(void)mallopt(M_TRIM_THRESHOLD, 4 * AHEAD);
#endif
}
