#include "world/stage.h"

#include <sys/signalfd.h>

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/clock.h"

/* How long a result may wait in the buffer while others come. */
#define FLUSH_NS	(50 * (uint64_t)NS_PER_MS)
#define TICK_NS		(200 * (uint64_t)NS_PER_MS)

/* ---- output ---- */

/* The reader is gone, or the disk is full: nothing is left to do. */
static void
check_out(struct stage *s)
{
	if (s->out.error != 0)
		loop_stop(&s->loop);
}

void
stage_flush(struct stage *s)
{
	loop_timer_clear(&s->loop, &s->flush);
	recout_flush(&s->out);
	check_out(s);
}

static void
flush_due(struct loop *l, struct loop_timer *t)
{
	(void)l;
	stage_flush((struct stage *)((char *)t - offsetof(struct stage,
	    flush)));
}

void
stage_put(struct stage *s, const struct record *r)
{
	if (s->out.tty)
		progress_clear(&s->progress);
	if (recout_put(&s->out, r) == -1)
		check_out(s);
	else if (!loop_timer_is_set(&s->flush))
		loop_timer_set(&s->loop, &s->flush, s->loop.now + FLUSH_NS);
}

/* ---- events ---- */

static void
input_ready(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct stage *s =
	    (struct stage *)((char *)f - offsetof(struct stage, input));

	(void)l;
	(void)events;
	s->ready(s);
}

static void
signalled(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct stage *s =
	    (struct stage *)((char *)f - offsetof(struct stage, sig));

	(void)events;
	s->stopped = true;
	loop_stop(l);
}

static void
ticked(struct loop *l, struct loop_timer *t)
{
	struct stage *s =
	    (struct stage *)((char *)t - offsetof(struct stage, tick));
	struct progress_state p = { 0 };

	s->show(s, &p);
	progress_show(&s->progress, l->now, &p);
	loop_timer_set(l, t, l->now + TICK_NS);
}

static void
commanded(struct loop *l, struct loop_fd *f, uint32_t events)
{
	struct stage *s =
	    (struct stage *)((char *)f - offsetof(struct stage, control));

	if (progress_hear(&s->progress) && s->steer != NULL)
		s->steer(s);
	if (events & (EPOLLHUP | EPOLLERR))
		loop_del(l, f);
}

/* ---- the stage ---- */

static int
watch_signals(struct stage *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->sig.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	s->sig.ready = signalled;
	return s->sig.fd == -1 ? -1 : loop_add(&s->loop, &s->sig, EPOLLIN);
}

int
stage_init(struct stage *s, enum rec_format format, bool progress,
    const char *name, void (*ready)(struct stage *),
    void (*show)(struct stage *, struct progress_state *))
{
	s->start = clock_mono_ns();
	s->ready = ready;
	s->show = show;
	s->sig.fd = s->loop.ep = -1;
	recin_init(&s->in, STDIN_FILENO, "stdin");
	recout_init(&s->out, STDOUT_FILENO, format);
	progress_init(&s->progress, STDERR_FILENO, progress, name, s->start);
	s->input.fd = STDIN_FILENO;
	s->input.ready = input_ready;
	s->flush.fire = flush_due;
	s->tick.fire = ticked;
	s->control.fd = s->progress.control;
	s->control.ready = commanded;
	if (loop_init(&s->loop) == -1 || watch_signals(s) == -1 ||
	    loop_add(&s->loop, &s->input, EPOLLIN) == -1 ||
	    (s->control.fd != -1 &&
	    loop_add(&s->loop, &s->control, EPOLLIN) == -1))
		return -1;
	return s->progress.on ? loop_timer_set(&s->loop, &s->tick,
	    s->start + TICK_NS) : 0;
}

void
stage_release(struct stage *s)
{
	if (s->sig.fd != -1)
		close(s->sig.fd);
	loop_release(&s->loop);
	recin_release(&s->in);
}
