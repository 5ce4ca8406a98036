/* The data files of share/, wherever this program was built or installed.
 * Layer 3. */
#ifndef PRT_WORLD_DATAFILE_H
#define PRT_WORLD_DATAFILE_H

#include <stddef.h>

#include "base/buf.h"

/* Opens share/NAME for reading: a descriptor (close-on-exec), or -1 with errno.
 * `path` (of cap bytes) becomes the file's path for messages: what was opened,
 * else where `make install` puts it. Looks, in this order, in
 *	$PRT_DATADIR, unless the program runs with more privilege than its user;
 *	share/ of the source tree, when the program still is in its build/bin;
 *	../share/prt beside the program's folder, then PREFIX/share/prt. */
int	datafile_open(const char *name, char *path, size_t cap);
/* Appends the whole of such a file to *text: 0, or -1 with errno; path as
 * above. */
int	datafile_read(const char *name, struct buf *text, char *path,
	    size_t cap);

#endif
