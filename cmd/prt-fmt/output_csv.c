/* Comma-separated values, RFC 4180: a header, then a line for each record. */
#include "value.h"

/* Spreadsheets take a cell that starts with one of these for a formula, and
 * some do so for the full-width forms, which start with EF BC. Blanks before it
 * do not help against all of them. */
static bool
is_formula(struct str s)
{
	static const char *const sign[] = {
		"=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b",
		"\xef\xbc\x8d", "\xef\xbc\xa0",
	};
	size_t i, n;

	while (s.n > 0 && s.p[0] == ' ')
		s.p++, s.n--;
	if (s.n > 0 && ((s.p[0] >= '0' && s.p[0] <= '9') ||
	    (s.p[0] >= 'a' && s.p[0] <= 'z')))
		return false;	/* nearly all are such */
	for (i = 0; i < sizeof(sign) / sizeof(sign[0]); i++) {
		n = strlen(sign[i]);
		if (s.n >= n && memcmp(s.p, sign[i], n) == 0)
			return true;
	}
	return false;
}

/* Digits with a sign before them and a point between them: harmless. */
static bool
is_number(struct str s)
{
	size_t i, digits = 0, points = 0;

	for (i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'); i < s.n; i++) {
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits++;
		else if (s.p[i] != '.' || points++ > 0)
			return false;
	}
	return digits > 0;
}

static void
put_cell(struct buf *b, struct str s)
{
	bool formula = is_formula(s) && !is_number(s);

	if (s.n == 0)
		return;
	if (!formula && memchr(s.p, ',', s.n) == NULL &&
	    memchr(s.p, '"', s.n) == NULL) {
		buf_str(b, s);
		return;
	}
	buf_puts(b, formula ? "\"'" : "\"");
	value_quoted(b, s);
}

static const struct str usual = {
	"ip,port,proto,state,reason,host,service,ttl,rtt,time", 52
};

/* One line; the header when r is NULL. */
static void
put_line(struct sink *s, const struct record *r)
{
	struct str rest = s->columns.p != NULL ? s->columns : usual, name;
	struct buf *b = &s->line;

	do {
		name = str_cut(&rest, ',');
		put_cell(b, r != NULL ? rec_value(r, name) : name);
		buf_puts(b, rest.p != NULL ? "," : "\r\n");
	} while (rest.p != NULL);
	value_flush(s, b);
}

static void
start(struct sink *s)
{
	put_line(s, NULL);
}

static const char *
put(struct sink *s, const struct record *r)
{
	if (r->kind == REC_DATA)
		put_line(s, r);
	return NULL;
}

const struct output output_csv = {
	.name = "csv",
	.about = "comma-separated values with a header, for spreadsheets",
	.columns = true,
	.lists = true,
	.start = start,
	.put = put,
};
