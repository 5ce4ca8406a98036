#include "world/data.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#ifndef PRT_DATADIR
#error "PRT_DATADIR comes from the Makefile"
#endif

#define READ_SIZE	(64 * 1024)

static int
read_all(int fd, struct buf *b)
{
	ssize_t r;

	for (;;) {
		if (buf_reserve(b, READ_SIZE) == -1) {
			errno = ENOMEM;
			return -1;
		}
		if ((r = read(fd, b->p + b->n, READ_SIZE)) == 0)
			return 0;
		if (r == -1 && errno != EINTR)
			return -1;
		if (r > 0)
			b->n += (size_t)r;
	}
}

int
data_open_path(struct data *d, const char *path)
{
	struct buf b = { 0 };
	int fd, saved;

	*d = (struct data){ 0 };
	if ((d->path = strdup(path)) == NULL)
		return -1;
	fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (read_all(fd, &b) == -1) {
		saved = errno;
		buf_release(&b);
		if (fd != STDIN_FILENO)
			close(fd);
		errno = saved;
		return -1;
	}
	if (fd != STDIN_FILENO)
		close(fd);
	d->text = buf_view(&b);
	return 0;
}

void
data_close(struct data *d)
{
	union { const char *c; char *p; } text = { d->text.p };

	free(d->path);
	free(text.p);
	*d = (struct data){ 0 };
}

/* Tries dir/name: 0 when it is there, -1 with errno. */
static int
try_dir(struct data *d, const char *dir, const char *name)
{
	char path[PATH_MAX];
	int n;

	n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	data_close(d);
	return data_open_path(d, path);
}

/* TREE/build/bin/prog and TREE/build/asan/bin/prog want TREE/share. */
static int
build_share(char *dir, size_t cap)
{
	ssize_t n = readlink("/proc/self/exe", dir, cap - 1);
	char *slash;
	int up;

	if (n <= 0)
		return -1;
	dir[n] = '\0';
	for (up = 0; up < 4; up++) {
		if ((slash = strrchr(dir, '/')) == NULL)
			return -1;
		if (up >= 2 && strcmp(slash, "/build") == 0) {
			if (cap - (size_t)(slash - dir) < sizeof("/share"))
				return -1;
			memcpy(slash, "/share", sizeof("/share"));
			return 0;
		}
		*slash = '\0';
	}
	return -1;
}

int
data_open(struct data *d, const char *name)
{
	const char *dirs[3];
	char dir[PATH_MAX];
	size_t i, n = 0;

	*d = (struct data){ 0 };
	dirs[n] = secure_getenv("PRT_DATA");
	if (dirs[n] != NULL && *dirs[n] != '\0')
		n++;
	if (build_share(dir, sizeof(dir)) == 0)
		dirs[n++] = dir;
	dirs[n++] = PRT_DATADIR;
	for (i = 0; i < n; i++)
		if (try_dir(d, dirs[i], name) == 0)
			return 0;
		else if (errno != ENOENT)
			break;
	return -1;
}
