/* A database has some ten thousand lines, and an answer matches one of them. So
 * an answer is made into a set of its trigrams once, in lower case, and a line
 * is ruled out by looking up those of the texts that its pattern demands, and
 * by the answer's first bytes (svclit.h). The few that are left are compiled,
 * the first time, and run. */
#include "meaning/svcmatch.h"

#include <stdlib.h>
#include <string.h>

#include "meaning/svcdb_priv.h"
#include "meaning/svclit.h"
#include "meaning/svcregex.h"
#include "meaning/svctmpl.h"

_Static_assert(SVCREGEX_GROUPS == SVCTMPL_GROUPS, "what templates refer to");

#define GRAMS	4		/* of a text that are looked up */
#define HASHES	65536		/* of trigrams */
#define ALWAYS	0		/* no trigram's hash: every answer has it */
#define OVERS	16		/* patterns that may take too much, in one find */

/* Trigrams that an answer must have, by their hash. */
struct grams {
	uint16_t	v[GRAMS];
};

/* What rules a line out. */
struct sieve {
	uint64_t	mask, value;	/* of the first eight bytes */
	struct grams	all;
	/* The table's choices one of which must be there, 0 of them: none. */
	uint32_t	choice, nchoice;
};

/* What one probe's lines need; made when it is first looked at. */
struct table {
	struct sieve	 *sieve;	/* of each line */
	struct grams	 *choice;	/* of all lines, one behind the other */
	struct compiled	**line;		/* NULL: not wanted so far */
};

/* A line that an answer has passed the sieve of. */
struct compiled {
	struct svclit	 lit;
	struct svcregex	*re;		/* NULL: it is malformed */
};

struct svcmatch {
	const struct svcdb	*db;
	struct table		*table;		/* of each probe */
	struct svcregex_memory	*memory;
	uint64_t		 has[HASHES / 64]; /* the answer's trigrams */
	uint64_t		 head;		/* and its first bytes */
	struct buf		 lower;		/* all of it, in lower case */
	struct buf		 text;		/* what templates become */
};

struct svcmatch *
svcmatch_new(const struct svcdb *db)
{
	struct svcmatch *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->db = db;
	m->memory = svcregex_memory_new();
	m->table = calloc(db->n + 1, sizeof(*m->table));
	if (m->memory == NULL || m->table == NULL) {
		svcmatch_free(m);
		return NULL;
	}
	return m;
}

static void
compiled_free(struct compiled *c)
{
	if (c == NULL)
		return;
	svcregex_free(c->re);
	free(c);
}

static void
table_release(struct table *t, size_t n)
{
	size_t i;

	for (i = 0; t->line != NULL && i < n; i++)
		compiled_free(t->line[i]);
	free(t->line);
	free(t->sieve);
	free(t->choice);
	*t = (struct table){ 0 };
}

void
svcmatch_free(struct svcmatch *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; m->table != NULL && i < m->db->n; i++)
		table_release(&m->table[i], m->db->probe[i].nline);
	free(m->table);
	svcregex_memory_free(m->memory);
	buf_release(&m->lower);
	buf_release(&m->text);
	free(m);
}

/* ---- the sieve ---- */

static inline uint16_t
hash(uint32_t gram)
{
	uint16_t h = (uint16_t)(gram * 0x9e3779b1u >> 16);

	return h == ALWAYS ? 1 : h;
}

static uint16_t
gram_at(const uint8_t *p)
{
	return hash((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]);
}

/* The trigrams that a probe's lines demand, of all lines one behind the other:
 * those that must all be there, then those of each choice behind an ALWAYS. And
 * how many places demand each. */
struct demand {
	struct buf	 gram;		/* of uint16_t */
	uint32_t	*end;		/* of each line: where its own end */
	size_t		 nchoice;	/* of all lines */
	uint16_t	 count[HASHES];
};

static void
demand_free(struct demand *d)
{
	if (d == NULL)
		return;
	buf_release(&d->gram);
	free(d->end);
	free(d);
}

static struct demand *
demand_new(size_t nline)
{
	struct demand *d = calloc(1, sizeof(*d));

	if (d == NULL || (d->end = calloc(nline + 1, sizeof(*d->end))) == NULL) {
		demand_free(d);
		return NULL;
	}
	return d;
}

