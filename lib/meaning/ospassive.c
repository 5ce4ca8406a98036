#include "meaning/ospassive.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

/* The segment size of a way that is all Ethernet. */
#define ETHER4		1460
#define ETHER6		1440
#define TIMESTAMPS	12	/* bytes that they take of each segment */
/* Segments that a window is a multiple of, when it is that by design. */
#define FEW		16
/* A counter goes on by at most this between two answers, whoever else the host
 * sends to; and so many answers rule out that it is chance. */
#define STEP		1000
#define STEPS		4

/* ---- records ---- */

/* The fields that matter, with their values; -1: not there. */
struct fields {
	int	ttl, win, mss, wscale, df, ipid;
	struct str options;
	bool	elsewhere;
};

static bool
number(struct str s, uint64_t most, int *to)
{
	uint64_t v;

	if (s.n == 0 || num_scan_u64(s.p, s.n, &v) != s.n || v > most)
		return false;
	*to = (int)v;
	return true;
}

static bool
read_fields(const struct record *r, struct fields *f)
{
	const struct rec_pair *p;
	bool good = true;
	size_t i;

	*f = (struct fields){ -1, -1, -1, -1, -1, -1, STR_NONE, false };
	for (i = 0; i < r->npair && good; i++) {
		p = &r->pair[i];
		if (str_is(p->key, "ttl"))
			good = number(p->val, 255, &f->ttl);
		else if (str_is(p->key, "win"))
			good = number(p->val, 65535, &f->win);
		else if (str_is(p->key, "mss"))
			good = number(p->val, 65535, &f->mss);
		else if (str_is(p->key, "wscale"))
			good = number(p->val, 255, &f->wscale);
		else if (str_is(p->key, "df"))
			good = number(p->val, 1, &f->df);
		else if (str_is(p->key, "ipid"))
			good = number(p->val, 65535, &f->ipid);
		else if (str_is(p->key, "tcpopts"))
			f->options = p->val;
		else if (str_is(p->key, "reason_ip"))
			f->elsewhere = true;
	}
	return good && f->ttl > 0 && f->win >= 0 && !f->elsewhere;
}

static void
take_id(struct ospassive_ids *ids, uint16_t id)
{
	uint16_t step = (uint16_t)(id - ids->last);

	if (ids->n > 0 && step > ids->most)
		ids->most = step;
	ids->last = id;
	if (ids->n == UINT8_MAX)
		return;
	ids->n++;
	ids->zeros += id == 0;
}

/* The first SYN/ACK counts; another of its kind must agree with it in what does
 * not depend on the service. */
static void
take_open(struct ospassive *o, const struct fields *f, bool first)
{
	struct str options = { o->options, strlen(o->options) };

	if (!first) {
		o->mixed |= f->ttl != o->ttl[OSPASSIVE_OPEN] ||
		    (f->options.p != NULL && o->offered &&
		    !str_eq(f->options, options));
		return;
	}
	if (f->options.p != NULL)
		o->offered = str_copy(o->options, sizeof(o->options),
		    f->options);
	o->has_mss = f->mss >= 0;
	o->mss = o->has_mss ? (uint16_t)f->mss : 0;
	o->has_scale = f->wscale >= 0;
	o->scale = o->has_scale ? (uint8_t)f->wscale : 0;
}

bool
ospassive_take(struct ospassive *o, const struct record *r, bool v6)
{
	struct str reason = r->ncol > COL_REASON ? r->col[COL_REASON] :
	    STR_NONE;
	struct fields f;
	int k;

	if (str_is(reason, "syn-ack"))
		k = OSPASSIVE_OPEN;
	else if (str_is(reason, "reset"))
		k = OSPASSIVE_CLOSED;
	else
		return false;
	if (!read_fields(r, &f))
		return false;
	if (k == OSPASSIVE_OPEN)
		take_open(o, &f, o->ttl[k] == 0);
	if (o->ttl[k] == 0) {
		o->ttl[k] = (uint8_t)f.ttl;
		o->win[k] = (uint16_t)f.win;
		o->df[k] = f.df == 1;
	}
	o->v6 = v6;
	if (f.ipid >= 0)
		take_id(&o->ids[k], (uint16_t)f.ipid);
	return true;
}

/* ---- what is of the way ---- */

static uint8_t
initial_ttl(uint8_t ttl)
{
	return ttl == 0 ? 0 : ttl <= 32 ? 32 : ttl <= 64 ? 64 :
	    ttl <= 128 ? 128 : 255;
}

unsigned
ospassive_distance(const struct ospassive *o)
{
	uint8_t ttl = o->ttl[OSPASSIVE_OPEN] != 0 ? o->ttl[OSPASSIVE_OPEN] :
	    o->ttl[OSPASSIVE_CLOSED];

	return ttl == 0 ? 0 : initial_ttl(ttl) - ttl + 1u;
}

unsigned
ospassive_weight(const struct ospassive *o)
{
	unsigned w = 0;

	if (o->ttl[OSPASSIVE_OPEN] != 0)
		w += 40;
	if (o->offered)
		w += 30;
	if (o->ids[OSPASSIVE_OPEN].zeros > 0 || o->ids[OSPASSIVE_OPEN].n > 0)
		w += 10;
	if (o->ttl[OSPASSIVE_CLOSED] != 0)
		w += 10;
	return w;
}

