#include "meaning/record_priv.h"

#include "base/esc.h"

static const char unclean[] =
    "it holds a raw control byte, bytes that are not printable UTF-8, or a "
    "backslash that escapes nothing: write them as \\t, \\n, \\r, \\\\ or "
    "\\xHH";

static int
malformed(struct record *r, const char **err, const char *why)
{
	*err = r->oom ? "out of memory" : why;
	rec_clear(r);
	return -1;
}

/* A field, the text between two TABs: NULL, or what is wrong with it. */
static const char *
take_field(struct record *r, struct str item)
{
	struct str key;
	int col;

	if (item.n == 0)
		return "an empty column: a column without a value is -";
	key = str_cut(&item, '=');
	if (item.p == NULL)
		return "a field without '=': behind the five columns (ip port "
		    "proto state reason) all is key=value";
	if (key.n == 0)
		return "a field without a name before its '='";
	col = rec_column(key);
	if (col == COL_META)
		return "a field may not be named prt: a meta record starts "
		    "with #prt";
	if (col != COL_NOT && r->kind == REC_DATA)
		return "ip, port, proto, state and reason are columns, not "
		    "fields: give them by position";
	rec_push(r, key, item, false);
	return NULL;
}

/* Columns 2 to 5, and the fields behind them: the first text with a '=' is a
 * field, and ends the columns. */
static const char *
take_item(struct record *r, struct str item)
{
	if (r->kind == REC_META || r->ncol == REC_NCOL || r->npair > 0 ||
	    (item.n > 0 && memchr(item.p, '=', item.n) != NULL))
		return take_field(r, item);
	if (item.n == 0)
		return "an empty column: a column without a value is -";
	if (item.n != 1 || item.p[0] != '-')
		r->col[r->ncol] = item;
	r->ncol++;
	return NULL;
}

static const char *
take_first(struct record *r, struct str item)
{
	if (item.n == 0 || (item.n == 1 && item.p[0] == '-'))
		return "the first column, the address, is empty";
	if (item.p[0] == '{')
		return "the first column, the address, starts with '{': only "
		    "a line of NDJSON does";
	if (memchr(item.p, ' ', item.n) != NULL)
		return "the first column, the address, holds a blank: one TAB "
		    "stands between two columns";
	r->col[COL_IP] = item;
	r->ncol = 1;
	return NULL;
}

static bool
all_clean(struct str line)
{
	struct str item;

	if (rec_plain(line.p, line.n, true))
		return true;
	while (line.p != NULL) {
		item = str_cut(&line, '\t');
		if (esc_clean(item.p, item.n) != item.n)
			return false;
	}
	return true;
}

static int
scan_tabs(struct record *r, struct str line, const char **err)
{
	const char *why = NULL;
	struct str item = str_cut(&line, '\t');

	if (item.p[0] == '#') {
		r->kind = REC_META;
		r->what = str_cut(&line, '\t');
		if (r->what.n == 0)
			why = "a meta record says what it is behind #prt";
	} else {
		r->kind = REC_DATA;
		why = take_first(r, item);
	}
	while (why == NULL && line.p != NULL)
		why = take_item(r, str_cut(&line, '\t'));
	return why != NULL || r->oom ? malformed(r, err, why) : 0;
}

/* "192.0.2.7  80 tcp  # as people type it" */
static int
scan_blanks(struct record *r, struct str line, const char **err)
{
	const char *why = NULL;
	struct str item;

	r->kind = REC_DATA;
	while (why == NULL && line.p != NULL) {
		item = str_cut(&line, ' ');
		if (item.n == 0)
			continue;
		if (item.p[0] == '#')
			break;
		why = r->ncol == 0 ? take_first(r, item) : take_item(r, item);
	}
	return why != NULL || r->oom ? malformed(r, err, why) : 0;
}

/* A comment or an empty line; "#prt<TAB>" is neither. */
static bool
is_blank(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && p[i] == ' '; i++)
		;
	if (i == n)
		return true;
	return p[i] == '#' && (i > 0 || n < 5 || memcmp(p, "#prt\t", 5) != 0);
}

int
rec_scan_tsv(struct record *r, const char *line, size_t n, const char **err)
{
	struct str s = { line, n };

	rec_clear(r);
	if (is_blank(line, n))
		return 0;
	if (!all_clean(s))
		return malformed(r, err, unclean);
	if (memchr(line, '\t', n) != NULL)
		return scan_tabs(r, s, err);
	return scan_blanks(r, s, err);
}

static size_t
tsv_size(const struct record *r)
{
	size_t i, n = 8 + r->what.n;

	for (i = 0; i < r->ncol; i++)
		n += r->col[i].n + 2;
	for (i = 0; i < r->npair; i++)
		n += r->pair[i].key.n + r->pair[i].val.n + 2;
	return n;
}

static inline char *
copy(char *p, struct str s)
{
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

void
rec_put_tsv(const struct record *r, struct buf *b)
{
	char *p;
	size_t i;

	if (r->kind == REC_BLANK || buf_reserve(b, tsv_size(r)) == -1)
		return;
	p = b->p + b->n;
	if (r->kind == REC_META) {
		p = copy(p, STR("#prt\t"));
		p = copy(p, r->what);
	}
	for (i = 0; i < r->ncol; i++) {
		if (i > 0)
			*p++ = '\t';
		p = copy(p, r->col[i].p != NULL ? r->col[i] : STR("-"));
	}
	for (i = 0; i < r->npair; i++) {
		*p++ = '\t';
		p = copy(p, r->pair[i].key);
		*p++ = '=';
		p = copy(p, r->pair[i].val);
	}
	*p++ = '\n';
	b->n = (size_t)(p - b->p);
}
