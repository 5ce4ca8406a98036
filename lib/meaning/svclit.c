/* The syntax is that of pcre2pattern(3), as far as it is needed to know what
 * stands next to what. */
#include "meaning/svclit.h"

#include <string.h>

#include "base/esc.h"
#include "base/num.h"

#define DEPTH	32	/* groups in groups; deeper ones are not understood */
#define TIMES	64	/* of {n} that are followed one by one */

enum kind {
	NOTHING,	/* an assertion */
	LITERAL,	/* that byte */
	ONE,		/* one byte of several */
	MANY,		/* bytes, or none */
};

struct atom {
	enum kind	kind;
	uint8_t		byte;
};

/* How often an atom is there: exactly min times, or from min on. */
struct times {
	uint64_t	min;
	bool		exact;
};

/* What was found so far: all of it can be taken back. */
struct found {
	unsigned	nrun;
	unsigned	choices;	/* that were kept, one after the other */
	size_t		least;		/* of the one that is */
	size_t		nbyte;
	size_t		start;	/* of the run that goes on, in byte[] */
	bool		fixed;	/* the next byte's place is known: */
	size_t		place;
};

/* The alternatives of a group: a text that the group matches has all runs of one
 * of them. */
struct choice {
	struct svclit_run run[SVCLIT_RUNS];
	unsigned	nrun;
	unsigned	n;		/* alternatives; 0: there is no | */
	size_t		least;		/* the longest run of the one whose
					 * longest is the shortest */
};

struct scan {
	struct svclit	*l;
	struct str	 s;	/* what is left of the expression */
	bool		 caseless;
	bool		 lost;	/* something is not understood */
	unsigned	 depth;
	struct found	 f;
};

static int
peek(const struct scan *sc, size_t i)
{
	return i < sc->s.n ? (unsigned char)sc->s.p[i] : -1;
}

static void
skip(struct scan *sc, size_t n)
{
	sc->s.p += n;
	sc->s.n -= n;
}

static bool
starts(const struct scan *sc, const char *z)
{
	size_t n = strlen(z);

	return sc->s.n >= n && memcmp(sc->s.p, z, n) == 0;
}

/* Nothing of the rest can be trusted, nor of what was found: a | may follow. */
static struct atom
give_up(struct scan *sc)
{
	sc->lost = true;
	sc->s.n = 0;
	return (struct atom){ MANY, 0 };
}

/* ---- what is found ---- */

static bool
is_letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The bytes up to here do not touch what follows. */
static void
end_run(struct scan *sc)
{
	struct found *f = &sc->f;
	size_t n = f->nbyte - f->start;

	if (n >= SVCLIT_RUN && f->nrun < SVCLIT_RUNS) {
		sc->l->run[f->nrun].at = (uint16_t)f->start;
		sc->l->run[f->nrun++].n = (uint16_t)n;
	}
	/* Not to be written over: restore() may want a part of it back. */
	f->start = f->nbyte;
}

static void
put_literal(struct scan *sc, uint8_t c)
{
	struct found *f = &sc->f;

	if (f->fixed && f->place < SVCLIT_HEAD) {
		sc->l->mask[f->place] =
		    sc->caseless && is_letter(c) ? 0xdf : 0xff;
		sc->l->value[f->place] = c & sc->l->mask[f->place];
	}
	f->place++;
	if (f->nbyte == SVCLIT_BYTES)
		end_run(sc);
	if (f->nbyte < SVCLIT_BYTES)
		sc->l->byte[f->nbyte++] = svclit_lower(c);
}

/* Some bytes are here. */
static void
put_gap(struct scan *sc, bool of_known_length, size_t n)
{
	end_run(sc);
	sc->f.fixed &= of_known_length;
	sc->f.place += n;
}

/* Takes back what was found since. */
static void
restore(struct scan *sc, const struct found *f)
{
	size_t i;

	for (i = f->place; f->fixed && i < SVCLIT_HEAD; i++)
		sc->l->mask[i] = sc->l->value[i] = 0;
	if (sc->f.choices != f->choices)
		sc->l->nchoice = 0;
	sc->f = *f;
}

/* ---- alternatives ---- */