/* The bytes of data in a segment of that size. */
static unsigned
payload(const struct ospassive *o, unsigned mss)
{
	bool times = strchr(o->options, 'T') != NULL;

	return times && mss > TIMESTAMPS ? mss - TIMESTAMPS : mss;
}

/* A window that is some segments, or as many as 64 KiB can be, is so many of
 * them whatever their size. */
static uint16_t
plain_window(const struct ospassive *o, unsigned ether)
{
	unsigned unit[2] = { payload(o, o->mss), o->mss };
	unsigned with[2] = { payload(o, ether), ether };
	unsigned win = o->win[OSPASSIVE_OPEN];
	int i;

	for (i = 0; i < 2; i++) {
		if (unit[i] == 0 || win == 0 || win % unit[i] != 0)
			continue;
		if (win == 65535 / unit[i] * unit[i])
			return (uint16_t)(65535 / with[i] * with[i]);
		if (win / unit[i] <= FEW && win / unit[i] * with[i] <= 65535)
			return (uint16_t)(win / unit[i] * with[i]);
	}
	return (uint16_t)win;
}

/* What the identifications do: ->zeros for all zero, ->n for a counter. */
static void
plain_ids(struct ospassive_ids *ids)
{
	bool zero = ids->n > 0 && ids->zeros == ids->n;
	bool counts = ids->n >= STEPS && ids->zeros <= 1 && ids->most > 0 &&
	    ids->most <= STEP;

	*ids = (struct ospassive_ids){ .zeros = zero, .n = counts };
}

void
ospassive_plain(struct ospassive *o)
{
	unsigned ether = o->v6 ? ETHER6 : ETHER4;
	size_t n = strlen(o->options);
	int k;

	if (o->has_mss && o->mss != ether && o->mss > 0) {
		o->win[OSPASSIVE_OPEN] = plain_window(o, ether);
		/* what is less than any way's is the system's own choice */
		if (o->mss >= 1200)
			o->mss = (uint16_t)ether;
	}
	for (k = 0; k < 2; k++) {
		o->ttl[k] = initial_ttl(o->ttl[k]);
		plain_ids(&o->ids[k]);
	}
	memset(o->options + n, 0, sizeof(o->options) - n);
}

/* ---- attributes ---- */

/* An option as a fingerprint has it; how many bytes it takes in the header, 0
 * for one that fingerprints do not know. */
static unsigned
put_option(const struct ospassive *o, char letter, char text[6])
{
	switch (letter) {
	case 'M':
		snprintf(text, 6, "M%X", o->mss);
		return 4;
	case 'W':
		snprintf(text, 6, "W%X", o->scale);
		return 3;
	case 'T':
		snprintf(text, 6, "T11");
		return 10;
	case 'S':
		snprintf(text, 6, "S");
		return 2;
	case 'N':
		snprintf(text, 6, "N");
		return 1;
	default:
		return 0;
	}
}

/* "M5B4ST11NW7"; the end of the list and what pads it to a whole word are an L
 * each. */
static void
set_options(const struct ospassive *o, struct osfp *fp)
{
	char text[OSFP_VALUE + 1] = "";
	unsigned len, at = 0;
	const char *p;
	size_t n = 0;

	for (p = o->options; *p != '\0'; p++) {
		if (n + 6 >= sizeof(text))
			return;
		if (*p == 'E') {
			do
				text[n++] = 'L';
			while (++at % 4 != 0);
			text[n] = '\0';
			continue;
		}
		if ((len = put_option(o, *p, text + n)) == 0)
			return;
		at += len;
		n += strlen(text + n);
	}
	osfp_set(fp, OSFP_OPS, "O1", text);
}

static void
set_ids(const struct ospassive_ids *ids, const char *attr, struct osfp *fp)
{
	if (ids->zeros > 0)
		osfp_set(fp, OSFP_SEQ, attr, "Z");
	else if (ids->n > 0)
		osfp_set(fp, OSFP_SEQ, attr, "I");
}

static void
set_answer(const struct ospassive *o, int k, enum osfp_line line,
    struct osfp *fp)
{
	osfp_set_hex(fp, line, "TG", o->ttl[k]);
	if (!o->v6)
		osfp_set(fp, line, "DF", o->df[k] ? "Y" : "N");
}

void
ospassive_read(const struct ospassive *o, struct osfp *fp)
{
	memset(fp, 0, sizeof(*fp));
	osfp_set(fp, OSFP_SCAN, "E", o->v6 ? "6" : "4");
	if (o->ttl[OSPASSIVE_OPEN] != 0) {
		set_answer(o, OSPASSIVE_OPEN, OSFP_T1, fp);
		set_ids(&o->ids[OSPASSIVE_OPEN], "TI", fp);
		osfp_set_hex(fp, OSFP_WIN, "W1", o->win[OSPASSIVE_OPEN]);
		if (o->offered)
			set_options(o, fp);
	}
	if (o->ttl[OSPASSIVE_CLOSED] != 0) {
		set_answer(o, OSPASSIVE_CLOSED, OSFP_T5, fp);
		set_ids(&o->ids[OSPASSIVE_CLOSED], "CI", fp);
		osfp_set_hex(fp, OSFP_T5, "W", o->win[OSPASSIVE_CLOSED]);
	}
}
