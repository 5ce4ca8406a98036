#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "world/progress.h"

#define S	UINT64_C(1000000000)

static const char *
text(struct progress_state s, double rate, double pace)
{
	static char out[160];

	progress_text(out, sizeof(out), &s, rate, pace);
	return out;
}

static void
test_text(void **state)
{
	(void)state;
	assert_string_equal(text((struct progress_state){ 0 }, 0, 0),
	    "0.0 %, 0/s, 0 found");
	assert_string_equal(text((struct progress_state){ .done = 500,
	    .total = 1000, .found = 12345 }, 9999.6, 100),
	    "50.0 %, 10,000/s, 12,345 found, ETA 0:00:05");
	assert_string_equal(text((struct progress_state){ .done = 99999,
	    .total = 100000 }, 1000000, 1),
	    "99.9 %, 1,000,000/s, 0 found, ETA 0:00:01");
	assert_string_equal(text((struct progress_state){ .done = 100,
	    .total = 100 }, 5, 5), "100.0 %, 5/s, 0 found");
	assert_string_equal(text((struct progress_state){ .done = 1,
	    .total = 4, .more = true }, 5, 5),
	    "25.0 % so far, 5/s, 0 found");
	assert_string_equal(text((struct progress_state){ .done = 0,
	    .total = 90061 }, 1, 1), "0.0 %, 1/s, 0 found, ETA 1d 1h");
	/* centuries are not worth a forecast */
	assert_string_equal(text((struct progress_state){
	    .total = UINT64_MAX }, 1, 1), "0.0 %, 1/s, 0 found");
}

static void
test_cut(void **state)
{
	struct progress_state s = { .total = 10 };
	char out[8];

	(void)state;
	assert_int_equal(progress_text(out, sizeof(out), &s, 0, 0), 7);
	assert_string_equal(out, "0.0 %, ");
}

static void
test_not_a_terminal(void **state)
{
	struct progress_state s = { .done = 5, .total = 10, .sent = 7 };
	struct progress p;
	char got[256];
	int fd[2];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	progress_init(&p, fd[1], false, "x", 0);
	assert_false(progress_due(&p, 100 * S));
	progress_init(&p, fd[1], true, "x", 0);
	assert_false(progress_due(&p, S / 2));
	progress_show(&p, S / 2, &s);		/* too early: nothing */
	progress_show(&p, S, &s);
	progress_show(&p, S + 1, &s);		/* nor again at once */
	progress_clear(&p);
	n = read(fd[0], got, sizeof(got) - 1);
	assert_true(n > 0);
	got[n] = '\0';
	assert_string_equal(got, "x: 50.0 %, 7/s, 0 found, ETA 0:00:01\n");
	close(fd[0]);
	close(fd[1]);
}

static void
test_event(void **state)
{
	struct progress_event e = { "prt-blast", { 1, UINT64_MAX, true, 3, 4 },
	    5.5, 0.25 }, got;
	char text[512], small[16];
	size_t n = progress_event_put(text, sizeof(text), &e);

	(void)state;
	assert_string_equal(text, "{\"event\":\"progress\",\"program\":"
	    "\"prt-blast\",\"done\":1,\"total\":18446744073709551615,"
	    "\"more\":true,\"sent\":3,\"found\":4,\"rate\":5.500,"
	    "\"pace\":0.250}");
	assert_int_equal(n, strlen(text));
	assert_int_equal(progress_event_get(&got, text), 0);
	assert_string_equal(got.name, "prt-blast");
	assert_int_equal(got.state.done, 1);
	assert_true(got.state.total == UINT64_MAX);
	assert_true(got.state.more);
	assert_int_equal(got.state.sent, 3);
	assert_int_equal(got.state.found, 4);
	assert_true(got.rate > 5.4 && got.rate < 5.6);
	e.state.more = false;
	progress_event_put(text, sizeof(text), &e);
	assert_int_equal(progress_event_get(&got, text), 0);
	assert_false(got.state.more);
	assert_int_equal(progress_event_put(small, sizeof(small), &e), 0);
	assert_int_equal(progress_event_get(&got, "{}"), -1);
	text[n - 9] = '\0';
	assert_int_equal(progress_event_get(&got, text), -1);
}

static void
command(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
}

static void
test_control(void **state)
{
	struct progress_state s = { .done = 5, .total = 10, .sent = 7 };
	struct progress_event e;
	struct progress p;
	char text[512], nr[16];
	int fd[2];
	ssize_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	snprintf(nr, sizeof(nr), "%d", fd[1]);
	setenv("PRT_CONTROL", nr, 1);
	progress_init(&p, STDERR_FILENO, false, "x", 0);
	unsetenv("PRT_CONTROL");
	assert_false(progress_hear(&p));
	assert_true(p.speed >= 1 && p.speed <= 1 && !p.paused);
	progress_show(&p, S, &s);
	n = recv(fd[0], text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_int_equal(progress_event_get(&e, text), 0);
	assert_string_equal(e.name, "x");
	assert_int_equal(e.state.done, 5);
	command(fd[0], "pause");
	command(fd[0], "speed 0.5");
	command(fd[0], "speed -1");
	command(fd[0], "speed x");
	command(fd[0], "nonsense");
	assert_true(progress_hear(&p));
	assert_true(p.paused && p.speed > 0.4 && p.speed < 0.6);
	command(fd[0], "go");
	assert_true(progress_hear(&p));
	assert_false(p.paused);
	close(fd[0]);
	assert_false(progress_hear(&p));
	progress_show(&p, 3 * S, &s);	/* nobody listens: no harm */
	close(fd[1]);
}

static void
test_no_control(void **state)
{
	struct progress p;
	char nr[16];
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	snprintf(nr, sizeof(nr), "%d", fd[1]);
	setenv("PRT_CONTROL", nr, 1);
	progress_init(&p, fd[1], false, "x", 0);
	assert_int_equal(p.control, -1);
	setenv("PRT_CONTROL", "-1", 1);
	progress_init(&p, fd[1], false, "x", 0);
	assert_int_equal(p.control, -1);
	unsetenv("PRT_CONTROL");
	close(fd[0]);
	close(fd[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_no_control),
		cmocka_unit_test(test_not_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
