/* What the line formats take out of a record. A program's own header, no
 * layer. */
#ifndef PRT_FMT_VALUE_H
#define PRT_FMT_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/num.h"
#include "output.h"

/* A result about one address, and one port of it. */
struct point {
	u128		addr;
	uint16_t	port;
	bool		has_port;
};

/* False when the record is no such result: a target, a range, a list. */
bool	value_point(const struct record *, struct point *);
/* Is it a port to hand on to another program: open, or in any state when the
 * user has picked the states? Formats that cannot tell a state ask this. */
bool	value_wanted(const struct sink *, const struct record *);
/* The time of a record in nanoseconds since the epoch, 0 when it has none. */
uint64_t value_time(const struct record *);
/* Is it one of the fields that tell of the system's stack in each answer? Reports
 * for people and tools leave them to prt-os, and to those who read records. */
bool	value_is_stack(struct str key);
/* Names of columns with commas between: what is wrong with such a list, and the
 * mend; NULL when nothing is. */
const char *value_check_columns(struct str list);
/* The rest of a CSV cell in quotes, RFC 4180, behind the opening one. */
void	value_quoted(struct buf *, struct str);
/* `, "key":"text"` and `, "key":number`, for JSON; without the comma behind a
 * brace or bracket, and not at all when the text is empty. */
void	value_json(struct buf *, const char *key, struct str text);
void	value_json_bare(struct buf *, const char *key, struct str text);
/* Gives out what is in the line, and empties it. */
void	value_flush(struct sink *, struct buf *line);

#endif
