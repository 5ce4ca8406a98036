#include "world/wholefile.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define CHUNK	(16 * 1024)
#define SIZE	((size_t)64 << 20)	/* that is believed */

/* How much to read at once: a file's size and a byte more, so that a short read
 * is its end. */
static size_t
read_size(int fd, bool *regular)
{
	struct stat st;

	*regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	return *regular && (size_t)st.st_size < SIZE ?
	    (size_t)st.st_size + 1 : CHUNK;
}

int
wholefile_fd(int fd, struct buf *text, size_t most)
{
	size_t had = text->n, want;
	bool regular;
	ssize_t r = 1;

	want = read_size(fd, &regular);
	while (r != 0 && text->n - had < most) {
		if (buf_reserve(text, want) == -1) {
			errno = ENOMEM;
			return -1;
		}
		r = read(fd, text->p + text->n, want);
		if (r > 0)
			text->n += (size_t)r;
		else if (r == -1 && errno != EINTR)
			return -1;
		if (regular && r > 0 && (size_t)r < want)
			r = 0;
	}
	if (text->n - had > most)
		text->n = had + most;
	return 0;
}

int
wholefile_read(const char *path, struct buf *text, size_t most)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r, saved;

	if (fd == -1)
		return -1;
	r = wholefile_fd(fd, text, most);
	saved = errno;
	close(fd);
	errno = saved;
	return r;
}
