/* One option table per program: parser, usage text and shell completion.
 * Layer 0; for programs only (it writes messages with msg.h). */
#ifndef PRT_BASE_OPT_H
#define PRT_BASE_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum opt_kind {
	OPT_GROUP,	/* a heading in --help; only `help` is used */
	OPT_FLAG,	/* bool *dst = true */
	OPT_STRING,	/* const char **dst = value */
	OPT_NUMBER,	/* uint64_t *dst, decimal in [lo, hi] */
	OPT_COUNT,	/* uint64_t *dst, decimal with k/m/g, in [lo, hi] */
	OPT_DURATION,	/* uint64_t *dst in ns, "250ms", "10s", in [lo, hi] */
	OPT_READ,	/* read(dst, value) */
	OPT_CALL,	/* set(dst, value); value is NULL when there is none */
	/* Only listed: the row of its first letter reads it ("sS" by -s). */
	OPT_LISTED,
	/* Not there, where people may look for it: `help` says what is, in a
	 * message of its own. In no list of options. */
	OPT_ABSENT,
};

struct opt {
	enum opt_kind	 kind;
	int		 sh;	/* short letter, 0 for none */
	const char	*lng;	/* long name, NULL for none */
	const char	*arg;	/* what the value is called, NULL: takes none */
	const char	*help;	/* one line; NULL: in no list of options */
	void		*dst;
	/* OPT_READ: NULL, or what the value has to be, to stand behind
	 * "wants ". */
	const char	*(*read)(void *dst, const char *value);
	/* OPT_CALL: 0, or -1 after it said what is wrong with msg_warn(). */
	int		(*set)(void *dst, const char *value);
	uint64_t	 lo, hi;	/* hi == 0: no upper bound */
	bool		 word;	/* the long name is written with one dash: -oX */
	bool		 may;	/* the value is attached or left out: -v, -v2 */
};

struct opt_prog {
	const char		*name;		/* as it is installed */
	const char		*synopsis;	/* "[OPTION]... [SPEC]..." */
	const char		*about;		/* one sentence */
	const char		*manual;	/* NULL: its page, NAME(1) */
	/* Ends with a row whose kind is OPT_GROUP and help NULL. -h/--help,
	 * -V/--version, --fields and --completion are there without a row. */
	const struct opt	*opts;
	/* Options are written as nmap's are: long names with one dash as well
	 * as with two, and `_` in them for `-`. */
	bool			words;
	/* Appends what --fields prints: the record fields that the program
	 * of this name writes (rec_fields_put()). */
	void			(*fields)(struct buf *, const char *name);
};

/* Parses argv (options may follow operands; "--" ends them). The index of the
 * first operand in the permuted argv, or -1 when the program is to return
 * *status at once: PRT_OK after --help and its like, PRT_USAGE after a message
 * that says what is wrong and the mend. */
int	opt_parse(const struct opt_prog *, int argc, char **argv, int *status);

#endif
