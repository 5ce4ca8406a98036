/* Checkpoints: what is written is read again, and no other byte is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "meaning/checkpoint.h"
#include "pure/plan.h"
#include "random.h"

static const char *
parse(struct checkpoint *c, const struct buf *b)
{
	const char *err = NULL;

	*c = (struct checkpoint){ 0 };
	return checkpoint_parse(c, buf_view(b), &err) == 0 ? NULL : err;
}

/* One that has everything, with bits in some of its lines only. */
static void
make(struct checkpoint *c)
{
	static const char *const opt[CHECKPOINT_NOPTS] = { "syn,udp", "-",
	    "2/3", "0", "1", "0" };
	struct checkpoint_batch *cb;
	size_t i;

	*c = (struct checkpoint){ .whole = true, .lines = 12, .input = { 1,
	    ~(uint64_t)0 }, .order = { 0x123456789abcdef0, 5 },
	    .nbatch = 3, .rest = { 7, 12, 50000, 90000, 77 } };
	for (i = 0; i < CHECKPOINT_NOPTS; i++)
		c->opt[i] = strdup(opt[i]);
	c->batch[0] = (struct checkpoint_batch){ .first = 1, .last = 5,
	    .n = 10001, .digest = 0xfedcba98, .pos = { 9000, 8000, 7 } };
	c->batch[1] = (struct checkpoint_batch){ .first = 7, .last = 12,
	    .n = 20000 };
	c->batch[2] = (struct checkpoint_batch){ .first = 7, .last = 12,
	    .base = 20000, .n = (uint64_t)1 << 40, .pos = { 1, 1, 1, 1, 1, 1,
	    1, 1 } };
	cb = &c->batch[0];
	cb->answered = calloc(checkpoint_words(cb->n), 8);
	cb->open = calloc(checkpoint_words(cb->n), 8);
	cb->answered[0] = 0x8000000000000001;
	cb->answered[100] = cb->open[100] = 0xabcdef;
	cb->answered[156] = 1 << (10000 % 64);
}

static bool
same(const uint64_t *a, const uint64_t *b, size_t words)
{
	static const uint64_t none[2];
	size_t i;

	for (i = 0; i < words; i++)
		if ((a != NULL ? a[i] : none[0]) != (b != NULL ? b[i] :
		    none[0]))
			return false;
	return true;
}

static void
round_trip(void **state)
{
	struct checkpoint c, d;
	struct buf b = { 0 }, again = { 0 };
	size_t i;

	(void)state;
	make(&c);
	checkpoint_put(&c, &b);
	assert_null(parse(&d, &b));
	assert_true(d.whole && !d.finished);
	assert_int_equal(d.lines, 12);
	assert_memory_equal(d.input, c.input, sizeof(c.input));
	assert_memory_equal(d.order, c.order, sizeof(c.order));
	assert_memory_equal(&d.rest, &c.rest, sizeof(c.rest));
	assert_int_equal(d.nbatch, 3);
	for (i = 0; i < CHECKPOINT_NOPTS; i++)
		assert_string_equal(d.opt[i], c.opt[i]);
	for (i = 0; i < 3; i++) {
		assert_int_equal(d.batch[i].first, c.batch[i].first);
		assert_int_equal(d.batch[i].last, c.batch[i].last);
		assert_int_equal(d.batch[i].base, c.batch[i].base);
		assert_int_equal(d.batch[i].n, c.batch[i].n);
		assert_int_equal(d.batch[i].digest, c.batch[i].digest);
		assert_memory_equal(d.batch[i].pos, c.batch[i].pos,
		    sizeof(c.batch[i].pos));
	}
	assert_true(same(d.batch[0].answered, c.batch[0].answered, 157));
	assert_true(same(d.batch[0].open, c.batch[0].open, 157));
	assert_null(d.batch[1].answered);
	checkpoint_put(&d, &again);
	assert_true(str_eq(buf_view(&b), buf_view(&again)));
	checkpoint_release(&c);
	checkpoint_release(&d);
	buf_release(&b);
	buf_release(&again);
}

/* Cut anywhere, or with any one byte changed, it is none. */
static void
damage(void **state)
{
	struct checkpoint c, d;
	struct buf b = { 0 };
	size_t i, n;
	char was;

	(void)state;
	make(&c);
	checkpoint_put(&c, &b);
	n = b.n;
	for (i = 0; i < n; i++) {
		b.n = i;
		assert_non_null(parse(&d, &b));
		checkpoint_release(&d);
		b.n = n;
		was = b.p[i];
		b.p[i] = (char)(was ^ 1);
		assert_non_null(parse(&d, &b));
		checkpoint_release(&d);
		b.p[i] = was;
	}
	buf_putc(&b, '\n');
	assert_non_null(parse(&d, &b));
	checkpoint_release(&d);
	checkpoint_release(&c);
	buf_release(&b);
}

