#include "world/resolve.h"

#include <errno.h>
#include <idn2.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "world/cares.h"
#include "world/late.h"

/* A server that is silent is asked so often, with growing patience. */
#define TRIES		3
#define TIMEOUT_MS	1500
/* DNS names, RFC 1035, 2.3.4, and a NUL. */
#define NAME_MAX_Z	256

struct resolve {
	struct resolve_conf	 conf;
	struct cares		*cares;
	size_t			 pending;
};

struct question {
	struct resolve	*owner;
	void		*arg;
};

/* libidn2, which is there once a name is not ASCII. */
static struct {
	__typeof__(idn2_to_ascii_8z)	*to_ascii_8z;
	__typeof__(idn2_free)	*free;
} idn;

static int
load_idn(void)
{
	static const struct late functions[] = {
		{ "idn2_to_ascii_8z", &idn.to_ascii_8z },
		{ "idn2_free", &idn.free },
	};

	return idn.free != NULL ? 0 : late_load(PRT_LIBIDN2, functions,
	    sizeof(functions) / sizeof(functions[0]));
}

struct resolve *
resolve_new(const struct resolve_conf *conf, const char **why)
{
	const struct cares_conf c = { .servers = conf->servers,
	    .timeout_ms = TIMEOUT_MS, .tries = TRIES };
	struct resolve *r = calloc(1, sizeof(*r));

	*why = "out of memory";
	if (r == NULL)
		return NULL;
	r->conf = *conf;
	*why = "resolving names needs " PRT_LIBCARES ": install c-ares";
	if (cares_load() == -1 || (r->cares = cares_open(&c, why)) == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
resolve_free(struct resolve *r)
{
	if (r == NULL)
		return;
	cares_close(r->cares);
	free(r);
}

static void
answered(void *arg, const u128 *addr, size_t n, const char *why)
{
	struct question *q = arg;

	q->owner->pending--;
	q->owner->conf.answer(q->arg, addr, n, why);
	free(q);
}

/* One wait for answers, or for the next retransmission. */
static int
turn(struct resolve *r)
{
	struct pollfd fd[CARES_SOCKETS];
	int ms;
	size_t n = cares_watch(r->cares, fd, &ms);

	if (poll(fd, (nfds_t)n, ms < 0 ? TIMEOUT_MS : ms) == -1)
		return -1;
	cares_serve(r->cares, fd, n);
	return 0;
}

static bool
is_ascii(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* The name as DNS knows it: 0, or -1 when it cannot be one. */
static int
to_ascii(char dst[NAME_MAX_Z], struct str name)
{
	char z[4 * NAME_MAX_Z];
	char *out = NULL;
	int r;

	if (is_ascii(name))
		return str_copy(dst, NAME_MAX_Z, name) ? 0 : -1;
	if (!str_copy(z, sizeof(z), name) ||
	    idn.to_ascii_8z(z, &out, IDN2_NFC_INPUT |
	    IDN2_NONTRANSITIONAL) != IDN2_OK)
		return -1;
	r = str_copy(dst, NAME_MAX_Z, str_of(out)) ? 0 : -1;
	idn.free(out);
	return r;
}

int
resolve_ask(struct resolve *r, struct str name, void *arg)
{
	static const int family[] = {
		[RESOLVE_BOTH] = AF_UNSPEC, [RESOLVE_V4] = AF_INET,
		[RESOLVE_V6] = AF_INET6,
	};
	struct question *q;
	char z[NAME_MAX_Z];

	while (r->pending > 0 && r->pending >= r->conf.max_pending)
		if (turn(r) == -1)
			return -1;
	if (!is_ascii(name) && load_idn() == -1) {
		r->conf.answer(arg, NULL, 0, "a name that is not ASCII needs "
		    PRT_LIBIDN2 ": install libidn2");
		return 0;
	}
	if (to_ascii(z, name) == -1) {
		r->conf.answer(arg, NULL, 0, "no valid name (IDNA 2008)");
		return 0;
	}
	if ((q = malloc(sizeof(*q))) == NULL)
		return -1;
	*q = (struct question){ r, arg };
	r->pending++;
	if (cares_addresses(r->cares, z, family[r->conf.family], answered,
	    q) == 0)
		return 0;
	r->pending--;
	free(q);
	errno = ENOMEM;
	return -1;
}

int
resolve_finish(struct resolve *r)
{
	while (r->pending > 0)
		if (turn(r) == -1)
			return -1;
	return 0;
}
