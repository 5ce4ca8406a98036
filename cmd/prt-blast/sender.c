#include "sender.h"

#include <errno.h>
#include <string.h>

#include "base/msg.h"
#include "pure/addr.h"

static int
fail(void)
{
	msg_warn("cannot send: %s%s", strerror(errno), errno == ENETDOWN ?
	    "; bring the interface up with 'ip link set ... up'" : "");
	return -1;
}

static const struct frame *
template(struct sender *s, unsigned type, bool v6, const struct path *path)
{
	const struct scan_type *t = scan_types[type];

	if (s->ready[type][v6] && (!t->on_link ||
	    s->mac_of[type][v6] == path->tx.ifindex))
		return &s->tmpl[type][v6];
	if (t->prepare(t, &s->tmpl[type][v6], &s->params, v6,
	    path->tx.src) == -1) {
		msg_warn("cannot build a %s packet", t->name);
		return NULL;
	}
	s->ready[type][v6] = true;
	s->mac_of[type][v6] = path->tx.ifindex;
	return &s->tmpl[type][v6];
}

int
sender_put(struct sender *s, const struct plan_probe *pr, unsigned attempt)
{
	const struct scan_type *t = scan_types[pr->type];
	struct scan_probe probe = { .dst = pr->addr, .port = pr->port,
	    .attempt = attempt };
	const struct frame *f;
	struct path path;
	unsigned i, n;
	size_t len;

	if (!paths_find(s->paths, pr->addr, t->on_link, &path)) {
		s->unreached++;
		return 0;
	}
	f = template(s, pr->type, !addr_is4(pr->addr), &path);
	if (f == NULL)
		return -1;
	probe.src = path.src;
	n = t->count != NULL ? t->count(&s->params, pr->port) : 1;
	for (i = 0; i < n; i++) {
		len = t->fill(t, f, &s->params, &probe, i, tx_slot(s->tx));
		if (tx_commit(s->tx, len, &path.tx) == -1)
			return fail();
	}
	return (int)n;
}

int
sender_flush(struct sender *s)
{
	return tx_flush(s->tx) == -1 ? fail() : 0;
}
