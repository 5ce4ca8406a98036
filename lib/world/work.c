#include "world/work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* How often the hosts' times are looked at. */
#define LOOK	(50 * (uint64_t)NS_PER_MS)

static void
out_of_memory(struct work *w)
{
	w->call->failed(w, ENOMEM);
	loop_stop(&w->st.loop);
}

/* Puts a record that was kept as a line. */
static void
put_line(struct work *w, const char *line, size_t n)
{
	const char *err;

	rec_clear(&w->res);
	if (rec_scan(&w->res, line, n, &err) == 0)
		stage_put(&w->st, &w->res);
}

/* ---- items ---- */

static struct work_item *
item_new(struct work *w, struct str line)
{
	struct work_item *e = calloc(1, w->call->size + line.n);

	if (e == NULL) {
		out_of_memory(w);
		return NULL;
	}
	e->line = (char *)e + w->call->size;
	memcpy(e->line, line.p, line.n);
	e->n = line.n;
	e->prev = w->last;
	if (w->last != NULL)
		w->last->next = e;
	else
		w->first = e;
	w->last = e;
	w->n++;
	return e;
}

static void
item_free(struct work *w, struct work_item *e)
{
	if (!e->meta)
		w->call->drop(w, e);
	if (e->prev != NULL)
		e->prev->next = e->next;
	else
		w->first = e->next;
	if (e->next != NULL)
		e->next->prev = e->prev;
	else
		w->last = e->prev;
	w->n--;
	free(e);
}

/* Meta records that nothing is before any more. */
static void
put_metas(struct work *w)
{
	while (w->first != NULL && w->first->meta) {
		put_line(w, w->first->line, w->first->n);
		item_free(w, w->first);
	}
}

int
work_result(struct work *w, const struct work_item *e)
{
	const char *err;

	rec_clear(&w->res);
	return rec_scan(&w->res, e->line, e->n, &err);
}

void
work_done(struct work *w, struct work_item *e)
{
	item_free(w, e);
	put_metas(w);
	if (w->ended && w->n == 0)
		loop_stop(&w->st.loop);
	else if (w->paused && !loop_timer_is_set(&w->more))
		loop_timer_set(&w->st.loop, &w->more, 0);
}

/* ---- hosts that take too long ---- */

/* Is the time of a record's host over? */
static bool
is_over(struct work *w, struct str line, u128 addr, uint64_t now)
{
	struct hosttime_host *h = hosttime_find(&w->hosts, addr);

	if (h == NULL || now - h->since < w->limit)
		return false;
	if (!h->told)
		w->call->late(w, line, addr);
	h->told = true;
	return true;
}

static void
clock_due(struct loop *l, struct loop_timer *t)
{
	struct work *w = (struct work *)((char *)t -
	    offsetof(struct work, clock));
	uint64_t now = clock_mono_ns();
	struct work_item *e, *next;

	for (e = w->first; e != NULL; e = next) {
		next = e->next;
		if (!e->meta && w->call->begun(w, e) &&
		    hosttime_of(&w->hosts, e->addr, now) == NULL)
			out_of_memory(w);
		if (e->meta || !is_over(w, (struct str){ e->line, e->n },
		    e->addr, now))
			continue;
		put_line(w, e->line, e->n);
		item_free(w, e);
	}
	put_metas(w);
	if (w->ended && w->n == 0)
		loop_stop(l);
	else if (w->n > 0 && loop_timer_set(l, t, now + LOOK) == -1)
		out_of_memory(w);
	if (w->paused && !loop_timer_is_set(&w->more))
		loop_timer_set(l, &w->more, 0);
}

/* ---- input ---- */

static bool
is_refused(const struct work *w, u128 a)
{
	const struct rangeset *no = w->refused;

	for (size_t i = 0; i < no->n; i++)
		if (a >= no->r[i].first && a <= no->r[i].last)
			return true;
	return false;
}

/* One port, whose record is `line`. */
static void
take_port(struct work *w, struct str line, const struct intake_port *t)
{
	struct work_item *e;

	if (is_refused(w, t->addr)) {
		w->call->bad(w, "a reserved, multicast or broadcast address is "
		    "not asked: --allow-reserved does");
		put_line(w, line.p, line.n);
	} else if (w->limit != 0 && is_over(w, line, t->addr,
	    clock_mono_ns())) {
		put_line(w, line.p, line.n);
	} else if ((e = item_new(w, line)) != NULL) {
		e->addr = t->addr;
		if (w->call->take(w, e, t) == -1)
			out_of_memory(w);
		else if (w->limit != 0 && !loop_timer_is_set(&w->clock) &&
		    loop_timer_set(&w->st.loop, &w->clock, clock_mono_ns() +
		    LOOK) == -1)
			out_of_memory(w);
	}
}

