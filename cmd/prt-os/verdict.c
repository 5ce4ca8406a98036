#include "verdict.h"

#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "meaning/osmatch.h"

#define SURE	85	/* percent: less is a guess, as with nmap */
#define HITS	64	/* that are looked at */
#define MOST	8	/* different texts of a list */
#define NAMES	2	/* systems that are named in os= side by side */
#define GENS	3	/* generations likewise */

struct verdict {
	struct verdict_conf	 conf;
	const struct osdb	*db;
	struct osmatch		*match;
	struct osmatch_hit	 hit[HITS];
	size_t			 n;		/* hits that count */
	size_t			 ties;		/* of them as good as the best */
	unsigned		 most;		/* percent, for this host */
};

/* Different texts, in the order in which they came. */
struct texts {
	struct str	v[MOST];
	size_t		n;
	bool		more;	/* there were others */
};

/* What the classes of the best hits say. */
struct classes {
	struct texts	name, vendor, family, gen, type, cpe;
};

struct verdict *
verdict_new(const struct osdb *db, const struct verdict_conf *conf)
{
	struct verdict *v = calloc(1, sizeof(*v));

	if (v == NULL || (v->match = osmatch_new(db)) == NULL) {
		free(v);
		return NULL;
	}
	v->conf = *conf;
	v->db = db;
	return v;
}

void
verdict_free(struct verdict *v)
{
	if (v == NULL)
		return;
	osmatch_free(v->match);
	free(v);
}

/* ---- which systems ---- */

static bool
as_good(const struct osmatch_hit *a, const struct osmatch_hit *b)
{
	return (uint64_t)a->got * b->of == (uint64_t)b->got * a->of;
}

static unsigned
surety(const struct verdict *v, const struct osfp *fp,
    const struct osmatch_hit *h)
{
	unsigned conf = v->conf.passive ? osmatch_accuracy(h) :
	    osmatch_conf(v->match, fp, h);

	return conf < v->most ? conf : v->most;
}

/* Keeps the hits that most of what was seen was held against: with so little to
 * go by, a system of which the database says next to nothing would match. How
 * many there are. */
static size_t
tested(struct osmatch_hit *hit, size_t n)
{
	uint32_t most = 0;
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (hit[i].of > most)
			most = hit[i].of;
	for (i = 0; i < n; i++)
		if (hit[i].of >= most - most / 2)
			hit[k++] = hit[i];
	return k;
}

/* The surest first; of equal ones in the order that they had. */
static void
sort(struct verdict *v, const struct osfp *fp, size_t n)
{
	unsigned conf[HITS];
	struct osmatch_hit h;
	size_t i, k;

	for (i = 0; i < n; i++) {
		unsigned c = surety(v, fp, &v->hit[i]);

		h = v->hit[i];
		for (k = i; k > 0 && conf[k - 1] < c; k--) {
			conf[k] = conf[k - 1];
			v->hit[k] = v->hit[k - 1];
		}
		conf[k] = c;
		v->hit[k] = h;
	}
}

/* The hits that are sure enough; beside a perfect one no others are. */
static void
choose(struct verdict *v, const struct osfp *fp)
{
	unsigned least = v->conf.guess ? 1 : SURE;
	size_t n = osmatch_find(v->match, fp, v->hit, HITS);

	if (v->conf.passive)
		n = tested(v->hit, n);
	sort(v, fp, n);
	v->n = v->ties = 0;
	while (v->ties < n && as_good(&v->hit[v->ties], &v->hit[0]) &&
	    surety(v, fp, &v->hit[v->ties]) == surety(v, fp, &v->hit[0]))
		v->ties++;
	if (n > 0 && osmatch_accuracy(&v->hit[0]) == 100 && !v->conf.guess)
		n = v->ties;
	while (v->n < n && surety(v, fp, &v->hit[v->n]) >= least)
		v->n++;
	if (v->ties > v->n)
		v->ties = v->n;
}

/* ---- in words ---- */

static void
texts_add(struct texts *t, struct str s)
{
	size_t i;

	if (s.n == 0)
		return;
	for (i = 0; i < t->n; i++)
		if (str_eq(t->v[i], s))
			return;
	if (t->n < MOST)
		t->v[t->n++] = s;
	else
		t->more = true;
}

static void
add_class(struct classes *all, const struct osdb *db,
    const struct osdb_class *c)
{
	uint32_t i;

	texts_add(&all->vendor, c->vendor);
	texts_add(&all->family, c->family);
	texts_add(&all->gen, c->gen);
	texts_add(&all->type, c->type);
	for (i = 0; i < c->ncpe; i++)
		texts_add(&all->cpe, db->cpe[c->cpe + i]);
}

static void
classes_of(const struct verdict *v, struct classes *all)
{
	const struct osdb_entry *e;
	uint32_t k;
	size_t i;

	*all = (struct classes){ 0 };
	for (i = 0; i < v->ties; i++) {
		e = v->hit[i].entry;
		texts_add(&all->name, e->name);
		for (k = 0; k < e->ncls; k++)
			add_class(all, v->db, &v->db->cls[e->cls + k]);
	}
}

