/* Elastic Common Schema 8.11: a document a line. What the schema has a name for
 * stands there, and the whole record, by its own names, under "prt". */
#include "base/date.h"
#include "pure/addr.h"
#include "value.h"

static void
put_destination(struct buf *b, const struct record *r, const struct point *pt)
{
	struct str host = rec_get(r, "host"), mac = rec_get(r, "mac");
	size_t i, at;

	buf_puts(b, ",\"destination\":{");
	value_json(b, "address", host.n > 0 ? host : r->col[COL_IP]);
	value_json(b, "ip", r->col[COL_IP]);
	if (pt->has_port) {
		buf_puts(b, ",\"port\":");
		buf_u64(b, pt->port);
	}
	value_json(b, "domain", host);
	at = b->n;
	value_json(b, "mac", mac);
	/* RFC 7042: 02-00-5E-10-00-01 */
	for (i = mac.n > 0 ? at + sizeof(",\"mac\":") : b->n; i < b->n; i++) {
		if (b->p[i] == ':')
			b->p[i] = '-';
		else if (b->p[i] >= 'a' && b->p[i] <= 'f')
			b->p[i] = (char)(b->p[i] - 'a' + 'A');
	}
	buf_putc(b, '}');
}

static void
put_network(struct buf *b, const struct record *r, const struct point *pt)
{
	buf_puts(b, ",\"network\":{");
	value_json(b, "type", addr_is4(pt->addr) ? STR("ipv4") : STR("ipv6"));
	if (pt->has_port)
		value_json(b, "transport", r->col[COL_PROTO]);
	value_json(b, "protocol", rec_get(r, "service"));
	buf_putc(b, '}');
}

static void
put_service(struct buf *b, const struct record *r)
{
	if (rec_get(r, "service").n == 0)
		return;
	buf_puts(b, ",\"service\":{");
	value_json(b, "type", rec_get(r, "service"));
	value_json(b, "name", rec_get(r, "product"));
	value_json(b, "version", rec_get(r, "version"));
	buf_putc(b, '}');
}

static void
put_related(struct buf *b, const struct record *r)
{
	struct str host = rec_get(r, "host"), tag = rec_get(r, "tag");

	buf_puts(b, ",\"related\":{\"ip\":[");
	rec_put_quoted(b, r->col[COL_IP]);
	buf_putc(b, ']');
	if (host.n > 0) {
		buf_puts(b, ",\"hosts\":[");
		rec_put_quoted(b, host);
		buf_putc(b, ']');
	}
	buf_putc(b, '}');
	if (tag.n > 0) {
		buf_puts(b, ",\"tags\":[");
		rec_put_quoted(b, tag);
		buf_putc(b, ']');
	}
}

static void
put_event(struct buf *b, const struct record *r)
{
	buf_puts(b, ",\"event\":{\"kind\":\"event\",\"category\":[\"network\"],"
	    "\"type\":[\"info\"],\"module\":\"prt\",\"dataset\":\"prt.result\"");
	value_json(b, "reason", r->col[COL_REASON]);
	buf_putc(b, '}');
}

static const char *
put(struct sink *s, const struct record *r)
{
	struct buf *b = &s->line;
	struct point pt;
	uint64_t t;

	if (!value_point(r, &pt))
		return NULL;
	buf_putc(b, '{');
	if ((t = value_time(r)) != 0) {
		buf_puts(b, "\"@timestamp\":\"");
		date_put_iso(b, t, 6);
		buf_puts(b, "\",");
	}
	buf_puts(b, "\"ecs\":{\"version\":\"8.11.0\"}");
	put_event(b, r);
	put_destination(b, r, &pt);
	put_network(b, r, &pt);
	put_service(b, r);
	put_related(b, r);
	buf_puts(b, ",\"prt\":");
	rec_put_json(r, b);
	if (b->n > 0)
		b->n--;		/* its newline */
	buf_puts(b, "}\n");
	value_flush(s, b);
	return NULL;
}

const struct output output_ecs = {
	.name = "ecs",
	.about = "results as documents of the Elastic Common Schema",
	.put = put,
};
