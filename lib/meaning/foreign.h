/* What other scanners write, as records: one file and one row for each format.
 * Layer 2.
 *
 * The caller cuts the input into lines, or hands it over in pieces of any size,
 * as the format wants; records and complaints come back through functions. All
 * of it is bounded, whatever the input is. */
#ifndef PRT_MEANING_FOREIGN_H
#define PRT_MEANING_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "meaning/record.h"

/* Who gets what is read. */
struct foreign_user {
	/* NULL, or what is wrong with the record, and the mend. */
	const char	*(*put)(void *arg, const struct record *);
	void		(*complain)(void *arg, unsigned long line,
			    const char *why);
	void		*arg;
};

/* Nothing that belongs together is larger: 4 MiB. */
#define FOREIGN_MAX	((size_t)4 << 20)

/* One input. */
struct foreign {
	const struct foreign_user *user;
	unsigned long	 line;		/* what is read now, from 1 */
	bool		 damaged;	/* part of the input was of no use */
	bool		 dead;		/* and nothing behind it is */
	/* private */
	bool		 begun, ended;	/* its first and last line were there */
	struct record	 r;		/* the one that is made */
	struct record	 object;	/* of JSON */
	struct buf	 text;		/* an object of JSON that grows */
	unsigned	 depth;
	bool		 string, escape;
	void		*xml;
};

struct foreign_format {
	const char	*name;
	const char	*about;
	/* One of the two: a line without its end, or any piece. */
	void		(*line)(struct foreign *, struct str);
	void		(*piece)(struct foreign *, struct str);
	/* The input has ended. */
	void		(*end)(struct foreign *);
};

extern const struct foreign_format foreign_nmap_xml, foreign_gnmap,
    foreign_masscan_json, foreign_masscan_list, foreign_masscan_ndjson,
    foreign_naabu, foreign_zgrab, foreign_tlsx;
/* All of them, ended by NULL. */
extern const struct foreign_format *const foreign_formats[];

/* The format of that name, or NULL. */
const struct foreign_format *foreign_find(const char *name);
/* The format that the first bytes of an input show, up to a newline at least or
 * all there is; NULL when it is records, or nothing that is known. */
const struct foreign_format *foreign_guess(struct str head);

void	foreign_init(struct foreign *, const struct foreign_user *);
void	foreign_release(struct foreign *);

#endif
