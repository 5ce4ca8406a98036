#include "only.h"

#include <stdint.h>

#include "pure/addr.h"
#include "value.h"

static const char *const states[] = {
	"open", "closed", "filtered", "unfiltered", "open|filtered",
	"closed|filtered", "up", "down",
};

static bool
is_state(struct str s)
{
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (str_is(s, states[i]))
			return true;
	return false;
}

static int
wrong(struct buf *err, struct str piece, const char *why)
{
	buf_putc(err, '\'');
	buf_str(err, piece);
	buf_puts(err, "': ");
	buf_puts(err, why);
	return -1;
}

/* ---- reading ---- */

static int
add_port(struct only_term *t, struct str v, struct buf *err)
{
	struct portset set = { 0 };
	size_t bad;
	int r = 0;

	if (portset_parse(&set, v.p, v.n, &bad) == -1)
		r = wrong(err, v, "ports are numbers and ranges such as "
		    "port=22,80-90, from 0 to 65535");
	else if (portset_union(&t->ports, &set) == -1)
		r = wrong(err, v, "out of memory");
	portset_release(&set);
	return r;
}

static int
add_addr(struct only_term *t, struct str v, struct buf *err)
{
	u128 first, last;

	if (addr_range_parse(v.p, v.n, &first, &last) == -1)
		return wrong(err, v, "addresses are such as ip=192.0.2.7, "
		    "192.0.2.0/24 or 192.0.2.1-192.0.2.9");
	if (rangeset_add(&t->addrs, first, last) == -1)
		return wrong(err, v, "out of memory");
	rangeset_normalise(&t->addrs);
	return 0;
}

static int
add_value(struct only_term *t, struct str v, struct buf *err)
{
	if (t->is_port)
		return add_port(t, v, err);
	if (t->is_ip)
		return add_addr(t, v, err);
	if (str_is(t->key, "state") && !is_state(v))
		return wrong(err, v, "states are open, closed, filtered, "
		    "unfiltered, open|filtered, closed|filtered, up and down");
	/* the pieces of one text: they lie one behind the other */
	if (t->values.p == NULL)
		t->values = v;
	else
		t->values.n = (size_t)(v.p + v.n - t->values.p);
	return 0;
}

static int
new_term(struct only *o, struct str piece, struct str key, struct buf *err)
{
	struct only_term *t;

	if (o->n == ONLY_MAX)
		return wrong(err, piece, "16 keys at most");
	t = &o->term[o->n++];
	*t = (struct only_term){ .key = key };
	if (key.n > 0 && key.p[key.n - 1] == '!') {
		t->not = true;
		t->key.n--;
	}
	if (t->key.n == 0)
		return wrong(err, piece, "a name is missing before the =, such "
		    "as state=open");
	t->is_ip = str_is(t->key, "ip");
	t->is_port = str_is(t->key, "port");
	return 0;
}

int
only_parse(struct only *o, struct str text, struct buf *err)
{
	struct str piece, value, key;
	bool first = true;

	do {
		value = piece = str_cut(&text, ',');
		key = str_cut(&value, '=');
		if (value.p == NULL && first)
			return wrong(err, piece, "wants key=value, such as "
			    "state=open or state=open,port=22,80-90");
		if (value.p == NULL)
			value = piece;	/* one more for the last key */
		else if (new_term(o, piece, key, err) == -1)
			return -1;
		first = false;
		if (add_value(&o->term[o->n - 1], value, err) == -1)
			return -1;
	} while (text.p != NULL);
	return 0;
}

void
only_release(struct only *o)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		portset_release(&o->term[i].ports);
		rangeset_release(&o->term[i].addrs);
	}
	*o = (struct only){ 0 };
}

/* ---- holding a record against it ---- */

bool
only_picks_state(const struct only *o)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (str_is(o->term[i].key, "state"))
			return true;
	return false;
}

/* A list has to have one of the wanted ports. */
static bool
has_port(const struct portset *want, struct str v)
{
	struct portset list = { 0 };
	uint64_t port;
	size_t i, bad;
	bool yes = false;

	if (num_scan_u64(v.p, v.n, &port) == v.n)
		return port <= UINT16_MAX && portset_has(want, (uint16_t)port);
	if (portset_parse(&list, v.p, v.n, &bad) == -1)
		list.n = 0;
	for (i = 0; i < want->n && !yes; i++)
		for (size_t k = 0; k < list.n && !yes; k++)
			yes = list.r[k].lo <= want->r[i].hi &&
			    want->r[i].lo <= list.r[k].hi;
	portset_release(&list);
	return yes;
}

static bool
has_addr(const struct rangeset *want, struct str v)
{
	u128 first, last;
	size_t i;

	if (addr_scan(v.p, v.n, &first) == v.n)
		return rangeset_has(want, first);
	if (addr_range_parse(v.p, v.n, &first, &last) == -1)
		return false;
	for (i = 0; i < want->n; i++)
		if (want->r[i].first <= last && first <= want->r[i].last)
			return true;
	return false;
}

/* '*' stands for anything, as in service=http*. */
static bool
matches(struct str pattern, struct str v)
{
	struct str part = str_cut(&pattern, '*');

	if (pattern.p == NULL)
		return str_eq(part, v);
	if (v.n < part.n || (part.n > 0 && memcmp(v.p, part.p, part.n) != 0))
		return false;
	v.p += part.n;
	v.n -= part.n;
	for (part = str_cut(&pattern, '*'); pattern.p != NULL;
	    part = str_cut(&pattern, '*')) {
		const char *at = part.n == 0 ? v.p :
		    memmem(v.p, v.n, part.p, part.n);

		if (at == NULL)
			return false;
		v.n -= (size_t)(at + part.n - v.p);
		v.p = at + part.n;
	}
	return v.n >= part.n && (part.n == 0 ||
	    memcmp(v.p + v.n - part.n, part.p, part.n) == 0);
}

static bool
has_value(struct str values, struct str v)
{
	while (values.p != NULL)
		if (matches(str_cut(&values, ','), v))
			return true;
	return false;
}

static bool
satisfies(struct only_term *t, const struct record *r)
{
	struct str v = t->is_ip ? r->col[COL_IP] : t->is_port ?
	    r->col[COL_PORT] : rec_value(r, t->key);

	if (v.p == NULL)
		return !t->is_port && !t->is_ip && t->values.n == 0;
	t->seen = true;
	if (t->is_ip)
		return has_addr(&t->addrs, v);
	if (t->is_port)
		return has_port(&t->ports, v);
	return has_value(t->values, v);
}

bool
only_wants(struct only *o, const struct record *r)
{
	size_t i;

	for (i = 0; i < o->n; i++)
		if (satisfies(&o->term[i], r) == o->term[i].not)
			return false;
	return true;
}
