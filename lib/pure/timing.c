#include "pure/timing.h"

#include <stddef.h>
#include <string.h>

#define MS	UINT64_C(1000000)
#define S	UINT64_C(1000000000)

const struct timing timing_table[TIMING_N] = {
	{ "paranoid", .rto_initial = 300 * S, .rto_min = 100 * MS,
	  .rto_max = 300 * S, .retries = 10, .delay = 300 * S, .parallel = 1,
	  .rate = 1.0 / 300 },
	{ "sneaky", .rto_initial = 15 * S, .rto_min = 100 * MS,
	  .rto_max = 15 * S, .retries = 10, .delay = 15 * S, .parallel = 1,
	  .rate = 1.0 / 15 },
	{ "polite", .rto_initial = 1 * S, .rto_min = 100 * MS,
	  .rto_max = 10 * S, .retries = 10, .delay = 400 * MS, .parallel = 1,
	  .rate = 2.5 },
	{ "normal", .rto_initial = 1 * S, .rto_min = 100 * MS,
	  .rto_max = 10 * S, .retries = 10, .rate = 10000 },
	{ "aggressive", .rto_initial = 500 * MS, .rto_min = 100 * MS,
	  .rto_max = 1250 * MS, .retries = 6, .rate = 100000 },
	{ "insane", .rto_initial = 250 * MS, .rto_min = 50 * MS,
	  .rto_max = 300 * MS, .retries = 2 },
};

const struct timing *
timing_find(const char *z)
{
	const char *digit = z[0] == 'T' || z[0] == 't' ? z + 1 : z;

	if (digit[0] >= '0' && digit[0] < '0' + TIMING_N && digit[1] == '\0')
		return &timing_table[digit[0] - '0'];
	for (size_t i = 0; i < TIMING_N; i++)
		if (strcmp(timing_table[i].name, z) == 0)
			return &timing_table[i];
	return NULL;
}

const char *
timing_read(void *dst, const char *value)
{
	const struct timing *t = timing_find(value);

	if (t == NULL)
		return "0 to 5, or paranoid, sneaky, polite, normal, "
		    "aggressive, insane";
	*(const struct timing **)dst = t;
	return NULL;
}

void
timing_bound(struct timing *t, uint64_t most)
{
	if (t->rto_max > most)
		t->rto_max = most;
	if (t->rto_initial > most)
		t->rto_initial = most;
	if (t->rto_min > most)
		t->rto_min = most;
}

void
timing_delay(struct timing *t, uint64_t ns)
{
	t->delay = ns;
	t->rate = (double)S / (double)ns;
}
