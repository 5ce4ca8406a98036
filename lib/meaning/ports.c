#include "meaning/ports.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"

void
ports_release(struct ports *t)
{
	int i;

	for (i = 0; i < PORTS_NPROTO; i++) {
		free(t->row[i]);
		free(t->at[i]);
	}
	*t = (struct ports){ 0 };
}

/* The next word of a line, cut off its front. */
static struct str
word(struct str *s)
{
	struct str w;

	*s = str_trim(*s);
	w = (struct str){ s->p, 0 };
	while (w.n < s->n && s->p[w.n] != ' ' && s->p[w.n] != '\t')
		w.n++;
	s->p += w.n;
	s->n -= w.n;
	return w;
}

static int
add_row(struct ports *t, enum ports_proto proto, uint16_t port,
    struct str names)
{
	size_t n = t->n[proto];
	struct ports_row *r = t->row[proto];

	/* doubles whenever the count is a power of two */
	if ((n & (n - 1)) == 0) {
		r = reallocarray(r, n == 0 ? 1 : n * 2, sizeof(*r));
		if (r == NULL)
			return -1;
		t->row[proto] = r;
	}
	r[n] = (struct ports_row){ port, names };
	t->at[proto][port] = (uint16_t)(n + 1);
	t->n[proto] = n + 1;
	return 0;
}

/* One line: 0, or -1 with *what, which is NULL when out of memory. */
static int
parse_line(struct ports *t, struct str line, const char **what)
{
	struct str proto, port;
	enum ports_proto pr;
	uint64_t v;

	line = str_cut(&line, '#');
	proto = word(&line);
	if (proto.n == 0)
		return 0;
	port = word(&line);
	line = str_trim(line);
	if (str_is(proto, "tcp"))
		pr = PORTS_TCP;
	else if (str_is(proto, "udp"))
		pr = PORTS_UDP;
	else {
		*what = "the first column is tcp or udp";
		return -1;
	}
	/* 1..65535, so that an index of a row fits in 16 bits */
	if (port.n == 0 || num_scan_u64(port.p, port.n, &v) != port.n ||
	    v == 0 || v > 65535) {
		*what = "the second column is a port from 1 to 65535";
		return -1;
	}
	if (line.n == 0) {
		*what = "the third column is the port's name, or - for none";
		return -1;
	}
	if (t->at[pr][v] != 0) {
		*what = "this port has a line already: one of them must go";
		return -1;
	}
	if (str_is(line, "-"))
		line = STR_NONE;
	*what = NULL;
	return add_row(t, pr, (uint16_t)v, line);
}

int
ports_parse(struct ports *t, const char *text, size_t n, unsigned long *line,
    const char **what)
{
	struct str rest = { text, n };
	int i;

	*line = 0;
	*what = "out of memory";
	for (i = 0; i < PORTS_NPROTO; i++)
		if ((t->at[i] = calloc(65536, sizeof(*t->at[i]))) == NULL)
			goto bad;
	while (rest.n > 0) {
		++*line;
		if (parse_line(t, str_cut(&rest, '\n'), what) == -1)
			goto bad;
	}
	return 0;
bad:
	if (*what == NULL) {
		*line = 0;
		*what = "out of memory";
	}
	ports_release(t);
	return -1;
}

struct str
ports_name(const struct ports *t, enum ports_proto proto, uint16_t port)
{
	struct str names;
	uint16_t i;

	if (t->at[proto] == NULL || (i = t->at[proto][port]) == 0)
		return STR_NONE;
	names = t->row[proto][i - 1].names;
	return names.p == NULL ? names : word(&names);
}

/* Letter case ignored; in the pattern, `*` is any text and `?` any character. */
static int
matches(struct str s, struct str pattern)
{
	struct str again = STR_NONE, from = s;

	while (s.n > 0) {
		if (pattern.n > 0 && pattern.p[0] == '*') {
			again = (struct str){ ++pattern.p, --pattern.n };
			from = s;
		} else if (pattern.n > 0 && (pattern.p[0] == '?' ||
		    strncasecmp(pattern.p, s.p, 1) == 0)) {
			pattern.p++, pattern.n--;
			s.p++, s.n--;
		} else if (again.p != NULL) {
			/* the last star takes one more */
			pattern = again;
			s = (struct str){ ++from.p, --from.n };
		} else
			return 0;
	}
	while (pattern.n > 0 && pattern.p[0] == '*')
		pattern.p++, pattern.n--;
	return pattern.n == 0;
}

static int
has_name(struct str names, struct str name)
{
	struct str w;

	while (names.n > 0) {
		w = word(&names);
		if (w.n > 0 && matches(w, name))
			return 1;
	}
	return 0;
}

int
ports_find(const struct ports *t, enum ports_proto proto, struct str name,
    struct portset *out)
{
	const struct ports_row *r;
	size_t i;
	int found = 0;

	for (i = 0; i < t->n[proto]; i++) {
		r = &t->row[proto][i];
		if (!has_name(r->names, name))
			continue;
		if (portset_add(out, r->port, r->port) == -1)
			return -1;
		found++;
	}
	return found;
}

int
ports_top(const struct ports *t, enum ports_proto proto, size_t n,
    struct portset *out)
{
	uint16_t port;
	size_t i;

	for (i = 0; i < n && i < t->n[proto]; i++) {
		port = t->row[proto][i].port;
		if (portset_add(out, port, port) == -1)
			return -1;
	}
	return 0;
}

int
ports_ranked(const struct ports *t, enum ports_proto proto, uint16_t lo,
    uint16_t hi, struct portset *out)
{
	uint16_t port;
	size_t i;
	int found = 0;

	for (i = 0; i < t->n[proto]; i++) {
		port = t->row[proto][i].port;
		if (port < lo || port > hi)
			continue;
		if (portset_add(out, port, port) == -1)
			return -1;
		found++;
	}
	return found;
}
