/* NDJSON: RFC 8259, one object a line. The text form of a value is the content
 * of its JSON string, so both spellings carry the very same text. */
#include "meaning/record_priv.h"

/* Deeper objects are no record that anybody writes. */
#define MAX_DEPTH	16

struct json {
	const char	*p;
	const char	*end;
	struct record	*r;
	const char	*why;	/* sticky: what is wrong */
};

/* Reading goes on at the end of the line, where nothing is left to read. */
static bool
fail(struct json *j, const char *why)
{
	if (j->why == NULL)
		j->why = why;
	j->p = j->end;
	return false;
}

static void
skip_blanks(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' ||
	    *j->p == '\r' || *j->p == '\n'))
		j->p++;
}

/* Takes the character when it is next. */
static bool
next_is(struct json *j, char c)
{
	skip_blanks(j);
	if (j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

/* ---- strings ---- */

static int
hex4(const char *p, const char *end)
{
	int i, v = 0, d;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if (p[i] >= '0' && p[i] <= '9')
			d = p[i] - '0';
		else if ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f')
			d = (p[i] | 0x20) - 'a' + 10;
		else
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* UTF-8 of a code point; of half a surrogate pair too, which rec_clean() then
 * escapes as the malformed bytes that it is. */
static char *
put_utf8(char *d, unsigned c)
{
	if (c < 0x80) {
		*d++ = (char)c;
		return d;
	}
	if (c < 0x800) {
		*d++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*d++ = (char)(0xe0 | c >> 12);
		} else {
			*d++ = (char)(0xf0 | c >> 18);
			*d++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*d++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*d++ = (char)(0x80 | (c & 0x3f));
	return d;
}

/* \uXXXX, and a second one that completes a surrogate pair; j->p is behind the
 * 'u'. Six bytes of JSON make at most three, so d never passes j->p. */
static char *
take_u(struct json *j, char *d)
{
	int c = hex4(j->p, j->end), low;

	if (c == -1) {
		fail(j, "\\u in a JSON string wants four hexadecimal digits");
		return d;
	}
	j->p += 4;
	if (c >= 0xd800 && c < 0xdc00 && j->end - j->p >= 6 &&
	    j->p[0] == '\\' && j->p[1] == 'u') {
		low = hex4(j->p + 2, j->end);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			j->p += 6;
		}
	}
	return put_utf8(d, (unsigned)c);
}

static char *
take_escape(struct json *j, char *d)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;

	if (j->p == j->end) {
		fail(j, "a JSON string without its closing quote");
		return d;
	}
	if (*j->p == 'u') {
		j->p++;
		return take_u(j, d);
	}
	at = *j->p != '\0' ? strchr(from, *j->p) : NULL;
	if (at == NULL) {
		fail(j, "a JSON string with an unknown escape: a backslash "
		    "itself is written \\\\");
		return d;
	}
	j->p++;
	*d++ = to[at - from];
	return d;
}

/* Decodes to d, which has room for all that is left of the line. Its end. */
static char *
decode(struct json *j, char *d)
{
	size_t k;

	for (;;) {
		k = rec_span_json(j->p, (size_t)(j->end - j->p));
		memcpy(d, j->p, k);
		d += k;
		j->p += k;
		if (j->p == j->end) {
			fail(j, "a JSON string without its closing quote");
			return d;
		}
		if (*j->p == '"') {
			j->p++;
			return d;
		}
		if (*j->p == '\\') {
			j->p++;
			d = take_escape(j, d);
		} else if ((unsigned char)*j->p < 0x20) {
			fail(j, "a raw control byte in a JSON string: write it "
			    "as \\u00HH");
			return d;
		} else
			*d++ = *j->p++;
	}
}

/* The rest of a string behind its opening quote, made clean. */
static struct str
take_string(struct json *j, char also)
{
	size_t left = (size_t)(j->end - j->p);
	size_t k = rec_span_json(j->p, left);
	struct str s = { j->p, k };
	char *d;

	if (k < left && j->p[k] == '"') {
		j->p += k + 1;
		return rec_clean(j->r, s, also);
	}
	/* most often a string with one escape: look for its end, not the
	 * line's, to know how much room it can take */
	for (; k < left && j->p[k] != '"'; k++)
		if (j->p[k] == '\\')
			k++;
	if (k >= left) {
		fail(j, "a JSON string without its closing quote");
		return STR_NONE;
	}
	if ((d = rec_alloc(j->r, k)) == NULL) {
		fail(j, "out of memory");
		return STR_NONE;
	}
	s = (struct str){ d, (size_t)(decode(j, d) - d) };
	rec_trim(j->r, k, s.n);
	return rec_clean(j->r, s, also);
}

/* ---- numbers and words ---- */

size_t
rec_scan_number(const char *p, size_t n, bool *integer)
{
	size_t i = 0, start;

	if (i < n && p[i] == '-')
		i++;
	start = i;
	while (i < n && p[i] >= '0' && p[i] <= '9')
		i++;
	if (i == start || (p[start] == '0' && i - start > 1))
		return 0;
	*integer = true;
	if (i < n && p[i] == '.') {
		*integer = false;
		for (start = ++i; i < n && p[i] >= '0' && p[i] <= '9'; i++)
			;
		if (i == start)
			return 0;
	}
	if (i < n && (p[i] | 0x20) == 'e') {
		*integer = false;
		i++;
		if (i < n && (p[i] == '+' || p[i] == '-'))
			i++;
		for (start = i; i < n && p[i] >= '0' && p[i] <= '9'; i++)
			;
		if (i == start)
			return 0;
	}
	return i;
}

static bool
word(struct json *j, struct str w)
{
	if ((size_t)(j->end - j->p) < w.n || memcmp(j->p, w.p, w.n) != 0)
		return false;
	j->p += w.n;
	return true;
}

/* A number, true, false or null of the field `key`, as text; null is empty. */
static struct str
take_bare(struct json *j, struct str key)
{
	const struct rec_field *f;
	const char *start = j->p;
	bool integer, yes;
	size_t n;

	n = rec_scan_number(j->p, (size_t)(j->end - j->p), &integer);
	if (n > 0) {
		j->p += n;
		return (struct str){ start, n };
	}
	if (word(j, STR("null")))
		return (struct str){ start, 0 };
	yes = word(j, STR("true"));
	if (!yes && !word(j, STR("false"))) {
		fail(j, "no JSON value: it is a string in double quotes, a "
		    "number, true, false, null, an array or an object");
		return STR_NONE;
	}
	f = rec_field_find(key);
	if (f != NULL && f->type == REC_BOOL)
		return yes ? STR("1") : STR("0");
	return (struct str){ start, (size_t)(j->p - start) };
}

/* ---- values ---- */

static bool	take_value(struct json *, struct str, unsigned);

/* A name, with its '=' escaped. */
static bool
take_name(struct json *j, struct str *name)
{
	if (!next_is(j, '"'))
		return fail(j, "a JSON name in double quotes is missing");
	*name = take_string(j, '=');
	if (j->why != NULL)
		return false;
	if (name->n == 0)
		return fail(j, "a JSON name that is empty");
	if (!next_is(j, ':'))
		return fail(j, "a ':' behind a JSON name is missing");
	return true;
}

/* "outer.inner": no column's name has a '.' */
static struct str
join(struct json *j, struct str outer, struct str inner)
{
	char *p = rec_alloc(j->r, outer.n + 1 + inner.n);

	if (p == NULL) {
		fail(j, "out of memory");
		return STR_NONE;
	}
	memcpy(p, outer.p, outer.n);
	p[outer.n] = '.';
	memcpy(p + outer.n + 1, inner.p, inner.n);
	return (struct str){ p, outer.n + 1 + inner.n };
}

/* What follows a '{'; the names get `outer` and a dot in front. */
static bool
take_object(struct json *j, struct str outer, unsigned depth)
{
	struct str name;

	if (next_is(j, '}'))
		return true;
	do {
		if (!take_name(j, &name))
			return false;
		if (outer.p != NULL)
			name = join(j, outer, name);
		if (j->why != NULL || !take_value(j, name, depth))
			return false;
	} while (next_is(j, ','));
	return next_is(j, '}') || fail(j, "a ',' or '}' in a JSON object is "
	    "missing");
}

struct list {
	struct buf	text;
	size_t		n;	/* elements in it */
};

/* One element of an array: a scalar goes to the comma list, anything else
 * becomes fields "key.INDEX". */
static bool
take_element(struct json *j, struct str key, size_t i, struct list *list,
    unsigned depth)
{
	char digits[NUM_FMT_U64];
	struct str name;

	skip_blanks(j);
	if (j->p < j->end && (*j->p == '{' || *j->p == '[')) {
		name = join(j, key, (struct str){ digits,
		    num_fmt_u64(digits, i) });
		return j->why == NULL && take_value(j, name, depth);
	}
	if (list->n++ > 0)
		buf_putc(&list->text, ',');
	buf_str(&list->text, next_is(j, '"') ? take_string(j, ',') :
	    take_bare(j, key));
	return j->why == NULL;
}

/* What follows a '['. */
static bool
take_elements(struct json *j, struct str key, struct list *list,
    unsigned depth)
{
	size_t i = 0;

	do {
		if (!take_element(j, key, i++, list, depth))
			return false;
	} while (next_is(j, ','));
	return next_is(j, ']') || fail(j, "a ',' or ']' in a JSON array is "
	    "missing");
}

static bool
take_array(struct json *j, struct str key, unsigned depth)
{
	struct list list = { 0 };
	bool empty = next_is(j, ']');
	char *p;

	if (!empty && !take_elements(j, key, &list, depth))
		goto out;
	if (!empty && list.n == 0)
		goto out;	/* no scalar in it, and the rest is flattened */
	p = rec_alloc(j->r, list.text.n);
	if (list.text.oom || p == NULL) {
		fail(j, "out of memory");
		goto out;
	}
	if (list.text.n > 0)
		memcpy(p, list.text.p, list.text.n);
	rec_push(j->r, key, (struct str){ p, list.text.n }, false);
out:
	buf_release(&list.text);
	return j->why == NULL;
}

static bool
take_value(struct json *j, struct str key, unsigned depth)
{
	struct str val;

	if (depth == 0)
		return fail(j, "JSON nested too deeply: a record is one flat "
		    "object");
	if (next_is(j, '{'))
		return take_object(j, key, depth - 1);
	if (next_is(j, '['))
		return take_array(j, key, depth - 1);
	if (next_is(j, '"')) {
		val = take_string(j, '\0');
		return j->why == NULL &&
		    rec_push(j->r, key, val, false) == 0;
	}
	val = take_bare(j, key);
	return j->why == NULL && rec_push(j->r, key, val, true) == 0;
}

/* ---- the record ---- */

/* An address must not make a comment or JSON of its line. */
static struct str
guard_ip(struct record *r, struct str s)
{
	char *p;

	if (s.p[0] != '#' && s.p[0] != '{')
		return s;
	if ((p = rec_alloc(r, s.n + 3)) == NULL)
		return STR_NONE;
	memcpy(p, s.p[0] == '#' ? "\\x23" : "\\x7b", 4);
	memcpy(p + 4, s.p + 1, s.n - 1);
	return (struct str){ p, s.n + 3 };
}

static const char *
set_column(struct record *r, unsigned col, struct str val, unsigned *seen)
{
	if (*seen & 1u << col)
		return "ip, port, proto, state or reason is there twice";
	*seen |= 1u << col;
	if (col + 1 > r->ncol)
		r->ncol = col + 1;
	if (val.n > 0 && (val.n != 1 || val.p[0] != '-'))
		/* a '=' would end the columns of the line */
		r->col[col] = col == COL_IP ? guard_ip(r, val) :
		    rec_clean(r, val, '=');
	return NULL;
}

static const char *
make_data(struct record *r)
{
	const char *why;
	unsigned seen = 0;
	size_t i, n = 0;
	int col;

	r->kind = REC_DATA;
	for (i = 0; i < r->npair; i++) {
		if ((col = rec_column(r->pair[i].key)) == COL_NOT) {
			r->pair[n++] = r->pair[i];
			continue;
		}
		why = set_column(r, (unsigned)col, r->pair[i].val, &seen);
		if (why != NULL)
			return why;
	}
	r->npair = n;
	if (r->col[COL_IP].p == NULL)
		return "no \"ip\" in the JSON object: a record has one";
	if (memchr(r->col[COL_IP].p, ' ', r->col[COL_IP].n) != NULL)
		return "\"ip\" holds a blank: it is one address, prefix or "
		    "range";
	return NULL;
}

static const char *
make_meta(struct record *r)
{
	size_t i, n = 0;

	r->kind = REC_META;
	for (i = 0; i < r->npair; i++) {
		if (rec_column(r->pair[i].key) != COL_META) {
			r->pair[n++] = r->pair[i];
			continue;
		}
		if (r->what.p != NULL)
			return "\"prt\" is there twice";
		r->what = r->pair[i].val;
		if (r->what.n == 0)
			return "\"prt\" says what the meta record is: it is "
			    "not empty";
	}
	r->npair = n;
	return NULL;
}

int
rec_scan_json(struct record *r, const char *line, size_t n, const char **err)
{
	struct json j = { line, line + n, r, NULL };

	rec_clear(r);
	if (!next_is(&j, '{'))
		fail(&j, "a JSON object starts with '{'");
	else if (take_object(&j, STR_NONE, MAX_DEPTH)) {
		skip_blanks(&j);
		if (j.p != j.end)
			fail(&j, "text behind the JSON object: one object a "
			    "line");
	}
	if (j.why == NULL && !r->oom)
		j.why = rec_get(r, "prt").p != NULL ? make_meta(r) :
		    make_data(r);
	if (j.why == NULL && !r->oom)
		return 0;
	*err = r->oom ? "out of memory" : j.why;
	rec_clear(r);
	return -1;
}

/* ---- writing ---- */

/* Text form has no controls: only the quote and the backslash are special. */
void
rec_put_quoted(struct buf *b, struct str s)
{
	size_t k;
	char *p;

	if (buf_reserve(b, 2 * s.n + 2) == -1)
		return;
	p = b->p + b->n;
	*p++ = '"';
	while (s.n > 0) {
		k = rec_span_json(s.p, s.n);
		memcpy(p, s.p, k);
		p += k;
		if (k < s.n) {
			if (s.p[k] == '"' || s.p[k] == '\\')
				*p++ = '\\';
			*p++ = s.p[k++];
		}
		s.p += k;
		s.n -= k;
	}
	*p++ = '"';
	b->n = (size_t)(p - b->p);
}

static void
put_list(struct buf *b, struct str s)
{
	buf_putc(b, '[');
	if (s.n > 0) {
		rec_put_quoted(b, str_cut(&s, ','));
		while (s.p != NULL) {
			buf_putc(b, ',');
			rec_put_quoted(b, str_cut(&s, ','));
		}
	}
	buf_putc(b, ']');
}

static bool
is_number(struct str s, bool whole)
{
	bool integer = false;

	return s.n > 0 && rec_scan_number(s.p, s.n, &integer) == s.n &&
	    (integer || !whole);
}

/* Is the text, as it is, a JSON value of the type? */
static bool
is_bare(const struct rec_pair *p, const struct rec_field *f)
{
	if (f == NULL)
		return p->bare && p->val.n > 0;
	return (f->type == REC_INT && is_number(p->val, true)) ||
	    (f->type == REC_NUM && is_number(p->val, false));
}

static void
put_value(struct buf *b, const struct rec_pair *p)
{
	const struct rec_field *f = rec_field_find(p->key);

	if (is_bare(p, f))
		buf_str(b, p->val);
	else if (p->bare && p->val.n == 0)
		buf_puts(b, "null");
	else if (f != NULL && f->type == REC_LIST)
		put_list(b, p->val);
	else if (f != NULL && f->type == REC_BOOL && str_is(p->val, "1"))
		buf_puts(b, "true");
	else if (f != NULL && f->type == REC_BOOL && str_is(p->val, "0"))
		buf_puts(b, "false");
	else
		rec_put_quoted(b, p->val);
}

static void
put_columns(const struct record *r, struct buf *b)
{
	static const struct str head[REC_NCOL] = {
		{ "\"ip\":", 5 }, { ",\"port\":", 8 }, { ",\"proto\":", 9 },
		{ ",\"state\":", 9 }, { ",\"reason\":", 10 },
	};
	size_t i;

	for (i = 0; i < r->ncol; i++) {
		buf_str(b, head[i]);
		if (r->col[i].p == NULL)
			buf_put(b, "null", 4);
		else if (i == COL_PORT && is_number(r->col[i], true))
			buf_str(b, r->col[i]);
		else
			rec_put_quoted(b, r->col[i]);
	}
}

void
rec_put_json(const struct record *r, struct buf *b)
{
	size_t i;

	if (r->kind == REC_BLANK)
		return;
	buf_putc(b, '{');
	if (r->kind == REC_META) {
		buf_put(b, "\"prt\":", 6);
		rec_put_quoted(b, r->what);
	}
	put_columns(r, b);
	for (i = 0; i < r->npair; i++) {
		buf_putc(b, ',');
		rec_put_quoted(b, r->pair[i].key);
		buf_putc(b, ':');
		put_value(b, &r->pair[i]);
	}
	buf_put(b, "}\n", 2);
}
