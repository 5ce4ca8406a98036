#include "meaning/checkpoint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "meaning/record.h"
#include "meaning/scanrec.h"
#include "pure/seed.h"
#include "pure/siphash.h"

/* Words of a line of bits. */
#define LINE_WORDS	64

static const char *const opt_name[CHECKPOINT_NOPTS] = {
	[CHECKPOINT_SCAN] = "scan",
	[CHECKPOINT_PORTS] = "ports",
	[CHECKPOINT_SHARD] = "shard",
	[CHECKPOINT_RESERVED] = "reserved",
	[CHECKPOINT_STATELESS] = "stateless",
	[CHECKPOINT_ORDER] = "in_order",
};

void
checkpoint_release(struct checkpoint *c)
{
	size_t i;

	for (i = 0; i < CHECKPOINT_NOPTS; i++)
		free(c->opt[i]);
	for (i = 0; i < c->nbatch; i++) {
		free(c->batch[i].answered);
		free(c->batch[i].open);
	}
	*c = (struct checkpoint){ 0 };
}

void
checkpoint_hash(uint64_t hash[2], struct str line)
{
	uint64_t w[3];

	seed_key(w, line.p, line.n);
	w[2] = 0;
	hash[0] = siphash(hash, w, 3);
	w[2] = 1;
	hash[1] = siphash(hash, w, 3);
}

/* Of the text that is above the last line. */
static uint64_t
checksum(const char *p, size_t n)
{
	uint64_t key[2];

	seed_key(key, p, n);
	return key[0];
}

void
checkpoint_seal(struct buf *b)
{
	if (!b->oom)
		buf_printf(b, "#prt\tend\tsum=%016" PRIx64 "\n",
		    checksum(b->p, b->n));
}

/* ---- out ---- */

/* Is there a bit in these words? */
static bool
has_bits(const uint64_t *w, size_t n)
{
	size_t i;

	for (i = 0; i < n && w[i] == 0; i++)
		;
	return i < n;
}

static void
put_words(struct buf *b, const char *key, const uint64_t *w, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;
	int k;

	buf_printf(b, "\t%s=", key);
	for (i = 0; i < n; i++)
		for (k = 60; k >= 0; k -= 4)
			buf_putc(b, hex[w[i] >> k & 15]);
}

/* Lines without a bit are left out. */
static void
put_bits(const struct checkpoint_batch *cb, struct buf *b)
{
	size_t words = checkpoint_words(cb->n), i, n;

	if (cb->answered == NULL)
		return;
	for (i = 0; i < words; i += LINE_WORDS) {
		n = words - i < LINE_WORDS ? words - i : LINE_WORDS;
		if (!has_bits(cb->answered + i, n))
			continue;
		buf_printf(b, "#prt\tanswered\tat=%" PRIu64, (uint64_t)i * 64);
		put_words(b, "bits", cb->answered + i, n);
		if (cb->open != NULL && has_bits(cb->open + i, n))
			put_words(b, "open", cb->open + i, n);
		buf_putc(b, '\n');
	}
}

static void
put_range(struct buf *b, uint64_t first, uint64_t last, uint64_t base,
    uint64_t n, uint64_t digest)
{
	buf_printf(b, "\tfirst=%" PRIu64 "\tlast=%" PRIu64 "\tbase=%" PRIu64
	    "\tprobes=%" PRIu64 "\tplan=%016" PRIx64, first, last, base, n,
	    digest);
}

static void
put_batch(const struct checkpoint_batch *cb, struct buf *b)
{
	unsigned a;

	buf_puts(b, "#prt\tbatch");
	put_range(b, cb->first, cb->last, cb->base, cb->n, cb->digest);
	buf_puts(b, "\tpos=");
	for (a = 0; a < SCAN_ATTEMPTS; a++)
		buf_printf(b, "%s%" PRIu64, a > 0 ? "," : "", cb->pos[a]);
	buf_putc(b, '\n');
	put_bits(cb, b);
}

