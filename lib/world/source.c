#include "world/source.h"

#include <errno.h>
#include <string.h>

enum { HEAD = 4096 };

int
source_named(struct source *s, const char *name, struct buf *names)
{
	size_t i;

	s->kind = strcmp(name, "auto") == 0 ? SOURCE_AUTO :
	    strcmp(name, "tsv") == 0 || strcmp(name, "ndjson") == 0 ?
	    SOURCE_RECORDS : SOURCE_FOREIGN;
	if (s->kind != SOURCE_FOREIGN ||
	    (s->format = foreign_find(name)) != NULL)
		return 0;
	buf_puts(names, "auto, ");
	for (i = 0; foreign_formats[i] != NULL; i++) {
		buf_puts(names, foreign_formats[i]->name);
		buf_puts(names, ", ");
	}
	buf_puts(names, "tsv and ndjson");
	return -1;
}

static bool
stopped(const struct source *s, const struct recin *in)
{
	return (in->stop != NULL && *in->stop) ||
	    (s->enough != NULL && *s->enough);
}

/* Reads on: 1, 0 at the end, -1 with errno. A signal that asks to stop is an
 * end. */
static int
more(const struct source *s, struct recin *in)
{
	while (!in->eof && !stopped(s, in)) {
		if (recin_more(in) != -1)
			return 1;
		if (errno != EINTR)
			return -1;
	}
	return 0;
}

/* ---- records ---- */

static int
read_records(const struct source *s, struct recin *in,
    const struct foreign_user *user)
{
	struct record r = { 0 };
	const char *why;
	int got, ret = 0;

	while (!stopped(s, in)) {
		why = NULL;
		if ((got = recin_next(in, &r, &why)) == 0)
			break;
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			ret |= SOURCE_ERROR;
			break;
		}
		if (got == 1)
			why = user->put(user->arg, &r);
		if (why == NULL)
			continue;
		user->complain(user->arg, in->line, why);
		ret |= SOURCE_MALFORMED;
		if (s->strict)
			break;
	}
	rec_release(&r);
	return ret;
}

/* ---- others ---- */

static bool
goes_on(const struct source *s, const struct recin *in,
    const struct foreign *take)
{
	return !take->dead && !(s->strict && take->damaged) &&
	    !stopped(s, in);
}

/* Every line that is there. */
static void
take_lines(const struct source *s, struct recin *in, struct foreign *take,
    const struct foreign_format *f)
{
	struct str line;

	while (goes_on(s, in, take) && recin_line(in, &line)) {
		take->line = in->line;
		if (in->toolong) {
			take->damaged = true;
			take->user->complain(take->user->arg, in->line,
			    "the line is longer than 4 MiB");
		} else
			f->line(take, line);
	}
}

static int
read_foreign(const struct source *s, struct recin *in,
    const struct foreign_user *user, const struct foreign_format *f)
{
	struct foreign take;
	int r, ret = 0;

	foreign_init(&take, user);
	do {
		if (f->line != NULL)
			take_lines(s, in, &take, f);
		else {
			f->piece(&take, recin_rest(in));
			recin_drop(in);
		}
		r = goes_on(s, in, &take) ? more(s, in) : 0;
	} while (r == 1);
	if (r == -1)
		ret = SOURCE_ERROR;
	/* no line's end may have come with the last bytes */
	if (f->line != NULL)
		take_lines(s, in, &take, f);
	if (f->end != NULL)
		f->end(&take);
	if (take.damaged)
		ret |= SOURCE_DAMAGED;
	foreign_release(&take);
	return ret;
}

/* Reads until the first line is whole, or enough of it. */
static int
read_head(const struct source *s, struct recin *in, struct str *head)
{
	int r;

	do {
		*head = recin_rest(in);
		while (head->n > 0 && (str_is_blank(*head->p) ||
		    *head->p == '\n'))
			head->p++, head->n--;
		if (head->n >= HEAD || (head->n > 0 &&
		    memchr(head->p, '\n', head->n) != NULL))
			return 0;
	} while ((r = more(s, in)) == 1);
	return r;
}

int
source_read(const struct source *s, struct recin *in,
    const struct foreign_user *user)
{
	const struct foreign_format *f = s->format;
	struct str head;

	if (s->kind == SOURCE_RECORDS)
		return read_records(s, in, user);
	if (s->kind == SOURCE_AUTO) {
		if (read_head(s, in, &head) == -1)
			return SOURCE_ERROR;
		if ((f = foreign_guess(head)) == NULL)
			return read_records(s, in, user);
	}
	return read_foreign(s, in, user, f);
}
