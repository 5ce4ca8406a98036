#include "known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pure/siphash.h"

#define FIRST	256

static uint32_t *
bucket_of(const struct known *k, u128 addr)
{
	const uint64_t w[2] = { (uint64_t)(addr >> 64), (uint64_t)addr };

	return &k->bucket[siphash(k->key, w, 2) & (k->cap - 1)];
}

/* Room for `cap` hosts, a power of two, and as many buckets. */
static int
grow(struct known *k, uint32_t cap)
{
	struct known_host *h = reallocarray(k->host, cap, sizeof(*h));
	uint32_t *bucket, *at, i;

	if (h == NULL)
		return -1;
	k->host = h;
	if ((bucket = calloc(cap, sizeof(*bucket))) == NULL)
		return -1;
	free(k->bucket);
	k->bucket = bucket;
	k->cap = cap;
	for (i = 0; i < k->n; i++) {
		at = bucket_of(k, h[i].addr);
		h[i].next = *at;
		*at = i + 1;
	}
	return 0;
}

int
known_init(struct known *k)
{
	if (random_bytes(k->key, sizeof(k->key)) == -1)
		return -1;
	return grow(k, FIRST);
}

/* ---- by age ---- */

static void
unlink_age(struct known *k, struct known_host *h)
{
	if (h->older != 0)
		k->host[h->older - 1].newer = h->newer;
	else
		k->oldest = h->newer;
	if (h->newer != 0)
		k->host[h->newer - 1].older = h->older;
	else
		k->newest = h->older;
}

static void
make_newest(struct known *k, struct known_host *h)
{
	uint32_t number = (uint32_t)(h - k->host) + 1;

	h->older = k->newest;
	h->newer = 0;
	if (k->newest != 0)
		k->host[k->newest - 1].newer = number;
	else
		k->oldest = number;
	k->newest = number;
}

/* ---- hosts ---- */

/* Tells of the oldest and takes it out: its place is free. */
static struct known_host *
retire(struct known *k)
{
	struct known_host *h = &k->host[k->oldest - 1];
	uint32_t *at = bucket_of(k, h->addr), number = k->oldest;

	k->tell(k->ctx, h);
	free(h->names);
	while (*at != number)
		at = &k->host[*at - 1].next;
	*at = h->next;
	unlink_age(k, h);
	return h;
}

static struct known_host *
make_host(struct known *k, u128 addr)
{
	struct known_host *h;
	uint32_t *at;

	if (k->n == k->cap && k->cap < KNOWN_MOST &&
	    grow(k, k->cap * 2) == -1)
		return NULL;
	h = k->n < k->cap ? &k->host[k->n++] : retire(k);
	memset(h, 0, sizeof(*h));
	h->addr = addr;
	at = bucket_of(k, addr);
	h->next = *at;
	*at = (uint32_t)(h - k->host) + 1;
	make_newest(k, h);
	return h;
}

struct known_host *
known_host(struct known *k, u128 addr)
{
	struct known_host *h;
	uint32_t i;

	for (i = *bucket_of(k, addr); i != 0; i = h->next) {
		h = &k->host[i - 1];
		if (h->addr != addr)
			continue;
		if (h->newer != 0) {
			unlink_age(k, h);
			make_newest(k, h);
		}
		return h;
	}
	return make_host(k, addr);
}

void
known_tell(struct known *k)
{
	uint32_t i;

	for (i = k->oldest; i != 0; i = k->host[i - 1].newer) {
		k->tell(k->ctx, &k->host[i - 1]);
		free(k->host[i - 1].names);
	}
	k->n = k->oldest = k->newest = 0;
	memset(k->bucket, 0, k->cap * sizeof(*k->bucket));
}

void
known_release(struct known *k)
{
	uint32_t i;

	for (i = 0; i < k->n; i++)
		free(k->host[i].names);
	free(k->host);
	free(k->bucket);
}
