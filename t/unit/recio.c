#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "world/recio.h"

/* A file with these bytes, at its beginning. */
static int
file_of(const char *p, size_t n)
{
	int fd = memfd_create("recio", MFD_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, p, n), n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
expect_line(struct recin *in, const char *want)
{
	struct str line;

	while (!recin_line(in, &line)) {
		assert_false(in->eof);
		assert_int_not_equal(recin_fill(in), -1);
	}
	if (!str_is(line, want))
		fail_msg("'%.*s' is not '%s'", STR_ARG(line), want);
}

static void
lines(void **state)
{
	static const char text[] = "one\ntwo\r\n\r\n\nthree\r";
	int fd = file_of(text, sizeof(text) - 1);
	struct recin in;
	struct str line;

	(void)state;
	recin_init(&in, fd, "x");
	expect_line(&in, "one");
	assert_int_equal(in.line, 1);
	expect_line(&in, "two");
	expect_line(&in, "");
	expect_line(&in, "");
	expect_line(&in, "three");
	assert_int_equal(in.line, 5);
	assert_false(recin_line(&in, &line));
	assert_true(in.eof);
	recin_release(&in);
	close(fd);
}

/* Lines that come in pieces, each read ending somewhere else. */
static void
pieces(void **state)
{
	enum { N = 3000 };
	struct recin in;
	int p[2], i, wstatus;
	pid_t pid;
	char text[64];

	(void)state;
	assert_int_equal(pipe(p), 0);
	if ((pid = fork()) == 0) {
		close(p[0]);
		for (i = 0; i < N; i++) {
			int n = snprintf(text, sizeof(text), "%d %*s\n", i,
			    i % 40, "");
			if (write(p[1], text, (size_t)n / 2) == -1 ||
			    write(p[1], text + n / 2,
			    (size_t)(n - n / 2)) == -1)
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]);
	recin_init(&in, p[0], "x");
	for (i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "%d %*s", i, i % 40, "");
		expect_line(&in, text);
	}
	assert_int_equal(waitpid(pid, &wstatus, 0), pid);
	assert_int_equal(wstatus, 0);
	recin_release(&in);
	close(p[0]);
}

static void
records(void **state)
{
	static const char text[] = "# c\n\n192.0.2.7\t80\nbad\t\n"
	    "{\"ip\":\"192.0.2.8\"}\n";
	int fd = file_of(text, sizeof(text) - 1);
	struct record r = { 0 };
	const char *err = NULL;
	struct recin in;

	(void)state;
	recin_init(&in, fd, "x");
	assert_int_equal(recin_next(&in, &r, &err), 1);
	assert_true(str_is(r.col[COL_PORT], "80"));
	assert_int_equal(in.line, 3);
	assert_int_equal(recin_next(&in, &r, &err), -2);
	assert_non_null(err);
	assert_int_equal(in.line, 4);
	assert_int_equal(recin_next(&in, &r, &err), 1);
	assert_true(str_is(r.col[COL_IP], "192.0.2.8"));
	assert_int_equal(recin_next(&in, &r, &err), 0);
	assert_int_equal(recin_next(&in, &r, &err), 0);
	recin_release(&in);
	rec_release(&r);
	close(fd);
}

/* A line of exactly RECIN_MAX bytes is one, a longer one is not, wherever the
 * reads end; memory stays bounded. */
static void
long_lines(void **state)
{
	const size_t sizes[] = { RECIN_MAX, RECIN_MAX + 1, 5 * RECIN_MAX };
	struct record r = { 0 };
	const char *err = NULL;
	struct recin in;
	char *p = malloc(5 * RECIN_MAX + 16);
	size_t i;
	int fd, last;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < 3; i++) {
		for (last = 0; last < 2; last++) {
			memset(p, 'a', sizes[i]);
			memcpy(p + sizes[i], "\nb\n", 3);
			fd = file_of(p, sizes[i] + (last ? 0 : 3));
			recin_init(&in, fd, "x");
			assert_int_equal(recin_next(&in, &r, &err),
			    i == 0 ? 1 : -2);
			assert_int_equal(in.toolong, i > 0);
			assert_int_equal(in.line, 1);
			assert_true(in.buf.cap <= 4 * RECIN_MAX);
			assert_int_equal(recin_next(&in, &r, &err), !last);
			if (!last)
				assert_true(str_is(r.col[COL_IP], "b"));
			assert_int_equal(recin_next(&in, &r, &err), 0);
			recin_release(&in);
			close(fd);
		}
	}
	rec_release(&r);
	free(p);
}

static void
read_error(void **state)
{
	struct record r = { 0 };
	const char *err;
	struct recin in;
	int fd = open("/", O_RDONLY | O_DIRECTORY);

	(void)state;
	recin_init(&in, fd, "x");
	assert_int_equal(recin_next(&in, &r, &err), -1);
	assert_int_equal(errno, EISDIR);
	recin_release(&in);
	close(fd);
}

/* What does not block is waited for. */
static void
nonblocking(void **state)
{
	struct record r = { 0 };
	const char *err;
	struct recin in;
	int p[2], wstatus;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(p, O_NONBLOCK), 0);
	recin_init(&in, p[0], "x");
	assert_int_equal(recin_fill(&in), -1);
	assert_int_equal(errno, EAGAIN);
	if ((pid = fork()) == 0) {
		usleep(50000);
		_exit(write(p[1], "192.0.2.7\n", 10) != 10);
	}
	assert_int_equal(recin_next(&in, &r, &err), 1);
	close(p[1]);
	assert_int_equal(recin_next(&in, &r, &err), 0);
	waitpid(pid, &wstatus, 0);
	recin_release(&in);
	rec_release(&r);
	close(p[0]);
}

