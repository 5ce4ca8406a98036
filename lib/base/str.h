/* Byte slices: a pointer and a length, never owning. Layer 0. */
#ifndef PRT_BASE_STR_H
#define PRT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A slice of somebody else's bytes; p == NULL means "absent". */
struct str {
	const char	*p;
	size_t		 n;
};

#define STR(lit)	((struct str){ (lit), sizeof(lit) - 1 })
#define STR_NONE	((struct str){ NULL, 0 })
/* For "%.*s". */
#define STR_ARG(s)	((int)(s).n), ((s).p)

/* The slice of a NUL-terminated string. */
static inline struct str
str_of(const char *z)
{
	return (struct str){ z, z == NULL ? 0 : strlen(z) };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Does the slice equal the NUL-terminated string? */
static inline bool
str_is(struct str a, const char *z)
{
	return str_eq(a, str_of(z));
}

/* Copies into a NUL-terminated buffer; false if it did not fit (dst is then
 * truncated and still terminated). */
static inline bool
str_copy(char *dst, size_t cap, struct str s)
{
	size_t n = s.n < cap ? s.n : cap - 1;

	if (n > 0)
		memcpy(dst, s.p, n);
	dst[n] = '\0';
	return n == s.n;
}

/* For messages: as much of a text as is worth quoting, up to what is no printable
 * ASCII. */
static inline struct str
str_shown(struct str s)
{
	size_t i;

	for (i = 0; i < s.n && i < 40; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			break;
	s.n = i;
	return s;
}

/* Cuts the part before the first `sep` off *rest and returns it; *rest becomes
 * what follows, with p == NULL when there was no separator left. */
static inline struct str
str_cut(struct str *rest, char sep)
{
	struct str head = *rest;
	const char *at = rest->n > 0 ? memchr(rest->p, sep, rest->n) : NULL;

	if (at == NULL) {
		*rest = STR_NONE;
		return head;
	}
	head.n = (size_t)(at - head.p);
	rest->p = at + 1;
	rest->n -= head.n + 1;
	return head;
}

static inline bool
str_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Strips blanks (space, tab, CR) from both ends. */
static inline struct str
str_trim(struct str s)
{
	while (s.n > 0 && str_is_blank(s.p[0]))
		s.p++, s.n--;
	while (s.n > 0 && str_is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Cuts the next word, up to a blank, off *s, which is then trimmed. */
static inline struct str
str_word(struct str *s)
{
	struct str w;
	size_t n = 0;

	*s = str_trim(*s);
	while (n < s->n && !str_is_blank(s->p[n]))
		n++;
	w = (struct str){ s->p, n };
	if (n > 0)
		*s = str_trim((struct str){ s->p + n, s->n - n });
	return w;
}

#endif
