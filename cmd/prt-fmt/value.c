#include "value.h"

#include <errno.h>

#include "base/date.h"
#include "pure/addr.h"

bool
value_point(const struct record *r, struct point *pt)
{
	struct str ip = r->col[COL_IP], port = r->col[COL_PORT];
	uint64_t v = 0;

	if (r->kind != REC_DATA || r->col[COL_STATE].p == NULL ||
	    addr_scan(ip.p, ip.n, &pt->addr) != ip.n)
		return false;
	pt->has_port = port.p != NULL;
	if (pt->has_port && (num_scan_u64(port.p, port.n, &v) != port.n ||
	    v > UINT16_MAX))
		return false;
	pt->port = (uint16_t)v;
	return true;
}

bool
value_wanted(const struct sink *s, const struct record *r)
{
	return s->picked || str_is(r->col[COL_STATE], "open");
}

uint64_t
value_time(const struct record *r)
{
	uint64_t ns;

	return date_scan_epoch(rec_get(r, "time"), &ns) == 0 ? ns : 0;
}

bool
value_is_stack(struct str key)
{
	static const char *const name[] = {
		"df", "ipid", "mss", "tcpopts", "win", "wscale",
	};
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (str_is(key, name[i]))
			return true;
	return false;
}

const char *
value_check_columns(struct str list)
{
	while (list.p != NULL)
		if (str_cut(&list, ',').n == 0)
			return "wants names of columns and fields with commas "
			    "between, such as ip,port,state";
	return NULL;
}

void
value_quoted(struct buf *b, struct str s)
{
	struct str part;

	while (s.p != NULL) {
		part = str_cut(&s, '"');
		buf_str(b, part);
		if (s.p != NULL)
			buf_puts(b, "\"\"");
	}
	buf_putc(b, '"');
}

static void
put_key(struct buf *b, const char *key)
{
	char last = b->n > 0 ? b->p[b->n - 1] : '{';

	if (last != '{' && last != '[')
		buf_putc(b, ',');
	buf_putc(b, '"');
	buf_puts(b, key);
	buf_puts(b, "\":");
}

void
value_json(struct buf *b, const char *key, struct str text)
{
	if (text.n == 0)
		return;
	put_key(b, key);
	rec_put_quoted(b, text);
}

void
value_json_bare(struct buf *b, const char *key, struct str text)
{
	if (text.n == 0)
		return;
	put_key(b, key);
	buf_str(b, text);
}

void
value_flush(struct sink *s, struct buf *line)
{
	if (line->oom)
		s->out.error = ENOMEM;
	recout_raw(&s->out, buf_view(line));
	line->n = 0;
}
