#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"

/* Written by the handler alone. */
static atomic_bool stop, interrupted;
static bool patient;

int
inputs_open(struct inputs *in, char **operand, size_t n)
{
	static char dash[] = "-", *none[] = { dash };
	size_t i;

	if (n == 0) {
		operand = none;
		n = 1;
	}
	in->fd = calloc(n, sizeof(*in->fd));
	in->name = calloc(n, sizeof(*in->name));
	if (in->fd == NULL || in->name == NULL) {
		msg_warn("out of memory");
		return -1;
	}
	for (i = 0; i < n; i++) {
		in->name[i] = strcmp(operand[i], "-") == 0 ? "stdin" :
		    operand[i];
		in->fd[i] = strcmp(operand[i], "-") == 0 ? STDIN_FILENO :
		    open(operand[i], O_RDONLY | O_CLOEXEC);
		if (in->fd[i] == -1) {
			msg_warn("%s: %s", operand[i], strerror(errno));
			return -1;
		}
		in->n++;
	}
	return 0;
}

void
inputs_close(struct inputs *in)
{
	size_t i;

	for (i = 0; i < in->n; i++)
		if (in->fd[i] != STDIN_FILENO)
			close(in->fd[i]);
	free(in->fd);
	free(in->name);
	*in = (struct inputs){ 0 };
}

static void
on_signal(int sig)
{
	if (sig == SIGTERM || interrupted || !patient)
		stop = true;
	interrupted = true;
}

void
inputs_catch(const struct inputs *in)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct stat st;
	size_t i;

	for (i = 0; i < in->n; i++)
		if (fstat(in->fd[i], &st) == 0 && S_ISFIFO(st.st_mode))
			patient = true;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

bool
inputs_stopped(void)
{
	return interrupted;
}

/* One input: an exit status. */
static int
format_one(struct recin *in, struct stage *st, bool strict)
{
	struct record r = { 0 };
	const char *why = NULL;
	int status = PRT_OK, got;

	while (st->sink->out.error == 0 && !stop &&
	    (got = recin_next(in, &r, &why)) != 0) {
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			msg_warn("%s: cannot read: %s", in->name,
			    strerror(errno));
			status = PRT_FAILED;
			break;
		}
		if (got == 1)
			why = stage_put(st, &r);
		if (why == NULL)
			continue;
		msg_at(in->name, in->line, "%s", why);
		why = NULL;
		status = PRT_FAILED;
		if (strict)
			break;
	}
	rec_release(&r);
	return status;
}

int
inputs_format(const struct inputs *in, struct stage *st, bool strict)
{
	struct sink *s = st->sink;
	struct recin rin;
	int status = PRT_OK;
	size_t i;

	for (i = 0; i < in->n && s->out.error == 0 && !stop; i++) {
		recin_init(&rin, in->fd[i], in->name[i]);
		rin.flush = &s->out;
		rin.stop = &stop;
		if (format_one(&rin, st, strict) != PRT_OK)
			status = PRT_FAILED;
		recin_release(&rin);
		if (status != PRT_OK && strict)
			break;
	}
	return status;
}
