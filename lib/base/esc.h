/* The text form of bytes: what a record's value looks like. Layer 0.
 *
 * prt-record(5): TAB, LF, CR and backslash are \t \n \r \\; every other byte
 * that is a control or no part of printable UTF-8 is \xHH (lower-case hex). */
#ifndef PRT_BASE_ESC_H
#define PRT_BASE_ESC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends the text form of n bytes. */
void	esc_put(struct buf *, const void *bytes, size_t n);
/* As esc_put(), and also escapes the bytes of the NUL-terminated `also` (such
 * as "," in a list, "=" in a key). */
void	esc_put_also(struct buf *, const void *bytes, size_t n,
	    const char *also);
/* Is this already a text form: printable UTF-8 with well-formed escapes? The
 * number of clean bytes from the start: n when all of it is. */
size_t	esc_clean(const char *text, size_t n);
/* Appends the bytes that a text form stands for: 0, or -1 when it is none
 * (nothing is appended then). */
int	esc_decode(struct buf *, const char *text, size_t n);
/* An escape of another kind of text, at the start of n bytes: \xHH, or a
 * backslash and a character of `from`, which stands for the byte of `to` in the
 * same place. How many bytes of text it takes, 0 when it is none. */
size_t	esc_scan(const char *text, size_t n, const char *from, const char *to,
	    unsigned char *byte);
/* The value of a hexadecimal digit, -1 when it is none. */
int	esc_hexval(char);

#endif
