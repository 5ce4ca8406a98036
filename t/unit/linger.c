/* The child that closes sockets after its parent: ends of socket pairs stand in
 * for packet sockets. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "world/linger.h"

#define HELD	3

/* Is the other end of fd closed, within so many milliseconds? */
static bool
ends(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&pfd, 1, ms) == 1 && read(fd, &c, 1) == 0;
}

/* Hands the sockets over in no order, stays until it is told to go. */
static void
process(int held[HELD], int told, int ready)
{
	char c;
	int i;

	for (i = HELD - 1; i >= 0; i--)
		linger_close(held[(i + 1) % HELD]);
	linger_close(-1);
	linger();
	for (i = 0; i < HELD; i++)
		close(held[i]);
	if (write(ready, "r", 1) == 1 && read(told, &c, 1) == 1)
		_exit(0);
	_exit(1);
}

static void
the_child_is_the_last(void **state)
{
	int ours[HELD], theirs[HELD], p[2], other[2], tell[2], ready[2];
	int i, status;
	pid_t pid;
	char c;

	(void)state;
	assert_int_equal(pipe(tell), 0);
	assert_int_equal(pipe(ready), 0);
	for (i = 0; i < HELD; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
		ours[i] = p[0];
		theirs[i] = p[1];
	}
	/* something else that is open, above and below them */
	assert_int_equal(pipe(other), 0);
	if ((pid = fork()) == 0) {
		alarm(20);
		dup2(other[1], 0);
		for (i = 0; i < HELD; i++)
			close(ours[i]);
		close(tell[1]);
		process(theirs, tell[0], ready[1]);
	}
	assert_int_not_equal(pid, -1);
	for (i = 0; i < HELD; i++)
		close(theirs[i]);
	close(other[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	/* the process has closed them, its child has not */
	for (i = 0; i < HELD; i++)
		assert_false(ends(ours[i], 50));
	assert_int_equal(write(tell[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (i = 0; i < HELD; i++)
		assert_true(ends(ours[i], 5000));
	/* which had nothing else open */
	assert_true(ends(ready[0], 0));
	assert_true(ends(other[0], 0));
}

static void
nothing_to_hold(void **state)
{
	pid_t pid;
	int p[2], status;

	(void)state;
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		close(p[0]);
		linger();
		_exit(waitpid(-1, NULL, 0) == -1 ? 0 : 1);
	}
	close(p[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(ends(p[0], 0));
	close(p[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_child_is_the_last),
		cmocka_unit_test(nothing_to_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
