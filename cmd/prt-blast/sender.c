#include "sender.h"

#include <errno.h>
#include <string.h>

#include "base/msg.h"
#include "pure/addr.h"

int
sender_fail(const struct sender *s)
{
	if (s->file != NULL)
		msg_warn("%s: %s", s->file, strerror(errno));
	else
		msg_warn("cannot send: %s%s", strerror(errno),
		    errno == ENETDOWN ?
		    "; bring the interface up with 'ip link set ... up'" : "");
	return -1;
}

static const struct frame *
template(struct sender *s, unsigned type, bool v6,
    const struct tx_path *path)
{
	const struct scan_type *t = scan_types[type];

	if (s->ready[type][v6] && (!t->on_link ||
	    s->mac_of[type][v6] == path->ifindex))
		return &s->tmpl[type][v6];
	if (t->prepare(t, &s->tmpl[type][v6], &s->params, v6,
	    path->src) == -1) {
		msg_warn("cannot build a %s packet", t->name);
		return NULL;
	}
	s->ready[type][v6] = true;
	s->mac_of[type][v6] = path->ifindex;
	return &s->tmpl[type][v6];
}

int
sender_put(struct sender *s, const struct plan *plan, const struct legs *legs,
    uint64_t at, unsigned attempt)
{
	const struct leg *leg = legs_at(legs, at);
	const struct way *way = &legs->way[leg->way];
	const struct scan_type *t;
	struct plan_probe pr;
	struct scan_probe probe;
	const struct frame *f;
	struct tx_path path;
	unsigned i, n;
	size_t len;

	plan_among(&plan->set[leg->set], leg->first, at - leg->base, &pr);
	t = scan_types[pr.type];
	if (!way_find(way, s->neigh, pr.addr, t->on_link, &path))
		return 0;
	f = template(s, pr.type, !addr_is4(pr.addr), &path);
	if (f == NULL)
		return -1;
	probe = (struct scan_probe){ .src = way->src, .dst = pr.addr,
	    .port = pr.port, .attempt = attempt };
	n = t->count != NULL ? t->count(&s->params, pr.port) : 1;
	for (i = 0; i < n; i++) {
		len = t->fill(t, f, &s->params, &probe, i, tx_slot(s->tx));
		if (tx_commit(s->tx, len, &path) == -1)
			return sender_fail(s);
	}
	return (int)n;
}

int
sender_flush(struct sender *s)
{
	return tx_flush(s->tx) == -1 ? sender_fail(s) : 0;
}
