/* The fields of a record that have no place of their own in a report, as people
 * read them. A program's own header, no layer. */
#ifndef PRT_FMT_EXTRAS_H
#define PRT_FMT_EXTRAS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "meaning/record.h"

/* Zero-initialised is before the first one. */
struct extras {
	const struct record	*r;
	bool			(*has_place)(struct str key);
	size_t			 i;
	struct str		 key, value;	/* of the field it is at */
	char			 text[32];	/* private: a value of its own */
};

/* Goes to the next field that says something: not those that have a place, tell of
 * the stack, deny something, or repeat another. A date is one to read. False
 * behind the last one. */
bool	extras_next(struct extras *);

#endif