static atomic_bool stop;

static void
on_alarm(int sig)
{
	(void)sig;
	stop = 1;
}

/* A signal ends the waiting, one that came before it too. */
static void
stopped(void **state)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct record r = { 0 };
	const char *err;
	struct recin in;
	int p[2], round;

	(void)state;
	sigaction(SIGALRM, &sa, NULL);
	assert_int_equal(pipe(p), 0);
	recin_init(&in, p[0], "x");
	in.stop = &stop;
	for (round = 0; round < 2; round++) {
		if (round == 0)
			ualarm(50000, 0);
		assert_int_equal(recin_next(&in, &r, &err), -1);
		assert_int_equal(errno, EINTR);
		assert_int_equal(stop, 1);
	}
	recin_release(&in);
	rec_release(&r);
	close(p[0]);
	close(p[1]);
}

static struct record
a_record(void)
{
	struct record r = { 0 };

	rec_data(&r, STR("192.0.2.7"), STR("80"), STR("tcp"), STR("open"),
	    STR("syn-ack"));
	return r;
}

static size_t
in_pipe(int fd)
{
	static char text[1 << 20];
	ssize_t n = read(fd, text, sizeof(text));

	return n < 0 ? 0 : (size_t)n;
}

static void
output_is_gathered(void **state)
{
	struct record r = a_record();
	struct recout out;
	int p[2], i;

	(void)state;
	assert_int_equal(pipe2(p, O_NONBLOCK), 0);
	recout_init(&out, p[1], REC_TSV);
	for (i = 0; i < 100; i++)
		assert_int_equal(recout_put(&out, &r), 0);
	assert_int_equal(in_pipe(p[0]), 0);
	assert_int_equal(recout_flush(&out), 0);
	assert_int_equal(in_pipe(p[0]), 100 * strlen("192.0.2.7\t80\ttcp\t"
	    "open\tsyn-ack\n"));
	out.tty = true;
	out.format = REC_NDJSON;
	assert_int_equal(recout_put(&out, &r), 0);
	assert_int_equal(in_pipe(p[0]), strlen("{\"ip\":\"192.0.2.7\","
	    "\"port\":80,\"proto\":\"tcp\",\"state\":\"open\","
	    "\"reason\":\"syn-ack\"}\n"));
	assert_int_equal(recout_raw(&out, STR("x\n")), 0);
	assert_int_equal(in_pipe(p[0]), 2);
	assert_int_equal(recout_close(&out), 0);
	assert_int_equal(fcntl(p[1], F_GETFD), -1);
	close(p[0]);
	rec_release(&r);
}

/* Before it waits for input, recin_next() lets the output out. */
static void
flushed_before_waiting(void **state)
{
	struct record r = a_record();
	const char *err;
	struct recout out;
	struct recin in;
	int p[2], q[2];

	(void)state;
	stop = 0;
	assert_int_equal(pipe(p), 0);
	assert_int_equal(pipe2(q, O_NONBLOCK), 0);
	recin_init(&in, p[0], "x");
	recout_init(&out, q[1], REC_TSV);
	in.flush = &out;
	in.stop = &stop;
	assert_int_equal(write(p[1], "192.0.2.7\n192.0.2.8\n", 20), 20);
	assert_int_equal(recin_next(&in, &r, &err), 1);
	recout_put(&out, &r);
	assert_int_equal(recin_next(&in, &r, &err), 1);
	recout_put(&out, &r);
	assert_int_equal(in_pipe(q[0]), 0);
	ualarm(50000, 0);
	assert_int_equal(recin_next(&in, &r, &err), -1);
	assert_int_equal(in_pipe(q[0]), 20);
	recin_release(&in);
	recout_close(&out);
	rec_release(&r);
	close(p[0]);
	close(p[1]);
	close(q[0]);
}

static void
failed_writes(void **state)
{
	struct record r = a_record();
	struct recout out;
	int p[2];

	(void)state;
	recout_init(&out, open("/dev/full", O_WRONLY), REC_TSV);
	assert_int_equal(recout_put(&out, &r), 0);
	assert_int_equal(recout_flush(&out), -1);
	assert_int_equal(out.error, ENOSPC);
	assert_int_equal(recout_put(&out, &r), -1);
	assert_int_equal(recout_raw(&out, STR("x\n")), -1);
	errno = 0;
	assert_int_equal(recout_close(&out), -1);
	assert_int_equal(errno, ENOSPC);

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	recout_init(&out, p[1], REC_TSV);
	assert_int_equal(recout_put(&out, &r), 0);
	assert_int_equal(recout_close(&out), -1);
	assert_int_equal(errno, EPIPE);
	rec_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(pieces),
		cmocka_unit_test(records),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(read_error),
		cmocka_unit_test(nonblocking),
		cmocka_unit_test(stopped),
		cmocka_unit_test(output_is_gathered),
		cmocka_unit_test(flushed_before_waiting),
		cmocka_unit_test(failed_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
