#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meaning/checkpoint.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Whatever is taken is written as it is understood, and read again so. The sum
 * at the end would keep a fuzzer out: the text gets the right one. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct checkpoint c = { 0 }, d = { 0 };
	struct buf b = { 0 }, one = { 0 }, two = { 0 };
	const char *err = NULL;

	buf_put(&b, p, n);
	checkpoint_seal(&b);
	if (checkpoint_parse(&c, buf_view(&b), &err) == -1) {
		assert(err != NULL);
	} else {
		checkpoint_put(&c, &one);
		assert(checkpoint_parse(&d, buf_view(&one), &err) == 0);
		checkpoint_put(&d, &two);
		assert(str_eq(buf_view(&one), buf_view(&two)));
	}
	checkpoint_release(&c);
	checkpoint_release(&d);
	buf_release(&b);
	buf_release(&one);
	buf_release(&two);
	return 0;
}
