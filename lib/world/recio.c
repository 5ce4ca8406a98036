#include "world/recio.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024 };

/* ---- input ---- */

void
recin_init(struct recin *in, int fd, const char *name)
{
	*in = (struct recin){ .fd = fd, .name = name };
}

void
recin_release(struct recin *in)
{
	buf_release(&in->buf);
}

/* Drops the bytes of the lines that were returned. */
static void
compact(struct recin *in)
{
	struct buf *b = &in->buf;

	if (in->at == 0)
		return;
	b->n -= in->at;
	if (b->n > 0)
		memmove(b->p, b->p + in->at, b->n);
	in->seen -= in->at;
	in->at = 0;
}

/* What a line without end has gathered is thrown away, and the line with it. */
static void
bound_line(struct recin *in)
{
	if (in->seen - in->at <= RECIN_MAX)
		return;
	in->cut = true;
	in->buf.n = in->seen = in->at = 0;
}

long
recin_fill(struct recin *in)
{
	ssize_t n;

	compact(in);
	bound_line(in);
	if (buf_reserve(&in->buf, CHUNK) == -1) {
		errno = ENOMEM;
		return -1;
	}
	n = read(in->fd, in->buf.p + in->buf.n, CHUNK);
	if (n > 0)
		in->buf.n += (size_t)n;
	in->eof = n == 0;
	return n;
}

/* Returns the line that ends at `end`, and goes on at `next`. */
static bool
give(struct recin *in, size_t end, size_t next, struct str *line)
{
	const char *p = in->buf.p + in->at;
	size_t n = end - in->at;

	in->toolong = in->cut || n > RECIN_MAX;
	in->cut = false;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	*line = in->toolong ? STR("") : (struct str){ p, n };
	in->at = in->seen = next;
	in->line++;
	return true;
}

bool
recin_line(struct recin *in, struct str *line)
{
	const char *nl = NULL;
	size_t end;

	if (in->buf.n > in->seen)
		nl = memchr(in->buf.p + in->seen, '\n', in->buf.n - in->seen);
	if (nl != NULL) {
		end = (size_t)(nl - in->buf.p);
		return give(in, end, end + 1, line);
	}
	in->seen = in->buf.n;
	if (!in->eof || (in->at == in->buf.n && !in->cut))
		return false;
	return give(in, in->buf.n, in->buf.n, line);
}

/* Is there something to read, or its end, without waiting for it? */
static bool
ready(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

/* Waits for input. The flag is looked at while signals are blocked, and only
 * ppoll(2) lets them in: none can slip in between. */
static int
wait_input(const struct recin *in)
{
	struct pollfd p = { .fd = in->fd, .events = POLLIN };
	sigset_t every, before;
	int r = -1;

	if (in->stop == NULL)
		return poll(&p, 1, -1) == -1 ? -1 : 0;
	sigfillset(&every);
	sigprocmask(SIG_SETMASK, &every, &before);
	errno = EINTR;
	if (!*in->stop)
		r = ppoll(&p, 1, NULL, &before) == -1 ? -1 : 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

long
recin_more(struct recin *in)
{
	long n;

	if (in->flush != NULL && !ready(in->fd))
		recout_flush(in->flush);
	do {
		if (in->stop != NULL && wait_input(in) == -1)
			return -1;
		n = recin_fill(in);
		if (n != -1 || errno != EAGAIN)
			return n;
	} while (in->stop != NULL || wait_input(in) == 0);
	return -1;
}

struct str
recin_rest(const struct recin *in)
{
	return (struct str){ in->buf.p + in->at, in->buf.n - in->at };
}

void
recin_drop(struct recin *in)
{
	in->at = in->seen = in->buf.n;
}

int
recin_next(struct recin *in, struct record *r, const char **err)
{
	struct str line;

	for (;;) {
		while (!recin_line(in, &line)) {
			if (in->eof)
				return 0;
			if (recin_more(in) == -1)
				return -1;
		}
		if (in->toolong) {
			*err = "the line is longer than 4 MiB: no record is";
			return -2;
		}
		if (rec_scan(r, line.p, line.n, err) == -1)
			return -2;
		if (r->kind != REC_BLANK)
			return 1;
	}
}

/* ---- output ---- */

void
recout_init(struct recout *out, int fd, enum rec_format format)
{
	*out = (struct recout){ .fd = fd, .format = format,
	    .tty = isatty(fd) == 1 };
}

static int
fail(struct recout *out, int error)
{
	out->error = error;
	buf_release(&out->buf);
	return -1;
}

static int
full(struct recout *out)
{
	if (out->buf.oom)
		return fail(out, ENOMEM);
	return out->tty || out->buf.n >= CHUNK ? recout_flush(out) : 0;
}

int
recout_put(struct recout *out, const struct record *r)
{
	if (out->error != 0)
		return -1;
	if (out->format == REC_NDJSON)
		rec_put_json(r, &out->buf);
	else
		rec_put_tsv(r, &out->buf);
	return full(out);
}

int
recout_raw(struct recout *out, struct str s)
{
	if (out->error != 0)
		return -1;
	buf_str(&out->buf, s);
	return full(out);
}

int
recout_flush(struct recout *out)
{
	struct pollfd p = { .fd = out->fd, .events = POLLOUT };
	size_t at = 0;
	ssize_t n;

	if (out->error != 0)
		return -1;
	if (out->buf.oom)
		return fail(out, ENOMEM);
	while (at < out->buf.n) {
		n = write(out->fd, out->buf.p + at, out->buf.n - at);
		if (n >= 0)
			at += (size_t)n;
		else if (errno == EAGAIN)
			poll(&p, 1, -1);
		else if (errno != EINTR)
			return fail(out, errno);
	}
	out->buf.n = 0;
	return 0;
}

int
recout_close(struct recout *out)
{
	int r = recout_flush(out);

	if (close(out->fd) == -1 && r == 0) {
		out->error = errno;
		r = -1;
	}
	buf_release(&out->buf);
	errno = out->error;
	return r;
}