static void
add_run(struct demand *d, const uint8_t *p, size_t n)
{
	uint16_t gram;
	size_t i;

	for (i = 0; i + SVCLIT_RUN <= n; i++) {
		gram = gram_at(p + i);
		if (d->count[gram] < UINT16_MAX)
			d->count[gram]++;
		buf_put(&d->gram, &gram, sizeof(gram));
	}
}

/* The line's first bytes into its sieve, and its trigrams into *d. */
static void
read_line(struct demand *d, struct sieve *s, const struct svc_line *line)
{
	static const uint16_t always = ALWAYS;
	struct svclit l;
	unsigned i;

	svclit_find(&l, line->pattern->regex, line->pattern->caseless);
	memcpy(&s->mask, l.mask, sizeof(s->mask));
	memcpy(&s->value, l.value, sizeof(s->value));
	for (i = 0; i < l.nrun; i++)
		add_run(d, l.byte + l.run[i].at, l.run[i].n);
	for (i = 0; i < l.nchoice; i++) {
		if (i == 0 || l.choice[i].choice != l.choice[i - 1].choice) {
			buf_put(&d->gram, &always, sizeof(always));
			d->nchoice++;
		}
		add_run(d, l.byte + l.choice[i].at, l.choice[i].n);
	}
}

/* Puts a trigram among the rarest of a text, which are in the order of their
 * count. */
static void
keep_rare(const struct demand *d, struct grams *g, uint16_t gram)
{
	unsigned i, k;

	if (g->v[GRAMS - 1] != ALWAYS &&
	    d->count[gram] >= d->count[g->v[GRAMS - 1]])
		return;		/* as most are */
	for (i = 0; i < GRAMS; i++) {
		if (g->v[i] == gram)
			return;
		if (g->v[i] == ALWAYS || d->count[gram] < d->count[g->v[i]])
			break;
	}
	if (i == GRAMS)
		return;
	for (k = GRAMS - 1; k > i; k--)
		g->v[k] = g->v[k - 1];
	g->v[i] = gram;
}

/* Those trigrams tell a line from others that few others demand: "HTTP" is in
 * every web server's answer. */
static void
keep_rarest(const struct demand *d, struct table *t, size_t nline)
{
	const uint16_t *gram = (const uint16_t *)(const void *)d->gram.p;
	struct grams *g;
	uint32_t n = 0;
	size_t i, k = 0;

	for (i = 0; i < nline; i++) {
		t->sieve[i].choice = n;
		for (g = &t->sieve[i].all; k < d->end[i]; k++)
			if (gram[k] == ALWAYS)
				g = &t->choice[n++];
			else
				keep_rare(d, g, gram[k]);
		t->sieve[i].nchoice = n - t->sieve[i].choice;
	}
}

static int
fill_sieves(struct table *t, const struct svc_probe *p)
{
	struct demand *d = demand_new(p->nline);
	size_t i;
	int rc = -1;

	if (d == NULL)
		return -1;
	for (i = 0; i < p->nline; i++) {
		read_line(d, &t->sieve[i], &p->line[i]);
		d->end[i] = (uint32_t)(d->gram.n / sizeof(uint16_t));
	}
	t->choice = calloc(d->nchoice + 1, sizeof(*t->choice));
	if (t->choice == NULL || d->gram.oom)
		goto out;
	keep_rarest(d, t, p->nline);
	rc = 0;
out:
	demand_free(d);
	return rc;
}

/* NULL when out of memory. */
static struct table *
table_for(struct svcmatch *m, const struct svc_probe *p)
{
	struct table *t = &m->table[p - m->db->probe];

	if (t->line != NULL)
		return t;
	t->line = calloc(p->nline + 1, sizeof(*t->line));
	t->sieve = calloc(p->nline + 1, sizeof(*t->sieve));
	if (t->line == NULL || t->sieve == NULL || fill_sieves(t, p) == -1) {
		table_release(t, p->nline);
		return NULL;
	}
	return t;
}

/* What the sieves look at, of an answer of n bytes: 0, or -1 when out of
 * memory. */
