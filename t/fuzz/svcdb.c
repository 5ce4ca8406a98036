#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meaning/svcdb.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
is_of(const struct svcdb *db, const struct svc_probe *p)
{
	return p >= db->probe && p < db->probe + db->n;
}

static void
check_line(const struct svc_line *l)
{
	assert(strlen(l->service) > 0 && strlen(l->service) <= 64);
	assert(l->ncpe <= SVC_CPES && l->pattern != NULL && l->line > 0);
	assert(strcmp(l->file, "fuzz") == 0);
}

static void
check_probe(const struct svcdb *db, const struct svc_probe *p)
{
	struct buf bytes = { 0 };
	size_t i;

	assert(strlen(p->name) > 0 && strlen(p->name) <= 64);
	assert(p->rarity >= 1 && p->rarity <= SVC_RARITY_MAX);
	assert(p->wait > 0 && p->wrapped > 0);
	/* They can be read. */
	buf_put(&bytes, p->payload, p->n);
	buf_release(&bytes);
	for (i = 0; i < p->nline; i++)
		check_line(&p->line[i]);
	assert(p->nlook >= 1 && p->look[0] == p);
	for (i = 0; i < p->nlook; i++)
		assert(is_of(db, p->look[i]));
}

static void
check(const struct svcdb *db)
{
	size_t i;

	for (i = 0; i < db->n; i++)
		check_probe(db, &db->probe[i]);
	assert(db->null == NULL || (is_of(db, db->null) && db->null->n == 0 &&
	    db->null->proto == SVC_TCP));
}

/* The first 0xff byte splits the input into two texts. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest = { (const char *)data, n };
	struct str text[2] = { str_cut(&rest, '\xff'), rest };
	struct svcdb db = { 0 };
	struct buf err = { 0 };
	size_t i, had;

	for (i = 0; i < 2; i++) {
		err.n = 0;
		had = db.n;
		if (svcdb_parse(&db, text[i], "fuzz", &err) == -1)
			assert(err.n > 0 && db.n == had);
		else
			assert(err.n == 0);
		check(&db);
	}
	svcdb_release(&db);
	buf_release(&err);
	return 0;
}
