/* Records as JSON, one object a line: prt-record(5). */
#include "project.h"

static void
start(struct sink *s)
{
	s->out.format = REC_NDJSON;
}

static const char *
put(struct sink *s, const struct record *r)
{
	project_put(s, r);
	return NULL;
}

const struct output output_ndjson = {
	.name = "ndjson",
	.about = "records, as JSON objects, one a line",
	.columns = true,
	.lists = true,
	.start = start,
	.put = put,
};
