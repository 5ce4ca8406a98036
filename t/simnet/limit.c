#include "limit.h"

#include <stdlib.h>

#include "base/clock.h"

#define WAYS	8
#define SETS	8192	/* a power of two */

struct bucket {
	uint64_t	who;
	uint64_t	full;
};

struct limit {
	struct limit_rate	each;
	struct bucket		set[SETS][WAYS];
};

struct limit_rate
limit_rate(uint64_t per_second, uint64_t burst)
{
	if (per_second == 0)
		return (struct limit_rate){ 0, 0 };
	return (struct limit_rate){ NS_PER_S / per_second,
	    burst == 0 ? 1 : burst };
}

bool
limit_take(const struct limit_rate *r, uint64_t *full, uint64_t now)
{
	uint64_t at = *full > now ? *full : now;

	if (r->period == 0)
		return true;
	if (at - now > (r->burst - 1) * r->period)
		return false;
	*full = at + r->period;
	return true;
}

struct limit *
limit_new(struct limit_rate each)
{
	struct limit *l = calloc(1, sizeof(*l));

	if (l != NULL)
		l->each = each;
	return l;
}

void
limit_free(struct limit *l)
{
	free(l);
}

bool
limit_allow(struct limit *l, uint64_t who, uint64_t now)
{
	struct bucket *set = l->set[who & (SETS - 1)], *b = &set[0];
	unsigned i;

	if (l->each.period == 0)
		return true;
	for (i = 0; i < WAYS; i++) {
		if (set[i].who == who)
			return limit_take(&l->each, &set[i].full, now);
		if (set[i].full < b->full)
			b = &set[i];
	}
	*b = (struct bucket){ .who = who };
	return limit_take(&l->each, &b->full, now);
}