static void
put_joined(struct buf *b, const struct texts *t, size_t n, const char *sep)
{
	size_t i;

	for (i = 0; i < t->n && i < n; i++) {
		if (i > 0)
			buf_puts(b, sep);
		buf_str(b, t->v[i]);
	}
}

/* The one system, or two; of more what they have in common, rather than one that
 * happens to be the first. */
static void
put_name(struct buf *b, const struct classes *c)
{
	if (c->name.n <= NAMES || c->family.n != 1) {
		put_joined(b, &c->name, NAMES, " or ");
		if (c->name.n > NAMES)
			buf_puts(b, " or others");
		return;
	}
	if (c->vendor.n == 1 && !str_eq(c->vendor.v[0], c->family.v[0])) {
		buf_str(b, c->vendor.v[0]);
		buf_putc(b, ' ');
	}
	buf_str(b, c->family.v[0]);
	if (c->gen.n > 0 && c->gen.n <= GENS) {
		buf_putc(b, ' ');
		put_joined(b, &c->gen, GENS, " or ");
	}
}

/* Has a hit before the i-th the same name? */
static bool
is_named(const struct verdict *v, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (str_eq(v->hit[k].entry->name, v->hit[i].entry->name))
			return true;
	return false;
}

/* "Linux 5.4 (97%)" of each, a list: how many. */
static size_t
put_matches(const struct verdict *v, const struct osfp *fp, struct buf *b)
{
	size_t i, n = 0;

	for (i = 0; i < v->n && n < v->conf.limit; i++) {
		if (is_named(v, i))
			continue;
		if (n++ > 0)
			buf_putc(b, ',');
		esc_put_also(b, v->hit[i].entry->name.p,
		    v->hit[i].entry->name.n, ",");
		buf_printf(b, " (%u%%)", surety(v, fp, &v->hit[i]));
	}
	return n;
}

/* ---- in a record ---- */

static void
set_list(struct record *r, const char *key, const struct texts *t)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < t->n; i++) {
		if (i > 0)
			buf_putc(&b, ',');
		esc_put_also(&b, t->v[i].p, t->v[i].n, ",");
	}
	if (b.n > 0)
		rec_set_copy(r, key, buf_view(&b));
	buf_release(&b);
}

/* What all of them say. */
static void
set_common(struct record *r, const char *key, const struct texts *t)
{
	if (t->n == 1)
		rec_set_bytes(r, key, t->v[0].p, t->v[0].n);
}

static void
set_system(struct verdict *v, const struct osfp *fp, struct record *r)
{
	struct classes c;
	struct buf b = { 0 };

	classes_of(v, &c);
	put_name(&b, &c);
	rec_set_bytes(r, "os", b.p, b.n);
	set_common(r, "os_family", &c.family);
	set_list(r, "os_gen", &c.gen);
	set_common(r, "os_vendor", &c.vendor);
	set_list(r, "device_type", &c.type);
	set_list(r, "os_cpe", &c.cpe);
	rec_set_u64(r, "os_conf", surety(v, fp, &v->hit[0]));
	rec_set(r, "os_method", STR("fingerprint"));
	b.n = 0;
	if (v->n > 1 && put_matches(v, fp, &b) > 1)
		rec_set_copy(r, "os_matches", buf_view(&b));
	buf_release(&b);
}

static void
forget(struct record *r)
{
	static const char *const key[] = {
		"os", "os_family", "os_gen", "os_vendor", "device_type",
		"os_cpe", "os_conf", "os_method", "os_matches", "os_fp",
		"distance",
	};
	size_t i;

	for (i = 0; i < sizeof(key) / sizeof(key[0]); i++)
		rec_unset(r, key[i]);
}

static void
set_distance(const struct osfp *fp, struct record *r)
{
	const char *ds = osfp_get(fp, OSFP_SCAN, "DS");
	uint64_t hops;

	if (ds != NULL && num_parse(ds, 0, 255, &hops) == 0)
		rec_set_u64(r, "distance", hops);
}

static void
set_fingerprint(const struct osfp *fp, struct record *r)
{
	struct buf b = { 0 };

	osfp_fmt(fp, OSFP_JOINED, &b);
	rec_set_bytes(r, "os_fp", b.p, b.n);
	buf_release(&b);
}

bool
verdict_put(struct verdict *v, const struct osfp *fp, unsigned most,
    struct record *r)
{
	v->most = most;
	forget(r);
	choose(v, fp);
	if (v->n > 0)
		set_system(v, fp, r);
	set_distance(fp, r);
	if ((v->n == 0 && !v->conf.passive) || v->conf.fingerprint)
		set_fingerprint(fp, r);
	return v->n > 0;
}

bool
verdict_has(const struct verdict *v, const char *family)
{
	const struct osdb_entry *e;
	uint32_t k;
	size_t i;

	for (i = 0; i < v->ties; i++) {
		e = v->hit[i].entry;
		for (k = 0; k < e->ncls; k++)
			if (str_is(v->db->cls[e->cls + k].family, family))
				return true;
	}
	return false;
}

void
verdict_weigh(const struct verdict *v, const struct osevidence *said,
    struct record *r)
{
	const struct osname *o = osevidence_system(said);

	osevidence_weigh(said, o != NULL && (verdict_has(v, o->family) ||
	    verdict_has(v, o->stack)), r);
}
