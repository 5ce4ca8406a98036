#include "meaning/reskey.h"

#include "pure/addr.h"

static uint8_t
proto_rank(struct str proto)
{
	static const char *const order[] = { "tcp", "udp", "sctp", "ip" };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (str_is(proto, order[i]))
			return (uint8_t)(i + 1);
	return RESKEY_OTHER;
}

const char *
reskey_of(struct reskey *k, const struct record *r)
{
	struct str ip = r->col[COL_IP], port = r->col[COL_PORT];
	uint64_t v = 0;

	if (addr_scan(ip.p, ip.n, &k->addr) != ip.n)
		return "a result is about one address: the first column is "
		    "none";
	if (port.p != NULL && (num_scan_u64(port.p, port.n, &v) != port.n ||
	    v > UINT16_MAX))
		return "a result is about one port, 0 to 65535, or about the "
		    "host (-): the second column is neither";
	k->port = (uint16_t)v;
	k->proto = port.p == NULL ? RESKEY_HOST :
	    proto_rank(r->col[COL_PROTO]);
	return NULL;
}

int
reskey_cmp(const struct reskey *a, const struct reskey *b)
{
	int c = addr_cmp(a->addr, b->addr);

	if (c != 0)
		return c;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	return a->port < b->port ? -1 : a->port > b->port;
}