/* An alternative ends, whose runs are those from `from` on. */
static void
end_alternative(struct scan *sc, struct choice *c, unsigned from)
{
	size_t longest = 0;
	unsigned i;

	end_run(sc);
	for (i = from; i < sc->f.nrun; i++) {
		if (sc->l->run[i].n > longest)
			longest = sc->l->run[i].n;
		c->run[c->nrun] = sc->l->run[i];
		c->run[c->nrun++].choice = (uint16_t)c->n;
	}
	if (c->n == 0 || longest < c->least)
		c->least = longest;
	c->n++;
}

/* Of several groups of alternatives that one is kept whose least telling one
 * tells more. Its bytes go where those of runs do not. */
static void
keep_choice(struct scan *sc, const struct choice *c)
{
	struct svclit *l = sc->l;
	size_t at = SVCLIT_BYTES;
	unsigned i;

	if (c->least <= (l->nchoice == 0 ? 0 : sc->f.least))
		return;
	for (i = 0; i < c->nrun; i++) {
		memcpy(l->byte + at, l->byte + c->run[i].at, c->run[i].n);
		l->choice[i] = c->run[i];
		l->choice[i].at = (uint16_t)at;
		at += c->run[i].n;
	}
	l->nchoice = c->nrun;
	sc->f.choices++;
	sc->f.least = c->least;
}

/* ---- atoms ---- */

static struct atom
literal(unsigned c)
{
	return (struct atom){ LITERAL, (uint8_t)c };
}

/* \xHH, behind the x; fewer digits and braces are too rare to follow. */
static struct atom
read_hex(struct scan *sc)
{
	int hi = sc->s.n >= 2 ? esc_hexval(sc->s.p[0]) : -1;
	int lo = sc->s.n >= 2 ? esc_hexval(sc->s.p[1]) : -1;

	if (hi == -1 || lo == -1)
		return give_up(sc);
	skip(sc, 2);
	return literal((unsigned)(hi << 4 | lo));
}

/* \0, \07 and \007, behind the 0. */
static struct atom
read_octal(struct scan *sc)
{
	unsigned v = 0, i;
	int c;

	for (i = 0; i < 2 && (c = peek(sc, 0)) >= '0' && c <= '7'; i++) {
		v = v * 8 + (unsigned)(c - '0');
		skip(sc, 1);
	}
	return literal(v);
}

static struct atom
read_escape(struct scan *sc)
{
	static const char from[] = "aefnrt", to[] = "\a\033\f\n\r\t";
	int c = peek(sc, 1);
	const char *at;

	if (c <= 0)
		return give_up(sc);
	skip(sc, 2);
	if (!is_letter((uint8_t)c) && !(c >= '0' && c <= '9'))
		return literal((unsigned)c);
	if (c == 'x')
		return read_hex(sc);
	if (c == '0')
		return read_octal(sc);
	if ((at = strchr(from, c)) != NULL)
		return literal((unsigned char)to[at - from]);
	if (strchr("dDwWsShHvVN", c) != NULL && peek(sc, 0) != '{')
		return (struct atom){ ONE, 0 };
	if (strchr("bBAzZ", c) != NULL)
		return (struct atom){ NOTHING, 0 };
	/* A reference; of more digits it may be an octal number. */
	if (c >= '1' && c <= '9' && (peek(sc, 0) < '0' || peek(sc, 0) > '9'))
		return (struct atom){ MANY, 0 };
	return give_up(sc);
}

/* One item of a class, up to its end or give_up(). */
static struct atom
class_item(struct scan *sc)
{
	struct atom a;
	int c = peek(sc, 0);

	if (c == '[' && (peek(sc, 1) == ':' || peek(sc, 1) == '.' ||
	    peek(sc, 1) == '='))
		return give_up(sc);
	if (c == '\\') {
		if (peek(sc, 1) == 'b') {
			skip(sc, 2);
			return literal('\b');
		}
		a = read_escape(sc);
		return a.kind == LITERAL || a.kind == ONE ? a : give_up(sc);
	}
	skip(sc, 1);
	return literal((unsigned)c);
}

