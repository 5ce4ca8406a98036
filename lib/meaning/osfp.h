/* The fingerprint of a system's IP stack, in the established form: a line for
 * each group of probes, an attribute for each thing that was seen in their
 * answers. Layer 2. prt-os-fingerprints(5) is the specification of the text. */
#ifndef PRT_MEANING_OSFP_H
#define PRT_MEANING_OSFP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* In the order in which they are written. SCAN says how it was scanned, all
 * others what was answered. */
enum osfp_line {
	OSFP_SCAN, OSFP_SEQ, OSFP_OPS, OSFP_WIN, OSFP_ECN, OSFP_T1, OSFP_T2,
	OSFP_T3, OSFP_T4, OSFP_T5, OSFP_T6, OSFP_T7, OSFP_U1, OSFP_IE,
	OSFP_NLINE
};

#define OSFP_ATTRS	13	/* of one line, at most */
#define OSFP_SLOTS	(OSFP_NLINE * OSFP_ATTRS)
#define OSFP_VALUE	63	/* bytes of a value, at most */

/* An attribute of a line, as one number below OSFP_SLOTS. */
#define OSFP_SLOT(line, k)	((unsigned)(line) * OSFP_ATTRS + (unsigned)(k))

struct osfp_row {
	const char	*name;			/* "SEQ" */
	const char	*attr[OSFP_ATTRS + 1];	/* "SP", ...; ends with NULL */
};

/* What lines and attributes there are: the only list of them. */
extern const struct osfp_row osfp_rows[OSFP_NLINE];

/* Zero-initialised is empty and valid; a copy is one of its own. */
struct osfp {
	uint16_t	at[OSFP_SLOTS];	/* 1 + where in text; 0: absent */
	uint16_t	n;		/* bytes of text in use */
	char		text[OSFP_SLOTS * (OSFP_VALUE + 1)];
};

/* The line of that name, or -1. */
int	osfp_line_find(struct str name);
/* The slot of a line's attribute of that name, or -1. */
int	osfp_slot_find(enum osfp_line, struct str attr);

/* Sets an attribute, an empty value included ("O=": the answer had none). 0, or
 * -1 when the line has no such attribute, or the value is longer than
 * OSFP_VALUE or has another byte in it than printable ASCII without blank,
 * percent sign and parentheses. Nothing is changed then. */
int	osfp_set(struct osfp *, enum osfp_line, const char *attr,
	    const char *value);
int	osfp_set_slot(struct osfp *, unsigned slot, struct str value);
/* A number as it is written there: hexadecimal, in capitals. */
int	osfp_set_hex(struct osfp *, enum osfp_line, const char *attr,
	    uint64_t value);
void	osfp_unset(struct osfp *, enum osfp_line, const char *attr);
/* The value, NULL when it is absent. Valid until the next osfp_set(). */
const char *osfp_get(const struct osfp *, enum osfp_line, const char *attr);
const char *osfp_get_slot(const struct osfp *, unsigned slot);
/* Has the line any attribute? */
bool	osfp_has(const struct osfp *, enum osfp_line);
/* Was it taken over IPv6 (E=6 of the SCAN line)? */
bool	osfp_is_v6(const struct osfp *);

/* Cuts the next NAME=VALUE off what stands between a line's parentheses, up to
 * a percent sign; false when nothing is left. VALUE has p == NULL when there is
 * no equals sign. */
bool	osfp_cut(struct str *inside, struct str *name, struct str *value);

/* Reads a fingerprint: its lines, each on a line or one behind the other, also
 * folded at any place with "OS:" at the start of each line. 0, or -1 when it is
 * malformed: *fp is empty then, and *err (NULL: not wanted) has got "what is
 * wrong; the mend" appended. */
int	osfp_parse(struct osfp *fp, struct str text, struct buf *err);

enum osfp_form {
	OSFP_JOINED,	/* all in one line, without a newline */
	OSFP_LINES,	/* each in a line of its own */
	OSFP_WRAPPED	/* folded behind "OS:", for mail and for submitting */
};

/* Appends the lines that have attributes. */
void	osfp_fmt(const struct osfp *, enum osfp_form, struct buf *);

#endif
