/* DER over the cursor of pure/wire.h: tags and lengths. Layer 1.
 *
 * X.690, 8.1 and 10.1: definite lengths, as short as they can be, and tags of one
 * byte, which is all that certificates have. What is read is a cursor over the
 * contents; der_close() carries its error, or what was left of it, outwards. */
#ifndef PRT_PURE_DER_H
#define PRT_PURE_DER_H

#include "pure/wire.h"

enum der_tag {
	DER_BOOL	= 0x01,
	DER_INT		= 0x02,
	DER_BITS	= 0x03,
	DER_OCTETS	= 0x04,
	DER_OID		= 0x06,
	DER_UTF8	= 0x0c,
	DER_T61		= 0x14,
	DER_UTC_TIME	= 0x17,
	DER_TIME	= 0x18,
	DER_UNIVERSAL	= 0x1c,
	DER_BMP		= 0x1e,
	DER_SEQ		= 0x30,
	DER_SET		= 0x31,
	DER_CONTEXT	= 0x80,		/* [0], and the number added */
	DER_WITHIN	= 0xa0,		/* the same, constructed */
};

/* A length in the long form, at p[1] of `left` bytes: the bytes of tag and length,
 * 0 when it is none. */
static inline size_t
der_long(const uint8_t *p, size_t left, size_t *n)
{
	size_t k = p[1] & 0x7f, v = 0;

	if (k == 0 || k > 4 || left < 2 + k || p[2] == 0)
		return 0;
	for (size_t i = 0; i < k; i++)
		v = v << 8 | p[2 + i];
	*n = v;
	return v < 0x80 ? 0 : 2 + k;
}

/* The contents of whatever is next. */
static inline struct rd
der_any(struct rd *r, uint8_t *tag)
{
	const uint8_t *p = r->p;
	size_t left = r->n, head = 2, n;

	*tag = 0;
	if (r->bad || left < 2)
		goto bad;
	*tag = p[0];
	n = p[1];
	if (n >= 0x80 && (head = der_long(p, left, &n)) == 0)
		goto bad;
	if (n > left - head || (p[0] & 0x1f) == 0x1f)
		goto bad;
	r->p = p + head + n;
	r->n = left - head - n;
	return (struct rd){ p + head, n, false };
bad:
	r->bad = true;
	return (struct rd){ NULL, 0, true };
}

/* Is this tag next? */
static inline bool
der_is(const struct rd *r, uint8_t tag)
{
	return !r->bad && r->n > 0 && r->p[0] == tag;
}

/* The contents of what has to have this tag. */
static inline struct rd
der_get(struct rd *r, uint8_t tag)
{
	struct rd in;
	uint8_t t;

	in = der_any(r, &t);
	if (t != tag) {
		r->bad = true;
		in = (struct rd){ NULL, 0, true };
	}
	return in;
}

/* `in`, which came from *r, is to have been read to its end. */
static inline void
der_close(struct rd *r, const struct rd *in)
{
	r->bad |= in->bad || in->n != 0;
}

#endif
