#include "base/date.h"

#include "base/clock.h"
#include "base/num.h"

enum { DAY = 86400 };

struct date {
	uint64_t	year;
	unsigned	month, day;	/* from 1 */
};

/* Years start in March here, so that the leap day is a year's last one. */
static struct date
date_of(uint64_t days)
{
	uint64_t era, doe, yoe, doy, mp;
	struct date d;

	days += 719468;			/* from 0000-03-01 */
	era = days / 146097;		/* 400 years */
	doe = days % 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	d.day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
	d.month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
	d.year = yoe + era * 400 + (d.month <= 2);
	return d;
}

/* The day's number since 1970-01-01, negative before it. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t era, yoe, doy;

	year -= month <= 2;
	era = year / 400;
	yoe = year - era * 400;
	doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
put_two(struct buf *b, uint64_t v, char before)
{
	if (before != '\0')
		buf_putc(b, before);
	buf_putc(b, (char)('0' + v / 10 % 10));
	buf_putc(b, (char)('0' + v % 10));
}

static void
put_clock(struct buf *b, uint64_t seconds, char before)
{
	put_two(b, seconds / 3600 % 24, before);
	put_two(b, seconds / 60 % 60, ':');
	put_two(b, seconds % 60, ':');
}

void
date_put_iso(struct buf *b, uint64_t ns, unsigned digits)
{
	uint64_t s = ns / NS_PER_S, unit = NS_PER_S / 10;
	struct date d = date_of(s / DAY);

	put_two(b, d.year / 100, '\0');
	put_two(b, d.year % 100, '\0');
	put_two(b, d.month, '-');
	put_two(b, d.day, '-');
	put_clock(b, s % DAY, 'T');
	if (digits > 0)
		buf_putc(b, '.');
	for (; digits > 0 && unit > 0; digits--, unit /= 10)
		buf_putc(b, (char)('0' + ns / unit % 10));
	buf_putc(b, 'Z');
}

void
date_put_ctime(struct buf *b, uint64_t seconds)
{
	static const char day[] = "ThuFriSatSunMonTueWed";
	static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct date d = date_of(seconds / DAY);

	buf_put(b, day + seconds / DAY % 7 * 3, 3);
	buf_putc(b, ' ');
	buf_put(b, month + (size_t)(d.month - 1) * 3, 3);
	buf_puts(b, d.day < 10 ? "  " : " ");
	buf_u64(b, d.day);
	put_clock(b, seconds % DAY, ' ');
	buf_putc(b, ' ');
	buf_u64(b, d.year);
}

/* Two digits behind `before`, at most `max`; -1 when they are not there. */
static int
two(const char **p, const char *end, char before, int max)
{
	const char *q = *p;
	int v;

	if (before != '\0' && (q == end || *q++ != before))
		return -1;
	if (end - q < 2 || q[0] < '0' || q[0] > '9' || q[1] < '0' ||
	    q[1] > '9')
		return -1;
	v = (q[0] - '0') * 10 + (q[1] - '0');
	*p = q + 2;
	return v <= max ? v : -1;
}

/* Decimals behind a point, in nanoseconds; what is finer is dropped. */
static uint64_t
decimals(const char **p, const char *end)
{
	uint64_t ns = 0, unit = NS_PER_S / 10;

	if (*p == end || **p != '.')
		return 0;
	for (++*p; *p < end && **p >= '0' && **p <= '9'; ++*p, unit /= 10)
		ns += unit * (uint64_t)(**p - '0');
	return ns;
}

/* "Z", "+01:00", "-0530": how many seconds the clock is ahead. 0 or -1. */
static int
zone(const char **p, const char *end, int64_t *ahead)
{
	int h, m, sign;

	*ahead = 0;
	if (*p == end)
		return -1;
	if (**p == 'Z' || **p == 'z') {
		++*p;
		return 0;
	}
	if (**p != '+' && **p != '-')
		return -1;
	sign = *(*p)++ == '+' ? 1 : -1;
	if ((h = two(p, end, '\0', 23)) == -1 ||
	    (m = two(p, end, *p < end && **p == ':' ? ':' : '\0', 59)) == -1)
		return -1;
	*ahead = sign * (h * 3600 + m * 60);
	return 0;
}

size_t
date_scan_iso(const char *p, size_t n, uint64_t *ns)
{
	const char *q = p, *end = p + n;
	int century, year, month, day, h, m, s;
	int64_t t, ahead;
	uint64_t part;

	if ((century = two(&q, end, '\0', 99)) == -1 ||
	    (year = two(&q, end, '\0', 99)) == -1 ||
	    (month = two(&q, end, '-', 12)) < 1 ||
	    (day = two(&q, end, '-', 31)) < 1 || q == end ||
	    (*q != 'T' && *q != 't' && *q != ' ') ||
	    (h = two(&q, end, *q, 23)) == -1 ||
	    (m = two(&q, end, ':', 59)) == -1 ||
	    (s = two(&q, end, ':', 60)) == -1)
		return 0;
	part = decimals(&q, end);
	if (zone(&q, end, &ahead) == -1)
		return 0;
	t = days_of(century * 100 + year, month, day) * DAY + h * 3600 +
	    m * 60 + s - ahead;
	if (t < 0)
		return 0;
	*ns = (uint64_t)t * NS_PER_S + part;
	return (size_t)(q - p);
}

int
date_scan_epoch(struct str text, uint64_t *ns)
{
	const char *p, *end = text.p + text.n;
	uint64_t s;
	size_t k = text.n > 0 ? num_scan_u64(text.p, text.n, &s) : 0;

	if (k == 0 || s > UINT64_MAX / NS_PER_S - 1)
		return -1;
	p = text.p + k;
	*ns = s * NS_PER_S + decimals(&p, end);
	return p == end ? 0 : -1;
}
