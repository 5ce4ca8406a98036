#include "order.h"

#include <stdlib.h>
#include <string.h>

/* Which probes find a service: asked of the lines once. */
struct narrow {
	const char	*service;
	struct narrow	*next;
	bool		 finds[];	/* by index in db->probe */
};

struct order {
	const struct svcdb	*db;
	unsigned		 intensity;
	const struct svc_probe	**list[SVC_NPROTO];
	size_t			 n[SVC_NPROTO];
	struct portset		 tls;
	struct narrow		*narrow;
};

static int
by_rarity(const void *a, const void *b)
{
	const struct svc_probe *p = *(const struct svc_probe *const *)a;
	const struct svc_probe *q = *(const struct svc_probe *const *)b;

	if (p->rarity != q->rarity)
		return p->rarity < q->rarity ? -1 : 1;
	return p < q ? -1 : p > q;
}

static int
fill(struct order *o, enum svc_proto proto)
{
	const struct svc_probe *p;

	o->list[proto] = calloc(o->db->n + 1, sizeof(o->list[proto][0]));
	if (o->list[proto] == NULL)
		return -1;
	for (p = o->db->probe; p < o->db->probe + o->db->n; p++)
		if (p->proto == proto && (p->n > 0 || proto == SVC_UDP))
			o->list[proto][o->n[proto]++] = p;
	qsort(o->list[proto], o->n[proto], sizeof(o->list[proto][0]),
	    by_rarity);
	return 0;
}

/* Its fallbacks' lines do not count: with those of the NULL probe every probe
 * would know what greets. */
static bool
lines_find(const struct svc_probe *p, const char *service)
{
	for (size_t i = 0; i < p->nline; i++)
		if (!p->line[i].soft &&
		    strcmp(p->line[i].service, service) == 0)
			return true;
	return false;
}

/* Ports that only sslports name: where a probe in clear is likely to be answered,
 * it goes first. */
static int
fill_tls(struct order *o)
{
	for (size_t i = 0; i < o->db->n; i++) {
		const struct portset *s = &o->db->probe[i].sslports;

		for (size_t k = 0; k < s->n; k++)
			if (portset_add(&o->tls, s->r[k].lo, s->r[k].hi) == -1)
				return -1;
	}
	portset_normalise(&o->tls);
	for (size_t i = 0; i < o->db->n; i++)
		if (o->db->probe[i].proto == SVC_TCP &&
		    !lines_find(&o->db->probe[i], "ssl") &&
		    portset_subtract(&o->tls, &o->db->probe[i].ports) == -1)
			return -1;
	return 0;
}

struct order *
order_new(const struct svcdb *db, unsigned intensity)
{
	struct order *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return NULL;
	o->db = db;
	o->intensity = intensity;
	if (fill(o, SVC_TCP) == 0 && fill(o, SVC_UDP) == 0 && fill_tls(o) == 0)
		return o;
	order_free(o);
	return NULL;
}

void
order_free(struct order *o)
{
	struct narrow *n;

	if (o == NULL)
		return;
	while ((n = o->narrow) != NULL) {
		o->narrow = n->next;
		free(n);
	}
	for (int i = 0; i < SVC_NPROTO; i++)
		free(o->list[i]);
	portset_release(&o->tls);
	free(o);
}

bool
order_finds(struct order *o, const struct svc_probe *p, const char *service)
{
	size_t at = (size_t)(p - o->db->probe);
	struct narrow *n;

	if (at >= o->db->n)
		return false;
	for (n = o->narrow; n != NULL; n = n->next)
		if (strcmp(n->service, service) == 0)
			return n->finds[at];
	if ((n = calloc(1, sizeof(*n) + o->db->n * sizeof(n->finds[0]))) == NULL)
		return lines_find(p, service);
	n->service = service;
	for (size_t i = 0; i < o->db->n; i++)
		n->finds[i] = lines_find(&o->db->probe[i], service);
	n->next = o->narrow;
	o->narrow = n;
	return n->finds[at];
}

bool
order_is_tls(const struct order *o, uint16_t port)
{
	return portset_has(&o->tls, port);
}

static bool
names(const struct svc_probe *p, uint16_t port, bool tls)
{
	return portset_has(&p->ports, port) ||
	    (tls && portset_has(&p->sslports, port));
}

const struct svc_probe *
order_next(struct order *o, struct cursor *c, enum svc_proto proto,
    uint16_t port, bool tls, bool *named)
{
	const struct svc_probe *p;

	for (;;) {
		if (c->at == o->n[proto]) {
			if (c->rest)
				return NULL;
			c->rest = true;
			c->at = 0;
			continue;
		}
		p = o->list[proto][c->at++];
		*named = names(p, port, tls);
		if (*named == c->rest)
			continue;
		/* What is known to be of use is not too rare. */
		if (c->soft != NULL ? order_finds(o, p, c->soft) :
		    *named || p->rarity <= o->intensity)
			return p;
	}
}
