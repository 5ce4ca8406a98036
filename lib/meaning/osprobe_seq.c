/* What the answers to the six SYNs show in a row, and IP identifications: the SEQ
 * line, as nmap.org/book/osdetect-methods.html defines it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "meaning/osprobe.h"
#include "meaning/osprobe_priv.h"
#include "pure/addr.h"
#include "pure/wire.h"

#define NS		1e9
/* Samples that the tests of sequences want. */
#define ENOUGH_ISN	4
#define ENOUGH_TI	3
#define ENOUGH_CI	2
/* The echo requests follow the SYNs within this time, ns. */
#define SOON		UINT64_C(1000000000)
/* How far the clock of a system may be from one of those that there are, and
 * what more the end of a tick can make. */
#define CLOCK_ERROR	0.10
#define CLOCK_TICKS	2.0

/* The answers to one round of SYNs, in the order of their sending. */
struct samples {
	const struct osprobe_reply	*r[OSPROBE_SEQ];
	unsigned			 at[OSPROBE_SEQ];
	unsigned			 n;
};

static void
take_samples(const struct osprobe_state *st, struct samples *s)
{
	struct samples one;
	unsigned round, i;

	s->n = 0;
	for (round = 0; round < OSPROBE_TRIES; round++) {
		one.n = 0;
		for (i = 0; i < OSPROBE_SEQ; i++)
			if (st->seq[round][i].time != 0) {
				one.at[one.n] = i;
				one.r[one.n++] = &st->seq[round][i];
			}
		if (one.n > s->n)
			*s = one;
	}
}

/* Seconds between the sendings that two samples answer. */
static double
seconds(const struct samples *s, unsigned from, unsigned to)
{
	double t = (double)(s->r[to]->sent - s->r[from]->sent) / NS;

	return t > 1e-6 ? t : 1e-6;
}

static uint64_t
rounded(double v)
{
	return v < 0 ? 0 : (uint64_t)(v + 0.5);
}

/* ---- initial sequence numbers: GCD, ISR, SP ---- */

static uint32_t
gcd(uint32_t a, uint32_t b)
{
	uint32_t t;

	while (b != 0) {
		t = a % b;
		a = b;
		b = t;
	}
	return a;
}

/* The way around that is shorter. */
static uint32_t
apart(uint32_t a, uint32_t b)
{
	return b - a < a - b ? b - a : a - b;
}

