/* A packet as a line of text, for people who watch a scan. Layer 2. */
#ifndef PRT_MEANING_TRACE_H
#define PRT_MEANING_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends "SENT 1764000000.123456 tcp 192.0.2.1:61000 > 192.0.2.7:22 S ttl=64
 * seq=1 ack=0 win=1024" and a newline, or as much of it as can be read of n bytes
 * from the network header of this ethertype on; `time` is ns since the epoch. */
void	trace_put(struct buf *, const char *what, uint64_t time,
	    unsigned ethertype, const void *, size_t n);

#endif
