/* Routes as the kernel has them, in a network namespace made for it. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "pure/addr.h"
#include "world/route.h"

static bool	ready;

static int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : write(fd, text, strlen(text));

	if (fd != -1)
		close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* A network of our own, with no way out; also without privilege, as root of a
 * user namespace. */
static int
enter(void)
{
	char map[64];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (uid == 0)
		return unshare(CLONE_NEWNET);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (write_file("/proc/self/setgroups", "deny") == -1 ||
	    write_file("/proc/self/uid_map", map) == -1)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return write_file("/proc/self/gid_map", map);
}

static const char network[] = "PATH=$PATH:/usr/sbin:/sbin; set -e\n"
    "ip link set lo up\n"
    "ip link add eth0 address 02:00:5e:10:00:01 type veth peer name eth9\n"
    "ip link add down0 type veth peer name down9\n"
    "ip link set eth0 up; ip link set eth9 up\n"
    "ip addr add 198.18.0.1/24 dev eth0\n"
    "ip addr add 198.18.0.77/24 dev eth0\n"
    "ip addr add 2001:db8::1/64 dev eth0 nodad\n"
    "ip addr add 198.18.9.1/24 dev down0\n"
    "ip route add 203.0.113.0/24 via 198.18.0.254\n"
    "ip route add 203.0.113.128/25 via 198.18.0.253 src 198.18.0.77\n"
    "ip route add blackhole 203.0.113.200\n"
    "ip route add prohibit 203.0.113.201\n"
    "ip route add unreachable 203.0.113.202\n"
    "ip -6 route add 2001:db8:1::/48 via 2001:db8::fe\n"
    "ip -6 route add unreachable 2001:db8:1:7::/64\n"
    "ip neigh add 198.18.0.254 lladdr 02:00:5e:10:00:fe dev eth0\n"
    "ip neigh add 2001:db8::fe lladdr 02:00:5e:10:00:ff dev eth0\n";

static int
make_network(void **state)
{
	(void)state;
	if (enter() == -1) {
		print_message("# no network namespace here: %s\n",
		    strerror(errno));
		return 0;
	}
	ready = system(network) == 0;
	return ready ? 0 : -1;
}

static u128
addr(const char *z)
{
	u128 a;

	assert_int_equal(addr_scan(z, strlen(z), &a), strlen(z));
	return a;
}

static struct routes *
routes(const char *ifname)
{
	struct routes *rs;

	if (!ready)
		skip();
	rs = routes_open(ifname);
	assert_non_null(rs);
	return rs;
}

static const struct route *
find(struct routes *rs, const char *to)
{
	const struct route *r = routes_find(rs, addr(to));

	assert_non_null(r);
	assert_true(r->first <= addr(to) && addr(to) <= r->last);
	return r;
}

static void
kinds(void **state)
{
	static const struct {
		const char	*to;
		enum route_kind	 kind;
		const char	*gateway, *src;
	} t[] = {
		{ "127.0.0.1", ROUTE_LOCAL, NULL, "127.0.0.1" },
		{ "127.9.9.9", ROUTE_LOCAL, NULL, "127.0.0.1" },
		{ "198.18.0.1", ROUTE_LOCAL, NULL, "198.18.0.1" },
		{ "198.18.0.77", ROUTE_LOCAL, NULL, NULL },
		{ "::1", ROUTE_LOCAL, NULL, "::1" },
		{ "2001:db8::1", ROUTE_LOCAL, NULL, NULL },
		{ "198.18.0.2", ROUTE_ON_LINK, NULL, "198.18.0.1" },
		{ "2001:db8::2", ROUTE_ON_LINK, NULL, "2001:db8::1" },
		{ "198.18.0.255", ROUTE_GROUP, NULL, NULL },
		{ "203.0.113.7", ROUTE_GATEWAY, "198.18.0.254", "198.18.0.1" },
		{ "203.0.113.129", ROUTE_GATEWAY, "198.18.0.253",
		    "198.18.0.77" },
		{ "2001:db8:1::7", ROUTE_GATEWAY, "2001:db8::fe",
		    "2001:db8::1" },
		{ "203.0.113.200", ROUTE_NONE, NULL, NULL },
		{ "203.0.113.201", ROUTE_NONE, NULL, NULL },
		{ "203.0.113.202", ROUTE_NONE, NULL, NULL },
		{ "2001:db8:1:7::7", ROUTE_NONE, NULL, NULL },
		{ "192.0.2.1", ROUTE_NONE, NULL, NULL },
		{ "2001:db8:2::1", ROUTE_NONE, NULL, NULL },
	};
	struct routes *rs = routes(NULL);
	const struct route *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = find(rs, t[i].to);
		if (r->kind != t[i].kind)
			fail_msg("%s: kind %d", t[i].to, r->kind);
		if (t[i].gateway != NULL)
			assert_true(r->gateway == addr(t[i].gateway));
		if (t[i].src != NULL && r->src != addr(t[i].src))
			fail_msg("%s: source", t[i].to);
		if (r->kind == ROUTE_ON_LINK || r->kind == ROUTE_GATEWAY) {
			assert_string_equal(r->ifname, "eth0");
			assert_int_equal(r->ifindex, if_nametoindex("eth0"));
			assert_memory_equal(r->mac, "\2\0\x5e\x10\0\1", 6);
			assert_false(r->down);
		}
	}
	routes_close(rs);
}