/* "[...]": a class of one byte is that byte. */
static struct atom
read_class(struct scan *sc)
{
	struct atom first = { ONE, 0 }, a;
	bool one = true, any = false;

	skip(sc, 1);
	if (peek(sc, 0) == '^') {
		one = false;
		skip(sc, 1);
	}
	while (!sc->lost && (peek(sc, 0) != ']' || !any)) {
		if (peek(sc, 0) == -1)
			return give_up(sc);
		a = class_item(sc);
		if (!any)
			first = a;
		else if (a.kind != LITERAL || a.byte != first.byte)
			one = false;
		any = true;
	}
	if (sc->lost)
		return first;
	skip(sc, 1);
	return one ? first : (struct atom){ ONE, 0 };
}

/* ---- quantifiers ---- */

static const struct times once = { 1, true };

/* "{2}", "{2,}", "{2,3}"; another { is itself, if it could not be taken for
 * one. */
static struct times
read_braces(struct scan *sc)
{
	struct times t = { 0, true };
	uint64_t max;
	size_t i = 1, n;

	n = num_scan_u64(sc->s.p + i, sc->s.n - i, &t.min);
	if (n == 0) {
		if (peek(sc, 1) == ',' || peek(sc, 1) == ' ')
			give_up(sc);
		return once;
	}
	i += n;
	if (peek(sc, i) == ',') {
		t.exact = false;
		i++;
		i += num_scan_u64(sc->s.p + i, sc->s.n - i, &max);
	}
	if (peek(sc, i) != '}') {
		give_up(sc);
		return once;
	}
	skip(sc, i + 1);
	return t;
}

static struct times
read_times(struct scan *sc)
{
	struct times t = { 0, false };
	size_t before = sc->s.n;
	int c = peek(sc, 0);

	if (c == '{')
		t = read_braces(sc);
	else if (c == '*' || c == '?' || c == '+') {
		t.min = c == '+';
		skip(sc, 1);
	} else
		return once;
	if (sc->s.n == before)
		return once;		/* a { that is itself */
	if (peek(sc, 0) == '?' || peek(sc, 0) == '+')
		skip(sc, 1);
	return t;
}

static void
put_atom(struct scan *sc, struct atom a, struct times t)
{
	uint64_t i;

	if (a.kind == NOTHING) {
		if (!t.exact || t.min != 1)
			give_up(sc);
		return;
	}
	if (t.exact && t.min <= TIMES && a.kind == LITERAL) {
		for (i = 0; i < t.min; i++)
			put_literal(sc, a.byte);
		return;
	}
	if (t.exact && t.min <= TIMES && a.kind == ONE) {
		put_gap(sc, true, (size_t)t.min);
		return;
	}
	if (a.kind == LITERAL && t.min > 0)
		put_literal(sc, a.byte);
	put_gap(sc, false, 0);
}

/* ---- sequences and groups ---- */

static void	read_sequence(struct scan *, struct choice *);

/* "i" and "-s" of "(?i:" and "(?-s)": whether there is nothing else. Only the
 * head minds the case. */
static bool
read_flags(struct scan *sc)
{
	bool on = true;
	int c;

	for (; (c = peek(sc, 0)) == 'i' || c == 's' || c == '-'; skip(sc, 1))
		if (c == '-')
			on = false;
		else if (c == 'i')
			sc->caseless = on;
	return c == ':' || c == ')';
}

/* "<name>" */
static bool
read_name(struct scan *sc)
{
	int c;

	skip(sc, 1);
	while (is_letter((uint8_t)(c = peek(sc, 0))) || c == '_' ||
	    (c >= '0' && c <= '9'))
		skip(sc, 1);
	if (c != '>')
		return false;
	skip(sc, 1);
	return true;
}

enum group { UNKNOWN, PLAIN, AROUND, SETTING };

/* What opens a group, "(" and more. */
static enum group
read_open(struct scan *sc)
{
	static const char *const around[] = { "?=", "?!", "?<=", "?<!" };
	size_t i;

	skip(sc, 1);
	for (i = 0; i < sizeof(around) / sizeof(around[0]); i++)
		if (starts(sc, around[i])) {
			skip(sc, strlen(around[i]));
			return AROUND;
		}
	if (peek(sc, 0) == '*')
		return UNKNOWN;
	if (peek(sc, 0) != '?')
		return PLAIN;
	skip(sc, 1);
	if (peek(sc, 0) == '<')
		return read_name(sc) ? PLAIN : UNKNOWN;
	if (peek(sc, 0) == '>') {
		skip(sc, 1);
		return PLAIN;
	}
	if (!read_flags(sc))
		return UNKNOWN;
	if (peek(sc, 0) == ')')
		return SETTING;
	skip(sc, 1);
	return PLAIN;
}

