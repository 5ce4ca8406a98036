/* host:port, which most tools that take targets read. */
#include "pure/addr.h"
#include "value.h"

static const char *
put(struct sink *s, const struct record *r)
{
	struct str name = rec_get(r, "host");
	struct buf *b = &s->line;
	struct point pt;
	bool bracket;

	if (!value_point(r, &pt) || !pt.has_port || !value_wanted(s, r))
		return NULL;
	bracket = name.n == 0 && !addr_is4(pt.addr);
	if (bracket)
		buf_putc(b, '[');
	buf_str(b, name.n > 0 ? name : r->col[COL_IP]);
	if (bracket)
		buf_putc(b, ']');
	buf_putc(b, ':');
	buf_u64(b, pt.port);
	buf_putc(b, '\n');
	value_flush(s, b);
	return NULL;
}

const struct output output_hostport = {
	.name = "hostport",
	.about = "open ports as host:port, the host by name if it has one",
	.put = put,
};
