/* Addresses to names, hundreds at a time: RFC 1035, 3.5, and RFC 3596, 2.5.
 * Layer 3.
 *
 * Answers come from the system's hosts file, which is read when it starts, then
 * from the DNS servers of /etc/resolv.conf, by PTR queries. Names are what
 * strangers say: only what RFC 1123, 2.1, takes for one (and an underscore) is
 * given out. The caller waits for the sockets. */
#ifndef PRT_WORLD_PTR_H
#define PRT_WORLD_PTR_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"
#include "base/str.h"
#include "world/cares.h"

/* An address has many names at most so; the others are left out. */
#define PTR_NAMES	8
/* Sockets that ptr_watch() tells of. */
#define PTR_SOCKETS	CARES_SOCKETS

enum ptr_end {
	PTR_ANSWERED,	/* names, or that there are none */
	PTR_SILENT,	/* no server answered in time */
	PTR_REFUSED,	/* they fail, refuse, or cannot be reached */
	PTR_DROPPED,	/* by ptr_free() */
};

/* `arg` is what ptr_ask() was given. The names are valid during the call. */
typedef void ptr_fn(void *arg, const struct str *name, size_t n,
    enum ptr_end);

struct ptr_conf {
	/* "ADDRESS[:PORT],...", asked in place of those of resolv.conf; NULL */
	const char	*servers;
	const char	*hosts;		/* the hosts file */
	uint64_t	 patience;	/* ns: the first wait for an answer */
	ptr_fn		*answer;
};

struct ptr;

/* NULL when it fails: *why is then a static text. Without c-ares it has what the
 * hosts file says, and *why is what is missing; else it is NULL. It opens what it needs of
 * files: call it before they are given up. */
struct ptr *ptr_new(const struct ptr_conf *, const char **why);
void	ptr_free(struct ptr *);
/* Asks for the names of an address. The answer comes from inside this call or a
 * later one (ptr_free() included), exactly once; PTR_REFUSED when memory is out. */
void	ptr_ask(struct ptr *, u128 addr, void *arg);
/* What to wait for, and in *ms how long at most (-1: as long as it takes): how
 * many of fd[PTR_SOCKETS] are set. */
size_t	ptr_watch(struct ptr *, struct pollfd fd[PTR_SOCKETS], int *ms);
/* Serves what poll(2) has found, and what is due. */
void	ptr_serve(struct ptr *, const struct pollfd *, size_t n);

#endif
