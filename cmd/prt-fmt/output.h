/* The formats of prt-fmt: one file and one row in outputs[] each. A program's
 * own header, no layer. */
#ifndef PRT_FMT_OUTPUT_H
#define PRT_FMT_OUTPUT_H

#include <stdbool.h>

#include "meaning/ports.h"
#include "meaning/record.h"
#include "world/recio.h"

/* Where a format writes, and how. */
struct sink {
	struct recout	 out;
	bool		 colour;
	bool		 all;		/* normal: summarise nothing */
	struct str	 columns;	/* csv: "ip,port,..." */
	struct ports	 ports;		/* normal: names of services */
	void		*state;		/* the format's own, NULL at first */
};

struct output {
	const char	*name;
	const char	*about;
	/* Any of these may be NULL. What fails to be written, or runs out of
	 * memory, is out.error's matter: nobody has to look at it earlier. */
	void		(*start)(struct sink *);
	/* NULL, or why the format has no use for such a record: what is wrong,
	 * and the mend. Blank lines never come here. */
	const char	*(*put)(struct sink *, const struct record *);
	void		(*finish)(struct sink *);
};

extern const struct output output_normal, output_tsv, output_ndjson,
    output_csv;
/* All of them, ended by NULL; the first one is the default. */
extern const struct output *const outputs[];

#endif
