/* c-ares, which asks DNS servers: names to addresses, addresses to names. Layer 3.
 *
 * It is loaded when it is wanted. The caller waits for the sockets; all that it
 * needs of files is read by cares_open() and, for names, by cares_addresses(). */
#ifndef PRT_WORLD_CARES_H
#define PRT_WORLD_CARES_H

#include <poll.h>
#include <stddef.h>

#include "base/num.h"

/* Sockets that cares_watch() tells of. */
#define CARES_SOCKETS	16

struct cares;

struct cares_conf {
	/* "ADDRESS[:PORT],...", asked in place of those of resolv.conf; NULL */
	const char	*servers;
	int		 timeout_ms;	/* the first; then it grows */
	int		 tries;		/* of each server */
};

enum cares_end {
	CARES_ANSWERED,	/* by what there is, or that there is nothing */
	CARES_SILENT,	/* no server answered in time */
	CARES_REFUSED,	/* they fail, refuse, or cannot be reached */
	CARES_DROPPED,	/* by cares_close() */
};

/* n addresses in the order of the answer, without doubles; or n == 0 and `why`, a
 * static text. */
typedef void cares_addresses_fn(void *arg, const u128 *addr, size_t n,
    const char *why);
/* Names as DNS has them, of any bytes, and escaped by c-ares. */
typedef void cares_names_fn(void *arg, char *const *name, size_t n,
    enum cares_end);

/* Loads the library: 0, or -1 when it is not there. */
int	cares_load(void);
/* After that. NULL when it fails: *why is then a static text. */
struct cares *cares_open(const struct cares_conf *, const char **why);
void	cares_close(struct cares *);
/* Both ask, and their function is called exactly once, from inside this call or a
 * later one (cares_close() included). `family` is AF_INET, AF_INET6 or AF_UNSPEC;
 * the name is ASCII. 0, or -1 when out of memory: then it is not called. */
int	cares_addresses(struct cares *, const char *name, int family,
	    cares_addresses_fn *, void *arg);
int	cares_names(struct cares *, u128 addr, cares_names_fn *, void *arg);
/* What to wait for, and in *ms how long at most (-1: as long as it takes): how
 * many of fd[CARES_SOCKETS] are set. */
size_t	cares_watch(struct cares *, struct pollfd fd[CARES_SOCKETS], int *ms);
/* Serves what poll(2) has found, and what is due. */
void	cares_serve(struct cares *, const struct pollfd *, size_t n);

#endif
