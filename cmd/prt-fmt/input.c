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

static int
make_room(struct inputs *in, size_t n)
{
	in->fd = calloc(n, sizeof(*in->fd));
	in->name = calloc(n, sizeof(*in->name));
	if (in->fd != NULL && in->name != NULL)
		return 0;
	msg_warn("out of memory");
	return -1;
}

int
inputs_take(struct inputs *in, int fd, const char *name)
{
	if (make_room(in, 1) == -1)
		return -1;
	in->fd[0] = fd;
	in->name[0] = name;
	in->n = 1;
	return 0;
}

int
inputs_open(struct inputs *in, char **operand, size_t n)
{
	static char dash[] = "-", *none[] = { dash };
	size_t i;

	if (n == 0) {
		operand = none;
		n = 1;
	}
	if (make_room(in, n) == -1)
		return -1;
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

/* One input on its way to the formats. */
struct job {
	const char	*name;
	struct stage	*stage;
	bool		 enough;	/* nothing can be written any more */
};

static const char *
put(void *arg, const struct record *r)
{
	struct job *j = arg;
	const char *why = stage_put(j->stage, r);

	j->enough = j->stage->sink->out.error != 0;
	return why;
}

static void
complain(void *arg, unsigned long line, const char *why)
{
	const struct job *j = arg;

	msg_at(j->name, line, "%s", why);
}

/* One input: an exit status. */
static int
format_one(struct recin *in, const struct source *how, struct stage *st)
{
	struct job job = { .name = in->name, .stage = st };
	struct foreign_user user = { put, complain, &job };
	struct source s = *how;
	int r;

	s.enough = &job.enough;
	r = source_read(&s, in, &user);
	if (r & SOURCE_ERROR)
		msg_warn("%s: cannot read: %s", in->name, strerror(errno));
	if (r & (SOURCE_ERROR | SOURCE_MALFORMED))
		return PRT_FAILED;
	return r & SOURCE_DAMAGED ? PRT_STOPPED : PRT_OK;
}

int
inputs_format(const struct inputs *in, const struct source *how,
    struct stage *st)
{
	struct sink *s = st->sink;
	struct recin rin;
	int status = PRT_OK, r;
	size_t i;

	for (i = 0; i < in->n && s->out.error == 0 && !stop; i++) {
		recin_init(&rin, in->fd[i], in->name[i]);
		rin.flush = &s->out;
		rin.stop = &stop;
		r = format_one(&rin, how, st);
		if (status != PRT_FAILED && r != PRT_OK)
			status = r;
		recin_release(&rin);
		if (status != PRT_OK && how->strict)
			break;
	}
	return status;
}