static double
deviation(const double *v, unsigned n)
{
	double mean = 0, sum = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		mean += v[i] / n;
	for (i = 0; i < n; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return sqrt(sum / (n - 1));
}

static void
put_isn(struct osfp *fp, const struct samples *s)
{
	double rate[OSPROBE_SEQ], mean = 0, d;
	uint32_t step, common = 0;
	unsigned i, n = s->n - 1;

	if (s->n < ENOUGH_ISN)
		return;
	for (i = 0; i < n; i++) {
		step = apart(s->r[i]->seq, s->r[i + 1]->seq);
		common = gcd(step, common);
		rate[i] = step / seconds(s, i, i + 1);
		mean += rate[i] / n;
	}
	if (common > 9)
		for (i = 0; i < n; i++)
			rate[i] /= common;
	d = deviation(rate, n);
	osfp_set_hex(fp, OSFP_SEQ, "SP", d <= 1 ? 0 : rounded(8 * log2(d)));
	osfp_set_hex(fp, OSFP_SEQ, "GCD", common);
	osfp_set_hex(fp, OSFP_SEQ, "ISR",
	    mean < 1 ? 0 : rounded(8 * log2(mean)));
}

/* ---- IP identification: TI, CI, II, SS ---- */

/* How a row of at least two is made, in at most five bytes; false: no way that
 * has a name. */
static bool
ids_class(const uint16_t *id, unsigned n, char out[8])
{
	bool zero = id[0] == 0, same = true, random = false, leaps = false,
	    swapped = true, counts = true;
	uint16_t d;
	unsigned i;

	for (i = 1; i < n; i++) {
		d = (uint16_t)(id[i] - id[i - 1]);
		zero = zero && id[i] == 0;
		same = same && d == 0;
		random = random || d >= 20000;
		leaps = leaps || (d > 1000 && d % 256 != 0);
		swapped = swapped && d % 256 == 0 && d <= 5120;
		counts = counts && d < 10;
	}
	if (same && !zero)
		snprintf(out, 8, "%X", id[0]);
	else
		strcpy(out, zero ? "Z" : random && n > 2 ? "RD" : leaps ?
		    "RI" : swapped ? "BI" : counts ? "I" : "");
	return out[0] != '\0';
}

static void
put_ids(struct osfp *fp, const char *attr, const uint16_t *id, unsigned n,
    unsigned enough)
{
	char text[8];

	if (n >= enough && ids_class(id, n, text))
		osfp_set(fp, OSFP_SEQ, attr, text);
}

/* Do TCP and ICMP count with one counter? Asked only when both count, and the echo
 * was sent soon after the SYNs: what is sent again has others before it. */
static void
put_shared(struct osfp *fp, const struct samples *s,
    const struct osprobe_reply *echo)
{
	const char *ti = osfp_get(fp, OSFP_SEQ, "TI"),
	    *ii = osfp_get(fp, OSFP_SEQ, "II");
	uint16_t first, last, step;

	if (ti == NULL || ii == NULL || strcmp(ti, ii) != 0 ||
	    (strcmp(ti, "RI") != 0 && strcmp(ti, "BI") != 0 &&
	    strcmp(ti, "I") != 0) ||
	    echo->sent - s->r[s->n - 1]->sent > SOON)
		return;
	first = s->r[0]->ip_id;
	last = s->r[s->n - 1]->ip_id;
	step = (uint16_t)((uint16_t)(last - first) /
	    (s->at[s->n - 1] - s->at[0]));
	osfp_set(fp, OSFP_SEQ, "SS",
	    (uint16_t)(echo->ip_id - last) < 3u * step ? "S" : "O");
}

/* The answers to a few probes, in the order in which they came: some may have been
 * asked for twice. */
static unsigned
ids_of(const struct osprobe_state *st, enum osprobe from, enum osprobe to,
    uint16_t *id)
{
	const struct osprobe_reply *r[OSPROBE_SEQ], *a;
	unsigned i, k, n = 0;

	for (i = from; i <= to; i++) {
		if ((a = osprobe_answer(st, i)) == NULL)
			continue;
		for (k = n++; k > 0 && r[k - 1]->time > a->time; k--)
			r[k] = r[k - 1];
		r[k] = a;
	}
	for (i = 0; i < n; i++)
		id[i] = r[i]->ip_id;
	return n;
}

static void
put_all_ids(struct osfp *fp, const struct osprobe_state *st,
    const struct samples *s)
{
	uint16_t id[OSPROBE_SEQ];
	unsigned i, n;

	for (i = 0; i < s->n; i++)
		id[i] = s->r[i]->ip_id;
	put_ids(fp, "TI", id, s->n, ENOUGH_TI);
	n = ids_of(st, OSPROBE_T5, OSPROBE_T7, id);
	put_ids(fp, "CI", id, n, ENOUGH_CI);
	n = ids_of(st, OSPROBE_IE1, OSPROBE_IE2, id);
	put_ids(fp, "II", id, n, 2);
	if (n == 2)
		put_shared(fp, s, osprobe_answer(st, OSPROBE_IE1));
}

/* ---- timestamps: TS, and since when they run ---- */

static bool
timestamp_of(const struct osprobe_reply *r, uint32_t *value)
{
	struct rd o = rd_of(r->option, r->noptions);
	uint8_t kind, len;

	while (o.n > 0 && (kind = rd_u8(&o)) != 0) {
		if (kind == 1)
			continue;
		len = rd_u8(&o);
		if (o.bad || len < 2)
			return false;
		if (kind == 8 && len == 10) {
			*value = rd_be32(&o);
			return !o.bad;
		}
		rd_skip(&o, (size_t)len - 2);
	}
	return false;
}

/* A clock that systems have, near the rate that was measured: 0 when there is
 * none. Slower ones tick too seldom in half a second to be told apart. */
static double
known_clock(double rate)
{
	static const double clock[] = { 50, 100, 128, 200, 250, 300, 500,
	    512, 1000, 1024 };
	double best = 0;
	size_t i;

	for (i = 0; i < sizeof(clock) / sizeof(clock[0]); i++)
		if (fabs(rate - clock[i]) < CLOCK_ERROR * clock[i] &&
		    (best == 0 || fabs(rate - clock[i]) < fabs(rate - best)))
			best = clock[i];
	return best;
}

/* The values have to be one clock's: systems that add something to each
 * connection's have none that could be read. */
static void
read_clock(struct osprobe_facts *f, const struct samples *s,
    const uint32_t *value)
{
	double t = seconds(s, 0, s->n - 1);
	double rate = (double)(value[s->n - 1] - value[0]) / t, hz;
	unsigned i;

	hz = known_clock(rate);
	if (hz == 0)
		return;
	for (i = 1; i < s->n; i++) {
		t = seconds(s, i - 1, i);
		if (fabs((double)(value[i] - value[i - 1]) - hz * t) >
		    CLOCK_TICKS + CLOCK_ERROR * hz * (t + 1))
			return;
	}
	f->hz = hz;
	f->uptime = value[s->n - 1] / hz;
}

static void
put_timestamps(struct osfp *fp, struct osprobe_facts *f,
    const struct samples *all)
{
	struct samples s = { .n = 0 };
	uint32_t value[OSPROBE_SEQ];
	double rate = 0;
	unsigned i;

	for (i = 0; i < all->n; i++)
		if (timestamp_of(all->r[i], &value[s.n])) {
			if (value[s.n] == 0) {
				osfp_set(fp, OSFP_SEQ, "TS", "0");
				return;
			}
			s.r[s.n++] = all->r[i];
		}
	if (s.n == 0 && all->n > 0)
		osfp_set(fp, OSFP_SEQ, "TS", "U");
	if (s.n < 2)
		return;
	for (i = 1; i < s.n; i++)
		rate += (double)(value[i] - value[i - 1]) /
		    seconds(&s, i - 1, i) / (s.n - 1);
	osfp_set_hex(fp, OSFP_SEQ, "TS", rate <= 5.66 ? 1 :
	    rate >= 70 && rate <= 150 ? 7 : rate > 150 && rate <= 350 ? 8 :
	    rounded(log2(rate)));
	read_clock(f, &s, value);
}

void
osprobe_put_sequences(struct osfp *fp, const struct osprobe_state *st,
    struct osprobe_facts *f)
{
	struct samples s;

	take_samples(st, &s);
	put_isn(fp, &s);
	if (addr_is4(st->host.dst))
		put_all_ids(fp, st, &s);
	put_timestamps(fp, f, &s);
	if (!osfp_has(fp, OSFP_SEQ) && st->tries[OSPROBE_S1] != 0)
		osfp_set(fp, OSFP_SEQ, "R", "N");
}
