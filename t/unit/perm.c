/* The permutation and SipHash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "pure/perm.h"
#include "pure/siphash.h"

static const uint64_t key[2] = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };

/* Vectors of the reference implementation: message bytes 00 01 02 ... */
static void
siphash_vectors(void **state)
{
	static const uint64_t msg[2] = { 0x0706050403020100u,
	    0x0f0e0d0c0b0a0908u };

	(void)state;
	assert_int_equal(siphash(key, msg, 0), 0x726fdb47dd0e0e31u);
	assert_int_equal(siphash(key, msg, 1), 0x93f5f5799a932462u);
	assert_int_equal(siphash(key, msg, 2), 0x3f2acc7f57c29bdbu);
}

static void
every_small_domain_is_a_bijection(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 9, 100, 1000,
	    65535, 65536, 65537 };
	struct perm p;
	unsigned char *seen;
	uint64_t i, x;
	size_t s;

	(void)state;
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		perm_init(&p, sizes[s], key);
		seen = calloc(sizes[s], 1);
		assert_non_null(seen);
		for (i = 0; i < sizes[s]; i++) {
			x = perm_at(&p, i);
			assert_true(x < sizes[s]);
			assert_int_equal(seen[x]++, 0);
			assert_int_equal(perm_of(&p, x), i);
		}
		free(seen);
	}
}

static void
identity_changes_nothing(void **state)
{
	static const uint64_t x[] = { 0, 1, 1023, 1u << 31, (uint64_t)1 << 62,
	    ((uint64_t)1 << 63) - 1 };
	struct perm p;
	size_t i;

	(void)state;
	perm_identity(&p, (uint64_t)1 << 63);
	for (i = 0; i < sizeof(x) / sizeof(x[0]); i++) {
		assert_int_equal(perm_at(&p, x[i]), x[i]);
		assert_int_equal(perm_of(&p, x[i]), x[i]);
	}
}

static void
large_domains_stay_inside_and_apart(void **state)
{
	static const uint64_t sizes[] = { ((uint64_t)1 << 32) + 1,
	    (uint64_t)1 << 63, ((uint64_t)1 << 63) - 25 };
	struct perm p;
	uint64_t i, k, x[64];
	size_t s;

	(void)state;
	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		perm_init(&p, sizes[s], key);
		for (i = 0; i < 64; i++) {
			x[i] = perm_at(&p, sizes[s] - 1 - i);
			assert_true(x[i] < sizes[s]);
			assert_int_equal(perm_of(&p, x[i]), sizes[s] - 1 - i);
			for (k = 0; k < i; k++)
				assert_int_not_equal(x[i], x[k]);
		}
	}
}

/* Neighbouring positions must not land on neighbouring probes: of 100,000
 * steps over 65,536 addresses' worth of probes, few stay within 1 % of n. */
static void
order_looks_random(void **state)
{
	struct perm p;
	uint64_t i, near = 0, n = 1000003, a, b;

	(void)state;
	perm_init(&p, n, key);
	for (i = 0; i + 1 < 100000; i++) {
		a = perm_at(&p, i);
		b = perm_at(&p, i + 1);
		near += (a > b ? a - b : b - a) < n / 100;
	}
	/* expected 2 %: between 1.5 % and 2.5 % */
	assert_in_range(near, 1500, 2500);
}

static void
other_key_other_order(void **state)
{
	const uint64_t other[2] = { 1, 2 };
	struct perm p, q;
	uint64_t i, same = 0;

	(void)state;
	perm_init(&p, 1000, key);
	perm_init(&q, 1000, other);
	for (i = 0; i < 1000; i++)
		same += perm_at(&p, i) == perm_at(&q, i);
	assert_true(same < 20);
}

static void
shards_are_exact(void **state)
{
	uint64_t n, k, i, j, sum;
	unsigned char seen[50];

	(void)state;
	for (n = 0; n < 50; n++)
		for (k = 1; k < 9; k++) {
			for (i = 0; i < 50; i++)
				seen[i] = 0;
			sum = 0;
			for (i = 1; i <= k; i++) {
				sum += shard_count(n, i, k);
				for (j = 0; j < shard_count(n, i, k); j++)
					seen[shard_pos(j, i, k)]++;
			}
			assert_int_equal(sum, n);
			for (i = 0; i < n; i++)
				assert_int_equal(seen[i], 1);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_vectors),
		cmocka_unit_test(every_small_domain_is_a_bijection),
		cmocka_unit_test(identity_changes_nothing),
		cmocka_unit_test(large_domains_stay_inside_and_apart),
		cmocka_unit_test(order_looks_random),
		cmocka_unit_test(other_key_other_order),
		cmocka_unit_test(shards_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
