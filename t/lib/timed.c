/* Runs a command and appends what it cost to a file, for the benchmarks.
 *
 *	timed FILE NAME COMMAND [ARG...]
 *
 * A line of NDJSON: name, seconds of wall time, of user and system time, peak
 * resident memory in KiB, exit status. */
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

int
main(int argc, char **argv)
{
	struct rusage ru;
	double start;
	pid_t pid;
	int fd, status;

	if (argc < 4)
		errx(2, "usage: timed file name command [arg ...]");
	fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd == -1)
		err(1, "%s", argv[1]);
	start = now();
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		execvp(argv[3], argv + 3);
		err(127, "%s", argv[3]);
	}
	if (wait4(pid, &status, 0, &ru) == -1)
		err(1, "wait4");
	status = WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
	/* One write: several may append at once. */
	dprintf(fd, "{\"name\":\"%s\",\"wall\":%.4f,\"user\":%.4f,"
	    "\"sys\":%.4f,\"rss_kib\":%ld,\"status\":%d}\n", argv[2],
	    now() - start, seconds(ru.ru_utime), seconds(ru.ru_stime),
	    ru.ru_maxrss, status);
	return status;
}
