#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "world/sandbox.h"

static int pair[2];

/* Runs `try` in a child that has entered the sandbox, which cannot be left:
 * what it returns, or 100 + bits when the kernel (or this build) has no more
 * than those bits of it. */
static int
inside(int (*enter)(void), int (*try)(void), int need)
{
	int wstatus, bits;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		bits = enter();
		if (bits == -1)
			_exit(99);
		if ((bits & need) != need)
			_exit(100 + bits);
		_exit(try());
	}
	assert_int_equal(waitpid(pid, &wstatus, 0), pid);
	assert_true(WIFEXITED(wstatus));
	return WEXITSTATUS(wstatus);
}

static bool
refused(long r)
{
	return r == -1 && (errno == EPERM || errno == EACCES);
}

static int
open_files(void)
{
	if (!refused(open("/etc/passwd", O_RDONLY)))
		return 1;
	if (!refused(open("/dev/null", O_WRONLY)))
		return 2;
	return !refused(open("/tmp/prt-sandbox", O_WRONLY | O_CREAT, 0600)) ?
	    3 : 0;
}

static int
system_calls(void)
{
	static char *none[] = { NULL };
	int p[2];

	if (!refused(socket(AF_INET, SOCK_STREAM, 0)))
		return 1;
	if (!refused(execve("/bin/true", none, none)))
		return 2;
	if (!refused(fork()))
		return 3;
	if (!refused(pipe(p)))
		return 4;
	if (!refused(kill(getppid(), 0)))
		return 5;
	if (!refused(unlink("/tmp/prt-sandbox")))
		return 6;
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return 7;
	return !refused(setuid(0)) ? 8 : 0;
}

static int
what_it_needs(void)
{
	char *p = malloc(10 << 20), byte;
	sigset_t s;

	if (p == NULL || write(STDOUT_FILENO, "", 0) != 0)
		return 1;
	memset(p, 1, 10 << 20);
	if ((p = realloc(p, 50 << 20)) == NULL)
		return 2;
	free(p);
	sigemptyset(&s);
	if (sigprocmask(SIG_BLOCK, &s, NULL) == -1 || clock_mono_ns() == 0 ||
	    clock_wall_ns() == 0 || random_bytes(&byte, 1) == -1)
		return 3;
	return close(STDIN_FILENO) == -1 ? 4 : 0;
}

static void
expect(int (*enter)(void), int (*try)(void), int need, const char *what)
{
	int r = inside(enter, try, need);

	if (r >= 100)
		print_message("# no %s in this kernel or build: bits %d\n",
		    what, r - 100);
	else
		assert_int_equal(r, 0);
}

static void
no_files(void **state)
{
	(void)state;
	expect(sandbox_enter, open_files, SANDBOX_LANDLOCK, "landlock");
	expect(sandbox_enter, open_files, SANDBOX_SECCOMP, "seccomp");
}

static int
sockets(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid = fd == -1 ? -1 : fork();

	if (pid == 0)
		_exit(0);
	return pid == -1 || waitpid(pid, NULL, 0) != pid;
}

static void
only_no_files(void **state)
{
	(void)state;
	expect(sandbox_files, open_files, SANDBOX_LANDLOCK, "landlock");
	assert_int_equal(inside(sandbox_files, sockets, SANDBOX_NO_NEW_PRIVS),
	    0);
}

static void
few_calls(void **state)
{
	(void)state;
	expect(sandbox_enter, system_calls, SANDBOX_SECCOMP, "seccomp");
}

/* Sockets of IPv4 and IPv6, and nothing beyond them. */
static int
only_sockets(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	static char *none[] = { NULL };
	int fd, ep;

	if ((fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0)) == -1 ||
	    close(fd) == -1 ||
	    (fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return 1;
	/* nobody listens on port 0 */
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 ||
	    errno == EPERM || errno == EACCES)
		return 2;
	if (!refused(socket(AF_UNIX, SOCK_STREAM, 0)) ||
	    !refused(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)) ||
	    !refused(socket(AF_NETLINK, SOCK_RAW, 0)))
		return 3;
	if (!refused(listen(fd, 1)) || !refused(accept(fd, NULL, NULL)))
		return 4;
	if (!refused(execve("/bin/true", none, none)) || !refused(fork()))
		return 5;
	if (mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
		return 6;
	ep = epoll_create1(0);
	return ep == -1 ? 0 : 7;
}

static void
sockets_only(void **state)
{
	(void)state;
	expect(sandbox_sockets, only_sockets, SANDBOX_SECCOMP, "seccomp");
	expect(sandbox_sockets, open_files, SANDBOX_LANDLOCK, "landlock");
	assert_int_equal(inside(sandbox_sockets, what_it_needs,
	    SANDBOX_NO_NEW_PRIVS), 0);
}

/* Sockets that are there work, by many datagrams at once; none can be made. */
static int
only_packets(void)
{
	char byte[2] = { 1, 2 };
	struct iovec out[2] = { { byte, 1 }, { byte + 1, 1 } };
	struct mmsghdr m[2] = { { .msg_hdr = { .msg_iov = &out[0],
	    .msg_iovlen = 1 } }, { .msg_hdr = { .msg_iov = &out[1],
	    .msg_iovlen = 1 } } };

	if (sendmmsg(pair[0], m, 2, 0) != 2 ||
	    recvmmsg(pair[1], m, 2, MSG_DONTWAIT, NULL) != 2)
		return 1;
	if (!refused(socket(AF_INET, SOCK_DGRAM, 0)) ||
	    !refused(socket(AF_PACKET, SOCK_DGRAM, 0)))
		return 2;
	if (!refused(connect(pair[0], NULL, 0)) || !refused(fork()))
		return 3;
	return 0;
}

static void
packets_only(void **state)
{
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	expect(sandbox_packets, only_packets, SANDBOX_SECCOMP, "seccomp");
	expect(sandbox_packets, open_files, SANDBOX_LANDLOCK, "landlock");
	assert_int_equal(inside(sandbox_packets, what_it_needs,
	    SANDBOX_NO_NEW_PRIVS), 0);
	close(pair[0]);
	close(pair[1]);
}

static void
enough(void **state)
{
	(void)state;
	assert_int_equal(inside(sandbox_enter, what_it_needs,
	    SANDBOX_NO_NEW_PRIVS), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_files),
		cmocka_unit_test(only_no_files),
		cmocka_unit_test(few_calls),
		cmocka_unit_test(sockets_only),
		cmocka_unit_test(packets_only),
		cmocka_unit_test(enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
