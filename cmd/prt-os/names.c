/* "host\0tag\0", in text form. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

int
names_take(char **names, const struct record *r)
{
	struct str host = rec_get(r, "host"), tag = rec_get(r, "tag");
	char *p;

	if (*names != NULL || host.n + tag.n == 0)
		return 0;
	if ((p = calloc(1, host.n + tag.n + 2)) == NULL)
		return -1;
	if (host.n > 0)
		memcpy(p, host.p, host.n);
	if (tag.n > 0)
		memcpy(p + host.n + 1, tag.p, tag.n);
	*names = p;
	return 0;
}

void
names_put(const char *names, struct record *r)
{
	const char *tag;

	if (names == NULL)
		return;
	tag = names + strlen(names) + 1;
	if (*names != '\0')
		rec_set(r, "host", str_of(names));
	if (*tag != '\0')
		rec_set(r, "tag", str_of(tag));
}
