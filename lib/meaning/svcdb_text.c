/* The text of a service-probe database, prt-service-probes(5). */
#include "meaning/svcdb_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/esc.h"
#include "base/num.h"
#include "meaning/portspec.h"
#include "meaning/svctmpl.h"

#define WAIT_MS		5000	/* of a probe that names none */
#define WRAPPED_MS	2000
#define WAIT_MAX_MS	600000

int
svcdb_fail(struct svcdb_errors *e, unsigned long line, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	if (++e->n > SVCDB_ERRORS)
		return -1;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (e->err->n > 0 && e->err->p[e->err->n - 1] != '\n')
		buf_putc(e->err, '\n');
	buf_printf(e->err, "%s:%lu: %s", e->name, line, what);
	return -1;
}

size_t
svcdb_index(const struct svc_probe *v, size_t n, enum svc_proto proto,
    struct str name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].proto == proto && str_is(name, v[i].name))
			return i;
	return n;
}

void
svcdb_probe_release(struct svc_probe *p)
{
	portset_release(&p->ports);
	portset_release(&p->sslports);
	if (p->line != NULL)
		free(p->line[0].pattern);	/* those of all lines */
	free(p->line);
	free(p->look);
}

void
svcdb_text_release(struct svcdb_text *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		svcdb_probe_release(&t->probe[i]);
	free(t->probe);
	free(t->fallback);
	free(t->block);
	for (i = 0; i < SVC_NPROTO; i++)
		portset_release(&t->exclude[i]);
	*t = (struct svcdb_text){ 0 };
}

/* The probe being read. */
struct draft {
	struct svc_probe	 p;
	struct svcdb_fallback	 fallback;
	struct svc_pattern	*pattern;	/* of each line */
	size_t			 cap;		/* of both */
	bool			 open;
	/* Directives that it has had. */
	bool			 ports, sslports, wait, wrapped, rarity;
};

struct reader {
	struct svcdb_text	*t;
	struct svcdb_errors	*e;
	const char		*file;	/* its name, in the block */
	unsigned long		 line;
	struct draft		 d;
	size_t			 cap;	/* of t->probe and t->fallback */
	bool			 excluded;
	bool			 oom;
};

#define FAIL(r, ...)	svcdb_fail((r)->e, (r)->line, __VA_ARGS__)

static int
no_memory(struct reader *r)
{
	r->oom = true;
	return FAIL(r, "out of memory");
}

/* What stands between two of the delimiter that *s starts with; *s becomes
 * what follows. */
static bool
delimited(struct str *s, struct str *text)
{
	const char *end;

	if (s->n < 2 || str_is_blank(s->p[0]))
		return false;
	end = memchr(s->p + 1, s->p[0], s->n - 1);
	if (end == NULL)
		return false;
	*text = (struct str){ s->p + 1, (size_t)(end - s->p) - 1 };
	s->n -= text->n + 2;
	s->p = end + 1;
	return true;
}

/* Printable ASCII without blanks and what would need care in a record. */
static bool
good_name(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '\\' ||
		    s.p[i] == ',')
			return false;
	return s.n > 0 && s.n <= 64;
}

/* The slice of the block, cut off there as a string. A blank or the end of the
 * line follows. */
static const char *
terminated(struct str s)
{
	((char *)(uintptr_t)s.p)[s.n] = '\0';
	return s.p;
}

/* ---- probes ---- */

/* Room for one more element in each of two arrays of `cap`. */
static int
grow(void **a, size_t asize, void **b, size_t bsize, size_t n, size_t *cap)
{
	size_t more = *cap == 0 ? 16 : *cap * 2;
	void *p;

	if (n < *cap)
		return 0;
	if ((p = reallocarray(*a, more, asize)) == NULL)
		return -1;
	*a = p;
	if ((p = reallocarray(*b, more, bsize)) == NULL)
		return -1;
	*b = p;
	*cap = more;
	return 0;
}

