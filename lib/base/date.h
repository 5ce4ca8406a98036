/* Dates of the Gregorian calendar, in UTC, and their texts. Layer 0. */
#ifndef PRT_BASE_DATE_H
#define PRT_BASE_DATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* "2026-11-28T22:40:35.123456Z" (RFC 3339) of nanoseconds since the epoch, with
 * `digits` (0..9) decimals of the second. */
void	date_put_iso(struct buf *, uint64_t ns, unsigned digits);
/* "Sat Nov 28 22:40:35 2026" of seconds since the epoch, as ctime(3) has it. */
void	date_put_ctime(struct buf *, uint64_t seconds);
/* RFC 3339, with any zone and any number of decimals, in nanoseconds since the
 * epoch: the bytes consumed, 0 when there is none or it is before 1970. */
size_t	date_scan_iso(const char *p, size_t n, uint64_t *ns);
/* Decimal seconds since the epoch ("1764000000.123456") in nanoseconds: 0, or
 * -1 when it is none. */
int	date_scan_epoch(struct str, uint64_t *ns);

#endif
