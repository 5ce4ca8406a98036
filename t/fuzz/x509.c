#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define MUST(x)	assert(x)

#include "../unit/x509_oracle.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Everything that can be put into words, can. */
static void
put_all(const struct x509 *x)
{
	struct rd r = rd_of(x->san.p, x->san.n);
	struct x509_san san;
	struct buf b = { 0 };
	unsigned n = 0;

	for (; x509_san_next(&r, &san); n++)
		x509_san_put(&b, &san);
	assert(n == x->nsan && !r.bad);
	x509_name_put(&b, x->subject.der);
	x509_name_put(&b, x->issuer.der);
	x509_text_put(&b, x->subject.cn);
	x509_text_put(&b, x->issuer.org);
	x509_serial_put(&b, x->serial);
	x509_oid_put(&b, x->sig_oid);
	assert(x509_key_name(x->key) != NULL);
	x509_key_is_weak(x);
	x509_is_self_issued(x);
	buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* to its very size, so that reading over the end shows */
	uint8_t *der = malloc(n > 0 ? n : 1);
	struct x509 x;

	assert(der != NULL);
	if (n > 0)
		memcpy(der, data, n);
	if (x509_read(&x, der, n) == 0) {
		put_all(&x);
		X509_free(oracle_hold(&x, der, n));
	}
	free(der);
	return 0;
}