static void
trim_draft(struct draft *d)
{
	void *p;

	if ((p = reallocarray(d->p.line, d->p.nline, sizeof(*d->p.line))) !=
	    NULL)
		d->p.line = p;
	if ((p = reallocarray(d->pattern, d->p.nline, sizeof(*d->pattern))) !=
	    NULL)
		d->pattern = p;
}

static void
drop_draft(struct draft *d)
{
	if (d->p.line != NULL)
		d->p.line[0].pattern = NULL;
	svcdb_probe_release(&d->p);
	free(d->pattern);
	*d = (struct draft){ 0 };
}

/* Moves the draft into what was read. */
static int
finish(struct reader *r)
{
	struct svcdb_text *t = r->t;
	struct draft *d = &r->d;
	void *probes = t->probe, *fallbacks = t->fallback;
	size_t i;
	int rc;

	if (!d->open || d->p.name == NULL) {
		drop_draft(d);
		return 0;
	}
	rc = grow(&probes, sizeof(*t->probe), &fallbacks,
	    sizeof(*t->fallback), t->n, &r->cap);
	t->probe = probes;
	t->fallback = fallbacks;
	if (rc == -1)
		return no_memory(r);
	if (d->p.nline > 0)
		trim_draft(d);
	for (i = 0; i < d->p.nline; i++)
		d->p.line[i].pattern = &d->pattern[i];
	t->probe[t->n] = d->p;
	t->fallback[t->n++] = d->fallback;
	*d = (struct draft){ 0 };
	return 0;
}

/* The escape behind the backslash at the start of s: how many bytes of text it
 * takes, or 0 after a message. */
static size_t
read_escape(struct reader *r, struct str s, uint8_t *byte)
{
	size_t n = esc_scan(s.p, s.n, "\\0abfnrtv", "\\\0\a\b\f\n\r\t\v",
	    byte);

	if (n == 0)
		FAIL(r, "\"%.*s\" is no escape of a probe's bytes; there are "
		    "\\\\ \\0 \\a \\b \\f \\n \\r \\t \\v and \\xHH",
		    STR_ARG(str_shown((struct str){ s.p, s.n < 4 ? s.n : 4 })));
	return n;
}

/* Puts the bytes that a probe's text stands for in its place, where they fit:
 * an escape is longer than its byte. */
static int
read_payload(struct reader *r, struct str s, struct svc_probe *p)
{
	uint8_t *dst = (uint8_t *)(uintptr_t)s.p;
	size_t i = 0, k;

	p->payload = dst;
	while (i < s.n) {
		if (s.p[i] != '\\') {
			dst[p->n++] = (uint8_t)s.p[i++];
			continue;
		}
		k = read_escape(r, (struct str){ s.p + i, s.n - i },
		    &dst[p->n]);
		if (k == 0)
			return -1;
		i += k;
		p->n++;
	}
	return 0;
}

static int
read_proto(struct reader *r, struct str s, enum svc_proto *proto)
{
	if (str_is(s, "TCP"))
		*proto = SVC_TCP;
	else if (str_is(s, "UDP"))
		*proto = SVC_UDP;
	else
		return FAIL(r, "\"%.*s\" is no protocol of a probe; write TCP "
		    "or UDP", STR_ARG(str_shown(s)));
	return 0;
}

/* "TCP GetRequest q|GET / HTTP/1.0\r\n\r\n| [no-payload]" */
static int
read_probe(struct reader *r, struct str s)
{
	struct draft *d = &r->d;
	struct str proto, name, bytes;

	if (finish(r) == -1)
		return -1;
	/* Without a name it takes the lines of a bad probe, and is dropped. */
	d->open = true;
	d->p.at = r->line;
	d->p.rarity = SVC_RARITY;
	d->p.wait = (uint64_t)WAIT_MS * 1000000;
	d->p.wrapped = (uint64_t)WRAPPED_MS * 1000000;
	proto = str_word(&s);
	name = str_word(&s);
	if (read_proto(r, proto, &d->p.proto) == -1)
		return -1;
	if (!good_name(name))
		return FAIL(r, "\"%.*s\" is no name of a probe; write up to "
		    "64 printable characters", STR_ARG(str_shown(name)));
	if (s.n == 0 || s.p[0] != 'q')
		return FAIL(r, "probe %.*s has no bytes; write them as "
		    "q|...|", STR_ARG(name));
	s.p++, s.n--;
	if (!delimited(&s, &bytes))
		return FAIL(r, "the bytes of probe %.*s do not end; end them "
		    "with the character behind the q", STR_ARG(name));
	s = str_trim(s);
	if (s.n > 0 && !str_is(s, "no-payload"))
		return FAIL(r, "\"%.*s\" behind a probe's bytes; drop it, or "
		    "write no-payload", STR_ARG(str_shown(s)));
	if (svcdb_index(r->t->probe, r->t->n, d->p.proto, name) < r->t->n)
		return FAIL(r, "a second %.*s probe %.*s; give each its own "
		    "name", STR_ARG(proto), STR_ARG(name));
	if (read_payload(r, bytes, &d->p) == -1)
		return -1;
	d->p.name = terminated(name);
	return 0;
}