static int
digest(struct svcmatch *m, const uint8_t *p, size_t n)
{
	uint32_t gram = 0;
	uint8_t *lower;
	uint16_t h;
	size_t i;

	m->lower.n = 0;
	m->lower.oom = false;
	if (buf_reserve(&m->lower, n + 1) == -1)
		return -1;
	lower = (uint8_t *)m->lower.p;
	m->lower.n = n;
	memset(m->has, 0, sizeof(m->has));
	m->has[0] = 1u << ALWAYS;
	m->head = 0;
	memcpy(&m->head, p, n < sizeof(m->head) ? n : sizeof(m->head));
	for (i = 0; i < n; i++) {
		lower[i] = svclit_lower(p[i]);
		gram = (gram << 8 | lower[i]) & 0xffffff;
		if (i < SVCLIT_RUN - 1)
			continue;
		h = hash(gram);
		m->has[h / 64] |= (uint64_t)1 << h % 64;
	}
	return 0;
}

static inline bool
has(const struct svcmatch *m, uint16_t h)
{
	return m->has[h / 64] >> h % 64 & 1;
}

static inline bool
has_all(const struct svcmatch *m, const struct grams *g)
{
	return has(m, g->v[0]) && has(m, g->v[1]) && has(m, g->v[2]) &&
	    has(m, g->v[3]);
}

static bool
has_choice(const struct svcmatch *m, const struct grams *g, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (has_all(m, &g[i]))
			return true;
	return n == 0;
}

static inline bool
passes(const struct svcmatch *m, const struct table *t, size_t i)
{
	const struct sieve *s = &t->sieve[i];

	return (m->head & s->mask) == s->value && has_all(m, &s->all) &&
	    has_choice(m, t->choice + s->choice, s->nchoice);
}

/* ---- matching ---- */

/* An answer that is held against lines. */
struct hunt {
	struct svcmatch	*m;
	const char	*soft;
	const uint8_t	*p;
	size_t		 n;
	unsigned	 overs;		/* patterns that took too much */
	struct str	 group[SVCREGEX_GROUPS];
};

static bool
has_run(const struct svcmatch *m, const struct svclit *l, struct svclit_run r)
{
	return memmem(m->lower.p, m->lower.n, l->byte + r.at, r.n) != NULL;
}

/* What trigrams say roughly. */
static bool
has_literals(const struct svcmatch *m, const struct svclit *l)
{
	unsigned i;
	bool all = true;

	for (i = 0; i < l->nrun; i++)
		if (!has_run(m, l, l->run[i]))
			return false;
	for (i = 0; i < l->nchoice; i++) {
		if (i > 0 && l->choice[i].choice != l->choice[i - 1].choice) {
			if (all)
				return true;
			all = true;
		}
		all = all && has_run(m, l, l->choice[i]);
	}
	return all;
}

/* NULL when out of memory. */
static struct compiled *
compiled_for(struct table *t, const struct svc_probe *p, size_t i)
{
	const struct svc_pattern *pat = p->line[i].pattern;
	struct compiled *c = t->line[i];

	if (c != NULL || (c = calloc(1, sizeof(*c))) == NULL)
		return c;
	svclit_find(&c->lit, pat->regex, pat->caseless);
	t->line[i] = c;
	return c;
}

static bool
line_matches(struct hunt *h, struct table *t, const struct svc_probe *p,
    size_t i)
{
	const struct svc_pattern *pat = p->line[i].pattern;
	struct compiled *c = compiled_for(t, p, i);
	bool over;

	if (c == NULL || !has_literals(h->m, &c->lit))
		return false;
	/* One that is malformed never matches: svcmatch_check() tells it. */
	if (c->re == NULL)
		c->re = svcregex_new(pat->regex, pat->caseless, pat->dotall,
		    NULL);
	if (c->re == NULL)
		return false;
	if (svcregex_match(c->re, h->m->memory, h->p, h->n, h->group, &over))
		return true;
	h->overs += over;
	return false;
}

/* Where a text starts in m->text, as long as that grows. */
static struct str
expand(struct hunt *h, struct str tmpl, bool cpe)
{
	struct buf *b = &h->m->text;
	size_t start = b->n;

	if (tmpl.p == NULL)
		return STR_NONE;
	if (cpe)
		buf_puts(b, "cpe:/");
	if (svctmpl_expand(b, tmpl, h->group, cpe) == -1) {
		b->n = start;
		return STR_NONE;
	}
	return (struct str){ (const char *)(uintptr_t)(start + 1),
	    b->n - start };
}

static void
settle(const struct buf *b, struct str *s)
{
	size_t start;

	if (s->p == NULL)
		return;
	start = (size_t)(uintptr_t)s->p - 1;
	*s = s->n > 0 && !b->oom ? (struct str){ b->p + start, s->n } :
	    STR_NONE;
}

