/* Files that are read whole. Layer 3. */
#ifndef PRT_WORLD_WHOLEFILE_H
#define PRT_WORLD_WHOLEFILE_H

#include <stddef.h>

#include "base/buf.h"

/* Appends everything from a descriptor, at most `most` bytes: 0, or -1 with
 * errno. */
int	wholefile_fd(int fd, struct buf *text, size_t most);
/* The same for the file of that name. */
int	wholefile_read(const char *path, struct buf *text, size_t most);

#endif
