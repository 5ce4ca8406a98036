#include "world/hosttime.h"

#include <stdlib.h>

#define CAP_MIN	64

/* Where the address is, or is to be: the table is never full. */
static struct hosttime_host *
place(struct hosttime_host *host, size_t cap, u128 addr)
{
	uint64_t key = ((uint64_t)(addr >> 64) * 0x9e3779b97f4a7c15u ^
	    (uint64_t)addr) * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(key >> 32) & (cap - 1);

	while (host[i].used && host[i].addr != addr)
		i = (i + 1) & (cap - 1);
	return &host[i];
}

static int
grow(struct hosttime *t)
{
	size_t cap = t->cap == 0 ? CAP_MIN : t->cap * 2, i;
	struct hosttime_host *host = calloc(cap, sizeof(*host));

	if (host == NULL)
		return -1;
	for (i = 0; i < t->cap; i++)
		if (t->host[i].used)
			*place(host, cap, t->host[i].addr) = t->host[i];
	free(t->host);
	t->host = host;
	t->cap = cap;
	return 0;
}

struct hosttime_host *
hosttime_of(struct hosttime *t, u128 addr, uint64_t now)
{
	struct hosttime_host *h;

	/* at most half of it is used */
	if (2 * t->n >= t->cap && grow(t) == -1)
		return NULL;
	h = place(t->host, t->cap, addr);
	if (h->used)
		return h;
	*h = (struct hosttime_host){ .addr = addr, .since = now,
	    .used = true };
	t->n++;
	return h;
}

struct hosttime_host *
hosttime_find(const struct hosttime *t, u128 addr)
{
	struct hosttime_host *h = t->cap == 0 ? NULL :
	    place(t->host, t->cap, addr);

	return h != NULL && h->used ? h : NULL;
}

void
hosttime_release(struct hosttime *t)
{
	free(t->host);
	*t = (struct hosttime){ 0 };
}
