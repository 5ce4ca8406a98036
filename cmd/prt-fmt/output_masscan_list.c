/* masscan -oL: "open tcp 80 192.0.2.7 1764000000", and a line for a banner. */
#include "base/date.h"
#include "value.h"

static void
start(struct sink *s)
{
	recout_raw(&s->out, STR("#masscan\n"));
}

/* Every escape as masscan writes it, \xHH. */
static void
put_banner(struct buf *b, struct str text)
{
	static const char from[] = "tnr\\";
	static const char *const to[] = { "\\x09", "\\x0a", "\\x0d", "\\x5c" };
	const char *at;
	size_t i;

	for (i = 0; i < text.n; i++) {
		at = NULL;
		if (text.p[i] == '\\' && i + 1 < text.n)
			at = strchr(from, text.p[i + 1]);
		if (at == NULL || *at == '\0')
			buf_putc(b, text.p[i]);
		else {
			buf_puts(b, to[at - from]);
			i++;
		}
	}
}

static void
put_end(struct buf *b, const struct record *r, const struct point *pt)
{
	struct str proto = r->col[COL_PROTO];

	buf_str(b, pt->has_port && proto.p != NULL ? proto : STR("icmp"));
	buf_putc(b, ' ');
	buf_u64(b, pt->port);
	buf_putc(b, ' ');
	buf_str(b, r->col[COL_IP]);
	buf_putc(b, ' ');
	buf_u64(b, value_time(r) / 1000000000u);
}

static const char *
put(struct sink *s, const struct record *r)
{
	struct str state = r->col[COL_STATE], banner;
	struct point pt;
	struct buf *b = &s->line;

	if (!value_point(r, &pt))
		return NULL;
	if (str_is(state, "up"))
		state = STR("open");
	if (!str_is(state, "open") && !str_is(state, "closed"))
		return NULL;
	buf_str(b, state);
	buf_putc(b, ' ');
	put_end(b, r, &pt);
	buf_putc(b, '\n');
	banner = rec_get(r, "banner");
	if (banner.n > 0) {
		buf_puts(b, "banner ");
		put_end(b, r, &pt);
		buf_putc(b, ' ');
		buf_str(b, rec_get(r, "service").n > 0 ?
		    rec_get(r, "service") : STR("unknown"));
		buf_putc(b, ' ');
		put_banner(b, banner);
		buf_putc(b, '\n');
	}
	value_flush(s, b);
	return NULL;
}

static void
finish(struct sink *s)
{
	recout_raw(&s->out, STR("# end\n"));
}

const struct output output_masscan_list = {
	.name = "masscan-list",
	.about = "open and closed ports as masscan -oL lists them",
	.start = start,
	.put = put,
	.finish = finish,
};
