/* The text of payloads, prt-payloads(5). */
#include "meaning/payload_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"

int
payload_fail(struct buf *err, const char *name, unsigned long line,
    const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	buf_printf(err, "%s:%lu: %s", name, line, what);
	return -1;
}

const struct payload *
payload_find(const struct payload *v, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return &v[i];
	return NULL;
}

void
payload_release(struct payload *p)
{
	/* One block holds the name, the source and the bytes: see finish(). */
	free((void *)(uintptr_t)p->name);
	portset_release(&p->ports);
}

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
	const char		*name;
	unsigned long		 line;
	struct buf		*err;
	struct draft		 d;
	struct payload_text	*t;
	size_t			 cap;	/* of t->v */
};

#define FAIL_AT(r, line, ...) \
	payload_fail((r)->err, (r)->name, (line), __VA_ARGS__)
#define FAIL(r, ...)	FAIL_AT((r), (r)->line, __VA_ARGS__)

static int
no_memory(struct reader *r)
{
	return FAIL(r, "out of memory");
}

/* Drops a comment: "#" at the start or behind a blank. Only for lines that
 * hold no quoted string. */
static struct str
uncomment(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '#' && (i == 0 || str_is_blank(s.p[i - 1])))
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
		return FAIL_AT(r, d->line, "payload %.*s has no ports; add a "
		    "line such as \"ports 53\"", STR_ARG(d->name));
	if (!d->has_bytes)
		return FAIL_AT(r, d->line, "payload %.*s has no bytes; add a "
		    "line with a quoted string (\"\" for none)",
		    STR_ARG(d->name));
	if (d->source.n == 0)
		return FAIL_AT(r, d->line, "payload %.*s has no source; add a "
		    "line that names its specification, such as "
		    "\"source RFC 1035\"", STR_ARG(d->name));
	if (d->echo_line != 0 && d->p.cookie_n == 0)
		return FAIL_AT(r, d->echo_line, "there is no cookie to echo; "
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
	if (r->t->n == PAYLOADS_MAX)
		return FAIL_AT(r, d->line, "more than %d payloads; split the "
		    "file", PAYLOADS_MAX);
	block = malloc(d->name.n + 1 + d->source.n + 1 + d->p.n);
	if (block == NULL || grow(&r->t->v, r->t->n, &r->cap) == -1) {
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
	if (payload_find(r->t->v, r->t->n, d->p.name) != NULL) {
		free((void *)(uintptr_t)d->p.name);
		return FAIL_AT(r, d->line, "a second payload %.*s; give each "
		    "its own name", STR_ARG(d->name));
	}
	d->p.line = d->line;
	r->t->v[r->t->n++] = d->p;
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
		    STR_ARG(str_shown((struct str){ s.p + bad, s.n - bad })));
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
		    "any", STR_ARG(str_shown(s)));
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

/* The escape behind the backslash at the start of s: how many bytes of text it
 * takes, or 0 after a message. */
static size_t
read_escape(struct reader *r, struct str s, unsigned char *byte)
{
	size_t n = esc_scan(s.p, s.n, "\\\"rnt0", "\\\"\r\n\t", byte);

	if (n == 0)
		FAIL(r, "\"%.*s\" is no escape; there are \\xHH \\r \\n \\t "
		    "\\0 \\\\ and \\\"",
		    STR_ARG(((struct str){ s.p, s.n < 4 ? s.n : 4 })));
	/* Read as octal by everybody who knows C. */
	if (n == 2 && s.p[1] == '0' && s.n >= 3 && s.p[2] >= '0' &&
	    s.p[2] <= '9') {
		FAIL(r, "\\0 before a digit looks like octal; write \\x00");
		return 0;
	}
	return n;
}

/* A quoted string at the start of *s, its closing quote too. */
static int
read_string(struct reader *r, struct str *s)
{
	unsigned char byte;
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
		    "2..%d", STR_ARG(str_shown(num)), (int)max);
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
		    "bytes that the datagram shall have", STR_ARG(str_shown(num)));
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
		w = str_word(&s);
		if (str_is(w, "@cookie") || str_is(w, "@hex")) {
			if (read_cookie(r, str_word(&s), w.n == 4) == -1)
				return -1;
		} else if (str_is(w, "@pad")) {
			if (read_pad(r, str_word(&s)) == -1)
				return -1;
		} else
			return FAIL(r, "\"%.*s\" is no bytes; there are "
			    "\"strings\", @cookie N, @hex N, @pad N and "
			    "# comments", STR_ARG(str_shown(w)));
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
		    "0-9 and -", STR_ARG(str_shown(name)), PAYLOAD_NAME);
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

	if (r->d.line != 0 || r->t->n != 0)
		return FAIL(r, "clear behind a payload; it empties ports of "
		    "files read before, so put it first");
	rc = read_ports(r, &ps, s);
	if (rc == 0 && portset_union(&r->t->clear, &ps) == -1)
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
	w = str_word(&s);
	if (str_is(w, "payload"))
		return start(r, s);
	if (str_is(w, "clear"))
		return read_clear(r, s);
	if (!str_is(w, "ports") && !str_is(w, "source") && !str_is(w, "echo"))
		return FAIL(r, "\"%.*s\" is no word of this file; there are "
		    "payload, ports, source, echo, clear, \"strings\" and "
		    "# comments", STR_ARG(str_shown(w)));
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
read_lines(struct reader *r, struct str text)
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

int
payload_text_read(struct payload_text *t, struct str text, const char *name,
    struct buf *err)
{
	struct reader r = { .name = name, .err = err, .t = t };
	int rc = read_lines(&r, text);

	t->lines = r.line;
	portset_release(&r.d.p.ports);
	return rc;
}

void
payload_text_release(struct payload_text *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		payload_release(&t->v[i]);
	free(t->v);
	portset_release(&t->clear);
	*t = (struct payload_text){ 0 };
}