/* The ports of a target, as far as there is room: true when all are taken. */
static bool
take_target(struct work *w)
{
	struct intake_port t;

	while (w->n < w->most && !w->st.loop.stop) {
		w->line.n = 0;
		if (!intake_next(&w->intake, &t, &w->line))
			return true;
		if (w->line.oom)
			out_of_memory(w);
		else
			take_port(w, buf_view(&w->line), &t);
	}
	return false;
}

static void
take_record(struct work *w, struct str line)
{
	struct intake_port t;
	struct work_item *e;

	if (w->rec.kind == REC_META) {
		if ((e = item_new(w, line)) == NULL)
			return;
		e->meta = true;
		put_metas(w);
		return;
	}
	switch (intake_of(&w->intake, &w->rec, &t)) {
	case INTAKE_PORT:
		take_port(w, line, &t);
		return;
	case INTAKE_MANY:
		take_target(w);
		return;
	case INTAKE_BAD:
		w->call->bad(w, w->intake.err);
		return;
	case INTAKE_NONE:
		stage_put(&w->st, &w->rec);
	}
}

/* Takes what was read, as far as there is room: true when all of it is. */
static bool
take_lines(struct work *w)
{
	const char *err;
	struct str line;

	if (w->intake.on && !take_target(w))
		return false;
	while (w->n < w->most && !w->st.loop.stop) {
		if (w->intake.on)
			return false;
		if (!recin_line(&w->st.in, &line))
			return true;
		rec_clear(&w->rec);
		if (w->st.in.toolong)
			w->call->bad(w, "the line is longer than 4 MiB");
		else if (rec_scan(&w->rec, line.p, line.n, &err) == -1)
			w->call->bad(w, err);
		else if (w->rec.kind != REC_BLANK)
			take_record(w, line);
	}
	return false;
}

static void
take_more(struct work *w)
{
	bool all = take_lines(w);

	if (w->st.loop.stop)
		return;
	if (all && w->st.in.eof)
		w->ended = true;
	/* not by an empty mask: a hang-up would be told again and again */
	if (all && w->paused && !w->st.in.eof) {
		if (loop_add(&w->st.loop, &w->st.input, EPOLLIN) == -1)
			out_of_memory(w);
		w->paused = false;
	}
	if (!all && !w->paused && !w->st.in.eof)
		loop_del(&w->st.loop, &w->st.input);
	if (!all)
		w->paused = true;
	if (w->ended && w->n == 0)
		loop_stop(&w->st.loop);
}

static void
more_due(struct loop *l, struct loop_timer *t)
{
	(void)l;
	take_more((struct work *)((char *)t - offsetof(struct work, more)));
}

static void
input_ready(struct stage *st)
{
	struct work *w = (struct work *)st;
	long n;

	n = recin_fill(&st->in);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1) {
		w->call->failed(w, errno);
		st->in.eof = true;
	}
	if (n <= 0)
		loop_del(&st->loop, &st->input);
	take_more(w);
}

/* ---- the whole ---- */

int
work_init(struct work *w, const struct work_calls *call, size_t most,
    const struct rangeset *refused, enum rec_format format, bool progress,
    const char *name)
{
	w->call = call;
	w->most = most;
	w->refused = refused;
	w->more.fire = more_due;
	w->clock.fire = clock_due;
	return stage_init(&w->st, format, progress, name, input_ready,
	    call->show);
}

void
work_put_rest(struct work *w, bool all)
{
	struct str line;

	while (w->first != NULL) {
		put_line(w, w->first->line, w->first->n);
		item_free(w, w->first);
	}
	while (all && w->st.out.error == 0 && recin_line(&w->st.in, &line))
		if (!w->st.in.toolong)
			put_line(w, line.p, line.n);
}

void
work_release(struct work *w)
{
	stage_release(&w->st);
	intake_release(&w->intake);
	rec_release(&w->rec);
	rec_release(&w->res);
	buf_release(&w->line);
	hosttime_release(&w->hosts);
}
