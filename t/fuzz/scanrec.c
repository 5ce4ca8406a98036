#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/scanrec.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* One scan as a listener keeps it. */
struct scan {
	struct plan		 plan;
	struct scan_params	 params;
	size_t			 pieces;
};

static void
meta(struct scan *s, const struct record *r)
{
	struct scanrec_head h;
	uint64_t n, i, k, key[2];
	const char *err = NULL;

	if (scanrec_head_get(&h, r, &err) == 0) {
		assert(h.id[0] != '\0' && h.params.sport > 0);
		assert(h.params.sport + h.params.nsports <= 65536);
		s->params = h.params;
	} else {
		assert(err != NULL);
	}
	if (scanrec_shard_get(r, &i, &k, key) == 0)
		assert(i >= 1 && i <= k);
	(void)scanrec_u64(r, "probes", &n);
	(void)scanrec_key_get(r, "key", key);
}

static void
take(struct scan *s, struct str text)
{
	struct record r = { 0 };
	const char *err;
	struct str line;

	while (text.p != NULL) {
		line = str_cut(&text, '\n');
		if (rec_scan(&r, line.p, line.n, &err) == -1)
			continue;
		if (r.kind == REC_META)
			meta(s, &r);
		else if (scanrec_is_piece(&r)) {
			err = NULL;
			if (scanrec_piece(&s->plan, &s->params, &r, &err) == 0)
				s->pieces++;
			else
				assert(err != NULL);
		}
	}
	rec_release(&r);
}

static void
check_ends(const struct plan *p)
{
	uint64_t i, step = p->n / 64 + 1;
	struct plan_probe pr;

	for (i = 0; i < p->n; i += step) {
		plan_at(p, i, &pr);
		assert(plan_find(p, pr.addr, pr.type, pr.port) == (int64_t)i);
	}
	if (p->n > 0) {
		plan_at(p, p->n - 1, &pr);
		assert(plan_find(p, pr.addr, pr.type, pr.port) ==
		    (int64_t)(p->n - 1));
	}
}

/* What was read can be written, and is then read as the same plan. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct scan s = { .pieces = 0 }, again = { .pieces = 0 };
	struct buf text = { 0 };

	take(&s, (struct str){ (const char *)data, n });
	if (plan_seal(&s.plan) == 0) {
		assert(s.pieces == 0 || s.plan.n > 0);
		check_ends(&s.plan);
		scanrec_plan_put(&s.plan, &s.params, &text);
		if (text.n > 0)
			take(&again, buf_view(&text));
		assert(plan_seal(&again.plan) == 0);
		assert(again.plan.n == s.plan.n);
		check_ends(&again.plan);
	}
	plan_release(&s.plan);
	plan_release(&again.plan);
	buf_release(&text);
	return 0;
}
