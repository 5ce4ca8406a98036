#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "keys.h"
#include "program.h"
#include "status.h"

/* What tee(1) calls the pipe behind it. */
#define TEE_FD	3
/* The control socket of a program (prt-record(5)). */
#define CONTROL_FD	3
#define CONTROL_NAME	"3"
/* How often the line of progress is brought up to date. */
#define TICK_MS	200

/* Descriptors of a child, -1: as ours, or none. */
struct ends {
	int	in, out, tee, control;
};


struct runner {
	struct pipeline	*p;
	const struct run_conf *conf;
	struct status	 status;
	bool		 controlled;	/* programs tell us how far they are */
	bool		 keys;
	int		 hold;		/* the pipe to the last one, -1 */
	int		 signals;	/* signalfd(2) */
	unsigned	 signalled;	/* how often we were to stop */
	int		 worst;
};

/* ---- children ---- */

static int
move(int fd, int to)
{
	return fd == to || dup2(fd, to) == to ? 0 : -1;
}

/* In the child. All descriptors of ours are close-on-exec. */
static void
become(const char *path, char *const argv[], const struct ends *e)
{
	int in = e->in, out = e->out, tee = e->tee, control = e->control;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* should we be killed, nobody goes on scanning */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* out of the way of the numbers that they are to get */
	if ((tee != -1 && (tee = fcntl(tee, F_DUPFD_CLOEXEC, 10)) == -1) ||
	    (control != -1 && (control = fcntl(control, F_DUPFD_CLOEXEC,
	    10)) == -1))
		goto fail;
	if ((in != -1 && move(in, STDIN_FILENO) == -1) ||
	    (out != -1 && move(out, STDOUT_FILENO) == -1) ||
	    (tee != -1 && move(tee, TEE_FD) == -1) ||
	    (control != -1 && (move(control, CONTROL_FD) == -1 ||
	    setenv("PRT_CONTROL", CONTROL_NAME, 1) == -1)))
		goto fail;
	execv(path, argv);
fail:
	msg_warn("cannot start %s: %s", path, strerror(errno));
	_exit(PRT_FAILED);
}

static pid_t
start(char *const argv[], const struct ends *e)
{
	char *path = program_path(argv[0]);
	pid_t pid = -1;

	if (path == NULL)
		msg_warn("%s is not there: install prt with all its programs, "
		    "or have it in PATH", argv[0]);
	else if ((pid = fork()) == -1)
		msg_warn("cannot start %s: %s", argv[0], strerror(errno));
	else if (pid == 0)
		become(path, argv, e);
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
	st->tee = start(argv, &(struct ends){ in, pfd[1], out, -1 });
	if (st->tee != -1)
		st->pid = start(st->argv, &(struct ends){ pfd[0], file, -1,
		    -1 });
	close(pfd[0]);
	close(pfd[1]);
	return st->tee != -1 && st->pid != -1 ? 0 : -1;
}

static int
open_file(const struct stage *st)
{
	int fd = open(st->file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY |
	    (st->append ? O_APPEND : O_TRUNC), 0666);

	if (fd == -1)
		msg_warn("cannot write %s: %s", st->file, strerror(errno));
	return fd;
}

/* A pair of sockets for a program that shows progress; theirs, or -1. */
static int
open_control(struct stage *st)
{
	int fd[2];

	if (st->what == NULL || socketpair(AF_UNIX, SOCK_SEQPACKET |
	    SOCK_CLOEXEC, 0, fd) == -1)
		return -1;
	st->control = fd[0];
	return fd[1];
}

/* Starts one stage; *in is the pipe that it reads, and then that of the next. */
static int
start_stage(struct runner *ru, struct stage *st, int *in)
{
	const struct stage *last = &ru->p->stage[ru->p->n - 1];
	int pfd[2] = { -1, -1 }, file = -1, control = -1, r = -1;

	if (st != last && pipe2(pfd, O_CLOEXEC) == -1) {
		msg_warn("cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	if (st->input != NULL && (*in = open(st->input, O_RDONLY |
	    O_CLOEXEC)) == -1) {
		msg_warn("%s: %s", st->input, strerror(errno));
		goto out;
	}
	if (st->file != NULL && (file = open_file(st)) == -1)
		goto out;
	if (ru->controlled)
		control = open_control(st);
	if (st->branch)
		r = start_branch(st, *in, file, pfd[1]);
	else {
		st->pid = start(st->argv, &(struct ends){ *in, file != -1 ?
		    file : pfd[1], -1, control });
		r = st->pid == -1 ? -1 : 0;
	}
	/* the report does not begin before the line of progress is gone */
	if (ru->status.line && st + 1 == last)
		ru->hold = fcntl(pfd[1], F_DUPFD_CLOEXEC, 0);
out:
	close_if(control);
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

/* The first time asks for an end in good order, and each that follows is
 * harder. `reached`: the programs have the first one already. */
static void
stop(struct runner *ru, bool reached)
{
	ru->signalled++;
	if (ru->signalled > 2)
		to_all(ru->p, SIGKILL);
	else if (ru->signalled == 2)
		to_all(ru->p, SIGTERM);
	else if (!reached)
		to_all(ru->p, SIGINT);
}

/* An interrupt from the keyboard has reached every process of the terminal's
 * foreground; what came by kill(2) came to us alone. */
