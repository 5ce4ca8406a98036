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
	bool		 all;		/* reports: summarise nothing */
	bool		 down;		/* reports: hosts that are down, too */
	bool		 open;		/* nothing that is not open */
	bool		 picked;	/* --only has picked the states */
	struct str	 columns;	/* "ip,port,..."; p == NULL: not given */
	struct str	 command;	/* nmap's: whose output it is; or absent */
	struct ports	 ports;		/* names of services, with .names */
	struct buf	 line;		/* room for a line, freed at the end */
	void		*state;		/* the format's own, NULL at first */
};

struct output {
	const char	*name;
	const char	*about;
	bool		 names;		/* wants sink.ports */
	bool		 sorted;	/* in the order of addresses anyway */
	bool		 columns;	/* has a use for sink.columns */
	/* A record may be about several ports: --group makes such. */
	bool		 lists;
	/* Any of these may be NULL. What fails to be written, or runs out of
	 * memory, is out.error's matter: nobody has to look at it earlier. */
	void		(*start)(struct sink *);
	/* NULL, or why the format has no use for such a record: what is wrong,
	 * and the mend. Blank lines never come here. */
	const char	*(*put)(struct sink *, const struct record *);
	void		(*finish)(struct sink *);
};

extern const struct output output_normal, output_tsv, output_ndjson,
    output_csv, output_xml, output_gnmap, output_masscan_list,
    output_masscan_ndjson, output_naabu, output_zgrab, output_hostport,
    output_targets, output_md, output_ecs, output_html,
    output_sqlite;
/* All of them, ended by NULL; the first one is the default. */
extern const struct output *const outputs[];
const struct output *output_find(const char *name);
/* Appends "normal, tsv, ... and ecs". */
void	outputs_list(struct buf *);

#endif
