/* Targets as people write them: whatever the bytes are, what comes out is a
 * sound range, or a name that lies in the text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/reserved.h"
#include "meaning/targetspec.h"
#include "pure/addr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Enough ranges to look at. */
#define MANY	2000

static void
must(int truth)
{
	if (!truth)
		abort();
}

struct seen {
	uint64_t	n;
	u128		last;
};

static int
see(void *arg, u128 first, u128 last)
{
	struct seen *s = arg;

	must(first <= last);
	/* disjoint and ascending; 10.0.*.0-9,200-255 has ranges that touch */
	must(s->n == 0 || first > s->last);
	s->last = last;
	s->n++;
	return s->n == MANY;
}

static void
inside(struct str part, struct str whole)
{
	must(part.p == NULL || (part.p >= whole.p &&
	    part.p + part.n <= whole.p + whole.n));
}

static void
check(const struct targetspec *t, struct str s)
{
	struct seen seen = { 0 };
	uint64_t n;

	inside(t->host, s);
	inside(t->tag, s);
	must(t->has_port || t->port == 0);
	if (t->kind == TARGETSPEC_NAME) {
		must(t->host.n > 0 && t->host.n <= 253);
		return;
	}
	n = targetspec_nranges(t);
	must(n > 0);
	if (targetspec_each(t, see, &seen) == 0)
		must(seen.n == n);
	else
		must(n >= MANY);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	/* a copy of its own size: one byte too many shows */
	char *copy = malloc(n > 0 ? n : 1);
	struct str s = { copy, n };
	struct rangeset set = { 0 };
	struct targetspec t;
	const char *why = NULL;
	unsigned long line;

	must(copy != NULL);
	if (n > 0)
		memcpy(copy, p, n);
	if (targetspec_parse(&t, s, &why) == 0)
		check(&t, s);
	else
		must(why != NULL);
	why = NULL;
	switch (targetspec_masscan(&t, s, &why)) {
	case 1:
		check(&t, s);
		break;
	case -1:
		must(why != NULL);
		break;
	default:
		break;
	}
	reserved_parse(&set, copy, n, &line, &why);
	rangeset_release(&set);
	free(copy);
	return 0;
}
