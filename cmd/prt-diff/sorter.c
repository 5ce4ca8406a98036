#include "sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

/* A sorted part of the file, and what of it is in memory. */
struct run {
	uint64_t	 at, end;	/* of what was not read yet */
	struct buf	 buf;
	size_t		 from;		/* of what was not given out */
	struct item	 item;		/* the next one */
	bool		 empty;
};

void
sorter_init(struct sorter *s, size_t limit)
{
	const char *dir = getenv("TMPDIR");

	*s = (struct sorter){ .limit = limit };
	s->fd = open(dir != NULL && *dir != '\0' ? dir : "/tmp",
	    O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

void
sorter_release(struct sorter *s)
{
	size_t i;

	for (i = 0; i < s->nrun; i++)
		buf_release(&s->run[i].buf);
	free(s->run);
	free(s->item);
	buf_release(&s->text);
	if (s->fd != -1)
		close(s->fd);
	*s = (struct sorter){ .fd = -1 };
}

static int
fail(struct sorter *s, int error)
{
	s->error = error;
	return -1;
}

static int
compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = reskey_cmp(&x->key, &y->key);

	return c != 0 ? c : x->at < y->at ? -1 : x->at > y->at;
}

/* ---- to the file ---- */

static int
write_all(struct sorter *s, const char *p, size_t n)
{
	ssize_t k;

	while (n > 0) {
		k = pwrite(s->fd, p, n, (off_t)s->end);
		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0)
			return fail(s, k == 0 ? ENOSPC : errno);
		p += k;
		n -= (size_t)k;
		s->end += (uint64_t)k;
	}
	return 0;
}

static int
write_items(struct sorter *s)
{
	struct buf b = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < s->n && r == 0; i++) {
		buf_put(&b, &s->item[i], sizeof(s->item[i]));
		buf_put(&b, s->text.p + s->item[i].at, s->item[i].len);
		if (b.n >= PIECE || i + 1 == s->n) {
			r = b.oom ? fail(s, ENOMEM) : write_all(s, b.p, b.n);
			b.n = 0;
		}
	}
	buf_release(&b);
	return r;
}

/* Sorts what is in memory and makes a run of it. */
static int
spill(struct sorter *s)
{
	struct run *more;
	uint64_t at = s->end;

	if (s->fd == -1)
		return fail(s, ENOENT);
	if (s->n > 0)
		qsort(s->item, s->n, sizeof(*s->item), compare);
	more = reallocarray(s->run, s->nrun + 1, sizeof(*more));
	if (more == NULL)
		return fail(s, ENOMEM);
	s->run = more;
	if (write_items(s) == -1)
		return -1;
	s->run[s->nrun++] = (struct run){ .at = at, .end = s->end };
	s->n = s->text.n = 0;
	return 0;
}

int
sorter_add(struct sorter *s, const struct reskey *key, const struct record *r)
{
	size_t cap = s->cap < 256 ? 256 : s->cap * 2;
	struct item *more;

	if (s->n > 0 && s->text.n + s->n * sizeof(*s->item) > s->limit &&
	    spill(s) == -1)
		return -1;
	if (s->n == s->cap) {
		more = reallocarray(s->item, cap, sizeof(*more));
		if (more == NULL)
			return fail(s, ENOMEM);
		s->item = more;
		s->cap = cap;
	}
	s->item[s->n] = (struct item){ .key = *key, .at = s->text.n };
	rec_put_tsv(r, &s->text);
	if (s->text.oom)
		return fail(s, ENOMEM);
	s->item[s->n].len = (uint32_t)(s->text.n - s->item[s->n].at - 1);
	s->n++;
	return 0;
}

/* ---- and back ---- */

/* Makes n bytes of the run available. */
static int
fill(struct sorter *s, struct run *r, size_t n)
{
	size_t want;
	ssize_t k;

	if (r->buf.n - r->from >= n)
		return 0;
	memmove(r->buf.p, r->buf.p + r->from, r->buf.n - r->from);
	r->buf.n -= r->from;
	r->from = 0;
	while (r->buf.n < n) {
		want = n - r->buf.n > PIECE ? n - r->buf.n : PIECE;
		if (want > r->end - r->at)
			want = (size_t)(r->end - r->at);
		if (want == 0)
			return fail(s, EIO);
		if (buf_reserve(&r->buf, want) == -1)
			return fail(s, ENOMEM);
		k = pread(s->fd, r->buf.p + r->buf.n, want, (off_t)r->at);
		if (k == -1 && errno == EINTR)
			continue;
		if (k <= 0)
			return fail(s, k == 0 ? EIO : errno);
		r->buf.n += (size_t)k;
		r->at += (uint64_t)k;
	}
	return 0;
}

/* Goes to the next item: its line is at ->from. */
static int
advance(struct sorter *s, struct run *r)
{
	r->empty = r->at == r->end && r->from == r->buf.n;
	if (r->empty)
		return 0;
	if (fill(s, r, sizeof(r->item)) == -1)
		return -1;
	memcpy(&r->item, r->buf.p + r->from, sizeof(r->item));
	r->from += sizeof(r->item);
	return fill(s, r, r->item.len);
}

int
sorter_seal(struct sorter *s)
{
	size_t i;

	if (s->nrun == 0) {
		if (s->n > 0)
			qsort(s->item, s->n, sizeof(*s->item), compare);
		return 0;
	}
	if (s->n > 0 && spill(s) == -1)
		return -1;
	free(s->item);
	s->item = NULL;
	s->cap = 0;
	buf_release(&s->text);
	for (i = 0; i < s->nrun; i++)
		if (buf_reserve(&s->run[i].buf, PIECE) == -1)
			return fail(s, ENOMEM);
		else if (advance(s, &s->run[i]) == -1)
			return -1;
	return 0;
}

/* Of two alike the earlier run is first. */
static struct run *
least(struct sorter *s)
{
	struct run *r, *best = NULL;

	for (r = s->run; r < s->run + s->nrun; r++)
		if (!r->empty && (best == NULL ||
		    reskey_cmp(&r->item.key, &best->item.key) < 0))
			best = r;
	return best;
}

int
sorter_next(struct sorter *s, struct reskey *key, struct str *line)
{
	const struct item *it;
	struct run *r;

	if (s->nrun == 0) {
		if (s->next == s->n)
			return 0;
		it = &s->item[s->next++];
		*key = it->key;
		*line = (struct str){ s->text.p + it->at, it->len };
		return 1;
	}
	if ((r = least(s)) == NULL)
		return 0;
	*key = r->item.key;
	/* a copy: going on moves what the run has in memory */
	s->text.n = 0;
	buf_put(&s->text, r->buf.p + r->from, r->item.len);
	r->from += r->item.len;
	if (s->text.oom)
		return fail(s, ENOMEM);
	if (advance(s, r) == -1)
		return -1;
	*line = buf_view(&s->text);
	return 1;
}
