#include "world/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define TTY_NS		(200 * (uint64_t)NS_PER_MS)
#define LOG_NS		(1000 * (uint64_t)NS_PER_MS)
#define SMOOTH		0.3		/* weight of the newest measurement */

void
progress_init(struct progress *p, int fd, bool force, const char *name,
    uint64_t now)
{
	*p = (struct progress){ .fd = fd, .name = name, .last = now };
	p->tty = isatty(fd) == 1;
	p->on = p->tty || force;
	p->due = now + (p->tty ? TTY_NS : LOG_NS);
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
	p->due = now + (p->tty ? TTY_NS : LOG_NS);
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
