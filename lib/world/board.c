#include "world/board.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define PAGE	((uint64_t)4096)
#define READY	'R'

static uint64_t
page_up(uint64_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

static void
hex_of(char *dst, const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		snprintf(dst + 2 * i, 3, "%02x", p[i]);
}

/* An abstract name: it lives in the network namespace, not in a file system,
 * and is gone with the socket (unix(7)). */
static socklen_t
name_of(struct sockaddr_un *sa, struct str id)
{
	int n;

	memset(sa, 0, sizeof(*sa));
	sa->sun_family = AF_UNIX;
	n = snprintf(sa->sun_path + 1, sizeof(sa->sun_path) - 1, "prt-%.*s",
	    STR_ARG(id));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    (size_t)n);
}

static int
map_head(struct board *b)
{
	b->head = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, b->fd,
	    0);
	if (b->head == MAP_FAILED) {
		b->head = NULL;
		return -1;
	}
	return 0;
}

int
board_create(struct board *b, const uint64_t key[2])
{
	struct sockaddr_un sa;
	uint8_t rnd[BOARD_ID];
	socklen_t len;

	*b = (struct board){ .fd = -1, .sock = -1, .listener = -1 };
	if (random_bytes(rnd, sizeof(rnd)) == -1)
		return -1;
	hex_of(b->id, rnd, BOARD_ID / 2);
	hex_of(b->token, rnd + BOARD_ID / 2, BOARD_ID / 2);
	b->fd = memfd_create("prt-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (b->fd == -1 || ftruncate(b->fd, (off_t)PAGE) == -1 ||
	    /* a shrunk mapping would end its reader with SIGBUS */
	    fcntl(b->fd, F_ADD_SEALS, F_SEAL_SHRINK) == -1 ||
	    map_head(b) == -1)
		goto fail;
	b->size = PAGE;
	b->head->key[0] = key[0];
	b->head->key[1] = key[1];
	b->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	len = name_of(&sa, str_of(b->id));
	if (b->listener == -1 ||
	    bind(b->listener, (struct sockaddr *)&sa, len) == -1 ||
	    listen(b->listener, 4) == -1)
		goto fail;
	return 0;
fail:
	board_close(b);
	return -1;
}

void
board_close(struct board *b)
{
	int saved = errno;

	if (b->head != NULL)
		munmap(b->head, PAGE);
	if (b->fd != -1)
		close(b->fd);
	if (b->sock != -1)
		close(b->sock);
	if (b->listener != -1)
		close(b->listener);
	b->head = NULL;
	b->fd = b->sock = b->listener = -1;
	errno = saved;
}

/* ---- the handing over ---- */

static int
wait_readable(int fd, uint64_t until)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t now = clock_mono_ns();
	int ms = now >= until ? 0 : (int)((until - now) / NS_PER_MS) + 1, r;

	do
		r = poll(&pfd, 1, ms);
	while (r == -1 && errno == EINTR && clock_mono_ns() < until);
	return r;
}

/* Reads exactly n bytes before `until`: false when they do not come. */
static bool
read_exactly(int fd, char *p, size_t n, uint64_t until)
{
	ssize_t r;

	while (n > 0) {
		if (wait_readable(fd, until) <= 0 ||
		    (r = read(fd, p, n)) <= 0)
			return false;
		p += r;
		n -= (size_t)r;
	}
	return true;
}

static int
send_fd(int sock, int fd)
{
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(sizeof(int))];
	} u;
	char byte = 'B';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *c;

	memset(&u, 0, sizeof(u));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &m, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static int
