/* Libraries that are loaded when they are wanted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <unistd.h>
#include <cmocka.h>

#include "world/late.h"

static void
what_is_there(void **state)
{
	pid_t (*pid)(void) = NULL;
	int (*sleeps)(useconds_t) = NULL;
	const struct late f[] = { { "getpid", &pid }, { "usleep", &sleeps } };

	(void)state;
	assert_int_equal(late_load("libc.so.6", f, 2), 0);
	assert_int_equal(pid(), getpid());
	assert_int_equal(sleeps(1), 0);
}

static void
what_is_not(void **state)
{
	pid_t (*pid)(void) = NULL;
	const struct late f[] = { { "getpid", &pid },
	    { "no_such_function", &pid } };

	(void)state;
	errno = 0;
	assert_int_equal(late_load("libno-such-library.so.9", f, 1), -1);
	assert_int_equal(errno, ELIBACC);
	errno = 0;
	assert_int_equal(late_load("libc.so.6", f, 2), -1);
	assert_int_equal(errno, ELIBACC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there),
		cmocka_unit_test(what_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
