/* A growable byte buffer with a sticky out-of-memory flag. Layer 0. */
#ifndef PRT_BASE_BUF_H
#define PRT_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Zero-initialised is empty and valid. Once an allocation failed, `oom` stays
 * set and every later put does nothing: check it once, at the end. */
struct buf {
	char	*p;
	size_t	 n;
	size_t	 cap;
	bool	 oom;
};

/* Frees the bytes and leaves the buffer empty and valid. */
void	buf_release(struct buf *);
/* Makes room for `more` bytes after the end; 0, or -1 when out of memory. */
int	buf_reserve(struct buf *, size_t more);
void	buf_put(struct buf *, const void *, size_t);
void	buf_puts(struct buf *, const char *);
void	buf_printf(struct buf *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
/* Decimal digits of v. */
void	buf_u64(struct buf *, uint64_t v);
/* Decimal seconds of a count of nanoseconds, with `digits` (0..9) decimals,
 * truncated, never rounded up. */
void	buf_ns(struct buf *, uint64_t ns, unsigned digits);

static inline void
buf_putc(struct buf *b, char c)
{
	if (b->n == b->cap && buf_reserve(b, 1) == -1)
		return;
	b->p[b->n++] = c;
}

static inline void
buf_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

static inline struct str
buf_view(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

#endif
