#include "world/verify.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/x509_vfy.h>

/* Where systems keep them in one file, after the library's own place. */
static const char *const places[] = {
	"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/cert.pem",
};

struct verify {
	X509_STORE	*store;
};

static const char *
find(void)
{
	const char *own = getenv(X509_get_default_cert_file_env());

	if (own != NULL && own[0] != '\0')
		return own;
	own = X509_get_default_cert_file();
	if (access(own, R_OK) == 0)
		return own;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], R_OK) == 0)
			return places[i];
	return own;
}

/* Dates are judged elsewhere. */
static int
judge(int ok, X509_STORE_CTX *ctx)
{
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return 1;
	default:
		return ok;
	}
}

struct verify *
verify_new(const char *path, char *file, size_t cap)
{
	struct verify *v = calloc(1, sizeof(*v));

	if (path == NULL)
		path = find();
	str_copy(file, cap, str_of(path));
	if (v == NULL || (v->store = X509_STORE_new()) == NULL) {
		errno = ENOMEM;
		goto fail;
	}
	if (access(path, R_OK) == -1)
		goto fail;
	if (X509_STORE_load_file(v->store, path) != 1) {
		errno = EINVAL;
		goto fail;
	}
	X509_STORE_set_verify_cb(v->store, judge);
	return v;
fail:
	verify_free(v);
	return NULL;
}

void
verify_free(struct verify *v)
{
	int e = errno;

	if (v != NULL)
		X509_STORE_free(v->store);
	free(v);
	errno = e;
}

static X509 *
read_one(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;

	return d2i_X509(NULL, &p, (long)der.n);
}

/* Those that can be read; the first one is left out. */
static STACK_OF(X509) *
read_rest(const struct str *der, size_t n)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	X509 *x;

	for (size_t i = 1; all != NULL && i < n; i++)
		if ((x = read_one(der[i])) != NULL && sk_X509_push(all, x) <= 0)
			X509_free(x);
	return all;
}

static enum verify_result
result_of(int error)
{
	switch (error) {
	case X509_V_OK:
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return VERIFY_OK;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return VERIFY_NO_ISSUER;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return VERIFY_SELF_SIGNED;
	case X509_V_ERR_OUT_OF_MEM:
		return VERIFY_NOMEM;
	default:
		return VERIFY_BAD;
	}
}

static enum verify_result
run(X509_STORE_CTX *ctx, int64_t at)
{
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);

	X509_STORE_CTX_set_default(ctx, "ssl_server");
	X509_VERIFY_PARAM_set_time(p, (time_t)at);
	if (X509_verify_cert(ctx) == 1)
		return VERIFY_OK;
	return result_of(X509_STORE_CTX_get_error(ctx));
}

enum verify_result
verify_chain(struct verify *v, const struct str *der, size_t n, int64_t at)
{
	enum verify_result r = VERIFY_NOMEM;
	STACK_OF(X509) *rest = NULL;
	X509_STORE_CTX *ctx = NULL;
	X509 *leaf = n > 0 ? read_one(der[0]) : NULL;

	if (leaf == NULL)
		return VERIFY_UNREADABLE;
	rest = read_rest(der, n);
	ctx = X509_STORE_CTX_new();
	if (rest != NULL && ctx != NULL &&
	    X509_STORE_CTX_init(ctx, v->store, leaf, rest) == 1)
		r = run(ctx, at);
	X509_STORE_CTX_free(ctx);
	sk_X509_pop_free(rest, X509_free);
	X509_free(leaf);
	return r;
}
