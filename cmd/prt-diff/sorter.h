/* Results in the order of reports, however many: what does not fit the memory
 * goes to a file, sorted, and is merged from there. A program's own header, no
 * layer. */
#ifndef PRT_DIFF_SORTER_H
#define PRT_DIFF_SORTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/reskey.h"

/* One result in memory, or on its way to the file. */
struct item {
	struct reskey	key;
	uint32_t	len;
	size_t		at;		/* of its TSV line */
};

struct run;

struct sorter {
	int		 fd;		/* the file, -1 when there is none */
	size_t		 limit;		/* bytes of memory for lines and items */
	int		 error;		/* errno of what failed */
	/* private */
	struct item	*item;
	size_t		 n, cap, next;
	struct buf	 text;
	struct run	*run;
	size_t		 nrun;
	uint64_t	 end;		/* of the file */
};

/* Opens the file that is for what does not fit, where TMPDIR says; call it before
 * the sandbox. Without one, sorter.fd stays -1, and that is only an error once it
 * is needed. */
void	sorter_init(struct sorter *, size_t limit);
void	sorter_release(struct sorter *);
/* Keeps a copy: 0, or -1 with ->error set, as below. */
int	sorter_add(struct sorter *, const struct reskey *,
	    const struct record *);
/* After the last one. */
int	sorter_seal(struct sorter *);
/* The next result in order, those about the same as they came: 1, 0 at the end,
 * -1. The line, without its newline, is valid until the next call. */
int	sorter_next(struct sorter *, struct reskey *, struct str *line);

#endif
