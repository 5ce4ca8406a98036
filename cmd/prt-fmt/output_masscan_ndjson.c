/* masscan -oD: a JSON object a line for a port, and one for its banner. */
#include "value.h"

static void
put_head(struct buf *b, const struct record *r, const struct point *pt,
    const char *type)
{
	struct str proto = r->col[COL_PROTO];

	buf_putc(b, '{');
	value_json(b, "ip", r->col[COL_IP]);
	buf_puts(b, ",\"timestamp\":\"");
	buf_u64(b, value_time(r) / 1000000000u);
	buf_puts(b, "\",\"port\":");
	buf_u64(b, pt->port);
	value_json(b, "proto", pt->has_port && proto.p != NULL ? proto :
	    STR("icmp"));
	value_json(b, "rec_type", str_of(type));
	buf_puts(b, ",\"data\":{");
}

static bool
is_number(struct str s)
{
	uint64_t v;

	return s.n > 0 && num_scan_u64(s.p, s.n, &v) == s.n &&
	    (s.n == 1 || s.p[0] != '0');
}

static void
put_status(struct buf *b, const struct record *r, const struct point *pt,
    struct str state)
{
	struct str ttl = rec_get(r, "ttl");

	put_head(b, r, pt, "status");
	value_json(b, "status", state);
	value_json(b, "reason", r->col[COL_REASON].p != NULL ?
	    r->col[COL_REASON] : STR("none"));
	value_json_bare(b, "ttl", is_number(ttl) ? ttl : STR("0"));
	buf_puts(b, "}}\n");
}

static void
put_banner(struct buf *b, const struct record *r, const struct point *pt,
    struct str banner)
{
	struct str name = rec_get(r, "service");

	put_head(b, r, pt, "banner");
	value_json(b, "service_name", name.n > 0 ? name : STR("unknown"));
	value_json(b, "banner", banner);
	buf_puts(b, "}}\n");
}

static const char *
put(struct sink *s, const struct record *r)
{
	struct str state = r->col[COL_STATE], banner = rec_get(r, "banner");
	struct point pt;

	if (!value_point(r, &pt))
		return NULL;
	if (str_is(state, "up"))
		state = STR("open");
	if (!str_is(state, "open") && !str_is(state, "closed"))
		return NULL;
	put_status(&s->line, r, &pt, state);
	if (banner.n > 0)
		put_banner(&s->line, r, &pt, banner);
	value_flush(s, &s->line);
	return NULL;
}

const struct output output_masscan_ndjson = {
	.name = "masscan-ndjson",
	.about = "open and closed ports as masscan -oD writes them",
	.put = put,
};
