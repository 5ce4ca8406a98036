/* Well-formed, printable UTF-8, one character at a time. Layer 0. */
#ifndef PRT_BASE_UTF8_H
#define PRT_BASE_UTF8_H

#include <stddef.h>

/* How many bytes the well-formed UTF-8 character at p takes (RFC 3629, table
 * 3-7 of Unicode: no overlong forms, no surrogates, at most U+10FFFF); 0 when
 * it is malformed, cut off by n, a C0 or C1 control, DEL, or one of the
 * characters that reorder or break a line of text on a terminal (U+2028,
 * U+2029, U+200E, U+200F, U+202A..U+202E, U+2066..U+2069, U+FEFF). */
size_t	utf8_printable(const char *p, size_t n);

#endif
