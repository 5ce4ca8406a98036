#include "kinds.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/num.h"
#include "pure/siphash.h"

_Static_assert(OSNAME_N <= 64, "a bit each");
_Static_assert(sizeof(struct ospassive) % 8 == 0, "whole words to hash");

int
kinds_init(struct kinds *k, struct verdict *v)
{
	*k = (struct kinds){ .verdict = v };
	return random_bytes(k->key, sizeof(k->key));
}

static void
forget(struct kinds *k)
{
	struct kind *at, *next;
	size_t i;

	for (i = 0; i < KINDS_MOST; i++) {
		for (at = k->bucket[i]; at != NULL; at = next) {
			next = at->next;
			rec_release(&at->rec);
			free(at);
		}
		k->bucket[i] = NULL;
	}
	k->n = 0;
}

void
kinds_release(struct kinds *k)
{
	forget(k);
}

static unsigned
number_of(const struct record *r, const char *key)
{
	struct str s = rec_get(r, key);
	uint64_t v;

	return s.n > 0 && num_scan_u64(s.p, s.n, &v) == s.n ? (unsigned)v : 0;
}

/* Asks the database. */
static void
judge(struct kinds *k, struct kind *to)
{
	size_t i;

	ospassive_read(&to->seen, &k->fp);
	to->named = verdict_put(k->verdict, &k->fp, 100,
	    &to->rec);
	if (!to->named)
		return;
	to->sure = rec_get(&to->rec, "os_family").p != NULL;
	to->conf = number_of(&to->rec, "os_conf") *
	    ospassive_weight(&to->seen) / 100;
	if (!to->sure)
		to->conf /= 2;
	for (i = 0; i < OSNAME_N; i++)
		if (verdict_has(k->verdict, osname_rows[i].stack) ||
		    verdict_has(k->verdict, osname_rows[i].family))
			to->may |= (uint64_t)1 << i;
}

const struct kind *
kinds_of(struct kinds *k, const struct ospassive *seen)
{
	struct ospassive plain = *seen;
	uint64_t w[sizeof(plain) / 8];
	struct kind **at, *new;

	ospassive_plain(&plain);
	memcpy(w, &plain, sizeof(plain));
	at = &k->bucket[siphash(k->key, w, sizeof(w) / 8) % KINDS_MOST];
	for (new = *at; new != NULL; new = new->next)
		if (memcmp(&new->seen, &plain, sizeof(plain)) == 0)
			return new;
	if (k->n == KINDS_MOST)
		forget(k);
	if ((new = calloc(1, sizeof(*new))) == NULL)
		return NULL;
	new->seen = plain;
	judge(k, new);
	if (new->rec.oom) {
		rec_release(&new->rec);
		free(new);
		return NULL;
	}
	new->next = *at;
	*at = new;
	k->n++;
	return new;
}
