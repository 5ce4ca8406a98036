/* The operating system of a host, in nmap's XML. */
#include "base/num.h"
#include "output_xml_priv.h"

static void
put_class(struct buf *b, const struct host_os *os, struct str gen,
    struct str cpe)
{
	struct str types = os->type;

	buf_puts(b, "<osclass");
	xml_put_some(b, "type", str_cut(&types, ','));
	xml_put_attr(b, "vendor", os->vendor);
	xml_put_attr(b, "osfamily", os->family);
	xml_put_some(b, "osgen", gen);
	xml_put_attr(b, "accuracy", os->conf);
	buf_putc(b, '>');
	xml_put_cpe(b, cpe);
	buf_puts(b, "</osclass>\n");
}

/* A class for each generation; without vendor or family there is none. */
static void
put_classes(struct buf *b, const struct host_os *os)
{
	struct str gens = os->gen, cpe = os->cpe;

	if (os->vendor.n == 0 || os->family.n == 0)
		return;
	do {
		put_class(b, os, str_cut(&gens, ','), cpe);
		cpe = STR_NONE;
	} while (gens.n > 0);
}

static bool
is_number(struct str s)
{
	uint64_t v;

	return s.n > 0 && num_scan_u64(s.p, s.n, &v) == s.n;
}

static void
put_matches(struct buf *b, const struct host_os *os)
{
	struct str rest = os->matches;
	struct os_match m;
	struct buf name = { 0 };
	bool first = true;

	while (os_next(os, &rest, &m)) {
		if (!is_number(m.conf))
			continue;
		name.n = 0;
		os_put_item(&name, m.name);
		buf_puts(b, "<osmatch");
		xml_put_attr(b, "name", buf_view(&name));
		xml_put_attr(b, "accuracy", m.conf);
		buf_puts(b, " line=\"0\">\n");
		if (first)
			put_classes(b, os);
		buf_puts(b, "</osmatch>\n");
		first = false;
	}
	b->oom |= name.oom;
	buf_release(&name);
}

/* Newlines in an attribute would become blanks (XML 1.0, 3.3.3). */
static void
put_print(struct buf *b, const struct host_os *os)
{
	struct buf text = { 0 };
	struct str rest, line;

	os_put_print(&text, os);
	rest = buf_view(&text);
	if (rest.n > 0) {
		buf_puts(b, "<osfingerprint fingerprint=\"");
		while (rest.n > 0) {
			line = str_cut(&rest, '\n');
			xml_put_text(b, line);
			buf_puts(b, "&#xa;");
		}
		buf_puts(b, "\"/>\n");
	}
	b->oom |= text.oom;
	buf_release(&text);
}

void
xml_put_os(struct buf *b, const struct host_os *os)
{
	struct str seconds = os->uptime;

	if (os->name.n > 0 || os->print.n > 0) {
		buf_puts(b, "<os>\n");
		put_matches(b, os);
		put_print(b, os);
		buf_puts(b, "</os>\n");
	}
	seconds = str_cut(&seconds, '.');
	if (is_number(seconds)) {
		buf_puts(b, "<uptime");
		xml_put_attr(b, "seconds", seconds);
		buf_puts(b, "/>\n");
	}
	if (is_number(os->distance)) {
		buf_puts(b, "<distance");
		xml_put_attr(b, "value", os->distance);
		buf_puts(b, "/>\n");
	}
}
