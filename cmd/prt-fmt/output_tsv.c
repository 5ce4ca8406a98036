/* Records as lines of TSV: prt-record(5). */
#include "output.h"

static const char *
put(struct sink *s, const struct record *r)
{
	recout_put(&s->out, r);
	return NULL;
}

const struct output output_tsv = {
	.name = "tsv",
	.about = "records, as TAB-separated lines",
	.put = put,
};
