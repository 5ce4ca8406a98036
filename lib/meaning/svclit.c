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
	size_t		nbyte;
	size_t		start;	/* of the run that goes on, in byte[] */
	bool		fixed;	/* the next byte's place is known: */
	size_t		place;
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
	sc->f = *f;
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

static bool	read_sequence(struct scan *);

/* "(...)" with what follows it. */
static void
read_group(struct scan *sc)
{
	const struct found before = sc->f;
	bool around = starts(sc, "(?=") || starts(sc, "(?!") ||
	    starts(sc, "(?<=") || starts(sc, "(?<!");
	bool choice;
	struct times t;

	if (around)
		skip(sc, starts(sc, "(?<") ? 4 : 3);
	else if (starts(sc, "(?:"))
		skip(sc, 3);
	else if (peek(sc, 1) == '?' || peek(sc, 1) == '*') {
		give_up(sc);
		return;
	} else
		skip(sc, 1);
	if (++sc->depth > DEPTH) {
		give_up(sc);
		return;
	}
	choice = read_sequence(sc);
	sc->depth--;
	if (peek(sc, 0) != ')') {
		give_up(sc);
		return;
	}
	skip(sc, 1);
	t = read_times(sc);
	if (around) {
		/* What it looks at is no part of what is matched. */
		restore(sc, &before);
		put_atom(sc, (struct atom){ NOTHING, 0 }, t);
		return;
	}
	if (choice || t.min == 0)
		restore(sc, &before);
	if (choice || !t.exact || t.min != 1)
		put_gap(sc, false, 0);
}

/* Up to the end, or the ) of the group: whether there is a | in it. */
static bool
read_sequence(struct scan *sc)
{
	bool choice = false;
	struct atom a;
	int c;

	while (!sc->lost && (c = peek(sc, 0)) != -1 && c != ')') {
		if (c == '(') {
			read_group(sc);
			continue;
		}
		if (c == '\\')
			a = read_escape(sc);
		else if (c == '[')
			a = read_class(sc);
		else {
			a = c == '.' ? (struct atom){ ONE, 0 } :
			    c == '^' || c == '$' || c == '|' ?
			    (struct atom){ NOTHING, 0 } :
			    literal((unsigned)c);
			skip(sc, 1);
		}
		if (c == '|')
			choice = true;
		else
			put_atom(sc, a, read_times(sc));
	}
	return choice;
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
	bool choice;

	memset(l->mask, 0, sizeof(l->mask));
	memset(l->value, 0, sizeof(l->value));
	sc.f.fixed = anchored(regex);
	choice = read_sequence(&sc);
	end_run(&sc);
	l->nrun = sc.f.nrun;
	if (choice || sc.lost || sc.s.n > 0) {
		memset(l->mask, 0, sizeof(l->mask));
		memset(l->value, 0, sizeof(l->value));
		l->nrun = 0;
	}
}
