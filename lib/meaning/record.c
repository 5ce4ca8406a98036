#include "meaning/record_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/esc.h"

/* A record's own memory: a stack of blocks, of which rec_clear() keeps the
 * newest, which is the largest. */
struct rec_chunk {
	struct rec_chunk	*older;
	size_t			 used;
	size_t			 cap;
	char			 bytes[];
};

#define EACH(c)		(0x0101010101010101u * (c))

/* The high bit of each byte of x that is zero, and of no other. */
static inline uint64_t
zero_bytes(uint64_t x)
{
	return ~(((x & EACH(0x7f)) + EACH(0x7f)) | x | EACH(0x7f));
}

/* The high bit of each byte that is a control or no ASCII at all. */
static inline uint64_t
odd_bytes(uint64_t x)
{
	uint64_t low = ~((x & EACH(0x7f)) + EACH(0x60));

	return (low | x | zero_bytes(x ^ EACH(0x7f))) & EACH(0x80);
}

static inline uint64_t
load(const char *p, size_t n)
{
	uint64_t x = EACH(' ');

	memcpy(&x, p, n < sizeof(x) ? n : sizeof(x));
	return x;
}

bool
rec_plain(const char *p, size_t n, bool tabs)
{
	const uint64_t tab = tabs ? EACH('\t') : EACH(' ');
	uint64_t bad = 0, x;
	size_t i;

	for (i = 0; i < n; i += 8) {
		x = load(p + i, n - i);
		bad |= (odd_bytes(x) & ~zero_bytes(x ^ tab)) |
		    zero_bytes(x ^ EACH('\\'));
	}
	return bad == 0;
}

size_t
rec_span_json(const char *p, size_t n)
{
	uint64_t bad, x;
	size_t i;

	for (i = 0; i < n; i += 8) {
		x = load(p + i, n - i);
		bad = odd_bytes(x) | zero_bytes(x ^ EACH('\\')) |
		    zero_bytes(x ^ EACH('"'));
		if (bad != 0)
			break;
	}
	if (i >= n)
		return n;
	for (; i < n; i++)
		if (p[i] == '"' || p[i] == '\\' || p[i] < 0x20 || p[i] == 0x7f)
			break;
	return i;
}

void
rec_release(struct record *r)
{
	struct rec_chunk *c, *older;

	for (c = r->mem; c != NULL; c = older) {
		older = c->older;
		free(c);
	}
	free(r->pair);
	*r = (struct record){ 0 };
}

void
rec_clear(struct record *r)
{
	struct rec_chunk *c, *older;
	size_t i;

	if (r->mem != NULL) {
		for (c = r->mem->older; c != NULL; c = older) {
			older = c->older;
			free(c);
		}
		r->mem->older = NULL;
		r->mem->used = 0;
	}
	r->kind = REC_BLANK;
	r->ncol = 0;
	for (i = 0; i < REC_NCOL; i++)
		r->col[i] = STR_NONE;
	r->what = STR_NONE;
	r->npair = 0;
	r->oom = false;
}

static struct rec_chunk *
new_chunk(struct rec_chunk *older, size_t n)
{
	size_t cap = older != NULL ? older->cap : 512;
	struct rec_chunk *c;

	if (n > SIZE_MAX / 4)
		return NULL;
	while (cap < n || (older != NULL && cap == older->cap))
		cap *= 2;
	if ((c = malloc(sizeof(*c) + cap)) == NULL)
		return NULL;
	*c = (struct rec_chunk){ .older = older, .cap = cap };
	return c;
}

char *
rec_alloc(struct record *r, size_t n)
{
	struct rec_chunk *c = r->mem;
	char *p;

	if (r->oom)
		return NULL;
	if (c == NULL || c->cap - c->used < n) {
		if ((c = new_chunk(c, n)) == NULL) {
			r->oom = true;
			return NULL;
		}
		r->mem = c;
	}
	p = c->bytes + c->used;
	c->used += n;
	return p;
}

void
rec_trim(struct record *r, size_t cap, size_t n)
{
	r->mem->used -= cap - n;
}

int
rec_push(struct record *r, struct str key, struct str val, bool bare)
{
	size_t cap = r->cappair < 8 ? 8 : r->cappair * 2;
	struct rec_pair *p;

	if (r->oom)
		return -1;
	if (r->npair == r->cappair) {
		p = reallocarray(r->pair, cap, sizeof(*p));
		if (p == NULL) {
			r->oom = true;
			return -1;
		}
		r->pair = p;
		r->cappair = cap;
	}
	r->pair[r->npair++] = (struct rec_pair){ key, val, bare };
	return 0;
}

/* Copies text that is clean, and escapes `also` in it. */
static void
put_clean(struct buf *b, struct str text, char also)
{
	const char *at;

	while (also != '\0' && text.n > 0 &&
	    (at = memchr(text.p, also, text.n)) != NULL) {
		buf_put(b, text.p, (size_t)(at - text.p));
		buf_printf(b, "\\x%02x", (unsigned char)also);
		text.n -= (size_t)(at + 1 - text.p);
		text.p = at + 1;
	}
	buf_str(b, text);
}

