/* What is asked of a server once its certificate is known, hello after hello: which
 * versions and suites it has, and the hellos of JARM. */
#ifndef PRT_TLS_MORE_H
#define PRT_TLS_MORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "enumerate.h"
#include "meaning/jarm.h"

/* What is wanted of every server. */
struct more_conf {
	enum enum_what	enumerate;
	bool		jarm;
};

/* What hellos are made of. */
struct more_words {
	const uint8_t	*random;	/* TLS_RANDOM bytes */
	struct str	 sni;		/* n == 0: none */
	struct str	 host;		/* name or address */
};

/* Zero-initialised is idle. */
struct more {
	struct enumeration all;
	struct jarm	 jarm;
	/* private */
	const struct more_conf *conf;
	bool		 counting;	/* versions and suites */
	bool		 tls;		/* then JARM is worth its hellos */
	struct tls_in	 in;		/* an answer to JARM */
};

/* The conf must outlive it. The rest is as enum_start() has it. 0, or -1 when out of
 * memory. */
int	more_start(struct more *, const struct more_conf *,
	    const struct tls_in *first, bool tls);
/* Appends the next hello: 1, 0 when all is known, or -1 when out of memory. */
int	more_next(struct more *, const struct more_words *, struct buf *);
/* Takes of the answer what has come: true when that is all. */
bool	more_feed(struct more *, const void *, size_t);
/* No more of the answer comes. */
void	more_answer(struct more *);
/* Has it shown a version of TLS? */
static inline bool
more_found(const struct more *m)
{
	return m->all.has != 0;
}
/* What it holds, not the struct; NULL is nothing. */
void	more_release(struct more *);

#endif
