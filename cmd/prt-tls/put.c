#include "put.h"

void
put_bytes(struct record *r, const char *key, struct buf *b)
{
	if (b->oom)
		r->oom = true;
	else if (b->n > 0)
		rec_set_bytes(r, key, b->p, b->n);
	b->n = 0;
}

void
put_list(struct record *r, const char *key, struct buf *text)
{
	if (text->oom)
		r->oom = true;
	else if (text->n > 0)
		rec_set_copy(r, key, buf_view(text));
	text->n = 0;
}

void
put_str(struct record *r, const char *key, struct str s)
{
	if (s.n > 0)
		rec_set_bytes(r, key, s.p, s.n);
}

void
put_int(struct record *r, const char *key, int64_t v)
{
	struct buf b = { 0 };

	if (v < 0)
		buf_putc(&b, '-');
	buf_u64(&b, v < 0 ? -(uint64_t)v : (uint64_t)v);
	put_list(r, key, &b);
	buf_release(&b);
}

void
put_bool(struct record *r, const char *key, bool v)
{
	rec_set(r, key, v ? STR("1") : STR("0"));
}

void
put_item(struct buf *b, const char *name)
{
	if (b->n > 0)
		buf_putc(b, ',');
	buf_puts(b, name);
}
