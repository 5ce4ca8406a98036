#include "meaning/foreign_os.h"

#include <string.h>

#include "base/esc.h"
#include "meaning/osfp.h"
#include "meaning/record_priv.h"

struct str
foreign_attr(const char **atts, const char *name)
{
	size_t i;

	for (i = 0; atts[i] != NULL; i += 2)
		if (strcmp(atts[i], name) == 0)
			return str_of(atts[i + 1]);
	return STR_NONE;
}

void
foreign_os_clear(struct foreign_os *os)
{
	rec_clear(&os->fields);
	os->vendors = os->families = false;
	os->gens.n = os->types.n = os->matches.n = os->cpes.n = 0;
	os->nmatches = 0;
}

void
foreign_os_release(struct foreign_os *os)
{
	rec_release(&os->fields);
	buf_release(&os->gens);
	buf_release(&os->types);
	buf_release(&os->matches);
	buf_release(&os->cpes);
}

static void
set(struct foreign_os *os, const char *key, struct str v)
{
	if (v.n > 0)
		rec_set_bytes(&os->fields, key, v.p, v.n);
}

/* Adds an item that the list does not have. */
static void
list_add(struct buf *list, struct str v)
{
	struct str rest = buf_view(list);

	while (rest.n > 0)
		if (str_eq(str_cut(&rest, ','), v))
			return;
	if (v.n == 0)
		return;
	if (list->n > 0)
		buf_putc(list, ',');
	esc_put_also(list, v.p, v.n, ",");
}

/* nmap lists the best one first. */
static void
start_match(struct foreign_os *os, const char **atts)
{
	struct str name = foreign_attr(atts, "name"), conf = foreign_attr(atts, "accuracy");

	if (name.n == 0 || conf.n == 0)
		return;
	if (os->nmatches++ == 0) {
		set(os, "os", name);
		set(os, "os_conf", conf);
		set(os, "os_method", STR("fingerprint"));
	} else
		buf_putc(&os->matches, ',');
	esc_put_also(&os->matches, name.p, name.n, ",");
	buf_puts(&os->matches, " (");
	esc_put_also(&os->matches, conf.p, conf.n, ",");
	buf_puts(&os->matches, "%)");
}

/* What all classes say, as long as they say the same. */
static void
agree(struct foreign_os *os, const char *key, struct str v, bool *differ)
{
	struct str had = rec_get(&os->fields, key);

	if (had.p != NULL && !str_eq(had, v))
		*differ = true;
	if (*differ)
		rec_unset(&os->fields, key);
	else
		set(os, key, v);
}

static void
start_class(struct foreign_os *os, const char **atts)
{
	agree(os, "os_vendor", foreign_attr(atts, "vendor"), &os->vendors);
	agree(os, "os_family", foreign_attr(atts, "osfamily"), &os->families);
	list_add(&os->gens, foreign_attr(atts, "osgen"));
	list_add(&os->types, foreign_attr(atts, "type"));
}

/* One of IPv6 has another form, and is left out. */
static void
start_print(struct foreign_os *os, const char **atts)
{
	struct osfp fp;
	struct buf b = { 0 };

	if (osfp_parse(&fp, foreign_attr(atts, "fingerprint"), NULL) == 0) {
		osfp_fmt(&fp, OSFP_JOINED, &b);
		set(os, "os_fp", buf_view(&b));
	}
	buf_release(&b);
}

bool
foreign_os_start(struct foreign_os *os, const char *name, const char **atts)
{
	/* only the best one's classes count */
	bool best = os->nmatches == 1;

	if (strcmp(name, "osmatch") == 0)
		start_match(os, atts);
	else if (strcmp(name, "osclass") == 0 && best)
		start_class(os, atts);
	else if (strcmp(name, "osfingerprint") == 0)
		start_print(os, atts);
	else if (strcmp(name, "uptime") == 0)
		set(os, "uptime", foreign_attr(atts, "seconds"));
	else if (strcmp(name, "distance") == 0)
		set(os, "distance", foreign_attr(atts, "value"));
	else if (strcmp(name, "cpe") == 0 && best) {
		if (os->cpes.n > 0)
			buf_putc(&os->cpes, ',');
		return true;
	}
	return false;
}

static void
put_list(struct record *r, const char *key, const struct buf *list)
{
	if (list->n > 0)
		rec_set_text(r, key, buf_view(list));
}

void
foreign_os_put(struct foreign_os *os, struct record *r)
{
	const struct rec_pair *p = os->fields.pair;
	size_t i;

	for (i = 0; i < os->fields.npair; i++)
		rec_push(r, p[i].key, p[i].val, false);
	put_list(r, "os_gen", &os->gens);
	put_list(r, "device_type", &os->types);
	put_list(r, "os_cpe", &os->cpes);
	if (os->nmatches > 1)
		put_list(r, "os_matches", &os->matches);
}
