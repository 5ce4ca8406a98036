/* The record: one line of every pipe between the programs, in TSV and NDJSON.
 * Layer 2. prt-record(5) is the specification.
 *
 * Every text in a record is in text form (base/esc.h): printable UTF-8 with
 * \t \n \r \\ \xHH, so that writing it can forge nothing, and TSV and NDJSON
 * carry the very same text. */
#ifndef PRT_MEANING_RECORD_H
#define PRT_MEANING_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum rec_kind {
	REC_BLANK,	/* an empty line or a comment */
	REC_DATA,	/* target or result */
	REC_META,	/* "#prt <TAB> what <TAB> key=value..." */
};

enum rec_col { COL_IP, COL_PORT, COL_PROTO, COL_STATE, COL_REASON, REC_NCOL };

/* Types of the values of known fields; they decide the NDJSON spelling. */
enum rec_type {
	REC_TEXT,	/* string */
	REC_INT,	/* integer: bare when the text is a canonical integer */
	REC_NUM,	/* number (seconds, ratios): bare when canonical JSON */
	REC_BOOL,	/* 1/0 in TSV, true/false in NDJSON */
	REC_LIST,	/* a,b,c in TSV (comma inside: \x2c), array in NDJSON */
};

/* One row of the field table: the only list of names there is. */
struct rec_field {
	const char	*name;
	enum rec_type	 type;
	const char	*meaning;	/* one line, for --fields and the man page */
	/* the programs that write it, "prt-blast prt-listen"; "" for none */
	const char	*by;
};

/* The field table, ended by a row whose name is NULL. */
extern const struct rec_field rec_fields[];
/* The row of a name, or NULL. */
const struct rec_field *rec_field_find(struct str name);
/* --fields: a line for each column and each field that `prog` writes (every
 * one for NULL): name, type, meaning, separated by TABs. */
void	rec_fields_put(struct buf *, const char *prog);

struct rec_pair {
	struct str	key;
	struct str	val;
	/* NDJSON had it as a number, true, false or null (empty): a field that
	 * the table does not know is written the same way again. */
	bool		bare;
};

/* Zero-initialised is empty and valid. Texts point into the scanned line (which
 * must outlive them), into the caller's constants, or into the record's own
 * memory, which rec_clear() reuses and rec_release() frees. */
struct record {
	enum rec_kind	 kind;
	unsigned	 ncol;		/* REC_DATA: columns present, 1..5 */
	struct str	 col[REC_NCOL];	/* p == NULL: empty ("-") */
	struct str	 what;		/* REC_META: "scan", "stat", ... */
	struct rec_pair	*pair;
	size_t		 npair;
	size_t		 cappair;
	struct rec_chunk *mem;		/* private */
	bool		 oom;		/* sticky until rec_clear() */
};

void	rec_release(struct record *);
void	rec_clear(struct record *);

/* Scans one line without its newline, TSV or NDJSON by its first byte. 0, or
 * -1 when it is malformed: *err is then a static message that says what is
 * wrong and the mend, and the record is clear. A line without a TAB may
 * separate its columns with blanks ("192.0.2.7 80 tcp"). Duplicate keys are
 * kept as they are; rec_get() finds the last. */
int	rec_scan(struct record *, const char *line, size_t n,
	    const char **err);
int	rec_scan_tsv(struct record *, const char *line, size_t n,
	    const char **err);
int	rec_scan_json(struct record *, const char *line, size_t n,
	    const char **err);

/* Appends the record and a newline; a REC_BLANK appends nothing. */
void	rec_put_tsv(const struct record *, struct buf *);
void	rec_put_json(const struct record *, struct buf *);
/* A text, which is in text form, as a JSON string. */
void	rec_put_quoted(struct buf *, struct str text);

/* Starts a new record in a cleared one. Texts here and below are not copied:
 * they must outlive the record or be constants. */
void	rec_data(struct record *, struct str ip, struct str port,
	    struct str proto, struct str state, struct str reason);
void	rec_meta(struct record *, const char *what);

/* The value of a key, p == NULL when it is absent. */
struct str rec_get(const struct record *, const char *key);
/* A column or the value of a key, by name; p == NULL when it is absent. */
struct str rec_value(const struct record *, struct str name);
/* Sets (replaces or appends) a field. `key` must be a constant or outlive the
 * record; a text is already in text form and must outlive the record;
 * rec_set_copy() copies it; rec_set_bytes() makes the text form of any bytes. */
void	rec_set(struct record *, const char *key, struct str text);
void	rec_set_copy(struct record *, const char *key, struct str text);
void	rec_set_bytes(struct record *, const char *key, const void *, size_t);
/* Text of another program, that may be in text form already: what is clean in
 * it stays as it is, all else is escaped. It must outlive the record. */
void	rec_set_text(struct record *, const char *key, struct str text);
void	rec_set_column(struct record *, enum rec_col, struct str text);
void	rec_set_u64(struct record *, const char *key, uint64_t);
/* Decimal seconds with `digits` decimals (buf_ns()). */
void	rec_set_ns(struct record *, const char *key, uint64_t ns,
	    unsigned digits);
void	rec_unset(struct record *, const char *key);
/* n bytes of the record's own memory, for a column's text; NULL when out of
 * memory. */
char	*rec_alloc(struct record *, size_t n);

#endif
