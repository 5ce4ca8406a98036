#include "meaning/payload.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

static const struct payload nothing = {
	.name = "empty",
	.source = "RFC 768: a datagram may carry no bytes",
	.p = (const uint8_t *)"",
	.echo_at = PAYLOAD_ECHO_NONE,
};
const struct payload *const payload_empty = &nothing;

static void
payload_release(struct payload *p)
{
	/* One block holds the name, the source and the bytes: see finish(). */
	free((void *)(uintptr_t)p->name);
	portset_release(&p->ports);
}

void
payloads_release(struct payloads *ps)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		payload_release(&ps->v[i]);
	free(ps->v);
	free(ps->list);
	free(ps->first);
	*ps = (struct payloads){ 0 };
}

/* ---- the text ---- */

/* The payload being read: its parts until finish() makes one block of them. */
struct draft {
	unsigned long	 line;	/* where it started; 0: none is open */
	struct str	 name;
	struct str	 source;
	struct payload	 p;
	uint8_t		 bytes[PAYLOAD_MAX];
	bool		 has_bytes;
	unsigned long	 echo_line; /* where its echo line is; 0: none */
};

struct reader {
	const char	*name;
	unsigned long	 line;
	struct buf	*err;
	struct draft	 d;
	struct payloads	 got;
	size_t		 cap;	/* of got.v */
	struct portset	 clear;
};

/* For messages: as much of a word as is worth quoting. */
static struct str
shown(struct str s)
{
	if (s.n > 40)
		s.n = 40;
	return s;
}

#define FAIL(r, ...) fail_at((r), (r)->line, __VA_ARGS__)

__attribute__((format(printf, 3, 4)))
static int
fail_at(struct reader *r, unsigned long line, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	buf_printf(r->err, "%s:%lu: %s", r->name, line, what);
	return -1;
}

static int
no_memory(struct reader *r)
{
	return FAIL(r, "out of memory");
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of *s, up to a blank. */
static struct str
word(struct str *s)
{
	struct str w;
	size_t n = 0;

	*s = str_trim(*s);
	while (n < s->n && !is_blank(s->p[n]))
		n++;
	w = (struct str){ s->p, n };
	s->p += n;
	s->n -= n;
	*s = str_trim(*s);
	return w;
}

/* Drops a comment: "#" at the start or behind a blank. Only for lines that
 * hold no quoted string. */
static struct str
uncomment(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '#' && (i == 0 || is_blank(s.p[i - 1])))
			s.n = i;
	return str_trim(s);
}

/* A name goes into records and messages: no byte in it needs care. */
static bool
good_name(struct str s)
{
	size_t i;

	if (s.n == 0 || s.n > PAYLOAD_NAME)
		return false;
	for (i = 0; i < s.n; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && s.p[i] != '-' &&
		    !(s.p[i] >= '0' && s.p[i] <= '9'))
			return false;
	return true;
}

/* Printable ASCII, and TAB: what may stand outside of escapes. */
static bool
good_text(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\t' && (s.p[i] < ' ' || s.p[i] > '~'))
			return false;
	return true;
}

static struct payload *
find(const struct payloads *ps, const char *name)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		if (strcmp(ps->v[i].name, name) == 0)
			return &ps->v[i];
	return NULL;
}

/* Room for one more in *v, whose capacity is *cap. */
static int
grow(struct payload **v, size_t n, size_t *cap)
{
	size_t more = *cap == 0 ? 64 : *cap * 2;
	struct payload *p;

	if (n < *cap)
		return 0;
	if ((p = reallocarray(*v, more, sizeof(*p))) == NULL)
		return -1;
	*v = p;
	*cap = more;
	return 0;
}

static int
complete(struct reader *r)
{
	struct draft *d = &r->d;

	if (d->p.ports.n == 0)
		return fail_at(r, d->line, "payload %.*s has no ports; add a "
		    "line such as \"ports 53\"", STR_ARG(d->name));
	if (!d->has_bytes)
		return fail_at(r, d->line, "payload %.*s has no bytes; add a "
		    "line with a quoted string (\"\" for none)",
		    STR_ARG(d->name));
	if (d->source.n == 0)
		return fail_at(r, d->line, "payload %.*s has no source; add a "
		    "line that names its specification, such as "
		    "\"source RFC 1035\"", STR_ARG(d->name));
	if (d->echo_line != 0 && d->p.cookie_n == 0)
		return fail_at(r, d->echo_line, "there is no cookie to echo; "
		    "add @cookie or @hex to the bytes, or drop this line");
	return 0;
}

