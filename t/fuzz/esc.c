/* Text form and bytes: every way there and back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int truth)
{
	if (!truth)
		abort();
}

static void
same(const struct buf *b, const uint8_t *p, size_t n)
{
	must(!b->oom && b->n == n && (n == 0 || memcmp(b->p, p, n) == 0));
}

/* Any bytes have a text form, which is clean and stands for them. */
static void
there_and_back(const uint8_t *p, size_t n, const char *also)
{
	struct buf text = { 0 }, bytes = { 0 };

	esc_put_also(&text, p, n, also);
	must(text.n <= 4 * n);
	must(esc_clean(text.p, text.n) == text.n);
	must(esc_decode(&bytes, text.p, text.n) == 0);
	same(&bytes, p, n);
	buf_release(&text);
	buf_release(&bytes);
}

/* What is taken for clean can be decoded, and so can its clean beginning. */
static void
take_as_text(const uint8_t *p, size_t n)
{
	const char *text = (const char *)p;
	struct buf bytes = { 0 };
	size_t k = esc_clean(text, n), i;

	must(k <= n);
	must(esc_decode(&bytes, text, k) == 0);
	for (i = 0; i < k; i++)
		must(p[i] >= 0x20 && p[i] != 0x7f);
	buf_release(&bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	there_and_back(p, n, "");
	there_and_back(p, n, ",=\x80");
	take_as_text(p, n);
	return 0;
}
