#include "meaning/svcdb.h"

#include <stdlib.h>
#include <string.h>

#include "meaning/svcdb_priv.h"

/* What the probes point into, and what they were told. */
struct svcdb_mem {
	char		**block;	/* of every text that was read */
	size_t		  nblock;
	struct svcdb_fallback *fallback; /* of each probe */
};

/* The database that becomes of an old one and a text. Until it is kept, it
 * owns nothing but its arrays and every probe's ->look. */
struct merge {
	struct svcdb		 db;
	struct svcdb_errors	*e;
	struct svcdb_text	*t;
	size_t			*from;	/* of each probe: its index in the
					 * text, t->n: it is of the old one */
};

static void
mem_free(struct svcdb_mem *m)
{
	if (m == NULL)
		return;
	free(m->block);
	free(m->fallback);
	free(m);
}

void
svcdb_release(struct svcdb *db)
{
	size_t i;

	for (i = 0; i < db->n; i++)
		svcdb_probe_release(&db->probe[i]);
	for (i = 0; db->mem != NULL && i < db->mem->nblock; i++)
		free(db->mem->block[i]);
	for (i = 0; i < SVC_NPROTO; i++)
		portset_release(&db->exclude[i]);
	mem_free(db->mem);
	free(db->probe);
	*db = (struct svcdb){ 0 };
}

static int
no_memory(struct merge *m)
{
	return svcdb_fail(m->e, m->t->lines, "out of memory");
}

static int
make_room(struct merge *m, const struct svcdb *old)
{
	size_t n = old->n + m->t->n + 1;
	size_t blocks = old->mem == NULL ? 0 : old->mem->nblock;
	struct svcdb_mem *mem = calloc(1, sizeof(*mem));

	m->db.mem = mem;
	if (mem == NULL)
		return no_memory(m);
	m->db.probe = calloc(n, sizeof(*m->db.probe));
	m->from = calloc(n, sizeof(*m->from));
	mem->fallback = calloc(n, sizeof(*mem->fallback));
	mem->block = calloc(blocks + 1, sizeof(*mem->block));
	if (m->db.probe == NULL || m->from == NULL || mem->fallback == NULL ||
	    mem->block == NULL)
		return no_memory(m);
	if (blocks > 0)
		memcpy(mem->block, old->mem->block,
		    blocks * sizeof(*mem->block));
	mem->block[blocks] = m->t->block;
	mem->nblock = blocks + 1;
	return 0;
}

static void
add_probe(struct merge *m, const struct svc_probe *p,
    struct svcdb_fallback fallback, size_t from)
{
	struct svc_probe *dst = &m->db.probe[m->db.n];

	*dst = *p;
	dst->look = NULL;
	dst->nlook = 0;
	m->from[m->db.n] = from;
	m->db.mem->fallback[m->db.n++] = fallback;
}

/* The old probes in their places, each replaced by the text's of its name, then
 * the others of the text. */
static void
add_probes(struct merge *m, const struct svcdb *old)
{
	const struct svcdb_text *t = m->t;
	const struct svc_probe *p;
	size_t i, k;

	for (i = 0; i < old->n; i++) {
		p = &old->probe[i];
		k = svcdb_index(t->probe, t->n, p->proto, str_of(p->name));
		if (k < t->n)
			add_probe(m, &t->probe[k], t->fallback[k], k);
		else
			add_probe(m, p, old->mem->fallback[i], t->n);
	}
	for (i = 0; i < t->n; i++) {
		p = &t->probe[i];
		k = svcdb_index(old->probe, old->n, p->proto,
		    str_of(p->name));
		if (k == old->n)
			add_probe(m, p, t->fallback[i], i);
	}
}

static bool
looks_at(const struct svc_probe *p, const struct svc_probe *at)
{
	size_t i;

	for (i = 0; i < p->nlook; i++)
		if (p->look[i] == at)
			return true;
	return false;
}

static size_t
count_names(struct str names)
{
	size_t n = 0;

	for (; names.p != NULL; n++)
		str_cut(&names, ',');
	return n;
}

/* The index of the probe of that name, rather one of this protocol, or n. */
static size_t
find_fallback(const struct svcdb *db, enum svc_proto proto, struct str name)
{
	size_t i = svcdb_index(db->probe, db->n, proto, name);

	if (i == db->n)
		i = svcdb_index(db->probe, db->n,
		    proto == SVC_TCP ? SVC_UDP : SVC_TCP, name);
	return i;
}

