/* The data files of share/: where they are, and their bytes. Layer 3. */
#ifndef PRT_WORLD_DATA_H
#define PRT_WORLD_DATA_H

#include "base/str.h"

struct data {
	char		*path;	/* for messages; never NULL after data_open() */
	struct str	 text;	/* the whole file */
};

/* Reads a file of share/, such as "ports", whole. It is looked for in the
 * directory $PRT_DATA (not in a program with capabilities), then, for a program
 * that lies in a build tree (build/bin, build/asan/bin), in share/ beside
 * build/, then in PRT_DATADIR where `make install` puts it. 0, or -1 with errno
 * and ->path the place that was tried last (NULL when out of memory). */
int	data_open(struct data *, const char *name);
/* Reads any file whole, "-" being stdin: as data_open(). */
int	data_open_path(struct data *, const char *path);
void	data_close(struct data *);

#endif
