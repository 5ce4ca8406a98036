#include "world/ptr.h"

#include <stdlib.h>

#include "base/clock.h"
#include "pure/addr.h"
#include "world/cares.h"
#include "world/hostsfile.h"

/* A silent server is asked again once. */
#define TRIES	2
/* RFC 1035, 2.3.4, as text. */
#define NAME_MOST	253

struct ptr {
	struct ptr_conf		 conf;
	struct hostsfile	 hosts;
	struct cares		*cares;	/* NULL: not installed */
};

struct question {
	struct ptr	*owner;
	void		*arg;
};

struct ptr *
ptr_new(const struct ptr_conf *conf, const char **why)
{
	const struct cares_conf c = { .servers = conf->servers,
	    .timeout_ms = (int)(conf->patience / NS_PER_MS), .tries = TRIES };
	struct ptr *p = calloc(1, sizeof(*p));

	*why = "out of memory";
	if (p == NULL)
		return NULL;
	p->conf = *conf;
	if (hostsfile_read(&p->hosts, conf->hosts) == -1)
		goto bad;
	*why = "looking up names needs " PRT_LIBCARES ": install c-ares";
	if (cares_load() == -1)
		return p;
	if ((p->cares = cares_open(&c, why)) == NULL)
		goto bad;
	return p;
bad:
	ptr_free(p);
	return NULL;
}

void
ptr_free(struct ptr *p)
{
	if (p == NULL)
		return;
	cares_close(p->cares);
	hostsfile_release(&p->hosts);
	free(p);
}

static bool
is_name(struct str s)
{
	size_t i;
	char c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '_' ||
		    c == '.'))
			return false;
	}
	return s.n > 0 && s.n <= NAME_MOST;
}

static size_t
add_name(struct str *name, size_t n, const char *z)
{
	struct str s = str_of(z);
	size_t i;

	if (s.n > 1 && s.p[s.n - 1] == '.')
		s.n--;
	for (i = 0; i < n; i++)
		if (str_eq(name[i], s))
			return n;
	if (n < PTR_NAMES && is_name(s))
		name[n++] = s;
	return n;
}

static void
answered(void *arg, char *const *z, size_t nz, enum cares_end end)
{
	static const enum ptr_end ends[] = {
		[CARES_ANSWERED] = PTR_ANSWERED, [CARES_SILENT] = PTR_SILENT,
		[CARES_REFUSED] = PTR_REFUSED, [CARES_DROPPED] = PTR_DROPPED,
	};
	struct question *q = arg;
	struct str name[PTR_NAMES];
	size_t i, n = 0;

	for (i = 0; i < nz; i++)
		n = add_name(name, n, z[i]);
	q->owner->conf.answer(q->arg, name, n, ends[end]);
	free(q);
}

/* RFC 6303, 4: of these no server of the net knows anything. */
static bool
is_loopback(u128 addr)
{
	return addr_is4(addr) ? addr_v4(addr) >> 24 == 127 : addr == 1;
}

void
ptr_ask(struct ptr *p, u128 addr, void *arg)
{
	struct str name[1] = { hostsfile_find(&p->hosts, addr) };
	bool known = is_name(name[0]);
	struct question *q;

	if (known || is_loopback(addr)) {
		p->conf.answer(arg, name, known, PTR_ANSWERED);
		return;
	}
	q = p->cares != NULL ? malloc(sizeof(*q)) : NULL;
	if (q != NULL) {
		*q = (struct question){ p, arg };
		if (cares_names(p->cares, addr, answered, q) == 0)
			return;
		free(q);
	}
	p->conf.answer(arg, NULL, 0, PTR_REFUSED);
}

size_t
ptr_watch(struct ptr *p, struct pollfd fd[PTR_SOCKETS], int *ms)
{
	*ms = -1;
	return p->cares != NULL ? cares_watch(p->cares, fd, ms) : 0;
}

void
ptr_serve(struct ptr *p, const struct pollfd *fd, size_t n)
{
	if (p->cares != NULL)
		cares_serve(p->cares, fd, n);
}
