/* The records of a whole input in the order of a report: by address, the host's
 * own records first, then by protocol and port. A program's own header, no
 * layer. */
#ifndef PRT_FMT_REPORT_H
#define PRT_FMT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/record.h"
#include "meaning/reskey.h"
#include "output.h"

struct entry {
	struct reskey	key;
	size_t		at;	/* its TSV line in the report's text */
	uint32_t	len;
};

/* Zero-initialised is empty and valid. */
struct report {
	struct entry	*entry;
	size_t		 n;
	size_t		 cap;
	struct buf	 text;
	struct buf	 meta;		/* the meta records, as TSV lines */
	unsigned long	 targets;	/* records that carry no result */
	bool		 open;		/* what is not open is only summed up */
	bool		 oom;
};

void	report_release(struct report *);
/* Keeps a copy. NULL, or what is wrong with the record, and the mend. */
const char *report_add(struct report *, const struct record *);
void	report_sort(struct report *);
/* Is the port open, as far as can be told? */
bool	report_is_open(const struct record *);
/* Does it say that its host took too long to be done with? */
bool	report_is_timeout(const struct record *);
/* Where the entries of the address of entry `i` end. */
size_t	report_host_end(const struct report *, size_t i);
/* An entry's record: it points into the report. */
void	report_record(const struct report *, size_t i, struct record *);

/* The start and put of the formats that need the whole input first; their
 * finish gives report_finish() what writes the report, part by part: it empties
 * the buffer by report_flush(). */
void	report_start(struct sink *);
const char *report_put(struct sink *, const struct record *);
void	report_finish(struct sink *, void (*write)(struct sink *,
	    struct report *, struct buf *));
/* False when nothing can be written any more. */
bool	report_flush(struct sink *, struct buf *);

#endif
