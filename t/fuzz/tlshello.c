#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/jarm.h"
#include "meaning/tlshello.h"

#define MOST	2048

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static uint32_t
sum(const struct tls_in *in, struct tls_span s)
{
	struct str v = tls_in_at(in, s);
	uint32_t h = 0;

	assert(s.n == 0 || s.at + s.n <= in->hs.n);
	for (size_t i = 0; i < v.n; i++)
		h = h * 31 + (uint8_t)v.p[i];
	return h;
}

static void
feed(struct tls_in *in, const uint8_t *p, size_t n, size_t step)
{
	uint8_t *part;
	size_t k;

	*in = (struct tls_in){ .most = MOST };
	for (; n > 0; p += k, n -= k) {
		k = n < step ? n : step;
		part = malloc(k);
		assert(part != NULL);
		memcpy(part, p, k);
		tls_in_feed(in, part, k);
		free(part);
	}
	assert(in->hs.n <= MOST);
	assert(in->ncert == 0 || in->has_certs);
	assert(!in->has_certs || in->hello);
}

/* However it is cut into pieces, it says the same. */
static void
same(const struct tls_in *a, const struct tls_in *b)
{
	assert(a->state == b->state && a->hello == b->hello);
	assert(a->version == b->version && a->suite == b->suite);
	assert(a->ncert == b->ncert && a->next == b->next);
	assert(a->alert == b->alert && a->has_alpn == b->has_alpn);
	assert(sum(a, a->alpn) == sum(b, b->alpn));
	assert(sum(a, a->status) == sum(b, b->status));
	for (unsigned i = 0; i < a->ncert && i < TLS_IN_CERTS; i++)
		assert(sum(a, a->cert[i]) == sum(b, b->cert[i]));
}

/* It always has 62 digits. */
static void
fingerprint(const struct tls_in *in)
{
	static const uint8_t hash[32];
	struct jarm j = { 0 };
	struct buf b = { 0 };

	while (j.n < JARM_HELLOS)
		jarm_answer(&j, in);
	jarm_put(&j, &b, hash);
	assert(b.n == 62);
	jarm_release(&j);
	b.n = 0;
	tls_ja3s_put(&b, in);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t steps[] = { 1, 3, 64 };
	struct tls_in whole, part;

	feed(&whole, data, n, n > 0 ? n : 1);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		feed(&part, data, n, steps[i]);
		same(&whole, &part);
		tls_in_release(&part);
	}
	if (whole.state != TLS_IN_MORE) {
		assert(tls_in_feed(&whole, "x", 1) == whole.state);
		assert(tls_suite_weakness(whole.suite) < 128);
	}
	fingerprint(&whole);
	tls_in_release(&whole);
	return 0;
}
