#include "meaning/svctmpl.h"

#include <stdint.h>

enum kind { PLAIN, PRINTABLE, REPLACED, NUMBER };

/* One reference of a template. */
struct ref {
	enum kind	kind;
	unsigned	group;
	struct str	from, to;	/* of REPLACED */
	bool		big_endian;	/* of NUMBER */
};

#define NO_REF	"a $ that starts no reference; write $1 to $9, $P(1), " \
	"$SUBST(1,\"from\",\"to\") or $I(1,\">\")"

/* ---- reading ---- */

/* Takes the literal off the front of *s, blanks before it too. */
static bool
take(struct str *s, struct str lit)
{
	struct str at = *s;

	while (at.n > 0 && at.p[0] == ' ')
		at.p++, at.n--;
	if (at.n < lit.n || memcmp(at.p, lit.p, lit.n) != 0)
		return false;
	*s = (struct str){ at.p + lit.n, at.n - lit.n };
	return true;
}

static bool
take_group(struct str *s, unsigned *group)
{
	if (s->n == 0 || s->p[0] < '1' || s->p[0] > '9')
		return false;
	*group = (unsigned)(s->p[0] - '0');
	s->p++, s->n--;
	return true;
}

/* A text in double quotes, which has no escapes. */
static bool
take_quoted(struct str *s, struct str *text)
{
	const char *end;

	if (!take(s, STR("\"")) ||
	    (end = memchr(s->p, '"', s->n)) == NULL)
		return false;
	*text = (struct str){ s->p, (size_t)(end - s->p) };
	s->n -= text->n + 1;
	s->p = end + 1;
	return true;
}

static bool
take_order(struct str *s, bool *big_endian)
{
	struct str order;

	if (!take(s, STR(",")) || !take_quoted(s, &order))
		return false;
	*big_endian = str_is(order, ">");
	return *big_endian || str_is(order, "<");
}

/* The reference behind a $ off the front of *s: NULL, or what is wrong. */
static const char *
take_ref(struct str *s, struct ref *r)
{
	r->kind = PLAIN;
	if (take_group(s, &r->group))
		return NULL;
	if (take(s, STR("P("))) {
		r->kind = PRINTABLE;
		if (take_group(s, &r->group) && take(s, STR(")")))
			return NULL;
		return "a malformed $P; write $P(1)";
	}
	if (take(s, STR("SUBST("))) {
		r->kind = REPLACED;
		if (take_group(s, &r->group) && take(s, STR(",")) &&
		    take_quoted(s, &r->from) && r->from.n > 0 &&
		    take(s, STR(",")) && take_quoted(s, &r->to) &&
		    take(s, STR(")")))
			return NULL;
		return "a malformed $SUBST; write $SUBST(1,\"from\",\"to\")";
	}
	if (take(s, STR("I("))) {
		r->kind = NUMBER;
		if (take_group(s, &r->group) &&
		    take_order(s, &r->big_endian) && take(s, STR(")")))
			return NULL;
		return "a malformed $I; write $I(1,\">\") for a number with "
		    "its high byte first, $I(1,\"<\") with its low byte first";
	}
	return NO_REF;
}

const char *
svctmpl_check(struct str tmpl, unsigned *highest)
{
	const char *what;
	struct ref r;

	*highest = 0;
	while (str_cut(&tmpl, '$').p != NULL && tmpl.p != NULL) {
		if ((what = take_ref(&tmpl, &r)) != NULL)
			return what;
		if (r.group > *highest)
			*highest = r.group;
	}
	return NULL;
}

/* ---- filling ---- */

static bool
is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The bytes of a captured text in a CPE name, CPE 2.2 section 5.4. */
static void
put_cpe(struct buf *b, struct str s)
{
	static const char plain[] = "-._~";
	size_t i;
	char c;

	for (i = 0; i < s.n && s.p[i] != '\0'; i++) {
		c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			buf_putc(b, (char)(c - 'A' + 'a'));
		else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    strchr(plain, c) != NULL)
			buf_putc(b, c);
		else if (is_space(c))
			buf_putc(b, '_');
		else
			buf_printf(b, "%%%02X", (unsigned char)c);
	}
}

static void
put_printable(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (is_printable(s.p[i]))
			buf_putc(b, s.p[i]);
}

static void
put_replaced(struct buf *b, struct str s, struct str from, struct str to)
{
	const char *at;

	while (s.n > 0 && (at = memmem(s.p, s.n, from.p, from.n)) != NULL) {
		buf_put(b, s.p, (size_t)(at - s.p));
		buf_str(b, to);
		s.n -= (size_t)(at - s.p) + from.n;
		s.p = at + from.n;
		if (b->n > SVCTMPL_MAX)
			return;
	}
	buf_str(b, s);
}

static int
put_number(struct buf *b, struct str s, bool big_endian)
{
	uint64_t v = 0;
	size_t i;

	if (s.n == 0 || s.n > sizeof(v))
		return -1;
	for (i = 0; i < s.n; i++)
		v = v << 8 |
		    (unsigned char)s.p[big_endian ? i : s.n - 1 - i];
	buf_u64(b, v);
	return 0;
}

/* What one reference becomes, into the empty *b. */
static int
put_ref(struct buf *b, const struct ref *r, struct str captured)
{
	if (captured.n > SVCTMPL_MAX && r->kind != NUMBER)
		captured.n = SVCTMPL_MAX;
	switch (r->kind) {
	case PLAIN:
		buf_str(b, captured);
		return 0;
	case PRINTABLE:
		put_printable(b, captured);
		return 0;
	case REPLACED:
		put_replaced(b, captured, r->from, r->to);
		return 0;
	case NUMBER:
		return put_number(b, captured, r->big_endian);
	}
	return -1;
}

/* What was captured from a field of fixed length ends at its first NUL, and what
 * stood around a text that is empty is blanks and commas. */
static void
tidy(struct buf *b, size_t start)
{
	const char *nul;
	size_t lead = start;

	if (b->n == start)
		return;
	if ((nul = memchr(b->p + start, '\0', b->n - start)) != NULL)
		b->n = (size_t)(nul - b->p);
	if (b->n - start > SVCTMPL_MAX)
		b->n = start + SVCTMPL_MAX;
	while (b->n > start && (is_space(b->p[b->n - 1]) ||
	    b->p[b->n - 1] == ','))
		b->n--;
	while (lead < b->n && is_space(b->p[lead]))
		lead++;
	memmove(b->p + start, b->p + lead, b->n - lead);
	b->n -= lead - start;
}

int
svctmpl_expand(struct buf *b, struct str tmpl,
    const struct str group[SVCTMPL_GROUPS], bool cpe)
{
	struct buf one = { 0 };
	size_t start = b->n;
	struct ref r;
	int rc = 0;

	while (tmpl.p != NULL) {
		buf_str(b, str_cut(&tmpl, '$'));
		if (tmpl.p == NULL)
			break;
		one.n = 0;
		if (take_ref(&tmpl, &r) != NULL ||
		    group[r.group].p == NULL ||
		    put_ref(&one, &r, group[r.group]) == -1) {
			rc = -1;
			break;
		}
		if (cpe)
			put_cpe(b, buf_view(&one));
		else
			buf_str(b, buf_view(&one));
	}
	if (one.oom)
		rc = -1;
	if (rc == -1)
		b->n = start;
	else
		tidy(b, start);
	buf_release(&one);
	return rc;
}
