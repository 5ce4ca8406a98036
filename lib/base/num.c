#include "base/num.h"

#include <string.h>

size_t
num_fmt_u64(char *dst, uint64_t v)
{
	char tmp[NUM_FMT_U64];
	size_t i = sizeof(tmp);

	do {
		tmp[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	memcpy(dst, tmp + i, sizeof(tmp) - i);
	return sizeof(tmp) - i;
}

size_t
num_fmt_u128(char *dst, u128 v)
{
	char tmp[NUM_FMT_U128];
	size_t i = sizeof(tmp);

	do {
		tmp[--i] = (char)('0' + (unsigned)(v % 10));
		v /= 10;
	} while (v != 0);
	memcpy(dst, tmp + i, sizeof(tmp) - i);
	return sizeof(tmp) - i;
}

size_t
num_scan_u64(const char *p, size_t n, uint64_t *v)
{
	uint64_t x = 0;
	size_t i;

	for (i = 0; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		if (__builtin_mul_overflow(x, 10u, &x) ||
		    __builtin_add_overflow(x, (uint64_t)(p[i] - '0'), &x))
			return 0;
	if (i > 0)
		*v = x;
	return i;
}

int
num_parse(const char *z, uint64_t lo, uint64_t hi, uint64_t *v)
{
	size_t n = strlen(z);
	uint64_t x;

	if (n == 0 || num_scan_u64(z, n, &x) != n || x < lo || x > hi)
		return -1;
	*v = x;
	return 0;
}

/* Digits with an optional fraction, scaled by `unit`; what follows goes to
 * *rest. Fraction digits beyond the unit's resolution are dropped. */
static int
scan_scaled(const char *z, uint64_t unit, uint64_t *out, const char **rest)
{
	uint64_t whole, part = unit, sum;
	size_t n = num_scan_u64(z, strlen(z), &whole);

	if (n == 0 || __builtin_mul_overflow(whole, unit, &sum))
		return -1;
	z += n;
	if (*z == '.') {
		if (z[1] < '0' || z[1] > '9')
			return -1;
		for (z++; *z >= '0' && *z <= '9'; z++) {
			part /= 10;
			if (__builtin_add_overflow(sum,
			    (uint64_t)(*z - '0') * part, &sum))
				return -1;
		}
	}
	*out = sum;
	*rest = z;
	return 0;
}

struct unit {
	const char	*name;
	uint64_t	 scale;
};

static int
parse_units(const char *z, const struct unit *u, size_t nu, uint64_t *v)
{
	const char *rest;
	size_t i, digits = strspn(z, "0123456789.");

	for (i = 0; i < nu; i++)
		if (strcmp(z + digits, u[i].name) == 0)
			return scan_scaled(z, u[i].scale, v, &rest) == 0 &&
			    rest == z + digits ? 0 : -1;
	return -1;
}

int
num_parse_duration(const char *z, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "", 1000000000u }, { "s", 1000000000u }, { "ms", 1000000u },
		{ "us", 1000u }, { "ns", 1u }, { "m", 60000000000u },
		{ "h", 3600000000000u }, { "d", 86400000000000u },
	};

	return parse_units(z, units, sizeof(units) / sizeof(units[0]), ns);
}

int
num_parse_count(const char *z, uint64_t *v)
{
	static const struct unit units[] = {
		{ "", 1u }, { "k", 1000u }, { "K", 1000u }, { "m", 1000000u },
		{ "M", 1000000u }, { "g", 1000000000u }, { "G", 1000000000u },
	};

	return parse_units(z, units, sizeof(units) / sizeof(units[0]), v);
}