/* ---- what a probe has ---- */

static int
second(struct reader *r, const char *what)
{
	return FAIL(r, "a second %s line of this probe; keep one", what);
}

static int
read_ports(struct reader *r, struct str s, const char *what,
    struct portset *ps, bool *had)
{
	size_t bad = 0;

	if (*had)
		return second(r, what);
	*had = true;
	if (portset_parse(ps, s.p, s.n, &bad) == -1) {
		if (bad > s.n)
			bad = s.n;
		return FAIL(r, "\"%.*s\" is no list of ports; write it like "
		    "80,8080,8000-8010",
		    STR_ARG(str_shown((struct str){ s.p + bad, s.n - bad })));
	}
	return 0;
}

static int
read_number(struct reader *r, struct str s, const char *what, uint64_t max,
    uint64_t *v, bool *had)
{
	if (*had)
		return second(r, what);
	*had = true;
	if (s.n == 0 || num_scan_u64(s.p, s.n, v) != s.n || *v == 0 ||
	    *v > max)
		return FAIL(r, "\"%.*s\" is no %s; write 1 to %u",
		    STR_ARG(str_shown(s)), what, (unsigned)max);
	return 0;
}

static int
read_wait(struct reader *r, struct str s, const char *what, uint64_t *ns,
    bool *had)
{
	uint64_t ms;

	if (read_number(r, s, what, WAIT_MAX_MS, &ms, had) == -1)
		return -1;
	*ns = ms * 1000000;
	return 0;
}

static int
read_rarity(struct reader *r, struct str s)
{
	uint64_t v;

	if (read_number(r, s, "rarity", SVC_RARITY_MAX, &v, &r->d.rarity) ==
	    -1)
		return -1;
	r->d.p.rarity = (unsigned)v;
	return 0;
}

/* Which probes those are is known at the end only. */
static int
read_fallback(struct reader *r, struct str s)
{
	if (r->d.fallback.line != 0)
		return second(r, "fallback");
	r->d.fallback = (struct svcdb_fallback){ s, r->line };
	if (s.n == 0)
		return FAIL(r, "no fallback given; write names of probes, "
		    "separated by commas");
	return 0;
}

static int
read_exclude(struct reader *r, struct str s)
{
	struct portspec spec = { 0 };
	struct portspec_error err;
	const char *text = terminated(s);
	int rc = -1;

	if (r->excluded)
		return FAIL(r, "a second Exclude line; put all ports in one");
	r->excluded = true;
	if (s.n == 0 || portspec_wants_ports(text))
		return FAIL(r, "\"%.*s\" is no list of ports; write numbers, "
		    "like 53,T:9100-9107,U:30000", STR_ARG(str_shown(s)));
	if (portspec_parse(&spec, text, PORTSPEC_TCP | PORTSPEC_UDP, NULL,
	    &err) == -1)
		FAIL(r, "\"%.*s\": %s; write the ports like "
		    "53,T:9100-9107", STR_ARG(str_shown((struct str){
		    text + err.at, err.n })), err.what);
	else if (portset_union(&r->t->exclude[SVC_TCP],
	    &spec.set[PORTS_TCP]) == -1 ||
	    portset_union(&r->t->exclude[SVC_UDP], &spec.set[PORTS_UDP]) == -1)
		no_memory(r);
	else
		rc = 0;
	portspec_release(&spec);
	return rc;
}

