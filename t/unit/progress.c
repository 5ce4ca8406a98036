#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_not_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
