#include "stage.h"

#include <errno.h>

#include "pure/portset.h"

const char *
stage_put(struct stage *st, const struct record *r)
{
	const char *why;

	/* reports leave hosts out as well, at their end */
	if (st->sink->open && r->kind == REC_DATA && !st->format->sorted &&
	    r->col[COL_STATE].p != NULL && !report_is_open(r) &&
	    !str_is(r->col[COL_STATE], "up"))
		return NULL;
	if (r->kind == REC_DATA && st->only->n > 0 && !only_wants(st->only, r))
		return NULL;
	/* targets are no part of a report: they go ahead */
	if ((!st->sort && !st->group) || (r->kind == REC_DATA &&
	    r->col[COL_STATE].p == NULL))
		return st->format->put(st->sink, r);
	why = report_add(&st->held, r);
	if (st->held.oom || st->held.text.oom || st->held.meta.oom)
		st->sink->out.error = ENOMEM;
	return why;
}

/* ---- --group ---- */

/* Takes the fields away that the other record has not, or has otherwise. */
static void
keep_common(struct record *r, const struct record *other)
{
	size_t i, k, n = 0;

	for (i = 0; i < r->npair; i++) {
		for (k = 0; k < other->npair; k++)
			if (str_eq(r->pair[i].key, other->pair[k].key))
				break;
		if (k < other->npair &&
		    str_eq(r->pair[i].val, other->pair[k].val))
			r->pair[n++] = r->pair[i];
	}
	r->npair = n;
	if (!str_eq(r->col[COL_REASON], other->col[COL_REASON]))
		r->col[COL_REASON] = STR_NONE;
}

static bool
alike(const struct record *a, const struct record *b)
{
	return str_eq(a->col[COL_PROTO], b->col[COL_PROTO]) &&
	    str_eq(a->col[COL_STATE], b->col[COL_STATE]);
}

/* One record for entry `from` and those alike of its host, up to `to`. */
static void
put_group(struct stage *st, size_t from, size_t to, struct buf *text)
{
	struct record first = { 0 }, r = { 0 };
	struct portset ports = { 0 };
	size_t i;

	report_record(&st->held, from, &first);
	for (i = from; i < to; i++) {
		report_record(&st->held, i, &r);
		if (!alike(&first, &r))
			continue;
		keep_common(&first, &r);
		if (portset_add(&ports, st->held.entry[i].key.port,
		    st->held.entry[i].key.port) == -1)
			text->oom = true;
	}
	portset_normalise(&ports);
	text->n = 0;
	portset_fmt(&ports, text);
	if (text->oom)
		st->sink->out.error = ENOMEM;
	first.col[COL_PORT] = buf_view(text);
	st->format->put(st->sink, &first);
	portset_release(&ports);
	rec_release(&first);
	rec_release(&r);
}

/* Has an entry of the host before this one the same protocol and state? */
static bool
is_grouped(const struct stage *st, size_t from, size_t i, struct record *r)
{
	struct record other = { 0 };
	bool yes = false;

	report_record(&st->held, i, r);
	for (; from < i && !yes; from++) {
		if (st->held.entry[from].key.proto != st->held.entry[i].key.proto)
			continue;
		report_record(&st->held, from, &other);
		yes = alike(&other, r);
	}
	rec_release(&other);
	return yes;
}

static void
put_host(struct stage *st, size_t from, size_t to, struct buf *text)
{
	struct record r = { 0 };
	size_t i;

	for (i = from; i < to && st->sink->out.error == 0; i++) {
		report_record(&st->held, i, &r);
		if (st->held.entry[i].key.proto == 0)
			st->format->put(st->sink, &r);
		else if (!is_grouped(st, from, i, &r))
			put_group(st, i, to, text);
	}
	rec_release(&r);
}

/* ---- the end ---- */

static void
put_metas(struct stage *st)
{
	struct str rest = buf_view(&st->held.meta), line;
	struct record r = { 0 };
	const char *err;

	while (rest.n > 0) {
		line = str_cut(&rest, '\n');
		if (rec_scan_tsv(&r, line.p, line.n, &err) == 0)
			st->format->put(st->sink, &r);
	}
	rec_release(&r);
}

void
stage_finish(struct stage *st)
{
	struct record r = { 0 };
	struct buf text = { 0 };
	size_t i, to;

	report_sort(&st->held);
	for (i = 0; i < st->held.n && st->sink->out.error == 0; i = to) {
		to = st->group ? report_host_end(&st->held, i) : i + 1;
		if (st->group)
			put_host(st, i, to, &text);
		else {
			report_record(&st->held, i, &r);
			st->format->put(st->sink, &r);
		}
	}
	put_metas(st);
	buf_release(&text);
	rec_release(&r);
	report_release(&st->held);
}
