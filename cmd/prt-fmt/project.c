#include "project.h"

/* A view: its texts and fields are the other record's. */
static void
put_part(struct sink *s, const struct record *r)
{
	static const char *const col[REC_NCOL] = {
		"ip", "port", "proto", "state", "reason"
	};
	struct rec_pair pair[64];
	struct record part = { .kind = REC_DATA, .ncol = 1, .pair = pair };
	struct str rest = s->columns, name;
	size_t i;

	part.col[COL_IP] = r->col[COL_IP];
	while (rest.p != NULL) {
		name = str_cut(&rest, ',');
		for (i = 0; i < REC_NCOL && !str_is(name, col[i]); i++)
			;
		if (i < r->ncol) {
			part.col[i] = r->col[i];
			if (i + 1 > part.ncol)
				part.ncol = (unsigned)i + 1;
			continue;
		}
		for (i = r->npair; i > 0; i--)
			if (str_eq(r->pair[i - 1].key, name))
				break;
		if (i > 0 && part.npair < sizeof(pair) / sizeof(pair[0]))
			pair[part.npair++] = r->pair[i - 1];
	}
	recout_put(&s->out, &part);
}

void
project_put(struct sink *s, const struct record *r)
{
	if (r->kind == REC_DATA && s->columns.p != NULL)
		put_part(s, r);
	else
		recout_put(&s->out, r);
}
