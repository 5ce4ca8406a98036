/* A cursor over foreign bytes with a sticky error. Layer 1.
 *
 * Every read is checked; after the first one that does not fit, all reads give
 * zeros and `bad` stays set: parse straight on and check once, at the end. */
#ifndef PRT_PURE_WIRE_H
#define PRT_PURE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct rd {
	const uint8_t	*p;
	size_t		 n;	/* bytes left */
	bool		 bad;
};

static inline struct rd
rd_of(const void *p, size_t n)
{
	return (struct rd){ p, n, false };
}

/* The next n bytes, or NULL. */
static inline const uint8_t *
rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > r->n) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->n -= n;
	return p;
}

static inline void
rd_skip(struct rd *r, size_t n)
{
	rd_bytes(r, n);
}

static inline uint8_t
rd_u8(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 1);

	return p == NULL ? 0 : p[0];
}

static inline uint16_t
rd_be16(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 2);

	return p == NULL ? 0 : (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
rd_be32(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);

	return p == NULL ? 0 : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

/* Big-endian stores for what we send. */
static inline void
wr_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
wr_be32(uint8_t *p, uint32_t v)
{
	wr_be16(p, (uint16_t)(v >> 16));
	wr_be16(p + 2, (uint16_t)v);
}

#endif
