#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

void
buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

int
buf_reserve(struct buf *b, size_t more)
{
	size_t want, cap;
	char *p;

	if (b->oom)
		return -1;
	if (b->cap - b->n >= more)
		return 0;
	if (more > SIZE_MAX / 2 - b->n)
		goto oom;
	want = b->n + more;
	cap = b->cap < 64 ? 64 : b->cap;
	while (cap < want)
		cap *= 2;
	if ((p = realloc(b->p, cap)) == NULL)
		goto oom;
	b->p = p;
	b->cap = cap;
	return 0;
oom:
	b->oom = true;
	return -1;
}

void
buf_put(struct buf *b, const void *src, size_t n)
{
	if (n == 0 || buf_reserve(b, n) == -1)
		return;
	memcpy(b->p + b->n, src, n);
	b->n += n;
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	/* one more for the NUL that vsnprintf() always writes */
	if (n < 0 || buf_reserve(b, (size_t)n + 1) == -1)
		return;
	va_start(ap, fmt);
	vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)n;
}

void
buf_u64(struct buf *b, uint64_t v)
{
	if (buf_reserve(b, NUM_FMT_U64) == -1)
		return;
	b->n += num_fmt_u64(b->p + b->n, v);
}

void
buf_ns(struct buf *b, uint64_t ns, unsigned digits)
{
	uint64_t frac = ns % 1000000000u;
	unsigned i;

	buf_u64(b, ns / 1000000000u);
	if (digits == 0 || buf_reserve(b, 10) == -1)
		return;
	b->p[b->n++] = '.';
	for (i = 9; i > digits; i--)
		frac /= 10;
	for (i = digits; i > 0; i--) {
		b->p[b->n + i - 1] = (char)('0' + frac % 10);
		frac /= 10;
	}
	b->n += digits;
}
