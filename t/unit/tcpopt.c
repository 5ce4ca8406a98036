/* TCP options: their order and values, and what is cut, too long or a lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "pure/tcpopt.h"

/* The options, in memory of just their size. */
static void
look(struct tcpopt *o, const void *bytes, size_t n)
{
	uint8_t *p = malloc(n + 1);

	assert_non_null(p);
	memcpy(p + 1, bytes, n);
	memset(o, 0xff, sizeof(*o));
	tcpopt_read(o, p + 1, n);
	free(p);
}

static void
orders(void **state)
{
	static const struct {
		const char	*order;
		size_t		 n;
		const char	*bytes;
	} row[] = {
		{ "", 0, "" },
		{ "M", 4, "\2\4\5\xb4" },
		{ "MSTNW", 20, "\2\4\5\xb4\4\2\10\12\0\0\0\1\0\0\0\0\1\3\3\7" },
		{ "MNWNNTNNS", 24, "\2\4\5\xb4\1\3\3\6\1\1\10\12\0\0\0\1"
		    "\0\0\0\0\1\1\4\2" },
		/* what is behind the end is padding */
		{ "ME", 8, "\2\4\5\xb4\0\1\1\1" },
		{ "E", 1, "\0" },
		/* kinds without a letter, and known ones of another length */
		{ "M.34.30N", 11, "\2\4\5\xb4\42\2\36\4\0\0\1" },
		{ ".254", 4, "\376\4\1\2" },
		{ ".2.3.4.8", 10, "\2\2\3\2\4\3\0\10\3\0" },
		/* a length that is none, or goes on behind the end */
		{ "!", 2, "\2\0" },
		{ "!", 2, "\2\1" },
		{ "!", 1, "\2" },
		{ "N!", 4, "\1\2\4\5" },
		{ "M!", 6, "\2\4\5\xb4\10\12" },
		/* no room for more */
		{ "NNNNNNNNNNNNNNNNNN", 18, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
		    "\1\1" },
		{ "NNNNNNNNNNNNNNNNNN+", 40, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
		    "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1" },
		{ ".200.200.200.200+", 10, "\310\2\310\2\310\2\310\2\310\2" },
	};
	struct tcpopt o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		look(&o, row[i].bytes, row[i].n);
		assert_string_equal(o.order, row[i].order);
	}
}

static void
values(void **state)
{
	struct tcpopt o;

	(void)state;
	look(&o, "\2\4\5\xb4\3\3\16", 7);
	assert_true(o.has_mss && o.has_scale);
	assert_int_equal(o.mss, 1460);
	assert_int_equal(o.scale, 14);
	/* the last one counts, and zero is a value */
	look(&o, "\2\4\5\xb4\2\4\0\0\3\3\0", 11);
	assert_true(o.has_mss && o.has_scale);
	assert_int_equal(o.mss, 0);
	assert_int_equal(o.scale, 0);
	/* of what has another length there is none */
	look(&o, "\2\3\5\3\4\1\1", 7);
	assert_false(o.has_mss || o.has_scale);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
