/* What nmap has no element for: scripts. */
#include "output_xml_priv.h"

#include "os.h"
#include "value.h"

/* Fields that have an element or attribute of their own. */
static bool
has_place(struct str key)
{
	static const char *const name[] = {
		"attempt", "conf", "cpe", "device", "host",
		"hostname", "info", "mac", "method", "os", "product",
		"ptr", "reason_ip", "rtt", "scan", "service", "time",
		"timedout", "ttl", "tunnel", "vendor", "version",
	};
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (str_is(key, name[i]))
			return true;
	return os_has(key) || value_is_stack(key);
}

static size_t
count_others(const struct record *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->npair; i++)
		n += !has_place(r->pair[i].key) && r->pair[i].val.n > 0;
	return n;
}

bool
xml_has_others(const struct record *r)
{
	return count_others(r) > 0;
}

static void
put_other_lines(struct buf *b, const struct record *r, bool tls)
{
	const struct rec_pair *p;

	for (p = r->pair; p < r->pair + r->npair; p++) {
		if (has_place(p->key) || p->val.n == 0 ||
		    (tls && xml_tls_tells(p->key)))
			continue;
		buf_puts(b, "&#xa;");
		xml_put_text(b, p->key);
		buf_puts(b, ": ");
		xml_put_text(b, p->val);
	}
}

static void
put_other_elems(struct buf *b, const struct record *r)
{
	const struct rec_pair *p;

	for (p = r->pair; p < r->pair + r->npair; p++) {
		if (has_place(p->key) || p->val.n == 0)
			continue;
		buf_puts(b, "<elem");
		xml_put_attr(b, "key", p->key);
		buf_putc(b, '>');
		xml_put_text(b, p->val);
		buf_puts(b, "</elem>");
	}
}

/* All the others, as the output of a script that is called "prt". */
void
xml_put_others(struct buf *b, const struct record *r)
{
	buf_puts(b, "<script id=\"prt\" output=\"");
	put_other_lines(b, r, false);
	buf_puts(b, "\">");
	put_other_elems(b, r);
	buf_puts(b, "</script>");
}

/* What nmap's own script would tell, and the fields in a table "prt" of it. */
static void
put_tls(struct buf *b, const struct record *r, const char *script)
{
	buf_printf(b, "<script id=\"%s\" output=\"", script);
	xml_tls_put_lines(b, r);
	put_other_lines(b, r, true);
	buf_puts(b, "\">");
	xml_tls_put_tables(b, r);
	buf_puts(b, "<table key=\"prt\">");
	put_other_elems(b, r);
	buf_puts(b, "</table></script>");
}

/* One script at most: ndiff of nmap 7.93 fails on a port that has two. */
void
xml_put_script(struct buf *b, const struct record *r)
{
	struct str banner = rec_get(r, "banner");
	const char *tls = xml_tls_script(r);
	size_t n = count_others(r);

	if (tls != NULL) {
		put_tls(b, r, tls);
	} else if (banner.n > 0 && n == 1) {
		buf_puts(b, "<script id=\"banner\"");
		xml_put_attr(b, "output", banner);
		buf_puts(b, "/>");
	} else if (n > 0)
		xml_put_others(b, r);
}
