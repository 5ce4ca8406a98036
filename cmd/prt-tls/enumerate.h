/* Which versions and cipher suites a server has: one hello after the other, each
 * of one version, and of the suites that it has not chosen yet. */
#ifndef PRT_TLS_ENUMERATE_H
#define PRT_TLS_ENUMERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "meaning/ssl2.h"
#include "meaning/tlshello.h"

#define ENUM_VERSIONS	6	/* SSL 2.0 to TLS 1.3 */

enum enum_what { ENUM_NOTHING, ENUM_OF_VERSIONS, ENUM_OF_CIPHERS };

struct enum_suite {
	uint16_t	version;
	uint32_t	suite;		/* SSL 2.0: 24 bits */
};

/* Zero-initialised is idle. */
struct enumeration {
	enum enum_what	 what;
	unsigned	 has;		/* a bit each, see enum_version() */
	struct buf	 found;		/* struct enum_suite, as chosen */
	/* private */
	struct tls_in	 in;		/* the answer that is coming */
	struct ssl2_in	 in2;
	unsigned	 hasnot;
	int		 at;		/* the version; -1: the end */
	uint16_t	*left;		/* suites that are still to be offered */
	size_t		 nleft, from;
	size_t		 apart;		/* from there on they are offered alone */
};

/* The i-th version, from 0, as it is on the wire. */
uint16_t enum_version(int i);
/* `first` is what the server chose before. Without a ServerHello in it nothing is
 * known, but that it speaks TLS at all: when not, SSL 2.0 is left to be asked for.
 * 0, or -1 when out of memory. */
int	enum_start(struct enumeration *, enum enum_what,
	    const struct tls_in *first, bool tls);
/* Appends the next hello: 1, 0 when all is known, or -1 when out of memory. */
int	enum_next(struct enumeration *, const uint8_t random[TLS_RANDOM],
	    struct str sni, struct buf *);
/* Takes of the answer what has come: true when that is all. */
bool	enum_feed(struct enumeration *, const void *, size_t);
/* No more of the answer comes. */
void	enum_answer(struct enumeration *);
/* How many suites were found, and the i-th. */
size_t	enum_count(const struct enumeration *);
struct enum_suite enum_at(const struct enumeration *, size_t i);
/* NULL when it has no name. */
const char *enum_name(struct enum_suite);
bool	enum_is_weak(struct enum_suite);
void	enum_release(struct enumeration *);

#endif