void
checkpoint_put(const struct checkpoint *c, struct buf *b)
{
	const struct checkpoint_rest *rest = &c->rest;
	size_t i;

	buf_puts(b, "# Where a scan has come. To go on: prt-blast --resume "
	    "FILE, with the same\n# targets and options, see prt-blast(1).\n");
	buf_printf(b, "#prt\tcheckpoint\tversion=%d\tfinished=%d\twhole=%d"
	    "\tlines=%" PRIu64 "\tinput=%016" PRIx64 "%016" PRIx64
	    "\torder=%016" PRIx64 "%016" PRIx64, CHECKPOINT_VERSION,
	    c->finished, c->whole, c->lines, c->input[0], c->input[1],
	    c->order[0], c->order[1]);
	for (i = 0; i < CHECKPOINT_NOPTS; i++)
		buf_printf(b, "\t%s=%s", opt_name[i],
		    c->opt[i] != NULL ? c->opt[i] : "");
	buf_putc(b, '\n');
	for (i = 0; i < c->nbatch; i++)
		put_batch(&c->batch[i], b);
	if (rest->n > 0) {
		buf_puts(b, "#prt\trest");
		put_range(b, rest->first, rest->last, rest->base, rest->n,
		    rest->digest);
		buf_putc(b, '\n');
	}
	checkpoint_seal(b);
}

/* ---- in ---- */

static bool
scan_hex(const char *p, uint64_t *v)
{
	int i, d;

	*v = 0;
	for (i = 0; i < 16; i++) {
		if ((d = esc_hexval(p[i])) == -1)
			return false;
		*v = *v << 4 | (unsigned)d;
	}
	return true;
}

static int
get_hex(const struct record *r, const char *key, uint64_t *v, size_t n)
{
	struct str s = rec_get(r, key);
	size_t i;

	if (s.n != n * 16)
		return -1;
	for (i = 0; i < n; i++)
		if (!scan_hex(s.p + 16 * i, &v[i]))
			return -1;
	return 0;
}

static int
get_bool(const struct record *r, const char *key, bool *v)
{
	uint64_t n;

	if (scanrec_u64(r, key, &n) == -1 || n > 1)
		return -1;
	*v = n == 1;
	return 0;
}

static int
get_head(struct checkpoint *c, const struct record *r, const char **err)
{
	struct str s;
	uint64_t version;
	size_t i;

	if (scanrec_u64(r, "version", &version) == -1)
		return -1;
	if (version != CHECKPOINT_VERSION) {
		*err = "another version of prt-blast wrote it: go on with "
		    "that one, or scan anew";
		return -1;
	}
	for (i = 0; i < CHECKPOINT_NOPTS; i++) {
		s = rec_get(r, opt_name[i]);
		if (s.p == NULL || c->opt[i] != NULL ||
		    (c->opt[i] = strndup(s.p, s.n)) == NULL)
			return -1;
	}
	return get_bool(r, "finished", &c->finished) == 0 &&
	    get_bool(r, "whole", &c->whole) == 0 &&
	    scanrec_u64(r, "lines", &c->lines) == 0 &&
	    get_hex(r, "input", c->input, 2) == 0 &&
	    get_hex(r, "order", c->order, 2) == 0 ? 0 : -1;
}

static int
get_range(const struct checkpoint *c, const struct record *r, uint64_t *first,
    uint64_t *last, uint64_t *base, uint64_t *n, uint64_t *digest)
{
	return scanrec_u64(r, "first", first) == 0 &&
	    scanrec_u64(r, "last", last) == 0 && *first >= 1 &&
	    *first <= *last && *last <= c->lines &&
	    scanrec_u64(r, "base", base) == 0 &&
	    scanrec_u64(r, "probes", n) == 0 && *n <= PLAN_MAX &&
	    *base <= PLAN_MAX - *n &&
	    get_hex(r, "plan", digest, 1) == 0 ? 0 : -1;
}

/* A later attempt is never ahead of the one before it. */
static int
get_pos(struct checkpoint_batch *cb, struct str s)
{
	struct str one;
	unsigned a;

	for (a = 0; a < SCAN_ATTEMPTS; a++) {
		one = str_cut(&s, ',');
		if (one.n == 0 ||
		    num_scan_u64(one.p, one.n, &cb->pos[a]) != one.n ||
		    cb->pos[a] > (a == 0 ? cb->n : cb->pos[a - 1]))
			return -1;
	}
	return s.p == NULL ? 0 : -1;
}

