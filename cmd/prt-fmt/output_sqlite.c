/* A scan in a database: records, for the process that has it open. */
#include "meaning/reskey.h"
#include "output.h"

static const char *
put(struct sink *s, const struct record *r)
{
	struct reskey key;
	const char *why = NULL;

	if (r->kind == REC_DATA && r->col[COL_STATE].p != NULL)
		why = reskey_of(&key, r);
	if (why == NULL)
		recout_put(&s->out, r);
	return why;
}

const struct output output_sqlite = {
	.name = "sqlite",
	.about = "one more scan in an SQLite database: sqlite:FILE",
	.put = put,
};
