/* Target records: what is left of a result when nothing is known of it yet. */
#include "value.h"

static bool
wanted(const struct sink *s, const struct record *r)
{
	struct str state = r->col[COL_STATE];

	return state.p == NULL || str_is(state, "up") || value_wanted(s, r);
}

static void
put_column(struct buf *b, struct str s)
{
	buf_putc(b, '\t');
	buf_str(b, s);
}

static void
put_field(struct buf *b, const struct record *r, const char *key)
{
	struct str v = rec_get(r, key);

	if (v.n == 0)
		return;
	buf_putc(b, '\t');
	buf_puts(b, key);
	buf_putc(b, '=');
	buf_str(b, v);
}

static const char *
put(struct sink *s, const struct record *r)
{
	struct buf *b = &s->line;

	if (r->kind != REC_DATA || !wanted(s, r))
		return NULL;
	buf_str(b, r->col[COL_IP]);
	if (r->col[COL_PORT].p != NULL) {
		put_column(b, r->col[COL_PORT]);
		if (r->col[COL_PROTO].p != NULL)
			put_column(b, r->col[COL_PROTO]);
	}
	put_field(b, r, "host");
	put_field(b, r, "ptr");
	put_field(b, r, "tag");
	buf_putc(b, '\n');
	value_flush(s, b);
	return NULL;
}

const struct output output_targets = {
	.name = "targets",
	.about = "target records of what is open or up, for the next scan",
	.lists = true,
	.put = put,
};
