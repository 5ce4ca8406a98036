/* What the files of the service-probe database share among themselves. Layer 2,
 * private. */
#ifndef PRT_MEANING_SVCDB_PRIV_H
#define PRT_MEANING_SVCDB_PRIV_H

#include "meaning/svcdb.h"

#define SVCDB_PATTERN_MAX	8192	/* bytes of one pattern */

/* What a line looks for. */
struct svc_pattern {
	struct str	regex;
	bool		caseless;	/* "i" */
	bool		dotall;		/* "s" */
};

/* What a probe falls back to. */
struct svcdb_fallback {
	struct str	names;	/* as written */
	unsigned long	line;
};

/* What one text says. The probes point into the block, which has a copy of the
 * text, cut into strings. */
struct svcdb_text {
	struct svc_probe *probe;	/* n of different names; without ->look */
	struct svcdb_fallback *fallback; /* of each probe */
	size_t		 n;
	char		*block;
	struct portset	 exclude[SVC_NPROTO];
	unsigned long	 lines;
};

/* Errors of one text, of which only so many are told. */
struct svcdb_errors {
	const char	*name;
	struct buf	*err;
	unsigned long	 n;
};

#define SVCDB_ERRORS	20

/* Frees what a probe has of its own, not what it points to in its text. */
void	svcdb_probe_release(struct svc_probe *);
void	svcdb_text_release(struct svcdb_text *);
/* Reads a text into a zero-initialised *t, which is to be released either way:
 * 0, or -1 when it has errors. */
int	svcdb_text_read(struct svcdb_text *t, struct str text,
	    struct svcdb_errors *);
/* Tells an error; returns -1. */
int	svcdb_fail(struct svcdb_errors *, unsigned long line, const char *fmt,
	    ...) __attribute__((format(printf, 3, 4)));
/* The index of the probe of that name and protocol among n, or n. */
size_t	svcdb_index(const struct svc_probe *, size_t n, enum svc_proto,
	    struct str name);

#endif
