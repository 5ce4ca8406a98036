#include "world/progress.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"

#define TTY_NS		(200 * (uint64_t)NS_PER_MS)
#define LOG_NS		(1000 * (uint64_t)NS_PER_MS)
#define SMOOTH		0.3		/* weight of the newest measurement */

/* Whatever else has that number is left alone. */
static int
control_socket(void)
{
	const char *z = getenv("PRT_CONTROL");
	socklen_t n = sizeof(int);
	uint64_t fd;
	int type;

	if (z == NULL || num_parse(z, 3, 65535, &fd) == -1 ||
	    getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &n) == -1 ||
	    type != SOCK_SEQPACKET)
		return -1;
	fcntl((int)fd, F_SETFD, FD_CLOEXEC);
	return (int)fd;
}

void
progress_init(struct progress *p, int fd, bool force, const char *name,
    uint64_t now)
{
	*p = (struct progress){ .fd = fd, .name = name, .last = now,
	    .speed = 1 };
	p->control = control_socket();
	p->tty = p->control == -1 && isatty(fd) == 1;
	p->on = p->control != -1 || p->tty || force;
	p->due = now + (p->tty || p->control != -1 ? TTY_NS : LOG_NS);
}

bool
progress_hear(struct progress *p)
{
	bool was = p->paused;
	double speed = p->speed, v;
	char text[64], *end;
	ssize_t n;

	while (p->control != -1 && (n = recv(p->control, text,
	    sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		if (strcmp(text, "pause") == 0)
			p->paused = true;
		else if (strcmp(text, "go") == 0)
			p->paused = false;
		else if (strncmp(text, "speed ", 6) == 0) {
			v = strtod(text + 6, &end);
			if (*end == '\0' && v >= 1e-6 && v <= 1e6)
				p->speed = v;
		}
	}
	return p->paused != was || p->speed < speed || p->speed > speed;
}

/* ---- events ---- */

#define EVENT	"{\"event\":\"progress\",\"program\":\"%s\",\"done\":%" PRIu64 \
	",\"total\":%" PRIu64 ",\"more\":%s,\"sent\":%" PRIu64 \
	",\"found\":%" PRIu64 ",\"rate\":%.3f,\"pace\":%.3f}"

size_t
progress_event_put(char *dst, size_t cap, const struct progress_event *e)
{
	const struct progress_state *s = &e->state;
	int n = snprintf(dst, cap, EVENT, e->name, s->done, s->total,
	    s->more ? "true" : "false", s->sent, s->found, e->rate, e->pace);

	return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

int
progress_event_get(struct progress_event *e, const char *text)
{
	struct progress_state *s = &e->state;
	char more[8];
	int n = sscanf(text, "{\"event\":\"progress\",\"program\":\"%31[^\"]\","
	    "\"done\":%" SCNu64 ",\"total\":%" SCNu64 ",\"more\":%7[a-z],"
	    "\"sent\":%" SCNu64 ",\"found\":%" SCNu64 ",\"rate\":%lf,"
	    "\"pace\":%lf}", e->name, &s->done, &s->total, more, &s->sent,
	    &s->found, &e->rate, &e->pace);

	if (n != 8)
		return -1;
	s->more = strcmp(more, "true") == 0;
	return 0;
}

static void
send_event(struct progress *p, const struct progress_state *s)
{
	struct progress_event e = { .state = *s, .rate = p->rate,
	    .pace = p->pace };
	char text[512];
	size_t n;

	snprintf(e.name, sizeof(e.name), "%s", p->name);
	n = progress_event_put(text, sizeof(text), &e);
	/* one that is lost is made up for by the next */
	if (n > 0)
		(void)send(p->control, text, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* 1234567 as 1,234,567. */
static void
group(char dst[32], uint64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu",
	    (unsigned long long)v), at = 0;

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			dst[at++] = ',';
		dst[at++] = digits[i];
	}
	dst[at] = '\0';
}

static void
time_left(char *dst, size_t cap, const struct progress_state *s, double pace)
{
	double left;
	uint64_t sec;

	dst[0] = '\0';
	if (s->more || pace <= 0 || s->done >= s->total)
		return;
	left = (double)(s->total - s->done) / pace;
	if (left > 99.0 * 86400)
		return;
	sec = (uint64_t)(left + 0.5);
	if (sec >= 86400)
		snprintf(dst, cap, ", ETA %ud %uh", (unsigned)(sec / 86400),
		    (unsigned)(sec % 86400 / 3600));
	else
		snprintf(dst, cap, ", ETA %u:%02u:%02u",
		    (unsigned)(sec / 3600), (unsigned)(sec % 3600 / 60),
		    (unsigned)(sec % 60));
}

size_t
progress_text(char *dst, size_t cap, const struct progress_state *s,
    double rate, double pace)
{
	char pps[32], found[32], eta[40];
	double percent = 0;
	int n;

	if (s->total > 0)
		percent = 100.0 * (double)s->done / (double)s->total;
	/* 100 is for the end: 99.96 is not it. */
	if (percent > 99.9 && s->done < s->total)
		percent = 99.9;
	group(pps, rate > 0 ? (uint64_t)(rate + 0.5) : 0);
	group(found, s->found);
	time_left(eta, sizeof(eta), s, pace);
	n = snprintf(dst, cap, "%.1f %%%s, %s/s, %s found%s", percent,
	    s->more ? " so far" : "", pps, found, eta);
	return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

static double
smooth(double old, uint64_t more, uint64_t ns)
{
	double now = (double)more * 1e9 / (double)ns;

	return old == 0 ? now : old + SMOOTH * (now - old);
}

static void
put(struct progress *p, const char *text, size_t n)
{
	/* Nobody is lost who does not see it. */
	if (write(p->fd, text, n) == -1)
		p->on = false;
}

void
progress_show(struct progress *p, uint64_t now, const struct progress_state *s)
{
	char line[256], text[160];
	int n;

	if (!progress_due(p, now))
		return;
	if (now > p->last) {
		p->rate = smooth(p->rate, s->sent - p->was.sent,
		    now - p->last);
		p->pace = smooth(p->pace, s->done - p->was.done,
		    now - p->last);
	}
	p->was = *s;
	p->last = now;
	p->due = now + (p->tty || p->control != -1 ? TTY_NS : LOG_NS);
	if (p->control != -1) {
		send_event(p, s);
		return;
	}
	progress_text(text, sizeof(text), s, p->rate, p->pace);
	n = snprintf(line, sizeof(line), p->tty ? "\r%s: %s\033[K" :
	    "%s: %s\n", p->name, text);
	if (n > 0)
		put(p, line, (size_t)n < sizeof(line) ? (size_t)n :
		    sizeof(line) - 1);
	p->shown = p->tty;
}

void
progress_clear(struct progress *p)
{
	if (!p->shown)
		return;
	p->shown = false;
	put(p, "\r\033[K", 4);
}
