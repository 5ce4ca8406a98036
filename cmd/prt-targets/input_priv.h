/* What input.c and lines.c share. */
#ifndef PRT_TARGETS_INPUT_PRIV_H
#define PRT_TARGETS_INPUT_PRIV_H

#include "input.h"
#include "meaning/targetspec.h"
#include "pure/portset.h"

/* Where an item comes from; file is NULL for the command line. */
struct source {
	const char	*file;
	unsigned long	 line;
};

/* One target, whatever form it had. */
struct item {
	struct targetspec	 spec;
	struct portset		 ports;		/* none: a host */
	enum targetspec_proto	 proto;
	struct str		 host, tag;	/* text form */
	struct str		 text;		/* for messages */
};

/* One bad item: what it is, and why. 0, or -1 when that ends the run. */
int	input_complain(struct input *, struct source, struct str text,
	    const char *, ...) __attribute__((format(printf, 4, 5)));
/* Says so; -1. */
int	input_oom(void);
/* Takes one item in, or asks for its name. 0, or -1 when the run ends. */
int	input_add(struct input *, struct source, struct item *);

#endif