/* Lines of one plan follow each other, in the order of the input. */
static int
get_batch(struct checkpoint *c, const struct record *r)
{
	struct checkpoint_batch *cb = &c->batch[c->nbatch], *before = cb - 1;

	if (c->nbatch == CHECKPOINT_BATCHES ||
	    get_range(c, r, &cb->first, &cb->last, &cb->base, &cb->n,
	    &cb->digest) == -1 || get_pos(cb, rec_get(r, "pos")) == -1)
		return -1;
	if (c->nbatch > 0 && cb->first <= before->last &&
	    (cb->first != before->first || cb->last != before->last ||
	    cb->base < before->base + before->n))
		return -1;
	c->nbatch++;
	return 0;
}

static int
get_rest(struct checkpoint *c, const struct record *r)
{
	struct checkpoint_rest *rest = &c->rest;

	return rest->n == 0 && get_range(c, r, &rest->first, &rest->last,
	    &rest->base, &rest->n, &rest->digest) == 0 &&
	    rest->base < rest->n ? 0 : -1;
}

/* A line of bits into a bitmap, which is made when it is the first. */
static int
get_words(const struct record *r, const char *key, uint64_t **map, size_t at,
    size_t words)
{
	struct str s = rec_get(r, key);

	if (s.n == 0 || s.n % 16 != 0 || s.n / 16 > words - at)
		return -1;
	if (*map == NULL && (*map = calloc(words, sizeof(**map))) == NULL)
		return -1;
	return get_hex(r, key, *map + at, s.n / 16);
}

static int
get_answered(struct checkpoint *c, const struct record *r)
{
	struct checkpoint_batch *cb;
	uint64_t at;
	size_t words, i;

	if (c->nbatch == 0)
		return -1;
	cb = &c->batch[c->nbatch - 1];
	words = checkpoint_words(cb->n);
	if (cb->n > CHECKPOINT_PROBES || scanrec_u64(r, "at", &at) == -1 ||
	    at >= cb->n || at % 64 != 0 || get_words(r, "bits", &cb->answered,
	    at / 64, words) == -1)
		return -1;
	if (rec_get(r, "open").p != NULL &&
	    get_words(r, "open", &cb->open, at / 64, words) == -1)
		return -1;
	/* nothing beyond the last probe, and what is open has answered */
	if (cb->n % 64 != 0 && cb->answered[words - 1] >> cb->n % 64 != 0)
		return -1;
	for (i = at / 64; cb->open != NULL && i < words; i++)
		if ((cb->open[i] & ~cb->answered[i]) != 0)
			return -1;
	return 0;
}

static int
get_record(struct checkpoint *c, const struct record *r, bool first,
    const char **err)
{
	if (r->kind != REC_META)
		return -1;
	if (str_is(r->what, "checkpoint"))
		return first ? get_head(c, r, err) : -1;
	if (first)
		return -1;
	if (str_is(r->what, "batch"))
		return get_batch(c, r);
	if (str_is(r->what, "answered"))
		return get_answered(c, r);
	return str_is(r->what, "rest") ? get_rest(c, r) : -1;
}

/* Cuts the last line off, and holds the others against its sum. */
static int
check_end(struct str *text)
{
	struct record r = { 0 };
	const char *err;
	uint64_t sum;
	size_t n = text->n;
	int got = -1;

	if (n == 0 || text->p[n - 1] != '\n')
		return -1;
	for (n--; n > 0 && text->p[n - 1] != '\n'; n--)
		;
	if (rec_scan_tsv(&r, text->p + n, text->n - n - 1, &err) == 0 &&
	    r.kind == REC_META && str_is(r.what, "end") &&
	    get_hex(&r, "sum", &sum, 1) == 0 && sum == checksum(text->p, n))
		got = 0;
	rec_release(&r);
	text->n = n;
	return got;
}

int
checkpoint_parse(struct checkpoint *c, struct str text, const char **err)
{
	struct record r = { 0 };
	struct str line;
	const char *why;
	bool first = true;
	int got = -1;

	*err = "it is no checkpoint, or was damaged: scan anew";
	if (check_end(&text) == -1)
		goto out;
	while (text.n > 0) {
		line = str_cut(&text, '\n');
		if (rec_scan(&r, line.p, line.n, &why) == -1)
			goto out;
		if (r.kind == REC_BLANK)
			continue;
		if (get_record(c, &r, first, err) == -1)
			goto out;
		first = false;
	}
	got = first ? -1 : 0;
out:
	rec_release(&r);
	return got;
}
