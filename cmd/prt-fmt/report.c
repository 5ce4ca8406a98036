#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
report_release(struct report *rp)
{
	free(rp->entry);
	buf_release(&rp->text);
	buf_release(&rp->meta);
	*rp = (struct report){ 0 };
}

static struct entry *
new_entry(struct report *rp)
{
	size_t cap = rp->cap < 256 ? 256 : rp->cap * 2;
	struct entry *e;

	if (rp->n == rp->cap) {
		e = reallocarray(rp->entry, cap, sizeof(*e));
		if (e == NULL) {
			rp->oom = true;
			return NULL;
		}
		rp->entry = e;
		rp->cap = cap;
	}
	return &rp->entry[rp->n];
}

const char *
report_add(struct report *rp, const struct record *r)
{
	struct reskey key;
	struct entry *e;
	const char *why;

	if (r->kind == REC_META) {
		rec_put_tsv(r, &rp->meta);
		return NULL;
	}
	if (r->col[COL_STATE].p == NULL) {
		rp->targets++;
		return NULL;
	}
	if ((why = reskey_of(&key, r)) != NULL)
		return why;
	if ((e = new_entry(rp)) == NULL)
		return NULL;
	*e = (struct entry){ .key = key, .at = rp->text.n };
	rec_put_tsv(r, &rp->text);
	e->len = (uint32_t)(rp->text.n - e->at - 1);
	if (!rp->text.oom)
		rp->n++;
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = reskey_cmp(&x->key, &y->key);

	if (c != 0)
		return c;
	/* records about the same port stay in the order they came in */
	return x->at < y->at ? -1 : x->at > y->at;
}

void
report_sort(struct report *rp)
{
	if (rp->n > 0)
		qsort(rp->entry, rp->n, sizeof(*rp->entry), compare);
}

bool
report_is_open(const struct record *r)
{
	return str_is(r->col[COL_STATE], "open") ||
	    str_is(r->col[COL_STATE], "open|filtered");
}

bool
report_is_timeout(const struct record *r)
{
	return r->col[COL_PORT].p == NULL &&
	    str_is(rec_get(r, "timedout"), "1");
}

/* As nmap: of a host that took too long, no port is reported. */
static void
drop_timeouts(struct report *rp)
{
	struct record r = { 0 };
	size_t i, k, to, n = 0;
	bool over;

	for (i = 0; i < rp->n; i = to) {
		to = report_host_end(rp, i);
		over = false;
		for (k = i; k < to; k++) {
			if (rp->entry[k].key.proto == 0 && !over) {
				report_record(rp, k, &r);
				over = report_is_timeout(&r);
			}
			if (!over || rp->entry[k].key.proto == 0)
				rp->entry[n++] = rp->entry[k];
		}
	}
	rp->n = n;
	rec_release(&r);
}

/* Takes away hosts without an open port. */
static void
keep_open(struct report *rp)
{
	struct record r = { 0 };
	size_t i, k, to, n = 0;
	bool any;

	for (i = 0; i < rp->n; i = to) {
		to = report_host_end(rp, i);
		any = false;
		for (k = i; k < to && !any; k++) {
			report_record(rp, k, &r);
			any = rp->entry[k].key.proto != 0 ?
			    report_is_open(&r) : report_is_timeout(&r);
		}
		if (any) {
			memmove(rp->entry + n, rp->entry + i,
			    (to - i) * sizeof(*rp->entry));
			n += to - i;
		}
	}
	rp->n = n;
	rec_release(&r);
}

size_t
report_host_end(const struct report *rp, size_t i)
{
	u128 addr = rp->entry[i].key.addr;

	while (i < rp->n && rp->entry[i].key.addr == addr)
		i++;
	return i;
}

void
report_record(const struct report *rp, size_t i, struct record *r)
{
	const char *err;

	/* it was written from a record: it is one */
	rec_scan_tsv(r, rp->text.p + rp->entry[i].at, rp->entry[i].len, &err);
}

void
report_start(struct sink *s)
{
	static struct report report;

	s->state = &report;
}

const char *
report_put(struct sink *s, const struct record *r)
{
	const char *why = report_add(s->state, r);
	const struct report *rp = s->state;

	if (rp->oom || rp->text.oom || rp->meta.oom)
		s->out.error = ENOMEM;
	return why;
}

bool
report_flush(struct sink *s, struct buf *b)
{
	if (b->oom)
		s->out.error = ENOMEM;
	recout_raw(&s->out, buf_view(b));
	b->n = 0;
	return s->out.error == 0;
}

void
report_finish(struct sink *s, void (*write)(struct sink *, struct report *,
    struct buf *))
{
	struct report *rp = s->state;
	struct buf b = { 0 };

	report_sort(rp);
	drop_timeouts(rp);
	rp->open = s->open;
	if (s->open)
		keep_open(rp);
	write(s, rp, &b);
	report_flush(s, &b);
	buf_release(&b);
	report_release(rp);
}
