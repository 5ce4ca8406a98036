/* Does a chain of certificates lead to an authority that is trusted? The only room
 * that knows OpenSSL's stores. Layer 3. */
#ifndef PRT_WORLD_VERIFY_H
#define PRT_WORLD_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct verify;

enum verify_result {
	VERIFY_OK,
	VERIFY_NO_ISSUER,	/* it leads to nobody we know */
	VERIFY_SELF_SIGNED,	/* it signs itself, and is not trusted */
	VERIFY_BAD,		/* a signature is wrong, or a use forbidden */
	VERIFY_UNREADABLE,	/* the first is no certificate */
	VERIFY_NOMEM,
};

/* Reads the authorities from a file of PEM, or for NULL the machine's own: then
 * file[] says which that was. Nothing is opened later. NULL with errno. */
struct verify *verify_new(const char *path, char *file, size_t cap);
void	verify_free(struct verify *);
/* A server's chain, in DER, at a time (seconds since the epoch). Whether it is
 * out of date is not asked, nor for which host it is. */
enum verify_result verify_chain(struct verify *, const struct str *der, size_t n,
	    int64_t at);

#endif
