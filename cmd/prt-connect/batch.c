#include "batch.h"

#include <stdlib.h>

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
	plan_release(&b->plan);
	notes_release(&b->notes);
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
batch_seal(struct batch *b, const uint64_t key[2], struct shard shard)
{
	if (plan_seal(&b->plan) == -1)
		return -1;
	notes_seal(&b->notes);
	perm_init(&b->perm, b->plan.n, key);
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
