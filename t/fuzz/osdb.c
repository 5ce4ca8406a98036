#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/osdb.h"
#include "meaning/osexpr.h"
#include "meaning/osmatch.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define HITS	4

static bool
is_inside(const struct osdb *db, struct str s)
{
	return s.n == 0 || (s.p >= db->text.p &&
	    s.p + s.n <= db->text.p + db->text.n);
}

static void
check_entry(const struct osdb *db, const struct osdb_entry *e)
{
	const struct osdb_class *c;
	size_t i, tests = 0;

	assert(e->name.n > 0 && is_inside(db, e->name) && e->ncls > 0);
	assert(e->cls + e->ncls <= db->ncls);
	for (i = 0; i < e->ncls; i++) {
		c = &db->cls[e->cls + i];
		assert(is_inside(db, c->vendor) && is_inside(db, c->type));
		assert(c->cpe + c->ncpe <= db->ncpe);
	}
	for (i = 0; i < OSFP_NLINE; i++)
		if (e->row[i] != OSDB_NO_ROW) {
			assert(e->row[i] < db->nrow);
			assert(db->row[e->row[i]].line == i);
			tests++;
		}
	assert(tests > 0);
}

static void
check(const struct osdb *db)
{
	size_t i;

	for (i = 0; i < db->nentry; i++)
		check_entry(db, &db->entry[i]);
	for (i = 0; i < db->ntest; i++) {
		assert(osexpr_check(db->test[i].expr) == NULL);
		assert(db->test[i].slot < OSFP_SLOTS);
	}
	for (i = 0; i < db->nref; i++)
		assert(db->ref[i] < db->ntest);
}

static void
match(const struct osdb *db, struct str subject)
{
	static struct osfp fp;
	struct osmatch_hit hit[HITS];
	struct osmatch *m = osmatch_new(db);
	size_t n, i;

	assert(m != NULL);
	osfp_parse(&fp, subject, NULL);
	n = osmatch_find(m, &fp, hit, HITS);
	assert(n <= HITS && n <= db->nentry);
	for (i = 0; i < n; i++) {
		assert(hit[i].got <= hit[i].of && hit[i].of > 0);
		assert(osmatch_conf(m, &fp, &hit[i]) <=
		    osmatch_accuracy(&hit[i]));
	}
	osmatch_free(m);
}

/* The first 0xff byte parts a database from a fingerprint. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest = { (const char *)data, n };
	struct str text = str_cut(&rest, '\xff');
	struct buf copy = { 0 }, err = { 0 };
	struct osdb db = { 0 };

	buf_str(&copy, text);
	assert(osdb_read(&db, &copy, "fuzz", &err) == 0);
	assert((db.errors > 0) == (err.n > 0));
	check(&db);
	err.n = 0;
	assert((osdb_check(&db, "fuzz", &err) == -1) == (err.n > 0));
	match(&db, rest);
	osdb_release(&db);
	buf_release(&err);
	return 0;
}
