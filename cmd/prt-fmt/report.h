/* The records of a whole input in the order of a report: by address, the host's
 * own records first, then by protocol and port. A program's own header, no
 * layer. */
#ifndef PRT_FMT_REPORT_H
#define PRT_FMT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/num.h"
#include "meaning/record.h"

struct entry {
	u128		addr;
	size_t		at;	/* its TSV line in the report's text */
	uint32_t	len;
	uint16_t	port;
	uint8_t		proto;	/* rank: 0 the host itself, tcp, udp, ... */
};

/* Zero-initialised is empty and valid. */
struct report {
	struct entry	*entry;
	size_t		 n;
	size_t		 cap;
	struct buf	 text;
	struct buf	 meta;		/* the meta records, as TSV lines */
	unsigned long	 targets;	/* records that carry no result */
	bool		 oom;
};

void	report_release(struct report *);
/* Keeps a copy. NULL, or what is wrong with the record, and the mend. */
const char *report_add(struct report *, const struct record *);
void	report_sort(struct report *);
/* Where the entries of the address of entry `i` end. */
size_t	report_host_end(const struct report *, size_t i);
/* An entry's record: it points into the report. */
void	report_record(const struct report *, size_t i, struct record *);

#endif
