/* Runs a pipeline, and appends what it cost to a file, for the benchmarks.
 *
 *	timed [-t SECONDS] FILE COMMAND [ARG...] ['|' COMMAND [ARG...]]...
 *
 * No shell stands between, so nothing but the programs is measured. A line of
 * NDJSON: seconds of wall time, from before the first program starts until all
 * have ended; whether they were stopped after SECONDS (SIGTERM, two seconds
 * later SIGKILL); and of each, name, user and system time, peak resident memory
 * in KiB, exit status (128 and the signal). Exits with the last status that is
 * not 0. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PARTS = 8 };

struct part {
	char		**argv;
	pid_t		pid;
	struct rusage	ru;
	int		status;
};

static struct part parts[MAX_PARTS];
static int n_parts;
static int stops;	/* signals sent to those that took too long */

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

static void
split(char **argv)
{
	for (n_parts = 0; *argv != NULL; n_parts++) {
		if (n_parts == MAX_PARTS)
			errx(2, "more than %d programs", MAX_PARTS);
		parts[n_parts].argv = argv;
		while (*argv != NULL && strcmp(*argv, "|") != 0)
			argv++;
		if (argv == parts[n_parts].argv)
			errx(2, "nothing between two '|'");
		if (*argv != NULL)
			*argv++ = NULL;
	}
}

/* Starts them from left to right, as a shell does. */
static void
start(void)
{
	int i, in, fd[2] = { -1, -1 };

	if ((in = open("/dev/null", O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "/dev/null");
	for (i = 0; i < n_parts; i++) {
		if (i + 1 < n_parts && pipe2(fd, O_CLOEXEC) == -1)
			err(1, "pipe");
		if ((parts[i].pid = fork()) == -1)
			err(1, "fork");
		if (parts[i].pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			dup2(in, STDIN_FILENO);
			if (i + 1 < n_parts)
				dup2(fd[1], STDOUT_FILENO);
			execvp(parts[i].argv[0], parts[i].argv);
			warn("%s", parts[i].argv[0]);
			_exit(127);
		}
		close(in);
		close(fd[1]);
		in = fd[0];
	}
}

static void
stop(int sig)
{
	int i;

	(void)sig;
	for (i = 0; i < n_parts; i++)
		if (parts[i].pid > 0)
			kill(parts[i].pid, stops == 0 ? SIGTERM : SIGKILL);
	stops++;
	alarm(2);
}

static void
reap(void)
{
	struct rusage ru;
	int i, left = n_parts, status;
	pid_t pid;

	while (left > 0) {
		if ((pid = wait4(-1, &status, 0, &ru)) == -1) {
			if (errno == EINTR)
				continue;
			err(1, "wait4");
		}
		for (i = 0; i < n_parts; i++) {
			if (parts[i].pid != pid)
				continue;
			parts[i].pid = 0;
			parts[i].ru = ru;
			parts[i].status = WIFEXITED(status) ?
			    WEXITSTATUS(status) : 128 + WTERMSIG(status);
			left--;
		}
	}
}

static int
report(int fd, double wall)
{
	static char line[4096];
	const struct part *p;
	int n, status = 0;

	n = snprintf(line, sizeof(line), "{\"wall\":%.6f,\"stopped\":%s,"
	    "\"parts\":[", wall, stops > 0 ? "true" : "false");
	for (p = parts; p < parts + n_parts; p++) {
		n += snprintf(line + n, sizeof(line) - (size_t)n,
		    "%s{\"name\":\"%.64s\",\"user\":%.6f,\"sys\":%.6f,"
		    "\"rss_kib\":%ld,\"status\":%d}", p == parts ? "" : ",",
		    basename(p->argv[0]), seconds(p->ru.ru_utime),
		    seconds(p->ru.ru_stime), p->ru.ru_maxrss, p->status);
		if (p->status != 0)
			status = p->status;
	}
	n += snprintf(line + n, sizeof(line) - (size_t)n, "]}\n");
	/* One write: several may append at once. */
	if (write(fd, line, (size_t)n) != n)
		err(1, "write");
	return status;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = stop };
	unsigned limit = 0;
	double began;
	int fd, opt;

	while ((opt = getopt(argc, argv, "+t:")) != -1) {
		if (opt != 't' || (limit = (unsigned)atoi(optarg)) == 0)
			errx(2, "usage: timed [-t seconds] file command ...");
	}
	argc -= optind;
	argv += optind;
	if (argc < 2)
		errx(2, "usage: timed [-t seconds] file command ...");
	fd = open(argv[0], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd == -1)
		err(1, "%s", argv[0]);
	split(argv + 1);
	sigaction(SIGALRM, &sa, NULL);
	began = now();
	start();
	alarm(limit);
	reap();
	return report(fd, now() - began);
}