/* A group is closed, that started with `before`. */
static void
end_group(struct scan *sc, enum group kind, const struct found *before,
    const struct choice *c)
{
	struct times t = read_times(sc);

	if (kind == AROUND) {
		/* What it looks at is no part of what is matched. */
		restore(sc, before);
		put_atom(sc, (struct atom){ NOTHING, 0 }, t);
		return;
	}
	if (c->n > 0 || t.min == 0)
		restore(sc, before);
	if (c->n > 0 && t.min > 0)
		keep_choice(sc, c);
	if (c->n > 0 || !t.exact || t.min != 1)
		put_gap(sc, false, 0);
}

/* "(...)" with what follows it. */
static void
read_group(struct scan *sc)
{
	const struct found before = sc->f;
	bool caseless = sc->caseless;
	struct choice c;
	enum group kind = read_open(sc);

	if (kind == UNKNOWN || ++sc->depth > DEPTH) {
		give_up(sc);
		return;
	}
	c.n = 0;
	if (kind != SETTING)
		read_sequence(sc, &c);
	sc->depth--;
	if (peek(sc, 0) != ')') {
		give_up(sc);
		return;
	}
	skip(sc, 1);
	if (kind == SETTING)
		return;		/* until the group around it ends */
	sc->caseless = caseless;
	end_group(sc, kind, &before, &c);
}

/* Has a character no meaning but itself, and does it change nothing before it? */
static bool
is_plain(int c)
{
	switch (c) {
	case -1:
	case '\\': case '[': case ']': case '(': case ')': case '{': case '}':
	case '|': case '.': case '^': case '$': case '*': case '+': case '?':
		return false;
	default:
		return true;
	}
}

static struct atom
read_atom(struct scan *sc)
{
	int c = peek(sc, 0);

	if (c == '\\')
		return read_escape(sc);
	if (c == '[')
		return read_class(sc);
	skip(sc, 1);
	if (c == '.')
		return (struct atom){ ONE, 0 };
	if (c == '^' || c == '$')
		return (struct atom){ NOTHING, 0 };
	return literal((unsigned)c);
}

/* Up to the end, or the ) of the group. */
static void
read_sequence(struct scan *sc, struct choice *c)
{
	unsigned from = sc->f.nrun;
	struct atom a;
	int ch;

	c->n = c->nrun = 0;
	while (!sc->lost && (ch = peek(sc, 0)) != -1 && ch != ')') {
		if (ch == '|') {
			skip(sc, 1);
			end_alternative(sc, c, from);
			from = sc->f.nrun;
		} else if (ch == '(')
			read_group(sc);
		else if (is_plain(ch) && is_plain(peek(sc, 1))) {
			/* Most of it: so it is not dwelt on. */
			skip(sc, 1);
			put_literal(sc, (uint8_t)ch);
		} else {
			a = read_atom(sc);
			put_atom(sc, a, read_times(sc));
		}
	}
	if (c->n > 0)
		end_alternative(sc, c, from);
}

static bool
anchored(struct str regex)
{
	return regex.n > 0 && (regex.p[0] == '^' ||
	    (regex.n > 1 && regex.p[0] == '\\' && regex.p[1] == 'A'));
}

void
svclit_find(struct svclit *l, struct str regex, bool caseless)
{
	struct scan sc = { .l = l, .s = regex, .caseless = caseless };
	const struct found nothing = { .fixed = true };
	struct choice c;

	memset(l->mask, 0, sizeof(l->mask));
	memset(l->value, 0, sizeof(l->value));
	l->nchoice = 0;
	sc.f.fixed = anchored(regex);
	read_sequence(&sc, &c);
	end_run(&sc);
	if (c.n > 0 || sc.lost || sc.s.n > 0) {
		restore(&sc, &nothing);
		l->nchoice = 0;
		if (!sc.lost && sc.s.n == 0)
			keep_choice(&sc, &c);
	}
	l->nrun = sc.f.nrun;
}
