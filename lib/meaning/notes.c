#include "meaning/notes.h"

#include <stdlib.h>
#include <string.h>

#define NEAR	32

void
notes_release(struct notes *s)
{
	free(s->v);
	buf_release(&s->text);
	memset(s, 0, sizeof(*s));
}

/* Stores a text; what the note before had is shared, which makes a tag on a
 * million lines one text. */
static uint32_t
keep(struct notes *s, struct str t, uint32_t before)
{
	size_t at = s->text.n;

	if (t.p == NULL)
		return 0;
	if (before != 0 && str_is(t, s->text.p + before - 1))
		return before;
	buf_str(&s->text, t);
	buf_putc(&s->text, '\0');
	if (s->text.oom || s->text.n >= UINT32_MAX)
		s->oom = true;
	return (uint32_t)at + 1;
}

static int
append(struct notes *s, const struct note *n)
{
	struct note *v;
	size_t cap;

	if (s->n == s->cap) {
		cap = s->cap * 2 + 16;
		v = reallocarray(s->v, cap, sizeof(*v));
		if (v == NULL) {
			s->oom = true;
			return -1;
		}
		s->v = v;
		s->cap = cap;
	}
	s->v[s->n++] = *n;
	return 0;
}

int
notes_add(struct notes *s, const struct target *t)
{
	struct note n = { .first = t->first, .last = t->last, .hi = 65535 };
	const struct note *before = s->n > 0 ? &s->v[s->n - 1] : NULL;

	if (t->host.p == NULL && t->tag.p == NULL)
		return 0;
	n.host = keep(s, t->host, before != NULL ? before->host : 0);
	n.tag = keep(s, t->tag, before != NULL ? before->tag : 0);
	if (s->oom)
		return -1;
	if (t->ports.n == 0)
		return append(s, &n);
	for (size_t i = 0; i < t->ports.n; i++) {
		n.lo = t->ports.r[i].lo;
		n.hi = t->ports.r[i].hi;
		if (append(s, &n) == -1)
			return -1;
	}
	return 0;
}

static int
by_first(const void *a, const void *b)
{
	const struct note *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	/* Texts' places stand for the order of the input. Backwards, because
	 * notes_next() walks down. */
	if (x->host != y->host)
		return x->host > y->host ? -1 : 1;
	return x->tag > y->tag ? -1 : x->tag < y->tag;
}

void
notes_seal(struct notes *s)
{
	if (s->n == 0)
		return;
	qsort(s->v, s->n, sizeof(*s->v), by_first);
	for (size_t i = 0; i < s->n; i++) {
		s->v[i].reach = s->v[i].last;
		if (i > 0 && s->v[i - 1].reach > s->v[i].reach)
			s->v[i].reach = s->v[i - 1].reach;
	}
}

/* How many notes start at or before an address. */
static size_t
upper(const struct notes *s, u128 addr)
{
	size_t lo = 0, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->v[mid].first <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static struct str
text_at(const struct notes *s, uint32_t at)
{
	return at == 0 ? STR_NONE : str_of(s->text.p + at - 1);
}

static bool
covers(const struct note *n, u128 addr, int32_t port)
{
	return n->first <= addr && addr <= n->last &&
	    (port < 0 || (n->lo <= port && port <= n->hi));
}

static bool
same_text(const struct notes *s, const struct note *a, const struct note *b)
{
	return str_eq(text_at(s, a->host), text_at(s, b->host)) &&
	    str_eq(text_at(s, a->tag), text_at(s, b->tag));
}

/* Was the same already said by a note in (i, from)? Looks no further than a few:
 * a hundred thousand names may share an address. */
static bool
said(const struct notes *s, size_t i, size_t from, u128 addr, int32_t port)
{
	for (size_t k = i + 1; k < from && k <= i + NEAR; k++)
		if (covers(&s->v[k], addr, port) &&
		    same_text(s, &s->v[k], &s->v[i]))
			return true;
	return false;
}

bool
notes_next(const struct notes *s, u128 addr, int32_t port, size_t *cursor,
    struct str *host, struct str *tag)
{
	size_t from, i;

	if (s->n == 0)
		return false;
	/* The cursor is how many steps down from the last candidate. */
	from = upper(s, addr);
	for (i = from - (*cursor < from ? *cursor : from); i > 0; i--) {
		const struct note *n = &s->v[i - 1];

		if (n->reach < addr)
			break;
		if (!covers(n, addr, port) || said(s, i - 1, from, addr, port))
			continue;
		*cursor = from - i + 1;
		*host = text_at(s, n->host);
		*tag = text_at(s, n->tag);
		return true;
	}
	return false;
}
