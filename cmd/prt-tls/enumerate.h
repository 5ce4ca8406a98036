/* Which versions and cipher suites a server has: one hello after the other, each
 * of one version, and of the suites that it has not chosen yet. */
#ifndef PRT_TLS_ENUMERATE_H
#define PRT_TLS_ENUMERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/tlshello.h"

#define ENUM_VERSIONS	5	/* SSL 3.0 to TLS 1.3 */

enum enum_what { ENUM_NOTHING, ENUM_OF_VERSIONS, ENUM_OF_CIPHERS };

struct enum_suite {
	uint16_t	version, suite;
};

/* Zero-initialised is idle. */
struct enumeration {
	enum enum_what	 what;
	unsigned	 has;		/* versions, a bit each from SSL 3.0 on */
	struct buf	 found;		/* struct enum_suite, as chosen */
	struct tls_in	 in;		/* the answer that is coming */
	/* private */
	unsigned	 hasnot;
	int		 at;		/* the version; -1: the end */
	uint16_t	*left;		/* suites that are still to be offered */
	size_t		 nleft, from;
};

/* `first` is what the server chose before. 0, or -1 when out of memory. */
int	enum_start(struct enumeration *, enum enum_what,
	    const struct tls_in *first);
/* The next hello, but for its random and SNI: false when all is known. */
bool	enum_next(struct enumeration *, struct tls_hello *);
/* e->in is all that the server has to say to it. */
void	enum_answer(struct enumeration *);
/* How many suites were found, and the i-th. */
size_t	enum_count(const struct enumeration *);
struct enum_suite enum_at(const struct enumeration *, size_t i);
void	enum_release(struct enumeration *);

#endif