/* ---- match lines ---- */

/* "m|...|is" */
static int
read_pattern(struct reader *r, struct str *s, struct svc_pattern *p)
{
	if (s->n == 0 || s->p[0] != 'm')
		return FAIL(r, "a match without a pattern; write m|...| "
		    "behind the service");
	s->p++, s->n--;
	if (!delimited(s, &p->regex))
		return FAIL(r, "the pattern does not end; end it with the "
		    "character behind the m");
	if (p->regex.n > SVCDB_PATTERN_MAX)
		return FAIL(r, "a pattern longer than %d bytes; shorten it",
		    SVCDB_PATTERN_MAX);
	for (; s->n > 0 && !str_is_blank(s->p[0]); s->p++, s->n--) {
		if (s->p[0] == 'i')
			p->caseless = true;
		else if (s->p[0] == 's')
			p->dotall = true;
		else
			return FAIL(r, "\"%.*s\" is no flag of a pattern; "
			    "there are i and s",
			    STR_ARG(str_shown((struct str){ s->p, 1 })));
	}
	return 0;
}

static int
add_cpe(struct reader *r, struct svc_line *l, struct str s)
{
	if (l->ncpe == SVC_CPES)
		return FAIL(r, "more than %d cpe of one line; drop some",
		    SVC_CPES);
	l->cpe[l->ncpe++] = s;
	return 0;
}

/* The template behind its letter, "/OpenSSH/", or behind "cpe:". */
static int
read_template(struct reader *r, struct str *s, struct svc_line *l,
    struct str *field, const char *what)
{
	const char *wrong;
	struct str text;
	unsigned highest;

	if (!delimited(s, &text))
		return FAIL(r, "%s does not end; end it with the character it "
		    "starts with", what);
	if (field == NULL && s->n > 0 && s->p[0] == 'a')
		s->p++, s->n--;		/* its flag says nothing to us */
	if (s->n > 0 && !str_is_blank(s->p[0]))
		return FAIL(r, "\"%.*s\" directly behind %s; put a blank "
		    "between, or use another delimiter", STR_ARG(str_shown(*s)),
		    what);
	if ((wrong = svctmpl_check(text, &highest)) != NULL)
		return FAIL(r, "%s has %s", what, wrong);
	if (field == NULL)
		return add_cpe(r, l, text);
	if (field->p != NULL)
		return FAIL(r, "a second %s; keep one", what);
	*field = text;
	return 0;
}

