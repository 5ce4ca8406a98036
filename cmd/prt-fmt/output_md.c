/* A Markdown table, as GitHub's flavour has them. */
#include "value.h"

static const struct str usual = {
	"ip,host,port,proto,state,service,product,version,reason", 55
};

/* Most of what there is, and no markup anywhere. */
static bool
is_plain(char c)
{
	return (c >= '-' && c <= ':') || ((c | 0x20) >= 'a' &&
	    (c | 0x20) <= 'z') || c == ' ';
}

/* What a host says is text: no markup, no HTML, and no end of the cell. */
static void
put_cell(struct buf *b, struct str s)
{
	size_t i, k;

	for (i = 0; i < s.n; i++) {
		for (k = i; k < s.n && is_plain(s.p[k]); k++)
			;
		buf_put(b, s.p + i, k - i);
		if ((i = k) == s.n)
			return;
		if (s.p[i] == '<')
			buf_puts(b, "&lt;");
		else if (s.p[i] == '>')
			buf_puts(b, "&gt;");
		else if (s.p[i] == '&')
			buf_puts(b, "&amp;");
		else {
			if (strchr("\\`*_[]~|", s.p[i]) != NULL)
				buf_putc(b, '\\');
			buf_putc(b, s.p[i]);
		}
	}
}

/* One row; that of the names when r is NULL. */
static void
put_row(struct sink *s, const struct record *r)
{
	struct str rest = s->columns.p != NULL ? s->columns : usual, name;

	while (rest.p != NULL) {
		name = str_cut(&rest, ',');
		buf_puts(&s->line, "| ");
		put_cell(&s->line, r != NULL ? rec_value(r, name) : name);
		buf_putc(&s->line, ' ');
	}
	buf_puts(&s->line, "|\n");
	value_flush(s, &s->line);
}

static void
start(struct sink *s)
{
	struct str rest = s->columns.p != NULL ? s->columns : usual, name;

	put_row(s, NULL);
	while (rest.p != NULL) {
		name = str_cut(&rest, ',');
		buf_puts(&s->line, str_is(name, "port") ? "|---:" : "|---");
	}
	buf_puts(&s->line, "|\n");
	value_flush(s, &s->line);
}

static const char *
put(struct sink *s, const struct record *r)
{
	if (r->kind == REC_DATA)
		put_row(s, r);
	return NULL;
}

const struct output output_md = {
	.name = "md",
	.about = "a Markdown table",
	.columns = true,
	.lists = true,
	.start = start,
	.put = put,
};
