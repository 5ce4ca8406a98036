#include "world/digest.h"

#include <stdbool.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

static EVP_MD *sha256, *md5;
static EVP_MD_CTX *ctx;

int
digest_init(void)
{
	/* no machine's configuration: world/tls.c says why */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_NO_ATEXIT, NULL);
	if (ctx == NULL)
		ctx = EVP_MD_CTX_new();
	if (sha256 == NULL)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (md5 == NULL)
		md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	return ctx != NULL && sha256 != NULL && md5 != NULL ? 0 : -1;
}

static int
digest(EVP_MD *md, uint8_t *out, const void *p, size_t n)
{
	bool ok = md != NULL && EVP_DigestInit_ex2(ctx, md, NULL) == 1 &&
	    EVP_DigestUpdate(ctx, p, n) == 1 &&
	    EVP_DigestFinal_ex(ctx, out, NULL) == 1;

	return ok ? 0 : -1;
}

int
digest_sha256(uint8_t out[DIGEST_SHA256], const void *p, size_t n)
{
	return digest(sha256, out, p, n);
}

int
digest_md5(uint8_t out[DIGEST_MD5], const void *p, size_t n)
{
	return digest(md5, out, p, n);
}

void
digest_put(struct buf *b, const uint8_t *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		buf_putc(b, hex[p[i] >> 4]);
		buf_putc(b, hex[p[i] & 15]);
	}
}
