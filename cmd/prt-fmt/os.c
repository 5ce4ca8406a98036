#include "os.h"

#include <stddef.h>
#include <string.h>

#include "meaning/osfp.h"

static const struct {
	const char	*key;
	size_t		 at;
} field[] = {
	{ "os", offsetof(struct host_os, name) },
	{ "os_conf", offsetof(struct host_os, conf) },
	{ "os_family", offsetof(struct host_os, family) },
	{ "os_gen", offsetof(struct host_os, gen) },
	{ "os_vendor", offsetof(struct host_os, vendor) },
	{ "os_cpe", offsetof(struct host_os, cpe) },
	{ "os_matches", offsetof(struct host_os, matches) },
	{ "os_fp", offsetof(struct host_os, print) },
	{ "device_type", offsetof(struct host_os, type) },
	{ "uptime", offsetof(struct host_os, uptime) },
	{ "distance", offsetof(struct host_os, distance) },
};

void
os_learn(struct host_os *os, const struct record *r)
{
	struct str v;
	size_t i;

	/* one record says what system it is, and not two half of it each */
	if (rec_get(r, "os").n > 0)
		*os = (struct host_os){ .uptime = os->uptime,
		    .distance = os->distance };
	for (i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		v = rec_get(r, field[i].key);
		if (v.n > 0)
			memcpy((char *)os + field[i].at, &v, sizeof(v));
	}
}

/* "Linux 5.3 - 5.4 (96%)" */
static bool
cut_match(struct str item, struct os_match *m)
{
	size_t open = item.n;

	if (item.n < 6 || memcmp(item.p + item.n - 2, "%)", 2) != 0)
		return false;
	while (open > 0 && item.p[open - 1] != '(')
		open--;
	if (open < 3 || item.p[open - 2] != ' ')
		return false;
	m->name = (struct str){ item.p, open - 2 };
	m->conf = (struct str){ item.p + open, item.n - open - 2 };
	return true;
}

bool
os_next(const struct host_os *os, struct str *rest, struct os_match *m)
{
	if (os->matches.n == 0 && rest->n == 0 && rest->p == NULL) {
		*m = (struct os_match){ os->name, os->conf };
		*rest = (struct str){ "", 0 };
		return os->name.n > 0 && os->conf.n > 0;
	}
	while (rest->n > 0)
		if (cut_match(str_cut(rest, ','), m))
			return true;
	return false;
}

void
os_put_item(struct buf *b, struct str item)
{
	static const char comma[] = "\\x2c";
	size_t i;

	for (i = 0; i < item.n; i++) {
		if (item.n - i < 4 || memcmp(item.p + i, comma, 4) != 0) {
			buf_putc(b, item.p[i]);
			continue;
		}
		buf_putc(b, ',');
		i += 3;
	}
}

void
os_put_list(struct buf *b, struct str list)
{
	const char *sep = "";

	while (list.n > 0) {
		buf_puts(b, sep);
		os_put_item(b, str_cut(&list, ','));
		sep = ", ";
	}
}

void
os_put_print(struct buf *b, const struct host_os *os)
{
	static struct osfp fp;	/* a large one */

	if (os->print.n > 0 && osfp_parse(&fp, os->print, NULL) == 0)
		osfp_fmt(&fp, OSFP_WRAPPED, b);
}

bool
os_has(struct str key)
{
	size_t i;

	for (i = 0; i < sizeof(field) / sizeof(field[0]); i++)
		if (str_is(key, field[i].key))
			return true;
	return str_is(key, "os_method");
}
