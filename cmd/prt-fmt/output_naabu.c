/* naabu -json: a JSON object a line for each open port. */
#include "base/date.h"
#include "value.h"

static const char *
put(struct sink *s, const struct record *r)
{
	struct buf *b = &s->line;
	struct point pt;
	uint64_t t;

	if (!value_point(r, &pt) || !pt.has_port || !value_wanted(s, r))
		return NULL;
	buf_putc(b, '{');
	value_json(b, "host", rec_get(r, "host"));
	value_json(b, "ip", r->col[COL_IP]);
	if ((t = value_time(r)) != 0) {
		buf_puts(b, ",\"timestamp\":\"");
		date_put_iso(b, t, 9);
		buf_putc(b, '"');
	}
	buf_puts(b, ",\"port\":");
	buf_u64(b, pt.port);
	value_json(b, "protocol", r->col[COL_PROTO]);
	value_json_bare(b, "tls", str_is(rec_get(r, "tunnel"), "ssl") ?
	    STR("true") : STR("false"));
	buf_puts(b, "}\n");
	value_flush(s, b);
	return NULL;
}

const struct output output_naabu = {
	.name = "naabu",
	.about = "open ports as naabu -json writes them",
	.put = put,
};