receive_fd(int sock)
{
	union {
		struct cmsghdr	align;
		char		buf[CMSG_SPACE(sizeof(int))];
	} u;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *c;
	int fd;

	if (recvmsg(sock, &m, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int))) {
		errno = EPROTO;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* Compares in constant time: the token is a secret of the pipe. */
static bool
token_is(const struct board *b, const char *shown)
{
	unsigned diff = 0;
	size_t i;

	for (i = 0; i < BOARD_ID; i++)
		diff |= (unsigned)(b->token[i] ^ shown[i]);
	return diff == 0;
}

/* The listener's connection: 1, 0 when none came in time, -1 with errno. */
static int
take_listener(struct board *b, uint64_t until)
{
	char token[BOARD_ID];
	int s, r;

	for (;;) {
		if ((r = wait_readable(b->listener, until)) <= 0)
			return r;
		s = accept4(b->listener, NULL, NULL, SOCK_CLOEXEC);
		if (s == -1)
			return -1;
		/* a stranger gets nothing and does not hold us up */
		if (read_exactly(s, token, sizeof(token),
		    clock_mono_ns() + NS_PER_S) && token_is(b, token) &&
		    send_fd(s, b->fd) == 0)
			break;
		close(s);
	}
	close(b->listener);
	b->listener = -1;
	b->sock = s;
	return 1;
}

int
board_await(struct board *b, int timeout_ms)
{
	uint64_t until = clock_mono_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	char ready;
	int r;

	if (b->sock == -1 && (r = take_listener(b, until)) <= 0)
		return r;
	if ((r = wait_readable(b->sock, until)) <= 0)
		return r;
	if (read(b->sock, &ready, 1) == 1 && ready == READY)
		return 1;
	errno = EPIPE;
	return -1;
}

int
board_connect(struct board *b, struct str id, struct str token)
{
	struct sockaddr_un sa;
	socklen_t len = name_of(&sa, id);

	*b = (struct board){ .fd = -1, .listener = -1 };
	str_copy(b->id, sizeof(b->id), id);
	b->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (b->sock == -1 ||
	    connect(b->sock, (struct sockaddr *)&sa, len) == -1 ||
	    send(b->sock, token.p, token.n, MSG_NOSIGNAL) !=
	    (ssize_t)token.n ||
	    (b->fd = receive_fd(b->sock)) == -1 || map_head(b) == -1) {
		board_close(b);
		return -1;
	}
	return 0;
}

int
board_ready(struct board *b)
{
	char c = READY;

	return send(b->sock, &c, 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

bool
board_peer(const struct board *b)
{
	char c;

	if (b->sock == -1)
		return false;
	/* neither side sends anything after the handing over */
	return recv(b->sock, &c, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	    (errno == EAGAIN || errno == EINTR);
}

/* ---- batches ---- */

static uint64_t
bits_size(uint64_t n)
{
	return page_up((n + 63) / 64 * 8);
}

static uint64_t
open_size(uint64_t n)
{
	return n <= BOARD_OPEN ? bits_size(n) : 0;
}

static uint64_t
times_size(uint64_t n)
{
	return page_up((n < BOARD_TIMES ? n : BOARD_TIMES) * 8);
}

uint64_t
board_batch_size(uint64_t n)
{
	return PAGE + bits_size(n) + open_size(n) + times_size(n);
}

static int
map_batch(struct board *b, struct board_batch *bb, uint64_t n,
    uint64_t offset)
{
	*bb = (struct board_batch){ .n = n, .offset = offset,
	    .size = board_batch_size(n) };
	bb->map = mmap(NULL, bb->size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_NORESERVE, b->fd, (off_t)offset);
	if (bb->map == MAP_FAILED) {
		bb->map = NULL;
		return -1;
	}
	b->live += bb->size;
	bb->answered = bb->map;
	bb->bits = bb->answered + PAGE / 8;
	bb->open = open_size(n) == 0 ? NULL : bb->bits + bits_size(n) / 8;
	bb->times = bb->bits + (bits_size(n) + open_size(n)) / 8;
	return 0;
}

int
board_batch_make(struct board *b, struct board_batch *bb, uint64_t n)
{
	uint64_t at = b->size;

	if (ftruncate(b->fd, (off_t)(at + board_batch_size(n))) == -1)
		return -1;
	b->size = at + board_batch_size(n);
	return map_batch(b, bb, n, at);
}

int
board_batch_map(struct board *b, struct board_batch *bb, uint64_t n,
    uint64_t offset)
{
	off_t end = lseek(b->fd, 0, SEEK_END);

	if (end == -1)
		return -1;
	if (n == 0 || n > (uint64_t)1 << 40 || offset % PAGE != 0 ||
	    offset < PAGE || offset > (uint64_t)end ||
	    board_batch_size(n) > (uint64_t)end - offset) {
		errno = EINVAL;
		return -1;
	}
	return map_batch(b, bb, n, offset);
}

void
board_batch_drop(struct board *b, struct board_batch *bb)
{
	if (bb->map == NULL)
		return;
	munmap(bb->map, bb->size);
	b->live -= bb->size;
	/* the listener is the last to read a batch, and has no token */
	if (b->token[0] == '\0')
		(void)fallocate(b->fd, FALLOC_FL_PUNCH_HOLE |
		    FALLOC_FL_KEEP_SIZE, (off_t)bb->offset, (off_t)bb->size);
	*bb = (struct board_batch){ 0 };
}