/* "p/OpenSSH/ v/$1/ cpe:/a:openbsd:openssh:$1/" */
static int
read_versioninfo(struct reader *r, struct str s, struct svc_line *l)
{
	static const char letters[] = "pvihod";
	static const char *const what[] = { "p/product/", "v/version/",
	    "i/info/", "h/hostname/", "o/os/", "d/device/" };
	struct str *const field[] = { &l->product, &l->version, &l->info,
	    &l->hostname, &l->os, &l->device };
	const char *at;
	int rc;

	while ((s = str_trim(s)).n > 0) {
		if (s.n > 4 && memcmp(s.p, "cpe:", 4) == 0) {
			s.p += 4, s.n -= 4;
			rc = read_template(r, &s, l, NULL, "cpe:/name/");
		} else if ((at = memchr(letters, s.p[0], 6)) != NULL) {
			s.p++, s.n--;
			rc = read_template(r, &s, l, field[at - letters],
			    what[at - letters]);
		} else
			rc = FAIL(r, "\"%.*s\" is no part of a match; there "
			    "are p// v// i// h// o// d// and cpe://",
			    STR_ARG(str_shown(s)));
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* "ssh m|^SSH-([\d.]+)-| p/.../" */
static int
read_match(struct reader *r, struct str s, bool soft)
{
	struct draft *d = &r->d;
	struct svc_line l = { .soft = soft, .line = r->line, .file = r->file };
	struct svc_pattern p = { 0 };
	struct str service = str_word(&s);
	void *lines = d->p.line, *patterns = d->pattern;
	int rc;

	if (!good_name(service))
		return FAIL(r, "\"%.*s\" is no name of a service; write up to "
		    "64 printable characters", STR_ARG(str_shown(service)));
	if (read_pattern(r, &s, &p) == -1 ||
	    read_versioninfo(r, s, &l) == -1)
		return -1;
	l.service = terminated(service);
	rc = grow(&lines, sizeof(l), &patterns, sizeof(p), d->p.nline,
	    &d->cap);
	d->p.line = lines;
	d->pattern = patterns;
	if (rc == -1)
		return no_memory(r);
	d->pattern[d->p.nline] = p;
	d->p.line[d->p.nline++] = l;
	return 0;
}

/* ---- lines ---- */

static int
read_directive(struct reader *r, struct str what, struct str s)
{
	struct draft *d = &r->d;

	if (str_is(what, "match"))
		return read_match(r, s, false);
	if (str_is(what, "softmatch"))
		return read_match(r, s, true);
	if (str_is(what, "ports"))
		return read_ports(r, s, "ports", &d->p.ports, &d->ports);
	if (str_is(what, "sslports"))
		return read_ports(r, s, "sslports", &d->p.sslports,
		    &d->sslports);
	if (str_is(what, "totalwaitms"))
		return read_wait(r, s, "totalwaitms", &d->p.wait, &d->wait);
	if (str_is(what, "tcpwrappedms"))
		return read_wait(r, s, "tcpwrappedms", &d->p.wrapped,
		    &d->wrapped);
	if (str_is(what, "rarity"))
		return read_rarity(r, s);
	return read_fallback(r, s);
}

static bool
is_directive(struct str s)
{
	static const char *const all[] = { "match", "softmatch", "ports",
	    "sslports", "totalwaitms", "tcpwrappedms", "rarity", "fallback" };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (str_is(s, all[i]))
			return true;
	return false;
}

static int
read_line(struct reader *r, struct str s)
{
	struct str what;

	s = str_trim(s);
	if (s.n == 0 || s.p[0] == '#')
		return 0;
	if (memchr(s.p, '\0', s.n) != NULL)
		return FAIL(r, "a NUL byte; write \\0");
	what = str_word(&s);
	if (str_is(what, "Probe"))
		return read_probe(r, s);
	if (str_is(what, "Exclude"))
		return read_exclude(r, s);
	if (!is_directive(what))
		return FAIL(r, "\"%.*s\" is no word of this file; there are "
		    "Probe, match, softmatch, ports, sslports, totalwaitms, "
		    "tcpwrappedms, rarity, fallback, Exclude and # comments",
		    STR_ARG(str_shown(what)));
	if (!r->d.open)
		return FAIL(r, "\"%.*s\" of no probe; start one with a line "
		    "\"Probe TCP NAME q|...|\"", STR_ARG(what));
	return read_directive(r, what, s);
}

/* A copy of text and name, which is then cut into strings: *copy is the text.
 * A byte more follows it, for the last one's end. */
static int
make_block(struct reader *r, struct str text, struct str *copy)
{
	size_t n = strlen(r->e->name) + 1;
	char *p = malloc(n + text.n + 1);

	if (p == NULL)
		return no_memory(r);
	r->t->block = p;
	memcpy(p, r->e->name, n);
	if (text.n > 0)
		memcpy(p + n, text.p, text.n);
	p[n + text.n] = '\0';
	r->file = p;
	*copy = (struct str){ p + n, text.n };
	return 0;
}

int
svcdb_text_read(struct svcdb_text *t, struct str text, struct svcdb_errors *e)
{
	struct reader r = { .t = t, .e = e };
	unsigned long errors = e->n;

	if (make_block(&r, text, &text) == -1)
		return -1;
	while (text.p != NULL && !r.oom) {
		r.line++;
		read_line(&r, str_cut(&text, '\n'));
	}
	finish(&r);
	drop_draft(&r.d);
	t->lines = r.line;
	return e->n > errors ? -1 : 0;
}
