/* Digests of bytes. The only room that knows OpenSSL's. Layer 3. */
#ifndef PRT_WORLD_DIGEST_H
#define PRT_WORLD_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define DIGEST_SHA256	32
#define DIGEST_MD5	16

/* Loads what there is to load, before the sandbox is entered: 0, or -1. */
int	digest_init(void);
/* 0, or -1 when out of memory. Call digest_init() first. */
int	digest_sha256(uint8_t out[DIGEST_SHA256], const void *, size_t);
int	digest_md5(uint8_t out[DIGEST_MD5], const void *, size_t);
/* Appends it in hexadecimal. */
void	digest_put(struct buf *, const uint8_t *, size_t);

#endif
