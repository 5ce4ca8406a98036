/* Matching as nmap's documentation has it ("OS Matching Algorithms"): a test
 * that both sides have counts its points, and again when it agrees.
 *
 * Fingerprints of a database share most of their tests and many of their whole
 * lines, so that each test is held against the subject once, and each line is
 * summed up once: what is left for a fingerprint is to add a dozen sums. */
#include "meaning/osmatch.h"

#include <stdlib.h>
#include <string.h>

#include "meaning/osexpr.h"

/* This part of all points is evidence enough: 1 of ENOUGH. */
#define ENOUGH	4
/* And this part of what a host showed is enough to be held against it. */
#define TESTED	5

struct sum {
	uint32_t	got, of;
};

struct osmatch {
	const struct osdb	*db;
	struct sum		*test;	/* of each test of the database */
	struct sum		*row;	/* ... and of each row */
};

struct osmatch *
osmatch_new(const struct osdb *db)
{
	struct osmatch *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->db = db;
	m->test = calloc(db->ntest + 1, sizeof(*m->test));
	m->row = calloc(db->nrow + 1, sizeof(*m->row));
	if (m->test != NULL && m->row != NULL)
		return m;
	osmatch_free(m);
	return NULL;
}

void
osmatch_free(struct osmatch *m)
{
	if (m == NULL)
		return;
	free(m->test);
	free(m->row);
	free(m);
}

static void
add(struct sum *to, struct sum s)
{
	to->got += s.got;
	to->of += s.of;
}

static void
sum_tests(struct osmatch *m, const struct osfp *fp)
{
	struct str value[OSFP_SLOTS];
	const struct osdb_test *t;
	uint32_t points;
	size_t i;

	for (i = 0; i < OSFP_SLOTS; i++)
		value[i] = str_of(osfp_get_slot(fp, (unsigned)i));
	for (i = 0; i < m->db->ntest; i++) {
		t = &m->db->test[i];
		points = m->db->points[t->slot];
		m->test[i] = (struct sum){ 0, 0 };
		if (points == 0 || value[t->slot].p == NULL)
			continue;
		m->test[i].of = points;
		if (osexpr_match(t->expr, value[t->slot]))
			m->test[i].got = points;
	}
}

static void
sum_rows(struct osmatch *m)
{
	const struct osdb_row *r;
	size_t i, k;

	for (i = 0; i < m->db->nrow; i++) {
		r = &m->db->row[i];
		m->row[i] = (struct sum){ 0, 0 };
		for (k = 0; k < r->n; k++)
			add(&m->row[i], m->test[m->db->ref[r->first + k]]);
	}
}

static struct sum
sum_entry(const struct osmatch *m, const struct osdb_entry *e)
{
	struct sum s = { 0, 0 };
	unsigned i;

	for (i = OSFP_SEQ; i < OSFP_NLINE; i++)
		if (e->row[i] != OSDB_NO_ROW)
			add(&s, m->row[e->row[i]]);
	return s;
}

/* Is a the more accurate one? */
static bool
better(const struct osmatch_hit *a, const struct osmatch_hit *b)
{
	return (uint64_t)a->got * b->of > (uint64_t)b->got * a->of;
}

/* Puts a hit in its place among n, of which there may be max: how many there are
 * then. */
static size_t
place(struct osmatch_hit *hit, size_t n, size_t max,
    const struct osmatch_hit *h)
{
	size_t at = n;

	while (at > 0 && better(h, &hit[at - 1]))
		at--;
	if (at == max)
		return n;
	if (n < max)
		n++;
	memmove(&hit[at + 1], &hit[at], (n - 1 - at) * sizeof(*hit));
	hit[at] = *h;
	return n;
}

size_t
osmatch_find(struct osmatch *m, const struct osfp *fp, struct osmatch_hit *hit,
    size_t max)
{
	const struct osdb_entry *e = m->db->entry;
	bool v6 = osfp_is_v6(fp);
	size_t i, n = 0;
	struct sum s;

	sum_tests(m, fp);
	sum_rows(m);
	for (i = 0; i < m->db->nentry; i++, e++) {
		if (e->v6 != v6 || (s = sum_entry(m, e)).of == 0)
			continue;
		n = place(hit, n, max,
		    &(struct osmatch_hit){ e, s.got, s.of });
	}
	return n;
}

unsigned
osmatch_accuracy(const struct osmatch_hit *h)
{
	return h->of == 0 ? 0 : (unsigned)((uint64_t)h->got * 100 / h->of);
}

unsigned
osmatch_conf(const struct osmatch *m, const struct osfp *fp,
    const struct osmatch_hit *h)
{
	uint64_t all = 0, seen = 0, got, of;
	unsigned i;

	for (i = 0; i < OSFP_SLOTS; i++) {
		all += m->db->points[i];
		if (osfp_get_slot(fp, i) != NULL)
			seen += m->db->points[i];
	}
	if (h->of == 0)
		return 0;
	got = (uint64_t)h->got * 100;
	of = h->of;
	if ((uint64_t)h->of * TESTED < seen) {
		got = (uint64_t)h->got * 100 * TESTED;
		of = seen;
	}
	if (seen * ENOUGH >= all)
		return (unsigned)(got / of);
	return (unsigned)(got * seen * ENOUGH / (of * all));
}
