#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/ssl2.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
feed(struct ssl2_in *in, const uint8_t *p, size_t n, size_t step)
{
	uint8_t *part;
	size_t k;

	for (; n > 0; p += k, n -= k) {
		k = n < step ? n : step;
		part = malloc(k);
		assert(part != NULL);
		memcpy(part, p, k);
		ssl2_in_feed(in, part, k);
		free(part);
	}
}

/* However it is cut into pieces, it says the same. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ssl2_in whole = { 0 }, part = { 0 };

	feed(&whole, data, n, n > 0 ? n : 1);
	feed(&part, data, n, 1);
	assert(whole.state == part.state && whole.n == part.n);
	assert(memcmp(whole.suite, part.suite, sizeof(whole.suite)) == 0);
	assert(whole.n == 0 || whole.state == SSL2_YES);
	for (unsigned i = 0; i < whole.n; i++)
		(void)ssl2_suite_name(whole.suite[i]);
	ssl2_in_release(&whole);
	ssl2_in_release(&part);
	return 0;
}
