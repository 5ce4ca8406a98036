/* The names of addresses that the system's hosts file has: hosts(5). Layer 3. */
#ifndef PRT_WORLD_HOSTSFILE_H
#define PRT_WORLD_HOSTSFILE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/str.h"

struct hostsfile_row {
	u128		addr;
	size_t		line;
	struct str	name;
};

/* Zero-initialised is empty. */
struct hostsfile {
	struct buf		 text;
	struct hostsfile_row	*row;	/* by address */
	size_t			 n, cap;
};

/* Reads the file; one that is not there, or cannot be read, has no names. 0, or
 * -1 when out of memory. */
int	hostsfile_read(struct hostsfile *, const char *path);
void	hostsfile_release(struct hostsfile *);
/* The first name of the address, valid as long as the file is; or absent. */
struct str hostsfile_find(const struct hostsfile *, u128 addr);

#endif