/* Moves a complete draft into the set that was read. */
static int
finish(struct reader *r)
{
	struct draft *d = &r->d;
	char *block;

	if (d->line == 0)
		return 0;
	if (complete(r) == -1)
		return -1;
	if (r->got.n == PAYLOADS_MAX)
		return fail_at(r, d->line, "more than %d payloads; split the "
		    "file", PAYLOADS_MAX);
	block = malloc(d->name.n + 1 + d->source.n + 1 + d->p.n);
	if (block == NULL || grow(&r->got.v, r->got.n, &r->cap) == -1) {
		free(block);
		return no_memory(r);
	}
	d->p.name = block;
	memcpy(block, d->name.p, d->name.n);
	block += d->name.n;
	*block++ = '\0';
	d->p.source = block;
	memcpy(block, d->source.p, d->source.n);
	block += d->source.n;
	*block++ = '\0';
	memcpy(block, d->bytes, d->p.n);
	d->p.p = (const uint8_t *)block;
	if (find(&r->got, d->p.name) != NULL) {
		free((void *)(uintptr_t)d->p.name);
		return fail_at(r, d->line, "a second payload %.*s; give each "
		    "its own name", STR_ARG(d->name));
	}
	r->got.v[r->got.n++] = d->p;
	*d = (struct draft){ 0 };
	return 0;
}

static int
read_ports(struct reader *r, struct portset *ps, struct str s)
{
	size_t bad = 0;

	if (ps->n != 0)
		return FAIL(r, "a second line of ports; put them all in one, "
		    "separated by commas");
	if (str_is(s, "-"))
		s = STR("0-65535");
	if (portset_parse(ps, s.p, s.n, &bad) == -1) {
		if (bad > s.n)
			bad = s.n;
		return FAIL(r, "\"%.*s\" is no list of ports; write it like "
		    "53,5353,8000-8010, or - for all",
		    STR_ARG(shown((struct str){ s.p + bad, s.n - bad })));
	}
	if (ps->n == 0)
		return FAIL(r, "no ports given; write them like "
		    "53,5353,8000-8010, or - for all");
	return 0;
}

static int
read_echo(struct reader *r, struct str s)
{
	uint64_t v;

	if (r->d.echo_line != 0)
		return FAIL(r, "a second echo line; keep one");
	r->d.echo_line = r->line;
	if (str_is(s, "any")) {
		r->d.p.echo_at = PAYLOAD_ECHO_ANY;
		return 0;
	}
	if (s.n == 0 || num_scan_u64(s.p, s.n, &v) != s.n || v > UINT16_MAX)
		return FAIL(r, "\"%.*s\" is no offset; write 0..65535, or "
		    "any", STR_ARG(shown(s)));
	r->d.p.echo_at = (int32_t)v;
	return 0;
}

static int
too_long(struct reader *r)
{
	return FAIL(r, "payload %.*s is longer than %d bytes; shorten it",
	    STR_ARG(r->d.name), PAYLOAD_MAX);
}

static int
add_byte(struct reader *r, unsigned b)
{
	if (r->d.p.n == PAYLOAD_MAX)
		return too_long(r);
	r->d.bytes[r->d.p.n++] = (uint8_t)b;
	return 0;
}

