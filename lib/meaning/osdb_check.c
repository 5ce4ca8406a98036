/* What an OS database says that is well-formed and yet of no use. */
#include "meaning/osdb.h"

#include <stdlib.h>
#include <string.h>

static void
tell(struct buf *err, const char *name, unsigned long line)
{
	if (err->n > 0)
		buf_putc(err, '\n');
	buf_printf(err, "%s:%lu: ", name, line);
}

static int
compare_tests(const struct osdb_entry *a, const struct osdb_entry *b)
{
	if (a->v6 != b->v6)
		return a->v6 ? 1 : -1;
	return memcmp(a->row, b->row, sizeof(a->row));
}

static int
compare(const void *a, const void *b)
{
	const struct osdb_entry *const *x = a, *const *y = b;
	int d = compare_tests(*x, *y);

	if (d == 0)
		d = (*x)->line < (*y)->line ? -1 : 1;
	return d;
}

/* Fingerprints with the same tests: each but the first is told. */
static int
check_same(const struct osdb *db, const char *name, struct buf *err)
{
	const struct osdb_entry **e = calloc(db->nentry + 1, sizeof(*e));
	size_t i, first = 0;
	int rc = 0;

	if (e == NULL) {
		tell(err, name, 0);
		buf_puts(err, "out of memory");
		return -1;
	}
	for (i = 0; i < db->nentry; i++)
		e[i] = &db->entry[i];
	qsort(e, db->nentry, sizeof(*e), compare);
	for (i = 1; i < db->nentry; i++) {
		if (compare_tests(e[first], e[i]) != 0) {
			first = i;
			continue;
		}
		tell(err, name, e[i]->line);
		buf_printf(err, "the same tests as line %lu, which nothing "
		    "tells apart; make one of both, or add a test",
		    e[first]->line);
		rc = -1;
	}
	free(e);
	return rc;
}

/* The responsiveness of SEQ, OPS and WIN never has points: it is T1's. */
static bool
goes_without(unsigned slot)
{
	unsigned line = slot / OSFP_ATTRS;

	return slot % OSFP_ATTRS == 0 && (line == OSFP_SEQ ||
	    line == OSFP_OPS || line == OSFP_WIN);
}

static int
check_points(const struct osdb *db, const char *name, struct buf *err)
{
	bool told[OSFP_SLOTS] = { false };
	const struct osdb_test *t;
	size_t i;
	int rc = 0;

	for (i = 0; i < db->ntest; i++) {
		t = &db->test[i];
		if (db->points[t->slot] > 0 || told[t->slot] ||
		    goes_without(t->slot))
			continue;
		told[t->slot] = true;
		tell(err, name, db->points_line);
		buf_printf(err, "%s has tests of %s, without points; write "
		    "them in MatchPoints",
		    osfp_rows[t->slot / OSFP_ATTRS].name,
		    osfp_rows[t->slot / OSFP_ATTRS].attr[t->slot %
		    OSFP_ATTRS]);
		rc = -1;
	}
	return rc;
}

int
osdb_check(const struct osdb *db, const char *name, struct buf *err)
{
	int same = check_same(db, name, err);

	return check_points(db, name, err) == -1 ? -1 : same;
}