static void
tell(struct hunt *h, const struct svc_probe *p, const struct svc_line *l,
    struct svc_found *f)
{
	struct str *const all[] = { &f->product, &f->version, &f->info,
	    &f->hostname, &f->os, &f->device };
	const struct str from[] = { l->product, l->version, l->info,
	    l->hostname, l->os, l->device };
	unsigned i;

	*f = (struct svc_found){ .probe = p, .line = l,
	    .service = str_of(l->service) };
	h->m->text.n = 0;
	h->m->text.oom = false;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		*all[i] = expand(h, from[i], false);
	for (i = 0; i < l->ncpe; i++) {
		f->cpe[f->ncpe] = expand(h, l->cpe[i], true);
		f->ncpe += f->cpe[f->ncpe].p != NULL;
	}
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		settle(&h->m->text, all[i]);
	for (i = 0; i < f->ncpe; i++)
		settle(&h->m->text, &f->cpe[i]);
	if (h->m->text.oom)
		f->ncpe = 0;
}

/* Holds the answer against one probe's lines: true when a match line matches;
 * the first softmatch line that does is told meanwhile. */
static bool
search(struct hunt *h, const struct svc_probe *p, struct svc_found *f)
{
	struct table *t = table_for(h->m, p);
	const struct svc_line *l;
	size_t i;

	if (t == NULL)
		return false;
	for (i = 0; i < p->nline && h->overs < OVERS; i++) {
		if (!passes(h->m, t, i))
			continue;
		l = &p->line[i];
		if ((l->soft && f->line != NULL) || (h->soft != NULL &&
		    strcmp(h->soft, l->service) != 0))
			continue;
		if (!line_matches(h, t, p, i))
			continue;
		tell(h, p, l, f);
		if (!l->soft)
			return true;
	}
	return false;
}

bool
svcmatch_find(struct svcmatch *m, const struct svc_probe *probe,
    const char *soft, const void *answer, size_t n, struct svc_found *f)
{
	struct hunt h = { .m = m, .soft = soft, .n = n };
	size_t i;

	h.p = n > 0 ? answer : (const void *)"";
	*f = (struct svc_found){ 0 };
	if (digest(m, h.p, n) == -1)
		return false;
	for (i = 0; i < probe->nlook; i++)
		if (search(&h, probe->look[i], f))
			break;
	return f->line != NULL;
}

/* ---- checking ---- */

static int
check_groups(const struct svc_line *l, struct str tmpl, unsigned groups,
    const char *name, struct svcdb_errors *e)
{
	unsigned highest;

	e->name = name;
	if (tmpl.p == NULL || svctmpl_check(tmpl, &highest) != NULL ||
	    highest <= groups)
		return 0;
	return svcdb_fail(e, l->line, "$%u, and the pattern captures %u; "
	    "correct the number or put ( ) around what it means", highest,
	    groups);
}

static void
check_line(const struct svc_line *l, struct svcdb_errors *e)
{
	const struct svc_pattern *pat = l->pattern;
	const struct str tmpl[] = { l->product, l->version, l->info,
	    l->hostname, l->os, l->device };
	struct buf why = { 0 };
	struct svcregex *re;
	unsigned i, n;

	e->name = l->file;
	re = svcregex_new(pat->regex, pat->caseless, pat->dotall, &why);
	if (re == NULL) {
		svcdb_fail(e, l->line, "a malformed pattern: %.*s; correct it",
		    STR_ARG(buf_view(&why)));
		buf_release(&why);
		return;
	}
	n = svcregex_groups(re);
	for (i = 0; i < sizeof(tmpl) / sizeof(tmpl[0]); i++)
		if (check_groups(l, tmpl[i], n, l->file, e) == -1)
			break;
	for (i = 0; i < l->ncpe; i++)
		if (check_groups(l, l->cpe[i], n, l->file, e) == -1)
			break;
	svcregex_free(re);
}

int
svcmatch_check(const struct svcdb *db, struct buf *err)
{
	struct svcdb_errors e = { .err = err };
	size_t i, k;

	for (i = 0; i < db->n; i++)
		for (k = 0; k < db->probe[i].nline; k++)
			check_line(&db->probe[i].line[k], &e);
	if (e.n > SVCDB_ERRORS)
		buf_printf(err, "\n%s: %lu errors more; mend those above "
		    "first", e.name, e.n - SVCDB_ERRORS);
	return e.n == 0 ? 0 : -1;
}
