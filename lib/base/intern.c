#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#define FIRST	1024	/* places of the first table: a power of two */

void
intern_release(struct intern *t)
{
	free(t->key);
	free(t->table);
	*t = (struct intern){ 0 };
}

static uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

/* Quick, for texts of the user's own files: it is not keyed, so a file made for
 * that purpose can be slow to read. */
static uint32_t
hash(uint32_t kind, struct str s)
{
	uint64_t h = mix(kind, s.n), word;

	for (; s.n >= sizeof(word); s.p += sizeof(word), s.n -= sizeof(word)) {
		memcpy(&word, s.p, sizeof(word));
		h = mix(h, word);
	}
	word = 0;
	if (s.n > 0)
		memcpy(&word, s.p, s.n);
	h = mix(h, word);
	return (uint32_t)(h ^ h >> 17);
}

/* The place of a key, or the free one where it belongs. */
static uint32_t
place(const struct intern *t, const struct intern_key *k)
{
	uint32_t at = k->hash & t->mask;
	const struct intern_key *o;

	for (; t->table[at] != 0; at = (at + 1) & t->mask) {
		if (t->table[at] >> 32 != k->hash)
			continue;
		o = &t->key[(uint32_t)t->table[at] - 1];
		if (o->kind == k->kind && str_eq(o->text, k->text))
			break;
	}
	return at;
}

static uint64_t
entry(const struct intern_key *k, uint32_t number)
{
	return (uint64_t)k->hash << 32 | (number + 1);
}

/* Half of the table's places stay free. */
static int
grow(struct intern *t)
{
	uint32_t places = t->table == NULL ? FIRST : (t->mask + 1) * 2, i;
	uint64_t *table = calloc(places, sizeof(*table));
	struct intern_key *key = reallocarray(t->key, places / 2,
	    sizeof(*key));

	if (key != NULL)
		t->key = key;
	if (table == NULL || key == NULL) {
		free(table);
		return -1;
	}
	free(t->table);
	t->table = table;
	t->mask = places - 1;
	t->cap = places / 2;
	for (i = 0; i < t->n; i++)
		table[place(t, &t->key[i])] = entry(&t->key[i], i);
	return 0;
}

uint32_t
intern_put(struct intern *t, uint32_t kind, struct str text, bool *fresh)
{
	struct intern_key k = { text, kind, hash(kind, text) };
	uint32_t at;

	*fresh = false;
	if (t->n == t->cap && (t->n > UINT32_MAX / 4 || grow(t) == -1))
		return UINT32_MAX;
	at = place(t, &k);
	if (t->table[at] == 0) {
		*fresh = true;
		t->key[t->n] = k;
		t->table[at] = entry(&k, t->n++);
	}
	return (uint32_t)t->table[at] - 1;
}
