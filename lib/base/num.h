/* Numbers and their decimal text: scan/fmt in pairs. Layer 0.
 *
 * A *_scan returns how many bytes it consumed, 0 when there is no such number;
 * a *_fmt writes at most its NUM_FMT_* bytes, without a NUL, and returns how
 * many. */
#ifndef PRT_BASE_NUM_H
#define PRT_BASE_NUM_H

#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 u128;

#define NUM_FMT_U64	20
#define NUM_FMT_U128	39

size_t	num_fmt_u64(char *dst, uint64_t v);
size_t	num_fmt_u128(char *dst, u128 v);
/* Leading digits as a number; 0 on none or overflow. */
size_t	num_scan_u64(const char *p, size_t n, uint64_t *v);
/* A whole NUL-terminated decimal in [lo, hi]: 0, or -1 when it is not. */
int	num_parse(const char *z, uint64_t lo, uint64_t hi, uint64_t *v);
/* A duration such as "250ms", "10s", "2m", "1h", "3d", "500us", or a bare number of
 * seconds ("1.5"), in nanoseconds: 0, or -1 when it is none or overflows. */
int	num_parse_duration(const char *z, uint64_t *ns);
/* A count with an optional k/m/g (powers of 1,000) such as "100k": 0 or -1. */
int	num_parse_count(const char *z, uint64_t *v);

#endif
