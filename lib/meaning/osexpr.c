/* Test expressions, as nmap's documentation of OS detection has them: values
 * and ranges of hexadecimal numbers, alternatives, and, inside of the text of
 * TCP options, numbers in brackets. */
#include "meaning/osexpr.h"

#include <stddef.h>
#include <stdint.h>

#include "base/esc.h"

#define DIGITS	16	/* of a number, at most */

/* A whole text as a hexadecimal number. */
static bool
number(struct str s, uint64_t *v)
{
	size_t i;
	int d;

	*v = 0;
	for (i = 0; i < s.n; i++) {
		if ((d = esc_hexval(s.p[i])) == -1)
			return false;
		*v = *v << 4 | (uint64_t)d;
	}
	return s.n > 0 && s.n <= DIGITS;
}

/* Cuts the next alternative off: a bar in brackets divides those inside. */
static struct str
cut_alternative(struct str *rest)
{
	struct str head = *rest;
	size_t i, depth = 0;

	for (i = 0; i < rest->n; i++) {
		if (rest->p[i] == '[')
			depth++;
		else if (rest->p[i] == ']' && depth > 0)
			depth--;
		else if (rest->p[i] == '|' && depth == 0)
			break;
	}
	head.n = i;
	if (i == rest->n)
		*rest = STR_NONE;
	else
		*rest = (struct str){ rest->p + i + 1, rest->n - i - 1 };
	return head;
}

/* "A-B": the two numbers. */
static bool
range(struct str s, uint64_t *lo, uint64_t *hi)
{
	struct str first = str_cut(&s, '-');

	return s.p != NULL && number(first, lo) && number(s, hi);
}

/* An alternative without brackets. */
static bool
match_plain(struct str one, struct str value)
{
	uint64_t lo, hi, v;

	if (str_eq(one, value))
		return true;
	if (one.n < 2 || !number(value, &v))
		return false;
	if (one.p[0] == '>' || one.p[0] == '<') {
		if (!number((struct str){ one.p + 1, one.n - 1 }, &lo))
			return false;
		return one.p[0] == '>' ? v > lo : v < lo;
	}
	return range(one, &lo, &hi) && v >= lo && v <= hi;
}

/* The number at the start of a value, as long as it goes. */
static struct str
cut_number(struct str *value)
{
	struct str s = *value;
	size_t n = 0;

	while (n < s.n && esc_hexval(s.p[n]) != -1)
		n++;
	*value = (struct str){ s.p + n, s.n - n };
	return (struct str){ s.p, n };
}

/* Those in brackets have none inside of them. */
static bool
match_inner(struct str expr, struct str value)
{
	while (expr.p != NULL)
		if (match_plain(str_cut(&expr, '|'), value))
			return true;
	return false;
}

/* "M[>500]ST11W[1-5]" */
static bool
match_mixed(struct str one, struct str value)
{
	struct str inner;

	while (one.n > 0) {
		if (one.p[0] == '[') {
			one.p++, one.n--;
			inner = str_cut(&one, ']');
			if (one.p == NULL ||
			    !match_inner(inner, cut_number(&value)))
				return false;
			continue;
		}
		if (value.n == 0 || value.p[0] != one.p[0])
			return false;
		one.p++, one.n--;
		value.p++, value.n--;
	}
	return value.n == 0;
}

bool
osexpr_match(struct str expr, struct str value)
{
	struct str one;

	if (expr.n == 0)
		return value.n == 0;
	while (expr.p != NULL) {
		one = cut_alternative(&expr);
		if (match_plain(one, value) ||
		    (one.n > 0 && memchr(one.p, '[', one.n) != NULL &&
		    match_mixed(one, value)))
			return true;
	}
	return false;
}

/* ---- what is wrong with one ---- */

static const char *
check_plain(struct str one)
{
	struct str rest = one, first;
	uint64_t lo, hi;

	if (one.n == 0)
		return NULL;
	if (one.p[0] == '>' || one.p[0] == '<') {
		if (number((struct str){ one.p + 1, one.n - 1 }, &lo))
			return NULL;
		return "no number behind < or >; write up to 16 hexadecimal "
		    "digits";
	}
	first = str_cut(&rest, '-');
	if (rest.p == NULL)
		return NULL;
	if (!number(first, &lo) || !number(rest, &hi))
		return "a range is two numbers; write them as hexadecimal "
		    "digits, such as 3B-45";
	return lo <= hi ? NULL :
	    "the range ends before it starts; write the lower number first";
}

static const char *
check_inner(struct str expr)
{
	const char *wrong = NULL;

	if (expr.n > 0 && memchr(expr.p, '[', expr.n) != NULL)
		return "brackets inside of brackets; leave those inside out";
	while (expr.p != NULL && wrong == NULL)
		wrong = check_plain(str_cut(&expr, '|'));
	return wrong;
}

static const char *
check_mixed(struct str one)
{
	const char *wrong = NULL;
	struct str inner;

	while (wrong == NULL) {
		str_cut(&one, '[');
		if (one.p == NULL)
			return NULL;
		inner = str_cut(&one, ']');
		if (one.p == NULL)
			return "a bracket does not end; write ] behind the "
			    "numbers";
		wrong = check_inner(inner);
	}
	return wrong;
}

const char *
osexpr_check(struct str expr)
{
	const char *wrong = NULL;
	struct str one;
	size_t i;

	for (i = 0; i < expr.n; i++)
		if (expr.p[i] <= ' ' || expr.p[i] > '~')
			return "a character that no value has; write printable "
			    "ASCII without blanks";
	while (expr.p != NULL && wrong == NULL) {
		one = cut_alternative(&expr);
		wrong = one.n > 0 && memchr(one.p, '[', one.n) != NULL ?
		    check_mixed(one) : check_plain(one);
	}
	return wrong;
}