static void
take_signals(struct runner *ru)
{
	struct signalfd_siginfo si;

	while (read(ru->signals, &si, sizeof(si)) == sizeof(si))
		if (si.ssi_signo == SIGCONT)
			keys_again();
		else if (si.ssi_signo != SIGCHLD)
			stop(ru, si.ssi_code == SI_KERNEL);
}

/* ---- the end ---- */

/* Which of two statuses is worse: an early stop is what somebody wanted. */
int
run_worse(int a, int b)
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
take_one(struct runner *ru)
{
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);
	struct stage *st;

	if (pid <= 0)
		return false;
	for (st = ru->p->stage; st < ru->p->stage + ru->p->n; st++) {
		if (st->pid == pid) {
			st->pid = 0;
			status_clear(&ru->status);
			ru->worst = run_worse(ru->worst, status_of(st->argv[0],
			    status));
		} else if (st->tee == pid) {
			/* it complains of readers that left, who have said
			 * why */
			st->tee = 0;
		}
	}
	return true;
}

/* Does any but the last one run, or any at all? */
static bool
is_running(const struct pipeline *p, bool but_last)
{
	size_t i;

	for (i = 0; i + but_last < p->n; i++)
		if (p->stage[i].pid > 0 || p->stage[i].tee > 0)
			return true;
	return false;
}

/* ---- the terminal ---- */

static void
key(struct runner *ru, char c, uint64_t now)
{
	struct status *st = &ru->status;

	switch (c) {
	case 'q':
		status_say(st, "stops");
		stop(ru, false);
		return;
	case 'p':
		st->paused = !st->paused;
		break;
	case '+':
		st->speed *= 2;
		break;
	case '-':
		st->speed /= 2;
		break;
	case '?':
	case 'h':
		status_say(st, "Enter shows how far it is, p pauses and goes "
		    "on, + and - double and halve the rate's ceiling, q "
		    "stops");
		return;
	default:
		status_print(st, ru->p, now);
		return;
	}
	status_steer(st, ru->p);
	status_print(st, ru->p, now);
}

static void
take_keys(struct runner *ru)
{
	char c[16];
	ssize_t i, n = read(STDIN_FILENO, c, sizeof(c));

	if (n <= 0)
		ru->keys = false;
	for (i = 0; i < n; i++)
		key(ru, c[i], clock_mono_ns());
}

/* The line has nothing more to tell: the report may come. */
static void
let_report(struct runner *ru)
{
	if (ru->hold == -1 || is_running(ru->p, true))
		return;
	status_clear(&ru->status);
	ru->status.line = false;
	close(ru->hold);
	ru->hold = -1;
}

/* ---- the loop ---- */

static void
turn(struct runner *ru)
{
	struct pollfd pfd[NSTAGE + 2];
	struct stage *of[NSTAGE + 2], *st;
	bool shows = ru->status.line || ru->status.every != 0;
	nfds_t i, n = 2;

	pfd[0] = (struct pollfd){ .fd = ru->signals, .events = POLLIN };
	pfd[1] = (struct pollfd){ .fd = ru->keys ? STDIN_FILENO : -1,
	    .events = POLLIN };
	for (st = ru->p->stage; st < ru->p->stage + ru->p->n; st++)
		if (st->control != -1) {
			of[n] = st;
			pfd[n++] = (struct pollfd){ .fd = st->control,
			    .events = POLLIN };
		}
	if (poll(pfd, n, shows ? TICK_MS : -1) == -1)
		return;
	for (i = 2; i < n; i++)
		if (pfd[i].revents != 0)
			status_hear(of[i]);
	if (pfd[1].revents != 0)
		take_keys(ru);
	take_signals(ru);
}

static void
wait_all(struct runner *ru)
{
	uint64_t now, shown = 0;

	while (is_running(ru->p, false)) {
		while (take_one(ru))
			;
		let_report(ru);
		if (!is_running(ru->p, false))
			break;
		turn(ru);
		now = clock_mono_ns();
		if (now - shown >= TICK_MS * (uint64_t)NS_PER_MS) {
			status_show(&ru->status, ru->p, now);
			shown = now;
		}
	}
	status_clear(&ru->status);
}

static int
watch_signals(struct runner *ru)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGCONT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ru->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (ru->signals == -1)
		msg_warn("cannot watch signals: %s", strerror(errno));
	return ru->signals;
}

int
run(struct pipeline *p, const struct run_conf *conf)
{
	struct runner ru = { .p = p, .conf = conf, .hold = -1,
	    .worst = PRT_OK };
	bool tty = isatty(STDERR_FILENO) == 1;
	size_t i;
	int in = -1, r = 0;

	if (watch_signals(&ru) == -1)
		return PRT_FAILED;
	ru.controlled = tty || conf->every != 0;
	status_init(&ru.status, tty && !conf->quiet && !(conf->streams &&
	    isatty(STDOUT_FILENO) == 1), conf->every, clock_mono_ns());
	for (i = 0; i < p->n && r == 0; i++)
		r = start_stage(&ru, &p->stage[i], &in);
	if (r == -1)
		to_all(p, SIGTERM);
	close_if(in);
	ru.keys = r == 0 && tty && conf->keys && keys_open();
	wait_all(&ru);
	keys_close();
	close(ru.signals);
	if (r == -1)
		return PRT_FAILED;
	return ru.signalled > 0 ? run_worse(ru.worst, PRT_STOPPED) : ru.worst;
}
