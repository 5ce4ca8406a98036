#include "status.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

void
status_init(struct status *st, bool line, uint64_t every, uint64_t now)
{
	*st = (struct status){ .line = line, .start = now, .every = every,
	    .due = now + every, .speed = 1 };
}

void
status_hear(struct stage *s)
{
	char text[512];
	ssize_t n;

	while ((n = recv(s->control, text, sizeof(text) - 1,
	    MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		if (progress_event_get(&s->event, text) == 0)
			s->heard = true;
	}
	if (n == 0) {
		close(s->control);
		s->control = -1;
	}
}

/* ---- the text ---- */

static bool
is_done(const struct stage *s)
{
	return s->control == -1 || (s->heard && !s->event.state.more &&
	    s->event.state.done >= s->event.state.total);
}

/* The first that still has something to do, else the last that runs. */
static const struct stage *
current(const struct pipeline *p)
{
	const struct stage *s, *last = NULL;

	for (s = p->stage; s < p->stage + p->n; s++) {
		if (s->what == NULL || s->control == -1)
			continue;
		if (!is_done(s))
			return s;
		last = s;
	}
	return last;
}

static size_t
put_time(char *dst, size_t cap, uint64_t ns)
{
	uint64_t sec = ns / NS_PER_S;
	int n = snprintf(dst, cap, "%u:%02u:%02u", (unsigned)(sec / 3600),
	    (unsigned)(sec % 3600 / 60), (unsigned)(sec % 60));

	return n > 0 ? (size_t)n : 0;
}

/* What the programs behind the current one are at. */
static size_t
put_behind(char *dst, size_t cap, const struct pipeline *p,
    const struct stage *s)
{
	size_t n = 0;
	int k;

	for (s++; s < p->stage + p->n; s++) {
		if (s->what == NULL || s->control == -1 || !s->heard ||
		    s->event.state.total == 0)
			continue;
		k = snprintf(dst + n, cap - n, "; %s %llu/%llu", s->what,
		    (unsigned long long)s->event.state.done,
		    (unsigned long long)s->event.state.total);
		if (k < 0 || (size_t)k >= cap - n)
			break;
		n += (size_t)k;
	}
	dst[n] = '\0';
	return n;
}

void
status_text(const struct status *st, const struct pipeline *p, uint64_t now,
    char *dst, size_t cap)
{
	const struct stage *s = current(p);
	char age[32], text[160] = "", behind[160] = "", how[64] = "";

	put_time(age, sizeof(age), now - st->start);
	if (st->paused)
		snprintf(how, sizeof(how), "paused, ");
	else if (st->speed < 1 || st->speed > 1)
		snprintf(how, sizeof(how), "ceiling x%g, ", st->speed);
	if (s != NULL) {
		/* who waits forecasts nothing */
		progress_text(text, sizeof(text), &s->event.state,
		    st->paused ? 0 : s->event.rate,
		    st->paused ? 0 : s->event.pace);
		put_behind(behind, sizeof(behind), p, s);
	}
	snprintf(dst, cap, "%s %s%s: %s%s", age, how,
	    s != NULL ? s->what : "report", text, behind);
}

/* ---- the terminal ---- */

static void
put(struct status *st, const char *text, size_t n)
{
	/* nobody is lost who does not see it */
	if (write(STDERR_FILENO, text, n) == -1)
		st->line = false;
}

static void
put_line(struct status *st, const char *before, const char *text,
    const char *after)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "%s%s%s", before, text, after);

	if (n > 0)
		put(st, line, (size_t)n < sizeof(line) ? (size_t)n :
		    sizeof(line) - 1);
}

void
status_clear(struct status *st)
{
	if (!st->shown)
		return;
	st->shown = false;
	put(st, "\r\033[K", 4);
}

void
status_say(struct status *st, const char *text)
{
	status_clear(st);
	put_line(st, "prtip: ", text, "\n");
}

void
status_print(struct status *st, const struct pipeline *p, uint64_t now)
{
	char text[400];

	status_text(st, p, now, text, sizeof(text));
	status_say(st, text);
}

void
status_show(struct status *st, const struct pipeline *p, uint64_t now)
{
	char text[400];

	if (st->every != 0 && now >= st->due) {
		st->due = now + st->every;
		status_print(st, p, now);
	}
	if (!st->line)
		return;
	status_text(st, p, now, text, sizeof(text));
	put_line(st, "\r", text, "\033[K");
	st->shown = true;
}

void
status_steer(const struct status *st, const struct pipeline *p)
{
	char text[64];
	size_t i;
	int n = snprintf(text, sizeof(text), "speed %g", st->speed);
	const char *go = st->paused ? "pause" : "go";

	for (i = 0; i < p->n && n > 0; i++) {
		if (p->stage[i].control == -1)
			continue;
		(void)send(p->stage[i].control, text, (size_t)n,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)send(p->stage[i].control, go, strlen(go),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}
