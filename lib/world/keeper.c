#include "world/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world/priv.h"

struct keeper {
	int	sock;	/* a size and as many bytes go out, an errno comes */
	pid_t	pid;
	int	busy;
};

/* ---- in the process ---- */

static int
read_all(int fd, void *p, size_t n)
{
	char *at = p;
	ssize_t got;

	while (n > 0) {
		got = read(fd, at, n);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

static int
write_all(int fd, const char *p, size_t n)
{
	ssize_t put;

	while (n > 0) {
		put = write(fd, p, n);
		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return -1;
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

static int
create(const char *beside)
{
	return open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
	    O_CLOEXEC, 0666);
}

/* The name is not safe before its folder is on the disk as well; a file system
 * that cannot do that is no reason to fail. */
static void
sync_folder(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return;
	(void)fsync(fd);
	close(fd);
}

/* 0, or an errno. */
static int
replace(const char *path, const char *beside, const char *p, size_t n)
{
	int fd = create(beside), e = 0;

	if (fd == -1)
		return errno;
	if (write_all(fd, p, n) == -1 || fsync(fd) == -1)
		e = errno;
	if (close(fd) == -1 && e == 0)
		e = errno;
	if (e == 0 && rename(beside, path) == -1)
		e = errno;
	if (e != 0)
		unlink(beside);
	else
		sync_folder(path);
	return e;
}

/* Until the other side is gone, however it ended: what has not come whole then
 * is nothing. */
static void
serve(int sock, const char *path, const char *beside)
{
	char *p = NULL, *more;
	uint64_t n;
	int e;

	while (read_all(sock, &n, sizeof(n)) == 0) {
		if ((more = realloc(p, n + 1)) == NULL)
			break;
		p = more;
		if (read_all(sock, p, n) == -1)
			break;
		e = replace(path, beside, p, n);
		if (send(sock, &e, sizeof(e), MSG_NOSIGNAL) == -1)
			break;
	}
	free(p);
}

/* Nobody is to wait for a pipe that is open here; signals are for the other
 * side. */
static void
run(int sock, const char *path, const char *beside)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (dup2(sock, 0) == -1)
		_exit(1);
	close_range(1, ~0u, 0);
	if (priv_keep_files() == -1)
		_exit(1);
	serve(0, path, beside);
	_exit(0);
}

/* ---- beside it ---- */

struct keeper *
keeper_open(const char *path)
{
	struct keeper *k = calloc(1, sizeof(*k));
	char beside[PATH_MAX];
	int fd, pair[2];

	if (k == NULL)
		return NULL;
	if (snprintf(beside, sizeof(beside), "%s.new", path) >=
	    (int)sizeof(beside)) {
		errno = ENAMETOOLONG;
		goto fail;
	}
	/* better now than when the scan has run for an hour */
	if ((fd = create(beside)) == -1)
		goto fail;
	close(fd);
	unlink(beside);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		goto fail;
	if ((k->pid = fork()) == -1) {
		close(pair[0]);
		close(pair[1]);
		goto fail;
	}
	if (k->pid == 0)
		run(pair[1], path, beside);
	close(pair[1]);
	k->sock = pair[0];
	return k;
fail:
	free(k);
	return NULL;
}

static int
send_all(int sock, const void *p, size_t n)
{
	const char *at = p;
	ssize_t put;

	while (n > 0) {
		put = send(sock, at, n, MSG_NOSIGNAL);
		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return -1;
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

int
keeper_put(struct keeper *k, const void *p, size_t n)
{
	uint64_t size = n;

	if (send_all(k->sock, &size, sizeof(size)) == -1 ||
	    send_all(k->sock, p, n) == -1)
		return -1;
	k->busy = 1;
	return 0;
}

int
keeper_done(struct keeper *k, int wait)
{
	struct pollfd pfd = { .fd = k->sock, .events = POLLIN };
	int e;

	if (!k->busy)
		return 1;
	while ((e = poll(&pfd, 1, wait ? -1 : 0)) == -1 && errno == EINTR)
		;
	if (e == 0)
		return 0;
	k->busy = 0;
	errno = EPIPE;
	if (e == -1 || read_all(k->sock, &e, sizeof(e)) == -1)
		return -1;
	errno = e;
	return e == 0 ? 1 : -1;
}

void
keeper_close(struct keeper *k)
{
	if (k == NULL)
		return;
	close(k->sock);
	while (waitpid(k->pid, NULL, 0) == -1 && errno == EINTR)
		;
	free(k);
}
