/* What the files of payloads share among themselves. Layer 2, private. */
#ifndef PRT_MEANING_PAYLOAD_PRIV_H
#define PRT_MEANING_PAYLOAD_PRIV_H

#include "meaning/payload.h"

/* What one text says. */
struct payload_text {
	struct payload	*v;	/* n payloads of n different names */
	size_t		 n;
	struct portset	 clear;	/* ports to empty first */
	unsigned long	 lines;
};

/* Frees what payload_text_read() made of a payload. */
void	payload_release(struct payload *);
void	payload_text_release(struct payload_text *);
/* Reads a text into a zero-initialised *t: 0, or -1 with a message appended to
 * *err; t is to be released either way. */
int	payload_text_read(struct payload_text *t, struct str text,
	    const char *name, struct buf *err);
/* Appends "name:line: ..." to *err and returns -1. */
int	payload_fail(struct buf *err, const char *name, unsigned long line,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The payload of that name among n, or NULL. */
const struct payload *payload_find(const struct payload *, size_t n,
	    const char *name);

#endif
