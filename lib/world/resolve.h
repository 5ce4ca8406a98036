/* Names of hosts to addresses, thousands at a time. Layer 3.
 *
 * Answers come from /etc/hosts, then from the DNS servers of /etc/resolv.conf,
 * by A and AAAA queries at once. */
#ifndef PRT_WORLD_RESOLVE_H
#define PRT_WORLD_RESOLVE_H

#include <stddef.h>

#include "base/num.h"
#include "base/str.h"

enum resolve_family { RESOLVE_BOTH, RESOLVE_V4, RESOLVE_V6 };

/* One name's answer: n addresses in the order of the answer, without doubles;
 * or n == 0 and `why`, a static text. `arg` is what resolve_ask() was given. */
typedef void resolve_fn(void *arg, const u128 *addr, size_t n,
    const char *why);

struct resolve_conf {
	enum resolve_family	 family;
	/* "ADDRESS[:PORT],...", asked in place of those of resolv.conf; NULL */
	const char		*servers;
	size_t			 max_pending;	/* questions in flight */
	resolve_fn		*answer;
};

struct resolve;

/* NULL when it fails: *why is then a static text. */
struct resolve *resolve_new(const struct resolve_conf *, const char **why);
void	resolve_free(struct resolve *);
/* Asks for a name (IDNA 2008 for names outside of ASCII); while max_pending
 * questions are in flight it waits for answers. The answer comes from inside
 * this call or a later one (resolve_free() included), always exactly once. 0,
 * or -1 with errno, EINTR when a signal cut the wait: then nothing was asked,
 * and no answer comes. */
int	resolve_ask(struct resolve *, struct str name, void *arg);
/* Waits until every question has its answer: 0, or -1 with errno, EINTR when a
 * signal cut the wait. */
int	resolve_finish(struct resolve *);

#endif
