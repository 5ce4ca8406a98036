#include "hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "names.h"
#include "pure/addr.h"
#include "pure/siphash.h"

static void
list_init(struct hosts_list *l)
{
	l->first = NULL;
	l->last = &l->first;
}

static void
append(struct hosts_list *l, struct seen *s)
{
	s->next = NULL;
	*l->last = s;
	l->last = &s->next;
}

static struct seen *
take_first(struct hosts_list *l)
{
	struct seen *s = l->first;

	if (s != NULL && (l->first = s->next) == NULL)
		l->last = &l->first;
	return s;
}

static void
seen_free(struct seen *s)
{
	if (s != NULL)
		free(s->names);
	free(s);
}

int
hosts_init(struct hosts *h)
{
	list_init(&h->waiting);
	list_init(&h->due);
	h->cap = 64;
	h->slot = calloc(h->cap, sizeof(struct seen *));
	return h->slot == NULL || random_bytes(h->key, sizeof(h->key)) == -1 ?
	    -1 : 0;
}

void
hosts_release(struct hosts *h)
{
	size_t i;

	for (i = 0; h->slot != NULL && i < h->cap; i++)
		seen_free(h->slot[i]);
	free(h->slot);
	target_release(&h->target);
}

/* ---- the table ---- */

static size_t
place_of(const struct hosts *h, u128 addr)
{
	const uint64_t w[2] = { (uint64_t)(addr >> 64), (uint64_t)addr };
	size_t i = siphash(h->key, w, 2) & (h->cap - 1);

	while (h->slot[i] != NULL && h->slot[i]->addr != addr)
		i = (i + 1) & (h->cap - 1);
	return i;
}

/* Into a table of `cap` slots; without those that have been asked, when they are
 * not wanted. */
static int
rebuild(struct hosts *h, size_t cap, bool forget)
{
	struct seen **old = h->slot, **slot = calloc(cap, sizeof(*slot)), *s;
	size_t i, n = h->cap;

	if (slot == NULL)
		return -1;
	h->slot = slot;
	h->cap = cap;
	h->n = 0;
	for (i = 0; i < n; i++) {
		if ((s = old[i]) == NULL)
			continue;
		if (forget && s->asked) {
			seen_free(s);
			continue;
		}
		h->slot[place_of(h, s->addr)] = s;
		h->n++;
	}
	free(old);
	return 0;
}

static int
make_place(struct hosts *h)
{
	if (h->n >= HOSTS_MOST && rebuild(h, h->cap, true) == -1)
		return -1;
	return (h->n + 1) * 2 <= h->cap ? 0 : rebuild(h, h->cap * 2, false);
}

static struct seen *
host_of(struct hosts *h, u128 addr)
{
	size_t i = place_of(h, addr);
	struct seen *s = h->slot[i];

	if (s != NULL)
		return s;
	if (make_place(h) == -1 || (s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->addr = addr;
	h->slot[place_of(h, addr)] = s;
	h->n++;
	h->nwaiting++;
	append(&h->waiting, s);
	return s;
}

/* ---- what records say ---- */

/* The first port of a kind is kept. */
static void
learn_port(struct seen *s, uint16_t port, bool udp, struct str state)
{
	bool open = str_is(state, "open"), closed = str_is(state, "closed");
	uint16_t *at = udp ? closed ? &s->udp : NULL : open ? &s->open :
	    closed ? &s->closed : NULL;

	if (at != NULL && *at == 0)
		*at = port;
	if (open || closed || str_is(state, "unfiltered")) {
		s->there = true;
		s->tcp = s->tcp || !udp;
	}
}

/* A line without a state asks for that host; a port of it is tried as an open
 * one. */
static void
learn_target(struct seen *s, const struct target *t)
{
	s->there = true;
	if (t->proto != TARGET_UDP && portset_count(&t->ports) > 0 &&
	    s->open == 0)
		s->open = portset_at(&t->ports, 0);
}

int
hosts_learn(struct hosts *h, const struct record *r, const char **err)
{
	struct target *t = &h->target;
	struct str state = r->col[COL_STATE];
	struct seen *s;
	bool host;

	if (target_of(t, r, err) == -1)
		return -2;
	if (t->first != t->last) {
		if (state.p != NULL)
			return 0;
		*err = "a network is not asked: 'prt-blast -s ping | "
		    "prt-listen' finds who is up there";
		return -2;
	}
	host = r->col[COL_PORT].p == NULL;
	if (t->proto == TARGET_OTHER || (host && str_is(state, "down")))
		return 0;
	/* silence is no host */
	if (state.p != NULL && !str_is(state, host ? "up" : "open") &&
	    !str_is(state, "closed") && !str_is(state, "unfiltered"))
		return 0;
	if ((s = host_of(h, t->first)) == NULL)
		return -1;
	if (names_take(&s->names, r) == -1)
		return -1;
	/* what answers for every port is something in between */
	s->look.mixed |= rec_get(r, "suspect").p != NULL;
	if (!host) {
		osevidence_take(&s->said, r);
		ospassive_take(&s->look, r, !addr_is4(t->first));
	}
	if (s->asked)
		return 0;
	if (state.p == NULL)
		learn_target(s, t);
	else if (host)
		s->there = true;
	else if (portset_count(&t->ports) == 1)
		learn_port(s, portset_at(&t->ports, 0),
		    t->proto == TARGET_UDP, state);
	return 0;
}

/* ---- whose turn it is ---- */

static void
make_due(struct hosts *h, bool all)
{
	struct hosts_list old = h->waiting;
	struct seen *s;

	if (old.first == NULL)
		return;
	list_init(&h->waiting);
	while ((s = old.first) != NULL) {
		old.first = s->next;
		append(all || s->tcp ? &h->due : &h->waiting, s);
	}
}

void
hosts_scan_ended(struct hosts *h)
{
	make_due(h, false);
}

void
hosts_input_ended(struct hosts *h)
{
	make_due(h, true);
}

void
hosts_make_room(struct hosts *h)
{
	struct seen *s = take_first(&h->waiting);

	if (s != NULL)
		append(&h->due, s);
}

bool
hosts_is_full(const struct hosts *h)
{
	return h->nwaiting >= HOSTS_MOST;
}

const struct seen *
hosts_next(struct hosts *h)
{
	struct seen *s = take_first(&h->due);

	if (s != NULL) {
		s->asked = true;
		h->nwaiting--;
	}
	return s;
}

const struct seen *
hosts_find(const struct hosts *h, u128 addr)
{
	return h->slot[place_of(h, addr)];
}

bool
hosts_has_due(const struct hosts *h)
{
	return h->due.first != NULL;
}