/* Whose lines the i-th probe's answers are held against. */
static int
link_probe(struct merge *m, size_t i)
{
	struct svc_probe *p = &m->db.probe[i];
	struct svcdb_fallback f = m->db.mem->fallback[i];
	struct str names = f.names, name;
	size_t k;

	p->look = calloc(count_names(names) + 2, sizeof(*p->look));
	if (p->look == NULL)
		return no_memory(m);
	p->look[p->nlook++] = p;
	while (names.p != NULL) {
		name = str_trim(str_cut(&names, ','));
		k = find_fallback(&m->db, p->proto, name);
		if (k == m->db.n)
			svcdb_fail(m->e, f.line, "probe %s falls back to "
			    "\"%.*s\", and there is no such probe; correct "
			    "the name or drop it", p->name,
			    (int)(name.n < 40 ? name.n : 40), name.p);
		else if (!looks_at(p, &m->db.probe[k]))
			p->look[p->nlook++] = &m->db.probe[k];
	}
	if (p->proto == SVC_TCP && m->db.null != NULL &&
	    !looks_at(p, m->db.null))
		p->look[p->nlook++] = m->db.null;
	return 0;
}

static int
link_probes(struct merge *m)
{
	unsigned long errors = m->e->n;
	struct svcdb *db = &m->db;
	size_t i;

	for (i = 0; i < db->n && db->null == NULL; i++)
		if (db->probe[i].proto == SVC_TCP && db->probe[i].n == 0)
			db->null = &db->probe[i];
	for (i = 0; i < db->n; i++)
		if (link_probe(m, i) == -1)
			return -1;
	return m->e->n > errors ? -1 : 0;
}

static int
add_excludes(struct merge *m, const struct svcdb *old)
{
	size_t i;

	for (i = 0; i < SVC_NPROTO; i++)
		if (portset_union(&m->db.exclude[i], &old->exclude[i]) == -1 ||
		    portset_union(&m->db.exclude[i], &m->t->exclude[i]) == -1)
			return no_memory(m);
	return 0;
}

/* The new database takes over what it is made of; what it has not taken stays
 * with the old one and the text, for release. */
static void
keep(struct merge *m, struct svcdb *old)
{
	struct svcdb_text *t = m->t;
	struct svc_probe *p;
	size_t i;

	for (i = 0; i < m->db.n; i++) {
		if (m->from[i] < t->n) {
			t->probe[m->from[i]] = (struct svc_probe){ 0 };
			continue;
		}
		p = &old->probe[i];	/* old ones kept their index */
		free(p->look);
		*p = (struct svc_probe){ 0 };
	}
	t->block = NULL;
	if (old->mem != NULL)
		old->mem->nblock = 0;
	svcdb_release(old);
	*old = m->db;
	m->db = (struct svcdb){ 0 };
}

/* Frees what a merge that came to nothing has of its own. */
static void
drop(struct merge *m)
{
	size_t i;

	for (i = 0; i < m->db.n; i++)
		free(m->db.probe[i].look);
	for (i = 0; i < SVC_NPROTO; i++)
		portset_release(&m->db.exclude[i]);
	mem_free(m->db.mem);
	free(m->db.probe);
	free(m->from);
}

static int
merge(struct svcdb *db, struct svcdb_text *t, struct svcdb_errors *e)
{
	struct merge m = { .e = e, .t = t };
	int rc = -1;

	if (make_room(&m, db) == -1)
		goto out;
	add_probes(&m, db);
	if (link_probes(&m) == -1 || add_excludes(&m, db) == -1)
		goto out;
	keep(&m, db);
	rc = 0;
out:
	drop(&m);
	return rc;
}

int
svcdb_parse(struct svcdb *db, struct str text, const char *name,
    struct buf *err)
{
	struct svcdb_errors e = { .name = name, .err = err };
	struct svcdb_text t = { 0 };
	int rc;

	if ((rc = svcdb_text_read(&t, text, &e)) == 0)
		rc = merge(db, &t, &e);
	if (e.n > SVCDB_ERRORS)
		buf_printf(err, "\n%s:%lu: %lu errors more; mend those above "
		    "first", name, t.lines, e.n - SVCDB_ERRORS);
	svcdb_text_release(&t);
	return rc;
}
