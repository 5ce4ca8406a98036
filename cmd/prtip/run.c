#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/msg.h"
#include "program.h"

/* What tee(1) calls the pipe behind it. */
#define TEE_FD	3


/* ---- children ---- */

static int
move(int fd, int to)
{
	return fd == to || dup2(fd, to) == to ? 0 : -1;
}

/* In the child. A descriptor that is -1 stays as it is; all others are
 * close-on-exec. */
static void
become(const char *path, char *const argv[], int in, int out, int extra)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* should we be killed, nobody goes on scanning */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* the pipe's own number may be TEE_FD, which dup2() keeps from exec */
	if (extra != -1 && (extra = fcntl(extra, F_DUPFD_CLOEXEC, 10)) == -1)
		goto fail;
	if ((in != -1 && move(in, STDIN_FILENO) == -1) ||
	    (out != -1 && move(out, STDOUT_FILENO) == -1) ||
	    (extra != -1 && move(extra, TEE_FD) == -1))
		goto fail;
	execv(path, argv);
fail:
	msg_warn("cannot start %s: %s", path, strerror(errno));
	_exit(PRT_FAILED);
}

static pid_t
start(char *const argv[], int in, int out, int extra)
{
	char *path = program_path(argv[0]);
	pid_t pid = -1;

	if (path == NULL)
		msg_warn("%s is not there: install prt with all its programs, "
		    "or have it in PATH", argv[0]);
	else if ((pid = fork()) == -1)
		msg_warn("cannot start %s: %s", argv[0], strerror(errno));
	else if (pid == 0)
		become(path, argv, in, out, extra);
	free(path);
	return pid;
}

static void
close_if(int fd)
{
	if (fd != -1)
		close(fd);
}

/* tee(1) from `in` to the file's program and on to `out`. Never an end of the
 * pipe for a reader that is gone: -p; nor for an interrupt: -i, since what is in
 * the pipe then is still to be written. */
static int
start_branch(struct stage *st, int in, int file, int out)
{
	static char name[] = "tee", options[] = "-ip", path[] = "/dev/fd/3";
	char *const argv[] = { name, options, path, NULL };
	int pfd[2];

	if (pipe2(pfd, O_CLOEXEC) == -1) {
		msg_warn("cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	st->tee = start(argv, in, pfd[1], out);
	if (st->tee != -1)
		st->pid = start(st->argv, pfd[0], file, -1);
	close(pfd[0]);
	close(pfd[1]);
	return st->tee != -1 && st->pid != -1 ? 0 : -1;
}

static int
open_file(const struct stage *st)
{
	int fd = open(st->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOCTTY, 0666);

	if (fd == -1)
		msg_warn("cannot write %s: %s", st->file, strerror(errno));
	return fd;
}

/* Starts one stage; *in is the pipe that it reads, and then that of the next. */
static int
start_stage(struct stage *st, bool last, int *in)
{
	int pfd[2] = { -1, -1 }, file = -1, r = -1;

	if (!last && pipe2(pfd, O_CLOEXEC) == -1) {
		msg_warn("cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	if (st->file != NULL && (file = open_file(st)) == -1)
		goto out;
	if (st->branch)
		r = start_branch(st, *in, file, pfd[1]);
	else {
		st->pid = start(st->argv, *in, file != -1 ? file : pfd[1], -1);
		r = st->pid == -1 ? -1 : 0;
	}
out:
	close_if(file);
	close_if(pfd[1]);
	close_if(*in);
	*in = pfd[0];
	return r;
}

/* ---- signals ---- */

static void
to_all(const struct pipeline *p, int sig)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->stage[i].pid > 0)
			kill(p->stage[i].pid, sig);
}

/* An interrupt from the keyboard has reached every process of the terminal's
 * foreground; what came by kill(2) came to us alone. The first one asks to end
 * in good order, as the keyboard would, and each that follows is harder. */
static void
hand_on(const struct pipeline *p, const siginfo_t *si, unsigned count)
{
	if (count > 2)
		to_all(p, SIGKILL);
	else if (count == 2)
		to_all(p, SIGTERM);
	else if (si->si_code != SI_KERNEL)
		to_all(p, SIGINT);
}

/* ---- the end ---- */

/* Which of two statuses is worse: an early stop is what somebody wanted. */
static int
worse(int a, int b)
{
	static const int rank[] = { [PRT_OK] = 0, [PRT_STOPPED] = 1,
	    [PRT_FAILED] = 2, [PRT_NOPRIV] = 3, [PRT_USAGE] = 4 };

	return rank[a] >= rank[b] ? a : b;
}

static int
status_of(const char *name, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE)
		return PRT_OK;
	if (WIFSIGNALED(status)) {
		msg_warn("%s died of signal %d (%s): what it had not written "
		    "yet is lost", name, WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
		return PRT_FAILED;
	}
	return WEXITSTATUS(status) <= PRT_STOPPED ? WEXITSTATUS(status) :
	    PRT_FAILED;
}

/* Takes the status of a child that ended; false when there are no more. */
static bool
take_one(struct pipeline *p, int *worst)
{
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);
	size_t i;

	if (pid <= 0)
		return false;
	for (i = 0; i < p->n; i++) {
		if (p->stage[i].pid == pid) {
			p->stage[i].pid = 0;
			*worst = worse(*worst, status_of(p->stage[i].argv[0],
			    status));
		} else if (p->stage[i].tee == pid) {
			/* it complains of readers that left, who have said
			 * why */
			p->stage[i].tee = 0;
		}
	}
	return true;
}

static bool
is_running(const struct pipeline *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->stage[i].pid > 0 || p->stage[i].tee > 0)
			return true;
	return false;
}

static int
wait_all(struct pipeline *p, const sigset_t *set)
{
	unsigned signals = 0;
	siginfo_t si;
	int worst = PRT_OK;

	while (is_running(p)) {
		while (take_one(p, &worst))
			;
		if (!is_running(p))
			break;
		if (sigwaitinfo(set, &si) == -1)
			continue;
		if (si.si_signo != SIGCHLD)
			hand_on(p, &si, ++signals);
	}
	return signals > 0 ? worse(worst, PRT_STOPPED) : worst;
}

int
run(struct pipeline *p)
{
	sigset_t set;
	size_t i;
	int in = -1, r = 0, status;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < p->n && r == 0; i++)
		r = start_stage(&p->stage[i], i + 1 == p->n, &in);
	if (r == -1)
		to_all(p, SIGTERM);
	close_if(in);
	status = wait_all(p, &set);
	return r == -1 ? PRT_FAILED : status;
}
