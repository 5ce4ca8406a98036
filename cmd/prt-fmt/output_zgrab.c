/* What zgrab2 reads: "ip,domain,tag,port". */
#include "value.h"

/* As encoding/csv of Go reads it: in quotes when it has a comma or a quote. */
static void
put_cell(struct buf *b, struct str s)
{
	if (s.n == 0 || (memchr(s.p, ',', s.n) == NULL &&
	    memchr(s.p, '"', s.n) == NULL && s.p[0] != ' ' &&
	    s.p[0] != '#')) {
		buf_str(b, s);
		return;
	}
	buf_putc(b, '"');
	value_quoted(b, s);
}

static const char *
put(struct sink *s, const struct record *r)
{
	struct buf *b = &s->line;
	struct point pt;

	if (!value_point(r, &pt) || !pt.has_port || !value_wanted(s, r))
		return NULL;
	buf_str(b, r->col[COL_IP]);
	buf_putc(b, ',');
	put_cell(b, rec_get(r, "host"));
	buf_putc(b, ',');
	put_cell(b, rec_get(r, "tag"));
	buf_putc(b, ',');
	buf_u64(b, pt.port);
	buf_putc(b, '\n');
	value_flush(s, b);
	return NULL;
}

const struct output output_zgrab = {
	.name = "zgrab",
	.about = "open ports as zgrab2 reads them: ip,domain,tag,port",
	.put = put,
};
