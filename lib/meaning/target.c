#include "meaning/target.h"

#include "pure/addr.h"

static enum target_proto
proto_of(struct str s)
{
	if (s.p == NULL || s.n == 0 || str_is(s, "host") || str_is(s, "ip"))
		return TARGET_ANY;
	if (str_is(s, "tcp"))
		return TARGET_TCP;
	if (str_is(s, "udp"))
		return TARGET_UDP;
	return TARGET_OTHER;
}

int
target_of(struct target *t, const struct record *r, const char **err)
{
	struct str ip = r->col[COL_IP], port = r->col[COL_PORT];
	size_t bad;

	t->ports.n = 0;
	if (ip.p == NULL ||
	    addr_range_parse(ip.p, ip.n, &t->first, &t->last) == -1) {
		*err = "column 1 is no IP address, a/len or a-b: "
		    "let prt-targets read what people write";
		return -1;
	}
	if (port.p != NULL &&
	    portset_parse(&t->ports, port.p, port.n, &bad) == -1) {
		t->ports.n = 0;
		*err = "column 2 is no list of ports such as 22,80,8000-8100, "
		    "nor -";
		return -1;
	}
	t->proto = proto_of(r->col[COL_PROTO]);
	t->host = rec_get(r, "host");
	t->tag = rec_get(r, "tag");
	return 0;
}

void
target_release(struct target *t)
{
	portset_release(&t->ports);
}