/* What its sum cannot say: numbers that do not go together. */
static void
nonsense(void **state)
{
	struct checkpoint c, d;
	struct buf b = { 0 };
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++) {
		make(&c);
		switch (i) {
		case 0:
			c.batch[0].pos[1] = 9001;
			break;
		case 1:
			c.batch[0].pos[0] = 10002;
			break;
		case 2:
			c.batch[0].last = 13;
			break;
		case 3:
			c.batch[1].first = 5;
			break;
		case 4:
			c.batch[2].base = 19999;
			break;
		case 5:
			c.batch[0].answered[156] |= 1 << (10001 % 64);
			break;
		case 6:
			c.batch[0].open[0] = 2;
			break;
		default:
			c.rest.base = c.rest.n;
			break;
		}
		b.n = 0;
		checkpoint_put(&c, &b);
		assert_non_null(parse(&d, &b));
		checkpoint_release(&d);
		checkpoint_release(&c);
	}
	buf_release(&b);
}

static void
another_version(void **state)
{
	struct checkpoint c, d;
	struct buf b = { 0 };

	(void)state;
	make(&c);
	checkpoint_put(&c, &b);
	buf_putc(&b, '\0');
	strstr(b.p, "version=1")[8] = '2';
	b.n = (size_t)(strstr(b.p, "#prt\tend") - b.p);
	checkpoint_seal(&b);
	assert_non_null(strstr(parse(&d, &b), "another version"));
	checkpoint_release(&d);
	checkpoint_release(&c);
	buf_release(&b);
}

static void
lines(void **state)
{
	uint64_t a[2] = { 0 }, b[2] = { 0 };

	(void)state;
	checkpoint_hash(a, STR("192.0.2.1"));
	checkpoint_hash(b, STR("192.0.2.1"));
	assert_memory_equal(a, b, sizeof(a));
	assert_int_not_equal(a[0], a[1]);
	checkpoint_hash(a, STR(""));
	assert_int_not_equal(a[0], b[0]);
	assert_int_not_equal(a[1], b[1]);
}

/* ---- plans in parts ---- */

static void
fill(struct plan *p)
{
	struct portset ps = { 0 };
	uint64_t i, n = 1 + rnd() % 6, at;
	unsigned type;

	for (i = 0; i < n; i++) {
		at = rnd() % 500;
		portset_release(&ps);
		portset_add(&ps, 1, (uint16_t)(1 + rnd() % 9));
		portset_normalise(&ps);
		type = (unsigned)(rnd() % 3);
		assert_int_equal(plan_add(p, at, at + rnd() % 200, type,
		    type == 2 ? NULL : &ps), 0);
	}
	portset_release(&ps);
	assert_int_equal(plan_seal(p), 0);
}

static void
parts(void **state)
{
	struct plan whole, part;
	struct plan_probe a, b;
	uint64_t base, i, most;
	int k;

	(void)state;
	for (k = 0; k < 200; k++) {
		whole = (struct plan){ 0 };
		fill(&whole);
		most = 1 + rnd() % 400;
		for (base = 0; base < whole.n;) {
			part = (struct plan){ 0 };
			assert_int_equal(plan_part(&whole, base, most, &part),
			    0);
			assert_true(part.n > 0 && part.n <= whole.n - base);
			/* a host has 19 at most */
			assert_true(part.n <= most || part.n <= 19);
			assert_true(most < 19 || base + part.n == whole.n ||
			    part.n > most - 19);
			for (i = 0; i < part.n; i++) {
				plan_at(&whole, base + i, &a);
				plan_at(&part, i, &b);
				assert_true(a.addr == b.addr &&
				    a.type == b.type && a.port == b.port);
			}
			base += part.n;
			plan_release(&part);
		}
		plan_release(&whole);
	}
}

static void
digests(void **state)
{
	struct plan a = { 0 }, b = { 0 };
	uint64_t was, seed = random_state;

	(void)state;
	fill(&a);
	random_state = seed;
	fill(&b);
	was = plan_digest(&a);
	assert_int_equal(was, plan_digest(&b));
	plan_release(&b);
	fill(&b);
	assert_int_not_equal(was, plan_digest(&b));
	a.entry[0].first++;
	assert_int_not_equal(was, plan_digest(&a));
	a.entry[0].first--;
	a.set[a.entry[0].set].lane[0].type++;
	assert_int_not_equal(was, plan_digest(&a));
	plan_release(&a);
	plan_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(damage),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(another_version),
		cmocka_unit_test(lines),
		cmocka_unit_test(parts),
		cmocka_unit_test(digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
