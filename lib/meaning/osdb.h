/* The OS database: how the IP stacks of systems answer. Layer 2.
 * prt-os-fingerprints(5) is the specification of the text. */
#ifndef PRT_MEANING_OSDB_H
#define PRT_MEANING_OSDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "meaning/osfp.h"

#define OSDB_NO_ROW	UINT32_MAX

/* "Class vendor | family | generation | type", and the CPE lines behind it. */
struct osdb_class {
	struct str	vendor, family, gen, type;	/* may be empty */
	uint32_t	cpe, ncpe;	/* first of them, in ->cpe, and how many */
};

/* What one attribute has to be: "T=3B-45" of T1. */
struct osdb_test {
	struct str	expr;
	uint16_t	slot;
};

/* One test line: its tests, in ->ref. Entries share equal ones. */
struct osdb_row {
	uint32_t	first;
	uint16_t	n;
	uint16_t	line;		/* enum osfp_line */
};

/* What stands between two Fingerprint lines. */
struct osdb_entry {
	struct str	name;
	unsigned long	line;		/* where its text starts */
	uint32_t	cls, ncls;	/* first of them, in ->cls; how many */
	bool		v6;		/* of IPv6 */
	uint32_t	row[OSFP_NLINE];	/* OSDB_NO_ROW: not tested */
};

/* Zero-initialised is the empty database. Texts are slices of ->text. */
struct osdb {
	struct osdb_entry	*entry;	/* in the order of the text */
	size_t			 nentry;
	struct osdb_class	*cls;
	size_t			 ncls;
	struct str		*cpe;	/* "cpe:/o:linux:linux_kernel" */
	size_t			 ncpe;
	struct osdb_row		*row;	/* each only once */
	size_t			 nrow;
	uint32_t		*ref;	/* into ->test */
	size_t			 nref;
	struct osdb_test	*test;	/* each only once */
	size_t			 ntest;
	uint32_t		 points[OSFP_SLOTS];	/* the MatchPoints */
	unsigned long		 points_line;	/* where they start */
	unsigned long		 errors;	/* in its text */
	struct buf		 text;
};

void	osdb_release(struct osdb *);
/* Reads a whole text, which it takes over, into an empty database. 0, or -1 when
 * out of memory. What is malformed is left out, with the fingerprint that it is
 * of; *err has got "name:line: what is wrong; the mend" appended, a line for
 * each of the first errors, and ->errors counts them all. */
int	osdb_read(struct osdb *, struct buf *text, const char *name,
	    struct buf *err);
/* What is well-formed and yet not as it should be: fingerprints with the same
 * tests, which nothing tells apart, and attributes without points. 0, or -1 with
 * messages appended as above. */
int	osdb_check(const struct osdb *, const char *name, struct buf *err);

#endif
