#include "world/datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "world/wholefile.h"

#ifndef PRT_DATADIR
#error "PRT_DATADIR comes from the Makefile"
#endif

/* Where the running program lies: asked once. */
static struct {
	bool	known;
	bool	tree;		/* build/bin: see find_program() */
	char	dir[PATH_MAX];	/* without a slash at the end; empty: unknown */
} program;

static int __attribute__((format(printf, 3, 4)))
try(char *path, size_t cap, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(path, cap, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= cap) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The Makefile's stamp tells a build from an installation. */
static void
find_program(void)
{
	ssize_t n = readlink("/proc/self/exe", program.dir,
	    sizeof(program.dir) - 1);
	char path[PATH_MAX], *slash;
	int fd;

	program.known = true;
	program.dir[n > 0 ? n : 0] = '\0';
	if ((slash = strrchr(program.dir, '/')) == NULL) {
		program.dir[0] = '\0';
		return;
	}
	*slash = '\0';
	fd = try(path, sizeof(path), "%s/../flags", program.dir);
	program.tree = fd != -1;
	if (fd != -1)
		close(fd);
}

/* build/bin/prog, or build/asan/bin/prog */
static int
open_in_tree(const char *name, char *path, size_t cap)
{
	int fd = try(path, cap, "%s/../../share/%s", program.dir, name);

	if (fd == -1)
		fd = try(path, cap, "%s/../../../share/%s", program.dir, name);
	return fd;
}

int
datafile_open(const char *name, char *path, size_t cap)
{
	const char *env = secure_getenv("PRT_DATADIR");
	int fd = -1;

	if (env != NULL && *env != '\0')
		return try(path, cap, "%s/%s", env, name);
	if (!program.known)
		find_program();
	if (program.tree)
		fd = open_in_tree(name, path, cap);
	if (fd == -1 && program.dir[0] != '\0')
		fd = try(path, cap, "%s/../share/prt/%s", program.dir, name);
	if (fd == -1)
		fd = try(path, cap, "%s/%s", PRT_DATADIR, name);
	return fd;
}

int
datafile_read(const char *name, struct buf *text, char *path, size_t cap)
{
	int fd = datafile_open(name, path, cap), saved, r;

	if (fd == -1)
		return -1;
	r = wholefile_fd(fd, text, SIZE_MAX);
	saved = errno;
	close(fd);
	errno = saved;
	return r;
}
