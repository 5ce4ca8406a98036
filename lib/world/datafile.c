#include "world/datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PRT_DATADIR
#error "PRT_DATADIR comes from the Makefile"
#endif

#define READ_SIZE	(16 * 1024)

/* The folder of the running program, without a slash at the end. */
static bool
program_dir(char *dir, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", dir, cap - 1);
	char *slash;

	if (n <= 0)
		return false;
	dir[n] = '\0';
	slash = strrchr(dir, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

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

/* build/bin/prog, or build/asan/bin/prog: the Makefile's stamp tells a build
 * from an installation. */
static int
open_in_tree(const char *dir, const char *name, char *path, size_t cap)
{
	int fd = try(path, cap, "%s/../flags", dir);

	if (fd == -1)
		return -1;
	close(fd);
	fd = try(path, cap, "%s/../../share/%s", dir, name);
	if (fd == -1)
		fd = try(path, cap, "%s/../../../share/%s", dir, name);
	return fd;
}

int
datafile_open(const char *name, char *path, size_t cap)
{
	const char *env = secure_getenv("PRT_DATADIR");
	char dir[PATH_MAX];
	int fd = -1;

	if (env != NULL && *env != '\0')
		return try(path, cap, "%s/%s", env, name);
	if (program_dir(dir, sizeof(dir))) {
		fd = open_in_tree(dir, name, path, cap);
		if (fd == -1)
			fd = try(path, cap, "%s/../share/prt/%s", dir, name);
	}
	if (fd == -1)
		fd = try(path, cap, "%s/%s", PRT_DATADIR, name);
	return fd;
}

int
datafile_read(const char *name, struct buf *text, char *path, size_t cap)
{
	int fd = datafile_open(name, path, cap), saved;
	ssize_t r = 1;

	if (fd == -1)
		return -1;
	while (r != 0) {
		if (buf_reserve(text, READ_SIZE) == -1) {
			errno = ENOMEM;
			r = -1;
			break;
		}
		r = read(fd, text->p + text->n, READ_SIZE);
		if (r > 0)
			text->n += (size_t)r;
		else if (r == -1 && errno != EINTR)
			break;
	}
	saved = errno;
	close(fd);
	errno = saved;
	return r == 0 ? 0 : -1;
}