static int
hexval(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The escape behind the backslash at the start of s: how many bytes of text it
 * takes, or 0 after a message. */
static size_t
read_escape(struct reader *r, struct str s, unsigned *byte)
{
	static const char from[] = "\\\"rnt0", to[] = "\\\"\r\n\t";
	const char *at;
	int hi, lo;

	if (s.n >= 4 && s.p[1] == 'x') {
		hi = hexval(s.p[2]);
		lo = hexval(s.p[3]);
		if (hi != -1 && lo != -1) {
			*byte = (unsigned)(hi << 4 | lo);
			return 4;
		}
	}
	at = s.n >= 2 && s.p[1] != '\0' ? strchr(from, s.p[1]) : NULL;
	if (at == NULL) {
		FAIL(r, "\"%.*s\" is no escape; there are \\xHH \\r \\n \\t "
		    "\\0 \\\\ and \\\"",
		    STR_ARG(((struct str){ s.p, s.n < 4 ? s.n : 4 })));
		return 0;
	}
	/* Read as octal by everybody who knows C. */
	if (*at == '0' && s.n >= 3 && s.p[2] >= '0' && s.p[2] <= '9') {
		FAIL(r, "\\0 before a digit looks like octal; write \\x00");
		return 0;
	}
	*byte = (unsigned char)to[at - from];
	return 2;
}

/* A quoted string at the start of *s, its closing quote too. */
static int
read_string(struct reader *r, struct str *s)
{
	unsigned byte;
	size_t i, n;

	for (i = 1; i < s->n && s->p[i] != '"'; i += n) {
		n = 1;
		byte = (unsigned char)s->p[i];
		if (byte == '\\') {
			n = read_escape(r, (struct str){ s->p + i,
			    s->n - i }, &byte);
			if (n == 0)
				return -1;
		} else if (byte < ' ' || byte > '~')
			return FAIL(r, "a byte that is not printable ASCII; "
			    "write \\x%02x", byte);
		if (add_byte(r, byte) == -1)
			return -1;
	}
	if (i >= s->n)
		return FAIL(r, "a string without its closing quote; end it on "
		    "its own line and start another on the next");
	s->p += i + 1;
	s->n -= i + 1;
	return 0;
}

/* "@cookie N" or "@hex N": room for the cookie, here. */
static int
read_cookie(struct reader *r, struct str num, bool hex)
{
	struct payload *p = &r->d.p;
	uint64_t max = hex ? 2 * PAYLOAD_COOKIE : PAYLOAD_COOKIE;
	uint64_t n, i;

	if (p->cookie_n != 0)
		return FAIL(r, "a second cookie; a payload has one");
	if (num.n == 0 || num_scan_u64(num.p, num.n, &n) != num.n || n < 2 ||
	    n > max)
		return FAIL(r, "\"%.*s\" is no length of a cookie; write "
		    "2..%d", STR_ARG(shown(num)), (int)max);
	p->cookie_at = p->n;
	p->cookie_n = (uint8_t)n;
	p->cookie_hex = hex;
	for (i = 0; i < n; i++)
		if (add_byte(r, 0) == -1)
			return -1;
	return 0;
}

/* "@pad N": zeros until the datagram has N bytes. */
static int
read_pad(struct reader *r, struct str num)
{
	uint64_t n;

	if (num.n == 0 || num_scan_u64(num.p, num.n, &n) != num.n)
		return FAIL(r, "\"%.*s\" is no length; write @pad and the "
		    "bytes that the datagram shall have", STR_ARG(shown(num)));
	if (n > PAYLOAD_MAX)
		return too_long(r);
	if (n < r->d.p.n)
		return FAIL(r, "the payload already has %u bytes; pad it to "
		    "more", (unsigned)r->d.p.n);
	while (r->d.p.n < n)
		if (add_byte(r, 0) == -1)
			return -1;
	return 0;
}

/* A line of bytes: strings and @ words, up to a comment. */
static int
read_bytes(struct reader *r, struct str s)
{
	struct str w;

	r->d.has_bytes = true;
	while ((s = str_trim(s)).n > 0 && s.p[0] != '#') {
		if (s.p[0] == '"') {
			if (read_string(r, &s) == -1)
				return -1;
			continue;
		}
		w = word(&s);
		if (str_is(w, "@cookie") || str_is(w, "@hex")) {
			if (read_cookie(r, word(&s), w.n == 4) == -1)
				return -1;
		} else if (str_is(w, "@pad")) {
			if (read_pad(r, word(&s)) == -1)
				return -1;
		} else
			return FAIL(r, "\"%.*s\" is no bytes; there are "
			    "\"strings\", @cookie N, @hex N, @pad N and "
			    "# comments", STR_ARG(shown(w)));
	}
	return 0;
}

static int
start(struct reader *r, struct str name)
{
	if (finish(r) == -1)
		return -1;
	if (!good_name(name))
		return FAIL(r, "\"%.*s\" is no name; write up to %d of a-z, "
		    "0-9 and -", STR_ARG(shown(name)), PAYLOAD_NAME);
	r->d.line = r->line;
	r->d.name = name;
	r->d.p.echo_at = PAYLOAD_ECHO_NONE;
	return 0;
}

static int
read_clear(struct reader *r, struct str s)
{
	struct portset ps = { 0 };
	int rc;

	if (r->d.line != 0 || r->got.n != 0)
		return FAIL(r, "clear behind a payload; it empties ports of "
		    "files read before, so put it first");
	rc = read_ports(r, &ps, s);
	if (rc == 0 && portset_union(&r->clear, &ps) == -1)
		rc = no_memory(r);
	portset_release(&ps);
	return rc;
}

static int
read_source(struct reader *r, struct str s)
{
	if (r->d.source.n != 0)
		return FAIL(r, "a second source; name both in one line");
	if (!good_text(s))
		return FAIL(r, "a source that is not printable ASCII; spell "
		    "it in ASCII");
	r->d.source = s;
	return 0;
}

static int
read_line(struct reader *r, struct str s)
{
	struct str w;

	s = str_trim(s);
	if (s.n == 0 || s.p[0] == '#')
		return 0;
	if (s.p[0] == '"' || s.p[0] == '@') {
		if (r->d.line == 0)
			return FAIL(r, "bytes of no payload; start one with "
			    "a line \"payload NAME\"");
		return read_bytes(r, s);
	}
	s = uncomment(s);
	w = word(&s);
	if (str_is(w, "payload"))
		return start(r, s);
	if (str_is(w, "clear"))
		return read_clear(r, s);
	if (!str_is(w, "ports") && !str_is(w, "source") && !str_is(w, "echo"))
		return FAIL(r, "\"%.*s\" is no word of this file; there are "
		    "payload, ports, source, echo, clear, \"strings\" and "
		    "# comments", STR_ARG(shown(w)));
	if (r->d.line == 0)
		return FAIL(r, "\"%.*s\" of no payload; start one with a line "
		    "\"payload NAME\"", STR_ARG(w));
	if (str_is(w, "ports"))
		return read_ports(r, &r->d.p.ports, s);
	if (str_is(w, "source"))
		return read_source(r, s);
	return read_echo(r, s);
}

static int
read_text(struct reader *r, struct str text)
{
	struct str s;

	while (text.p != NULL) {
		s = str_cut(&text, '\n');
		r->line++;
		if (read_line(r, s) == -1)
			return -1;
	}
	return finish(r);
}

/* ---- the set ---- */

/* How many payloads each port has, into first[port + 1]. */
static int
count_ports(struct reader *r, const struct payloads *ps, uint32_t *first)
{
	const struct portrange *pr;
	uint32_t port;
	size_t i, k;

	for (i = 0; i < ps->n; i++)
		for (k = 0; k < ps->v[i].ports.n; k++) {
			pr = &ps->v[i].ports.r[k];
			for (port = pr->lo; port <= pr->hi; port++)
				if (++first[port + 1] > PAYLOADS_PORT)
					return FAIL(r, "more than %d payloads "
					    "for port %u; drop some, or clear "
					    "the port first", PAYLOADS_PORT,
					    (unsigned)port);
		}
	return 0;
}

/* Makes the index of ps by port. */
static int
build_index(struct reader *r, struct payloads *ps)
{
	const struct payload **list = NULL;
	const struct portrange *pr;
	uint32_t *first, *at, port;
	size_t i, k;

	/* first[] is in use up to 65,536; at[] is where the next one goes. */
	first = calloc(65537 + 65536, sizeof(*first));
	if (first == NULL)
		return no_memory(r);
	if (count_ports(r, ps, first) == -1)
		goto err;
	at = first + 65537;
	for (port = 0; port < 65536; port++) {
		first[port + 1] += first[port];
		at[port] = first[port];
	}
	list = calloc((size_t)first[65536] + 1, sizeof(*list));
	if (list == NULL) {
		no_memory(r);
		goto err;
	}
	for (i = 0; i < ps->n; i++)
		for (k = 0; k < ps->v[i].ports.n; k++) {
			pr = &ps->v[i].ports.r[k];
			for (port = pr->lo; port <= pr->hi; port++)
				list[at[port]++] = &ps->v[i];
		}
	ps->list = list;
	ps->first = first;
	return 0;
err:
	free(first);
	return -1;
}

/* A copy of p, in memory of its own. */
static int
payload_copy(struct payload *dst, const struct payload *src)
{
	size_t head = (size_t)(src->p - (const uint8_t *)src->name);
	struct payload p = *src;
	char *block = malloc(head + p.n);

	p.ports = (struct portset){ 0 };
	if (block == NULL || portset_union(&p.ports, &src->ports) == -1) {
		free(block);
		return -1;
	}
	memcpy(block, src->name, head + p.n);
	p.name = block;
	p.source = block + (src->source - src->name);
	p.p = (const uint8_t *)block + head;
	*dst = p;
	return 0;
}

/* All of the old set that stays, then the new one's: into *out, which holds
 * whatever was made, for release, on an error too. Empties r->got. */
static int
merge(struct reader *r, const struct payloads *old, struct payloads *out)
{
	struct payload *p;
	size_t i;

	out->v = calloc(old->n + r->got.n + 1, sizeof(*out->v));
	if (out->v == NULL)
		return no_memory(r);
	for (i = 0; i < old->n; i++) {
		if (find(&r->got, old->v[i].name) != NULL)
			continue;
		p = &out->v[out->n];
		if (payload_copy(p, &old->v[i]) == -1)
			return no_memory(r);
		out->n++;
		if (portset_subtract(&p->ports, &r->clear) == -1)
			return no_memory(r);
		if (p->ports.n == 0)
			payload_release(&out->v[--out->n]);
	}
	for (i = 0; i < r->got.n; i++)
		out->v[out->n++] = r->got.v[i];
	r->got.n = 0;
	if (out->n > PAYLOADS_MAX)
		return FAIL(r, "more than %d payloads with those read before; "
		    "drop some", PAYLOADS_MAX);
	return out->n == 0 ? 0 : build_index(r, out);
}

int
payloads_parse(struct payloads *ps, struct str text, const char *name,
    struct buf *err)
{
	struct reader r = { .name = name, .err = err };
	struct payloads out = { 0 };
	int rc;

	if ((rc = read_text(&r, text)) == -1 ||
	    (rc = merge(&r, ps, &out)) == -1)
		goto out;
	payloads_release(ps);
	*ps = out;
	out = (struct payloads){ 0 };
out:
	payloads_release(&out);
	payloads_release(&r.got);
	portset_release(&r.d.p.ports);
	portset_release(&r.clear);
	return rc;
}

/* ---- probes and answers ---- */

/* The bytes that stand in a datagram for a cookie. */
static void
cookie_put(const struct payload *p, uint8_t *dst,
    const uint8_t cookie[PAYLOAD_COOKIE])
{
	static const char digit[] = "0123456789abcdef";
	unsigned i;

	if (!p->cookie_hex) {
		memcpy(dst, cookie, p->cookie_n);
		return;
	}
	for (i = 0; i < p->cookie_n; i++)
		dst[i] = (uint8_t)digit[cookie[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

void
payload_put(const struct payload *p, uint8_t *dst,
    const uint8_t cookie[PAYLOAD_COOKIE])
{
	memcpy(dst, p->p, p->n);
	cookie_put(p, dst + p->cookie_at, cookie);
}

enum payload_proof
payload_prove(const struct payload *p, const uint8_t *answer, size_t n,
    const uint8_t cookie[PAYLOAD_COOKIE])
{
	uint8_t want[2 * PAYLOAD_COOKIE];
	bool there;

	if (p->echo_at == PAYLOAD_ECHO_NONE)
		return PAYLOAD_MUTE;
	cookie_put(p, want, cookie);
	if (p->echo_at == PAYLOAD_ECHO_ANY)
		there = n > 0 &&
		    memmem(answer, n, want, p->cookie_n) != NULL;
	else
		there = n >= (size_t)p->echo_at + p->cookie_n &&
		    memcmp(answer + p->echo_at, want, p->cookie_n) == 0;
	return there ? PAYLOAD_PROVEN : PAYLOAD_UNPROVEN;
}

enum payload_proof
payloads_prove(const struct payloads *ps, uint16_t port,
    const uint8_t *answer, size_t n, const uint8_t cookie[PAYLOAD_COOKIE])
{
	struct payload_list l = payloads_for(ps, port);
	enum payload_proof one, all = PAYLOAD_UNPROVEN;
	size_t i;

	/* One that repeats nothing may have been the one that was answered. */
	for (i = 0; i < l.n; i++) {
		one = payload_prove(l.v[i], answer, n, cookie);
		if (one == PAYLOAD_PROVEN)
			return one;
		if (one == PAYLOAD_MUTE)
			all = one;
	}
	return all;
}
