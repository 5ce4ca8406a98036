/* Which records are wanted: --only 'state=open,port=22,80-90'. A program's own
 * header, no layer. */
#ifndef PRT_FMT_ONLY_H
#define PRT_FMT_ONLY_H

#include <stdbool.h>

#include "base/buf.h"
#include "meaning/record.h"
#include "pure/portset.h"
#include "pure/rangeset.h"

enum { ONLY_MAX = 16 };

/* One key and what its value may be. */
struct only_term {
	struct str	 key;
	struct str	 values;	/* "a,b", for a key without a set */
	bool		 not;		/* key!=... */
	bool		 seen;		/* a record had the key */
	bool		 is_ip, is_port;
	struct portset	 ports;
	struct rangeset	 addrs;
};

/* Zero-initialised wants everything. */
struct only {
	struct only_term	term[ONLY_MAX];
	size_t			n;
};

/* Adds what the text says, which must outlive it: 0, or -1 with what is wrong
 * with it, and the mend, appended to err. */
int	only_parse(struct only *, struct str text, struct buf *err);
void	only_release(struct only *);
/* Does the user pick states? */
bool	only_picks_state(const struct only *);
/* Is a data record wanted? */
bool	only_wants(struct only *, const struct record *);

#endif
