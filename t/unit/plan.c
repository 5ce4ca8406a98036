/* The plan: indices, overlaps, both sides alike. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pure/addr.h"
#include "pure/plan.h"

static void
add(struct plan *p, const char *range, unsigned type, const char *ports)
{
	struct portset ps = { 0 };
	u128 first, last;
	size_t bad;

	assert_int_equal(addr_range_parse(range, strlen(range), &first, &last),
	    0);
	if (*ports != '\0')
		assert_int_equal(portset_parse(&ps, ports, strlen(ports), &bad),
		    0);
	assert_int_equal(plan_add(p, first, last, type, &ps), 0);
	portset_release(&ps);
}

static u128
addr(const char *z)
{
	u128 a;

	assert_int_equal(addr_scan(z, strlen(z), &a), strlen(z));
	return a;
}

/* Every index names one probe, and plan_find() gives the index back. */
static void
check_whole(const struct plan *p)
{
	struct plan_probe pr;
	uint64_t i, host;
	uint32_t k;

	for (i = 0; i < p->n; i++) {
		plan_at(p, i, &pr);
		assert_int_equal(plan_find(p, pr.addr, pr.type, pr.port), i);
		host = plan_host(p, i, &k);
		assert_int_equal(host + pr.slot, i);
		assert_true(pr.slot < k);
	}
}

static void
one_range(void **state)
{
	struct plan p = { 0 };
	struct plan_probe pr;

	(void)state;
	add(&p, "192.0.2.0/24", 3, "22,80,8000-8010");
	assert_int_equal(plan_seal(&p), 0);
	assert_int_equal(p.n, 256 * 13);
	plan_at(&p, 13, &pr);
	assert_true(pr.addr == addr("192.0.2.1"));
	assert_int_equal(pr.port, 22);
	assert_int_equal(plan_find(&p, addr("192.0.2.1"), 3, 81), -1);
	assert_int_equal(plan_find(&p, addr("192.0.3.1"), 3, 80), -1);
	assert_int_equal(plan_find(&p, addr("192.0.2.1"), 4, 80), -1);
	check_whole(&p);
	plan_release(&p);
}

static void
overlaps_count_once(void **state)
{
	struct plan p = { 0 };

	(void)state;
	add(&p, "10.0.0.0/24", 0, "80,443");
	add(&p, "10.0.0.128/25", 0, "22,80");
	add(&p, "10.0.0.200", 1, "53");
	add(&p, "10.0.0.200", 2, "");
	add(&p, "2001:db8::/120", 0, "80");
	add(&p, "10.0.0.7", 0, "443");
	assert_int_equal(plan_seal(&p), 0);
	assert_int_equal(p.n, 256 * 2 + 128 + 1 + 1 + 256);
	check_whole(&p);
	plan_release(&p);
}

/* Items in another order and in other pieces: the same indices. */
static void
order_and_pieces_do_not_matter(void **state)
{
	struct plan a = { 0 }, b = { 0 };
	struct plan_probe x, y;
	uint64_t i;

	(void)state;
	add(&a, "10.0.0.0/28", 1, "53");
	add(&a, "10.0.0.0/28", 0, "80,443");
	add(&a, "10.0.0.8/29", 0, "22");
	add(&b, "10.0.0.12/30", 0, "22,80,443");
	add(&b, "10.0.0.8-10.0.0.11", 0, "22,80");
	add(&b, "10.0.0.8-10.0.0.11", 0, "443");
	add(&b, "10.0.0.0/29", 0, "80,443");
	add(&b, "10.0.0.0/29", 1, "53");
	add(&b, "10.0.0.8/29", 1, "53");
	assert_int_equal(plan_seal(&a), 0);
	assert_int_equal(plan_seal(&b), 0);
	assert_int_equal(a.n, b.n);
	for (i = 0; i < a.n; i++) {
		plan_at(&a, i, &x);
		plan_at(&b, i, &y);
		assert_true(x.addr == y.addr);
		assert_int_equal(x.type, y.type);
		assert_int_equal(x.port, y.port);
	}
	check_whole(&b);
	plan_release(&a);
	plan_release(&b);
}

static void
many_single_pairs(void **state)
{
	struct plan p = { 0 };
	struct portset ps = { 0 };
	unsigned i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		ps.n = 0;
		assert_int_equal(portset_add(&ps, (uint16_t)(i % 700 + 1),
		    (uint16_t)(i % 700 + 1)), 0);
		portset_normalise(&ps);
		assert_int_equal(plan_add(&p, ADDR_V4(0x0a000000 + i * 7 % 999),
		    ADDR_V4(0x0a000000 + i * 7 % 999), 0, &ps), 0);
	}
	portset_release(&ps);
	assert_int_equal(plan_seal(&p), 0);
	check_whole(&p);
	plan_release(&p);
}

static void
borders_of_the_space(void **state)
{
	struct plan p = { 0 };
	struct plan_probe pr;

	(void)state;
	add(&p, "0.0.0.0/0", 0, "80");
	add(&p, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0/124", 0, "80");
	assert_int_equal(plan_seal(&p), 0);
	assert_true(p.n == ((uint64_t)1 << 32) + 16);
	plan_at(&p, p.n - 1, &pr);
	assert_true(pr.addr == ADDR_MAX);
	assert_true(plan_find(&p, ADDR_MAX, 0, 80) == (int64_t)p.n - 1);
	plan_release(&p);

	add(&p, "::/0", 0, "80");
	assert_int_equal(plan_seal(&p), -1);
	assert_int_equal(errno, EOVERFLOW);
	plan_release(&p);

	add(&p, "2001:db8::/65", 0, "80");
	assert_int_equal(plan_seal(&p), 0);
	assert_true(p.n == PLAN_MAX);
	plan_release(&p);

	assert_int_equal(plan_seal(&p), 0);
	assert_int_equal(p.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_range),
		cmocka_unit_test(overlaps_count_once),
		cmocka_unit_test(order_and_pieces_do_not_matter),
		cmocka_unit_test(many_single_pairs),
		cmocka_unit_test(borders_of_the_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
