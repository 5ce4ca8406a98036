/* The input of zgrab2: CSV, "ip,domain,tag,port", of which cells at the end may
 * be missing. It says what to look at, so the records are targets. */
#include "meaning/foreign_priv.h"

enum { NCELL = 4 };

/* A cell in quotes, RFC 4180: *rest becomes what follows its comma. */
static bool
take_quoted(struct record *r, struct str *rest, struct str *cell)
{
	char *p = rec_alloc(r, rest->n);
	size_t i, n = 0;

	if (p == NULL)
		return false;
	for (i = 1; i < rest->n; i++) {
		if (rest->p[i] == '"' && (++i == rest->n || rest->p[i] != '"'))
			break;
		p[n++] = rest->p[i];
	}
	if (i > rest->n || (i == rest->n && rest->p[i - 1] != '"') ||
	    (i < rest->n && rest->p[i] != ','))
		return false;
	*cell = (struct str){ p, n };
	*rest = i == rest->n ? STR_NONE :
	    (struct str){ rest->p + i + 1, rest->n - i - 1 };
	return true;
}

static void
zgrab_line(struct foreign *in, struct str line)
{
	struct str cell[NCELL] = { { NULL, 0 } }, rest = str_trim(line);
	size_t i;

	if (rest.n == 0 || rest.p[0] == '#')
		return;
	rec_clear(&in->object);
	for (i = 0; i < NCELL && rest.p != NULL; i++) {
		if (rest.n > 0 && rest.p[0] == '"') {
			if (!take_quoted(&in->object, &rest, &cell[i])) {
				foreign_complain(in, "a cell in quotes that "
				    "does not end");
				return;
			}
		} else
			cell[i] = str_trim(str_cut(&rest, ','));
	}
	if (rest.p != NULL) {
		foreign_complain(in, "more than four cells: zgrab2 reads "
		    "ip,domain,tag,port");
		return;
	}
	if (!foreign_begin(in, cell[0], cell[3], cell[3].n > 0 ? STR("tcp") :
	    STR_NONE, STR_NONE))
		return;
	foreign_field(in, "host", cell[1]);
	foreign_field(in, "tag", cell[2]);
	foreign_put(in);
}

const struct foreign_format foreign_zgrab = {
	.name = "zgrab",
	.about = "what zgrab2 reads: ip,domain,tag,port",
	.line = zgrab_line,
};
