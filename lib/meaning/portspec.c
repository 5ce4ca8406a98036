#include "meaning/portspec.h"

#include <string.h>

#include "base/num.h"

#define OOM	"out of memory"

void
portspec_release(struct portspec *s)
{
	int i;

	for (i = 0; i < PORTS_NPROTO; i++)
		portset_release(&s->set[i]);
}

/* Does it need the table of names: a name, a pattern, or ranked ports? */
static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*' ||
	    c == '?' || c == '[';
}

/* Cuts T: or U: off the front; false when the item has none. */
static bool
cut_prefix(struct str *item, unsigned *protos)
{
	if (item->n < 2 || item->p[1] != ':')
		return false;
	if (item->p[0] == 'T' || item->p[0] == 't')
		*protos = PORTSPEC_TCP;
	else if (item->p[0] == 'U' || item->p[0] == 'u')
		*protos = PORTSPEC_UDP;
	else
		return false;
	item->p += 2;
	item->n -= 2;
	return true;
}

bool
portspec_wants_ports(const char *text)
{
	struct str rest = str_of(text), item;
	unsigned protos;
	size_t i;

	while (rest.p != NULL) {
		item = str_trim(str_cut(&rest, ','));
		if (item.n > 0 && item.p[0] == '^')
			item.p++, item.n--;
		cut_prefix(&item, &protos);
		for (i = 0; i < item.n; i++)
			if (is_name(item.p[i]))
				return true;
	}
	return false;
}

static int
add_range(struct portset *to, unsigned protos, uint16_t lo, uint16_t hi)
{
	int i;

	for (i = 0; i < PORTS_NPROTO; i++)
		if ((protos & 1u << i) != 0 &&
		    portset_add(&to[i], lo, hi) == -1)
			return -1;
	return 0;
}

/* "22", "1-5", "-5", "5-" and "-": NULL, or what is wrong. */
static const char *
scan_numbers(struct str item, uint64_t *lo, uint64_t *hi)
{
	size_t at, k;

	*lo = 1;
	*hi = 65535;
	at = num_scan_u64(item.p, item.n, lo);
	if (at == item.n)
		*hi = *lo;
	else if (item.p[at] != '-')
		return "a port is a number, a range or a name";
	else if (++at < item.n) {
		k = num_scan_u64(item.p + at, item.n - at, hi);
		if (k == 0 || at + k != item.n)
			return "a range of ports is written 8000-8100";
	}
	if (*lo > 65535 || *hi > 65535)
		return "ports end at 65535";
	return *hi < *lo ? "this range ends before it starts: turn it round" :
	    NULL;
}

static const char *
add_numbers(struct portset *to, unsigned protos, struct str item)
{
	uint64_t lo, hi;
	const char *why = scan_numbers(item, &lo, &hi);

	if (why != NULL)
		return why;
	return add_range(to, protos, (uint16_t)lo, (uint16_t)hi) == 0 ? NULL :
	    OOM;
}

/* "[1-1024]" */
static const char *
add_ranked(struct portset *to, unsigned protos, struct str item,
    const struct ports *ports)
{
	uint64_t lo, hi;
	const char *why = "ranked ports are written [1-1024]";
	int i;

	if (item.n < 3 || item.p[item.n - 1] != ']')
		return why;
	item.p++;
	item.n -= 2;
	if ((why = scan_numbers(item, &lo, &hi)) != NULL)
		return why;
	for (i = 0; i < PORTS_NPROTO; i++)
		if ((protos & 1u << i) != 0 && ports_ranked(ports,
		    (enum ports_proto)i, (uint16_t)lo, (uint16_t)hi,
		    &to[i]) == -1)
			return OOM;
	return NULL;
}

static const char *
add_top(struct portset *to, unsigned protos, struct str num,
    const struct ports *ports)
{
	uint64_t v;
	int i;

	if (num.n == 0 || num_scan_u64(num.p, num.n, &v) != num.n || v == 0 ||
	    v > 65535)
		return "top: wants how many ports, such as top:100";
	for (i = 0; i < PORTS_NPROTO; i++)
		if ((protos & 1u << i) != 0 && ports_top(ports,
		    (enum ports_proto)i, (size_t)v, &to[i]) == -1)
			return OOM;
	return NULL;
}

static const char *
add_name(struct portset *to, unsigned protos, struct str name,
    const struct ports *ports)
{
	int i, r, found = 0;

	for (i = 0; i < PORTS_NPROTO; i++) {
		if ((protos & 1u << i) == 0)
			continue;
		r = ports_find(ports, (enum ports_proto)i, name, &to[i]);
		if (r == -1)
			return OOM;
		found += r;
	}
	return found > 0 ? NULL :
	    "no port has this name: share/ports lists them";
}

static const char *
add_item(struct portset *to, unsigned protos, struct str item,
    const struct ports *ports)
{
	size_t i;

	if (item.n == 0)
		return "a port is missing here: write 22,80,8000-8100";
	for (i = 0; i < item.n && !is_name(item.p[i]); i++)
		;
	if (i == item.n)
		return add_numbers(to, protos, item);
	if (ports == NULL)
		return "names of ports are not known here: write its number";
	if (item.n >= 4 && memcmp(item.p, "top:", 4) == 0)
		return add_top(to, protos,
		    (struct str){ item.p + 4, item.n - 4 }, ports);
	if (item.p[0] == '[')
		return add_ranked(to, protos, item, ports);
	return add_name(to, protos, item, ports);
}

int
portspec_parse(struct portspec *s, const char *text, unsigned protos,
    const struct ports *ports, struct portspec_error *err)
{
	struct portset out[PORTS_NPROTO] = { 0 };
	struct str rest = str_of(text), item = rest;
	unsigned own;
	bool any = false, minus;
	int i;

	*err = (struct portspec_error){ 0 };
	while (rest.p != NULL) {
		item = str_trim(str_cut(&rest, ','));
		err->at = (size_t)(item.p - text);
		err->n = item.n;
		minus = item.n > 0 && item.p[0] == '^';
		if (minus) {
			item.p++, item.n--;
			own = protos;
			cut_prefix(&item, &own);
			err->what = add_item(out, own, item, ports);
		} else {
			cut_prefix(&item, &protos);
			err->what = add_item(s->set, protos, item, ports);
			any = true;
		}
		if (err->what != NULL)
			goto bad;
	}
	err->at = 0;
	err->n = strlen(text);
	err->what = "it only takes ports away: say from what, as in -,^8080";
	if (!any)
		goto bad;
	for (i = 0; i < PORTS_NPROTO; i++) {
		portset_normalise(&s->set[i]);
		portset_normalise(&out[i]);
		err->what = OOM;
		if (portset_subtract(&s->set[i], &out[i]) == -1)
			goto bad;
	}
	err->what = "it takes all its ports away again";
	if (s->set[PORTS_TCP].n + s->set[PORTS_UDP].n == 0)
		goto bad;
	for (i = 0; i < PORTS_NPROTO; i++)
		portset_release(&out[i]);
	return 0;
bad:
	for (i = 0; i < PORTS_NPROTO; i++)
		portset_release(&out[i]);
	portspec_release(s);
	return -1;
}
