#include "world/datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char tmp[] = "/tmp/prt-datafile.XXXXXX";

static void
put(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, "x\n", 2), 2);
	close(fd);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(tmp) == NULL)
		return -1;
	put(tmp, "ports");
	return 0;
}

static int
teardown(void **state)
{
	char path[PATH_MAX];

	(void)state;
	unsetenv("PRT_DATADIR");
	snprintf(path, sizeof(path), "%s/ports", tmp);
	unlink(path);
	return rmdir(tmp);
}

static void
the_environment_names_the_folder(void **state)
{
	char path[PATH_MAX], want[PATH_MAX];
	int fd;

	(void)state;
	setenv("PRT_DATADIR", tmp, 1);
	fd = datafile_open("ports", path, sizeof(path));
	assert_int_not_equal(fd, -1);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	snprintf(want, sizeof(want), "%s/ports", tmp);
	assert_string_equal(path, want);
}

static void
a_file_read_whole(void **state)
{
	struct buf text = { 0 };
	char path[PATH_MAX];

	(void)state;
	setenv("PRT_DATADIR", "/dev", 1);
	assert_int_equal(datafile_read("null", &text, path, sizeof(path)), 0);
	assert_int_equal(text.n, 0);
	/* a folder opens and does not read */
	assert_int_equal(datafile_read("fd", &text, path, sizeof(path)), -1);
	assert_int_equal(errno, EISDIR);
	unsetenv("PRT_DATADIR");
	assert_int_equal(datafile_read("ports", &text, path, sizeof(path)), 0);
	assert_true(text.n > 10000);
	buf_release(&text);
}

static void
a_file_that_is_nowhere(void **state)
{
	char path[PATH_MAX];

	(void)state;
	unsetenv("PRT_DATADIR");
	assert_int_equal(datafile_open("no-such-file", path, sizeof(path)), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(path, PRT_DATADIR "/no-such-file");
}

static void
a_path_that_does_not_fit(void **state)
{
	char path[8];

	(void)state;
	setenv("PRT_DATADIR", tmp, 1);
	assert_int_equal(datafile_open("ports", path, sizeof(path)), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment_names_the_folder),
		cmocka_unit_test(a_file_read_whole),
		cmocka_unit_test(a_file_that_is_nowhere),
		cmocka_unit_test(a_path_that_does_not_fit),
	};

	return cmocka_run_group_tests_name("datafile", tests, setup, teardown);
}
