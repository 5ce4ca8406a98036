/* What the record's files share among themselves. Layer 2, private. */
#ifndef PRT_MEANING_RECORD_PRIV_H
#define PRT_MEANING_RECORD_PRIV_H

#include "base/num.h"
#include "meaning/record.h"

/* Names that are no field's: the columns, and what opens a meta record. */
enum { COL_META = REC_NCOL, COL_NOT = -1 };

/* The column of a name, COL_META for "prt", COL_NOT for a field's name. */
int	rec_column(struct str name);
/* The columns' names, by enum rec_col. */
extern const char *const rec_column_name[REC_NCOL];

/* Appends a pair without looking for the key: 0, or -1 with ->oom set. */
int	rec_push(struct record *, struct str key, struct str val, bool bare);
/* Gives back what the last rec_alloc(cap) did not use beyond n. */
void	rec_trim(struct record *, size_t cap, size_t n);
/* The text form of text that may already be one: well-formed escapes stay, all
 * else that is not clean is escaped, and so is `also` unless it is NUL. Points
 * at `text` when nothing had to change; p == NULL when out of memory. */
struct str rec_clean(struct record *, struct str text, char also);

/* Are all bytes printable ASCII (or TAB, with `tabs`), and no backslash? */
bool	rec_plain(const char *p, size_t n, bool tabs);
/* The first double quote, backslash, control or byte beyond ASCII; or n. */
size_t	rec_span_json(const char *p, size_t n);

/* The length of the JSON number (RFC 8259, 6) at p; 0 when there is none. */
size_t	rec_scan_number(const char *p, size_t n, bool *integer);

#endif