/* Every stretch is one: what it says of its ends and its middle is what the
 * kernel says when it is asked for just that. */
static void
stretches(void **state)
{
	static const char *const edge[] = { "0.0.0.0", "0.0.0.1",
	    "126.255.255.255", "223.255.255.255", "224.0.0.1",
	    "239.255.255.255", "240.0.0.0", "255.255.255.254",
	    "127.0.0.0", "127.255.255.255", "128.0.0.0", "198.17.255.255",
	    "198.18.0.0", "198.18.0.128", "198.18.1.0", "203.0.112.255",
	    "203.0.113.0", "203.0.113.127", "203.0.113.128", "203.0.113.199",
	    "203.0.113.203", "203.0.113.255", "203.0.114.0",
	    "255.255.255.255", "::", "::2", "2001:db7:ffff::",
	    "2001:db8:0:0:ffff:ffff:ffff:ffff", "2001:db8:0:1::",
	    "2001:db8:1:6:ffff:ffff:ffff:ffff", "2001:db8:1:8::",
	    "2001:db8:2::", "fe80::1", "ff02::1",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" };
	struct routes *rs = routes(NULL), *one;
	const struct route *r, *q;
	u128 ask[3];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(edge) / sizeof(edge[0]); i++) {
		r = find(rs, edge[i]);
		assert_ptr_equal(routes_find(rs, r->first), r);
		assert_ptr_equal(routes_find(rs, r->last), r);
		assert_int_equal(addr_is4(r->first), addr_is4(r->last));
		ask[0] = r->first;
		ask[1] = r->first + (r->last - r->first) / 2;
		ask[2] = r->last;
		for (k = 0; k < 3; k++) {
			one = routes(NULL);
			q = routes_find(one, ask[k]);
			assert_non_null(q);
			if (q->kind != r->kind)
				fail_msg("around %s: kind %d, %d at %zu",
				    edge[i], r->kind, q->kind, k);
			assert_true(q->gateway == r->gateway);
			assert_int_equal(q->ifindex, r->ifindex);
			routes_close(one);
		}
	}
	routes_close(rs);
}

static void
one_interface(void **state)
{
	struct routes *rs = routes("eth0");
	const struct route *r;

	(void)state;
	r = find(rs, "198.18.0.9");
	assert_int_equal(r->kind, ROUTE_ON_LINK);
	r = find(rs, "203.0.113.7");
	assert_int_equal(r->kind, ROUTE_GATEWAY);
	routes_close(rs);
	rs = routes("down0");
	r = find(rs, "198.18.9.7");
	assert_true(r->down);
	routes_close(rs);
	assert_null(routes_open("eth7"));
	assert_int_equal(errno, ENODEV);
}

static void
neighbours(void **state)
{
	struct routes *rs = routes(NULL);
	int eth0 = (int)if_nametoindex("eth0");
	uint8_t mac[6];

	(void)state;
	assert_int_equal(routes_neighbour(rs, eth0, addr("198.18.0.254"), mac),
	    0);
	assert_memory_equal(mac, "\2\0\x5e\x10\0\xfe", 6);
	assert_int_equal(routes_neighbour(rs, eth0, addr("2001:db8::fe"), mac),
	    0);
	assert_memory_equal(mac, "\2\0\x5e\x10\0\xff", 6);
	assert_int_equal(routes_neighbour(rs, eth0, addr("198.18.0.9"), mac),
	    -1);
	assert_int_equal(routes_neighbour(rs, eth0 + 1, addr("198.18.0.254"),
	    mac), -1);
	routes_close(rs);
}

/* A default route takes in what no other border parts. */
static void
default_route(void **state)
{
	static const char *const odd[] = { "0.0.0.0", "224.0.0.1",
	    "255.255.255.255", "::", "ff0e::1" };
	struct routes *rs;
	size_t i;

	if (!ready)
		skip();
	assert_int_equal(system("PATH=$PATH:/usr/sbin:/sbin; set -e\n"
	    "ip route add default via 198.18.0.254\n"
	    "ip -6 route add default via 2001:db8::fe\n"), 0);
	stretches(state);
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		rs = routes(NULL);
		(void)find(rs, odd[i]);
		assert_int_equal(find(rs, "192.0.2.1")->kind, ROUTE_GATEWAY);
		assert_int_equal(find(rs, "223.1.2.3")->kind, ROUTE_GATEWAY);
		assert_int_equal(find(rs, "2001:db8:2::1")->kind,
		    ROUTE_GATEWAY);
		routes_close(rs);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(stretches),
		cmocka_unit_test(one_interface),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(default_route),
	};

	return cmocka_run_group_tests(tests, make_network, NULL);
}
