#include "side.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "world/stop.h"

/* ---- reading ---- */

static int
open_database(struct side *s)
{
	struct buf why = { 0 };
	int r = dbproc_read(&s->beside, &s->database, &why);

	if (r == -1)
		msg_warn("%s: %.*s", s->name, (int)why.n, why.p);
	buf_release(&why);
	return r == 0 ? s->beside.records : -1;
}

int
side_open(struct side *s, const char *operand, size_t memory)
{
	s->name = strcmp(operand, "-") == 0 ? "stdin" : operand;
	s->fd = -1;
	sorter_init(&s->sorter, memory);
	if (scandb_name(&s->database, operand) == -1) {
		msg_warn("out of memory");
		return -1;
	}
	if (s->database.path != NULL)
		return (s->fd = open_database(s)) == -1 ? -1 : 0;
	s->fd = strcmp(operand, "-") == 0 ? STDIN_FILENO :
	    open(operand, O_RDONLY | O_CLOEXEC);
	if (s->fd == -1)
		msg_warn("%s: %s", operand, strerror(errno));
	return s->fd == -1 ? -1 : 0;
}

/* Takes the id out of the list, a line for each. */
static void
end_scan(struct buf *list, struct str id)
{
	struct str rest = buf_view(list), line;

	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		if (!str_eq(line, id))
			continue;
		memmove(list->p + (line.p - list->p), line.p + line.n + 1,
		    rest.n);
		list->n -= line.n + 1;
		return;
	}
}

static void
take_meta(struct side *s, const struct record *r)
{
	struct str id = rec_get(r, "id");

	if (str_is(r->what, "scan") && id.n > 0) {
		end_scan(&s->scans, id);
		buf_str(&s->scans, id);
		buf_putc(&s->scans, '\n');
	} else if (str_is(r->what, "stat")) {
		if (id.n > 0)
			end_scan(&s->scans, id);
		s->incomplete |= !str_is(rec_get(r, "complete"), "1");
	}
}

static const char *
put(void *arg, const struct record *r)
{
	struct side *s = arg;
	struct reskey key;
	const char *why;

	if (r->kind == REC_META) {
		take_meta(s, r);
		return NULL;
	}
	if (r->col[COL_STATE].p == NULL)
		return NULL;		/* a target says nothing */
	if ((why = reskey_of(&key, r)) == NULL && s->sorter.error == 0)
		sorter_add(&s->sorter, &key, r);
	return why;
}

static void
complain(void *arg, unsigned long line, const char *why)
{
	const struct side *s = arg;

	msg_at(s->name, line, "%s", why);
}

static int
failed(const struct side *s)
{
	msg_warn("%s: cannot sort: %s%s", s->name, strerror(s->sorter.error),
	    s->sorter.fd == -1 ? "; set TMPDIR to where files can be made" :
	    "");
	return -1;
}

/* Closes the input: 0, or -1 after a message of the database's. */
static int
end(struct side *s)
{
	struct buf why = { 0 };
	int r = 0;

	if (s->fd != STDIN_FILENO)
		close(s->fd);
	s->fd = -1;
	if (s->database.path != NULL && (r = dbproc_end(&s->beside, &why)) ==
	    -1)
		msg_warn("%s: %.*s", s->name, (int)why.n, why.p);
	buf_release(&why);
	return r;
}

int
side_read(struct side *s, const struct source *how)
{
	struct foreign_user user = { put, complain, s };
	struct source records = { .kind = SOURCE_RECORDS,
	    .strict = how->strict };
	struct recin in;
	int r;

	recin_init(&in, s->fd, s->name);
	in.stop = &stop;
	r = source_read(s->database.path != NULL ? &records : how, &in, &user);
	if (r & SOURCE_ERROR)
		msg_warn("%s: cannot read: %s", s->name, strerror(errno));
	recin_release(&in);
	if (end(s) == -1)
		r |= SOURCE_ERROR;
	if (r != 0 || s->scans.n > 0 || stop)
		s->incomplete = true;
	if (s->sorter.error != 0 || sorter_seal(&s->sorter) == -1)
		return failed(s);
	s->got = sorter_next(&s->sorter, &s->key, &s->line);
	return r == 0 ? 0 : -1;
}

void
side_release(struct side *s)
{
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	free(s->database.path);
	sorter_release(&s->sorter);
	free(s->thing);
	buf_release(&s->text);
	buf_release(&s->scans);
	rec_release(&s->scratch);
}

/* ---- host by host ---- */

/* A host that took too long says so in a record that says nothing else. */
static bool
is_timeout(struct side *s)
{
	const char *err;

	return s->key.proto == RESKEY_HOST && rec_scan_tsv(&s->scratch,
	    s->line.p, s->line.n, &err) == 0 &&
	    str_is(rec_get(&s->scratch, "timedout"), "1");
}

static int
keep(struct side *s)
{
	size_t cap = s->cap < 64 ? 64 : s->cap * 2;
	struct thing *more;

	/* of several results about the same, the last counts */
	if (s->n > 0 && reskey_cmp(&s->thing[s->n - 1].key, &s->key) == 0)
		s->n--;
	if (s->n == s->cap) {
		more = reallocarray(s->thing, cap, sizeof(*more));
		if (more == NULL)
			return -1;
		s->thing = more;
		s->cap = cap;
	}
	s->thing[s->n++] = (struct thing){ s->key, s->text.n, s->line.n };
	buf_str(&s->text, s->line);
	return s->text.oom ? -1 : 0;
}

/* Up is what says so, or answers; its own record has the last word. */
static bool
is_up(struct side *s)
{
	struct record *r = &s->scratch;
	size_t i;

	for (i = 0; i < s->n; i++) {
		side_record(s, i, r);
		if (s->thing[i].key.proto == RESKEY_HOST)
			return str_is(r->col[COL_STATE], "up");
		if (str_is(r->col[COL_STATE], "open") ||
		    str_is(r->col[COL_STATE], "closed") ||
		    str_is(r->col[COL_STATE], "unfiltered"))
			return true;
	}
	return false;
}

int
side_next(struct side *s)
{
	s->n = s->text.n = 0;
	s->has_host = s->got == 1;
	if (s->has_host)
		s->addr = s->key.addr;
	s->timedout = false;
	while (s->got == 1 && s->key.addr == s->addr) {
		if (is_timeout(s)) {
			s->timedout = true;
		} else if (keep(s) == -1) {
			s->sorter.error = ENOMEM;
			return failed(s);
		}
		s->got = sorter_next(&s->sorter, &s->key, &s->line);
	}
	if (s->got == -1)
		return failed(s);
	s->up = is_up(s);
	return 0;
}

void
side_record(const struct side *s, size_t i, struct record *r)
{
	const char *err;

	/* it was written from a record: it is one */
	rec_scan_tsv(r, s->text.p + s->thing[i].at, s->thing[i].len, &err);
}
