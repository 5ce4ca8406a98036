/* Records as lines of TSV: prt-record(5). */
#include "project.h"

static const char *
put(struct sink *s, const struct record *r)
{
	project_put(s, r);
	return NULL;
}

const struct output output_tsv = {
	.name = "tsv",
	.about = "records, as TAB-separated lines",
	.columns = true,
	.lists = true,
	.put = put,
};