struct str
rec_clean(struct record *r, struct str text, char also)
{
	struct buf b = { 0 };
	size_t i, k, cap;

	if ((rec_plain(text.p, text.n, false) ||
	    esc_clean(text.p, text.n) == text.n) && (also == '\0' ||
	    text.n == 0 || memchr(text.p, also, text.n) == NULL))
		return text;
	/* A byte becomes at most "\xHH", and one more for printf's NUL: the
	 * buffer never has to grow. */
	cap = text.n * 4 + 1;
	if (text.n > SIZE_MAX / 8 || (b.p = rec_alloc(r, cap)) == NULL) {
		r->oom = true;
		return STR_NONE;
	}
	b.cap = cap;
	for (i = 0; i < text.n; i += k) {
		k = esc_clean(text.p + i, text.n - i);
		put_clean(&b, (struct str){ text.p + i, k }, also);
		if (i + k < text.n)
			esc_put(&b, text.p + i + k++, 1);
	}
	rec_trim(r, cap, b.n);
	return buf_view(&b);
}

int
rec_scan(struct record *r, const char *line, size_t n, const char **err)
{
	size_t i;

	for (i = 0; i < n && (line[i] == ' ' || line[i] == '\t'); i++)
		;
	if (i < n && line[i] == '{')
		return rec_scan_json(r, line, n, err);
	return rec_scan_tsv(r, line, n, err);
}

void
rec_data(struct record *r, struct str ip, struct str port, struct str proto,
    struct str state, struct str reason)
{
	rec_clear(r);
	r->kind = REC_DATA;
	r->col[COL_IP] = ip;
	r->col[COL_PORT] = port;
	r->col[COL_PROTO] = proto;
	r->col[COL_STATE] = state;
	r->col[COL_REASON] = reason;
	for (r->ncol = REC_NCOL; r->ncol > 1; r->ncol--)
		if (r->col[r->ncol - 1].p != NULL)
			break;
}

void
rec_meta(struct record *r, const char *what)
{
	rec_clear(r);
	r->kind = REC_META;
	r->what = str_of(what);
}

static struct rec_pair *
find(const struct record *r, struct str key)
{
	size_t i;

	for (i = r->npair; i > 0; i--)
		if (str_eq(r->pair[i - 1].key, key))
			return &r->pair[i - 1];
	return NULL;
}

struct str
rec_get(const struct record *r, const char *key)
{
	const struct rec_pair *p = find(r, str_of(key));

	return p != NULL ? p->val : STR_NONE;
}

struct str
rec_value(const struct record *r, struct str name)
{
	int col = rec_column(name);
	const struct rec_pair *p;

	if (col >= 0 && col < REC_NCOL)
		return r->col[col];
	p = find(r, name);
	return p != NULL ? p->val : STR_NONE;
}

void
rec_set(struct record *r, const char *key, struct str text)
{
	struct rec_pair *p = find(r, str_of(key));

	if (p == NULL)
		rec_push(r, str_of(key), text, false);
	else {
		p->val = text;
		p->bare = false;
	}
}

void
rec_set_copy(struct record *r, const char *key, struct str text)
{
	char *p = rec_alloc(r, text.n);

	if (p == NULL)
		return;
	if (text.n > 0)
		memcpy(p, text.p, text.n);
	rec_set(r, key, (struct str){ p, text.n });
}

void
rec_set_bytes(struct record *r, const char *key, const void *bytes, size_t n)
{
	struct buf b = { 0 };

	if (n > SIZE_MAX / 8 || (b.p = rec_alloc(r, n * 4)) == NULL) {
		r->oom = true;
		return;
	}
	b.cap = n * 4;
	esc_put(&b, bytes, n);
	rec_trim(r, n * 4, b.n);
	rec_set(r, key, buf_view(&b));
}

void
rec_set_text(struct record *r, const char *key, struct str text)
{
	rec_set(r, key, rec_clean(r, text, '\0'));
}

void
rec_set_column(struct record *r, enum rec_col col, struct str text)
{
	r->col[col] = text.n == 0 ? STR_NONE : rec_clean(r, text, '=');
	if (r->ncol <= (unsigned)col)
		r->ncol = (unsigned)col + 1;
}

void
rec_set_u64(struct record *r, const char *key, uint64_t v)
{
	struct buf b = { .p = rec_alloc(r, NUM_FMT_U64), .cap = NUM_FMT_U64 };

	if (b.p == NULL)
		return;
	buf_u64(&b, v);
	rec_trim(r, NUM_FMT_U64, b.n);
	rec_set(r, key, buf_view(&b));
}

void
rec_set_ns(struct record *r, const char *key, uint64_t ns, unsigned digits)
{
	/* buf_ns() makes room for the point and nine digits, used or not */
	const size_t cap = NUM_FMT_U64 + 10;
	struct buf b = { .p = rec_alloc(r, cap), .cap = cap };

	if (b.p == NULL)
		return;
	buf_ns(&b, ns, digits);
	rec_trim(r, cap, b.n);
	rec_set(r, key, buf_view(&b));
}

void
rec_unset(struct record *r, const char *key)
{
	struct str k = str_of(key);
	size_t i, n = 0;

	for (i = 0; i < r->npair; i++)
		if (!str_eq(r->pair[i].key, k))
			r->pair[n++] = r->pair[i];
	r->npair = n;
}
