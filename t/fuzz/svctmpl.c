#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meaning/svctmpl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
fill(struct str tmpl, const struct str *group, bool cpe)
{
	struct buf b = { 0 };

	buf_puts(&b, "kept");
	if (svctmpl_expand(&b, tmpl, group, cpe) == -1)
		assert(b.n == 4);
	assert(memcmp(b.p, "kept", 4) == 0);
	assert(b.n <= 4 + SVCTMPL_MAX);
	assert(memchr(b.p, '\0', b.n) == NULL);
	buf_release(&b);
}

/* The template, a newline, and what was captured, a newline between; an empty
 * one took no part. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest = { (const char *)data, n }, tmpl;
	struct str group[SVCTMPL_GROUPS] = { 0 };
	unsigned highest, i;

	tmpl = str_cut(&rest, '\n');
	for (i = 1; i < SVCTMPL_GROUPS && rest.p != NULL; i++) {
		group[i] = str_cut(&rest, '\n');
		if (group[i].n == 0)
			group[i] = STR_NONE;
	}
	if (svctmpl_check(tmpl, &highest) != NULL)
		return 0;
	assert(highest < SVCTMPL_GROUPS);
	fill(tmpl, group, false);
	fill(tmpl, group, true);
	return 0;
}
