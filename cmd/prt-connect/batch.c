#include "batch.h"

#include <stdlib.h>

/* More probes than this are not remembered: a bit each, 512 MiB. */
#define HOSTS_MOST	((uint64_t)1 << 32)

struct batch *
batch_new(void)
{
	return calloc(1, sizeof(struct batch));
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	rangeset_release(&b->late);
	hosttime_release(&b->heard);
	plan_release(&b->plan);
	notes_release(&b->notes);
	free(b->up);
	free(b);
}

int
batch_add(struct batch *b, const struct target *t, const struct portset *usual)
{
	b->nrecord++;
	if (plan_add(&b->plan, t->first, t->last, 0,
	    t->ports.n > 0 ? &t->ports : usual) == -1)
		return -1;
	return notes_add(&b->notes, t);
}

int
batch_seal(struct batch *b, const uint64_t *key, struct shard shard)
{
	if (plan_seal(&b->plan) == -1)
		return -1;
	notes_seal(&b->notes);
	if (key != NULL)
		perm_init(&b->perm, b->plan.n, key);
	else
		perm_identity(&b->perm, b->plan.n);
	b->shard = shard;
	b->end = shard_count(b->plan.n, shard.i, shard.k);
	return 0;
}

bool
batch_next(struct batch *b, u128 *addr, uint16_t *port)
{
	struct plan_probe p;
	uint64_t pos;

	if (b->at == b->end)
		return false;
	pos = shard_pos(b->at++, b->shard.i, b->shard.k);
	plan_at(&b->plan, perm_at(&b->perm, pos), &p);
	b->out++;
	*addr = p.addr;
	*port = p.port;
	return true;
}

/* Is one of n probes from `first` on still to be given out? */
static bool
has_more(const struct batch *b, uint64_t first, uint32_t n)
{
	uint64_t i, pos;

	for (i = first; i < first + n; i++) {
		pos = perm_of(&b->perm, i);
		if (pos % b->shard.k == b->shard.i - 1 &&
		    pos / b->shard.k >= b->at)
			return true;
	}
	return false;
}

int
batch_give_up(struct batch *b)
{
	struct plan_probe p;
	uint64_t i;
	uint32_t n;

	for (i = 0; i < b->plan.n && b->at < b->end; i += n) {
		plan_host(&b->plan, i, &n);
		if (!has_more(b, i, n))
			continue;
		plan_at(&b->plan, i, &p);
		if (rangeset_add(&b->late, p.addr, p.addr) == -1)
			return -1;
	}
	b->at = b->end;
	return 0;
}

int
batch_count_hosts(struct batch *b)
{
	if (b->plan.n > HOSTS_MOST)
		return -1;
	b->up = calloc(b->plan.n / 64 + 1, sizeof(*b->up));
	return b->up != NULL ? 0 : -1;
}

bool
batch_host_is_up(struct batch *b, u128 addr, uint16_t port)
{
	int64_t i = plan_find(&b->plan, addr, 0, port);
	uint64_t first, bit;
	uint32_t n;

	if (i < 0)
		return false;
	first = plan_host(&b->plan, (uint64_t)i, &n);
	bit = (uint64_t)1 << (first & 63);
	if (b->up[first / 64] & bit)
		return false;
	b->up[first / 64] |= bit;
	return true;
}

void
batch_each_down(const struct batch *b, void (*f)(void *, u128), void *arg)
{
	struct plan_probe p;
	uint64_t i;
	uint32_t n;

	for (i = 0; i < b->plan.n; i += n) {
		plan_host(&b->plan, i, &n);
		if (b->up[i / 64] >> (i & 63) & 1)
			continue;
		plan_at(&b->plan, i, &p);
		f(arg, p.addr);
	}
}
