/* From the answers to the fingerprint: every attribute as
 * nmap.org/book/osdetect-methods.html defines it. */
#include <stdio.h>
#include <string.h>

#include "meaning/osprobe.h"
#include "meaning/osprobe_priv.h"
#include "pure/addr.h"
#include "pure/packet.h"
#include "pure/wire.h"

#define OPTION_TEXT	(OSFP_VALUE + 1)

const struct osprobe_reply *
osprobe_answer(const struct osprobe_state *st, enum osprobe p)
{
	unsigned t = st->took[p];

	if (t == 0)
		return NULL;
	return p <= OSPROBE_S6 ? &st->seq[t - 1][p] :
	    &st->other[p - OSPROBE_SEQ];
}

/* ---- TCP options: O ---- */

/* One that has a letter, written behind what is at *at; false when it is not of
 * the length that it has to be of: the others end the reading. */
static bool
put_option(char **at, uint8_t kind, struct rd *body)
{
	static const uint8_t length[] = { [2] = 2, [3] = 1, [8] = 8 };
	uint32_t a, b;

	if (kind < sizeof(length) && length[kind] != 0 &&
	    body->n != length[kind])
		return false;
	switch (kind) {
	case 2:
		*at += sprintf(*at, "M%X", rd_be16(body));
		break;
	case 3:
		*at += sprintf(*at, "W%X", rd_u8(body));
		break;
	case 4:
		*(*at)++ = 'S';
		break;
	case 8:
		a = rd_be32(body);
		b = rd_be32(body);
		*at += sprintf(*at, "T%d%d", a != 0, b != 0);
		break;
	default:
		break;
	}
	return true;
}

/* The longest: ten of MSS with five letters each. What ends the list does not end
 * the reading: how it is padded tells as well. */
static void
put_options(struct osfp *fp, enum osfp_line line, const char *attr,
    const struct osprobe_reply *r)
{
	char text[OPTION_TEXT] = "", *at = text;
	struct rd o = rd_of(r->option, r->noptions), body;
	uint8_t kind, len;

	while (o.n > 0) {
		kind = rd_u8(&o);
		if (kind <= 1) {
			*at++ = kind == 0 ? 'L' : 'N';
			continue;
		}
		len = rd_u8(&o);
		body.n = len >= 2 ? (size_t)len - 2 : 0;
		body.p = rd_bytes(&o, body.n);
		body.bad = body.p == NULL || len < 2;
		if (body.bad || !put_option(&at, kind, &body))
			break;
	}
	*at = '\0';
	osfp_set(fp, line, attr, text);
}

/* ---- the lines of single probes ---- */

static void
put_ttl(struct osfp *fp, enum osfp_line line, const struct osprobe_reply *r,
    int distance)
{
	if (distance >= 0)
		osfp_set_hex(fp, line, "T", (uint64_t)r->ttl +
		    (distance > 0 ? (unsigned)distance - 1 : 0));
	else
		osfp_set_hex(fp, line, "TG", r->ttl <= 32 ? 32 :
		    r->ttl <= 64 ? 64 : r->ttl <= 128 ? 128 : 255);
}

static void
put_df(struct osfp *fp, enum osfp_line line, const struct osprobe_state *st,
    const struct osprobe_reply *r)
{
	if (addr_is4(st->host.dst))
		osfp_set(fp, line, "DF", r->df ? "Y" : "N");
}

static void
put_quirks(struct osfp *fp, enum osfp_line line, const struct osprobe_reply *r)
{
	char text[3] = "", *at = text;

	if (r->reserved != 0)
		*at++ = 'R';
	if (r->urgent != 0 && (r->flags & TCP_URG) == 0)
		*at++ = 'U';
	*at = '\0';
	osfp_set(fp, line, "Q", text);
}

static void
put_flags(struct osfp *fp, enum osfp_line line, uint8_t flags)
{
	static const struct {
		uint8_t	bit;
		char	letter;
	} names[] = { { TCP_ECE, 'E' }, { TCP_URG, 'U' }, { TCP_ACK, 'A' },
	    { TCP_PSH, 'P' }, { TCP_RST, 'R' }, { TCP_SYN, 'S' },
	    { TCP_FIN, 'F' } };
	char text[8], *at = text;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].bit)
			*at++ = names[i].letter;
	*at = '\0';
	osfp_set(fp, line, "F", text);
}

/* A number beside that of the probe which it may have been taken from. */
static const char *
relation(uint32_t got, uint32_t sent, const char *same, const char *next)
{
	return got == 0 ? "Z" : got == sent ? same : got == sent + 1 ? next :
	    "O";
}

static void
put_segment(struct osfp *fp, enum osfp_line line,
    const struct osprobe_state *st, enum osprobe p, int distance)
{
	const struct osprobe_reply *r = osprobe_answer(st, p);
	struct osprobe_secret s;

	osfp_set(fp, line, "R", r != NULL ? "Y" : "N");
	if (r == NULL)
		return;
	osprobe_secret(&s, &st->host, p, st->took[p] - 1u);
	put_df(fp, line, st, r);
	put_ttl(fp, line, r, distance);
	osfp_set(fp, line, "S", relation(r->seq, s.ack, "A", "A+"));
	osfp_set(fp, line, "A", relation(r->ack, s.seq, "S", "S+"));
	put_flags(fp, line, r->flags);
	osfp_set_hex(fp, line, "RD", r->data);
	put_quirks(fp, line, r);
	if (line == OSFP_T1)
		return;
	osfp_set_hex(fp, line, "W", r->win);
	put_options(fp, line, "O", r);
}

static void
put_ecn(struct osfp *fp, const struct osprobe_state *st, int distance)
{
	const struct osprobe_reply *r = osprobe_answer(st, OSPROBE_ECN);
	bool ece, cwr;

	osfp_set(fp, OSFP_ECN, "R", r != NULL ? "Y" : "N");
	if (r == NULL)
		return;
	ece = (r->flags & TCP_ECE) != 0;
	cwr = (r->flags & TCP_CWR) != 0;
	put_df(fp, OSFP_ECN, st, r);
	put_ttl(fp, OSFP_ECN, r, distance);
	osfp_set_hex(fp, OSFP_ECN, "W", r->win);
	put_options(fp, OSFP_ECN, "O", r);
	osfp_set(fp, OSFP_ECN, "CC", ece && cwr ? "S" : ece ? "Y" : cwr ? "O" :
	    "N");
	put_quirks(fp, OSFP_ECN, r);
}

static void
put_u1(struct osfp *fp, const struct osprobe_state *st, int distance)
{
	const struct osprobe_reply *r = osprobe_answer(st, OSPROBE_U1);
	bool v6 = !addr_is4(st->host.dst);
	uint16_t len = OSPROBE_U1_LEN + (v6 ? 20 : 0);

	osfp_set(fp, OSFP_U1, "R", r != NULL ? "Y" : "N");
	if (r == NULL)
		return;
	put_df(fp, OSFP_U1, st, r);
	put_ttl(fp, OSFP_U1, r, distance);
	osfp_set_hex(fp, OSFP_U1, "IPL", r->len);
	osfp_set_hex(fp, OSFP_U1, "UN", r->unused);
	if (r->qlen == len)
		osfp_set(fp, OSFP_U1, "RIPL", "G");
	else
		osfp_set_hex(fp, OSFP_U1, "RIPL", r->qlen);
	if (!v6 && r->qid == OSPROBE_U1_ID)
		osfp_set(fp, OSFP_U1, "RID", "G");
	else if (!v6)
		osfp_set_hex(fp, OSFP_U1, "RID", r->qid);
	if (!v6)
		osfp_set(fp, OSFP_U1, "RIPCK", r->qzero ? "Z" : r->qvalid ?
		    "G" : "I");
	if (!r->qudp)
		return;
	if (r->qsum == osprobe_udp_sum(&st->host, st->took[OSPROBE_U1] - 1u))
		osfp_set(fp, OSFP_U1, "RUCK", "G");
	else
		osfp_set_hex(fp, OSFP_U1, "RUCK", r->qsum);
	osfp_set(fp, OSFP_U1, "RUD", r->qdata ? "G" : "I");
}

static void
put_echo(struct osfp *fp, const struct osprobe_state *st, int distance)
{
	const struct osprobe_reply *a = osprobe_answer(st, OSPROBE_IE1),
	    *b = osprobe_answer(st, OSPROBE_IE2);

	osfp_set(fp, OSFP_IE, "R", a != NULL && b != NULL ? "Y" : "N");
	if (a == NULL || b == NULL)
		return;
	if (addr_is4(st->host.dst))
		osfp_set(fp, OSFP_IE, "DFI", a->df && b->df ? "Y" :
		    a->df ? "S" : b->df ? "O" : "N");
	put_ttl(fp, OSFP_IE, a, distance);
	if (a->code == b->code && a->code != 0)
		osfp_set_hex(fp, OSFP_IE, "CD", a->code);
	else
		osfp_set(fp, OSFP_IE, "CD", a->code == b->code ? "Z" :
		    a->code == 9 && b->code == 0 ? "S" : "O");
}

/* ---- the whole ---- */

static void
put_open(struct osfp *fp, const struct osprobe_state *st, int distance)
{
	static const char *const o[] = { "O1", "O2", "O3", "O4", "O5", "O6" },
	    *const w[] = { "W1", "W2", "W3", "W4", "W5", "W6" };
	const struct osprobe_reply *r;
	unsigned i;

	for (i = 0; i < OSPROBE_SEQ; i++) {
		if ((r = osprobe_answer(st, i)) == NULL)
			continue;
		put_options(fp, OSFP_OPS, o[i], r);
		osfp_set_hex(fp, OSFP_WIN, w[i], r->win);
	}
	if (!osfp_has(fp, OSFP_OPS)) {
		osfp_set(fp, OSFP_OPS, "R", "N");
		osfp_set(fp, OSFP_WIN, "R", "N");
	}
	put_ecn(fp, st, distance);
	put_segment(fp, OSFP_T1, st, OSPROBE_S1, distance);
	put_segment(fp, OSFP_T2, st, OSPROBE_T2, distance);
	put_segment(fp, OSFP_T3, st, OSPROBE_T3, distance);
	put_segment(fp, OSFP_T4, st, OSPROBE_T4, distance);
}

static int
distance_of(const struct osprobe_state *st)
{
	const struct osprobe_reply *r = osprobe_answer(st, OSPROBE_U1);

	if (st->host.distance >= 0)
		return st->host.distance;
	return r != NULL && r->qttl > 0 && r->qttl <= OSPROBE_TTL ?
	    OSPROBE_TTL - r->qttl + 1 : -1;
}

static bool
open_answers(const struct osprobe_state *st)
{
	return osprobe_best_round(st) > 0;
}

static bool
closed_answers(const struct osprobe_state *st)
{
	return st->took[OSPROBE_T5] != 0 || st->took[OSPROBE_T6] != 0 ||
	    st->took[OSPROBE_T7] != 0;
}

static void
put_scan(struct osfp *fp, const struct osprobe_state *st,
    const struct osprobe_facts *f)
{
	const struct osprobe_host *h = &st->host;
	char text[16];
	struct osprobe_secret s;

	osfp_set(fp, OSFP_SCAN, "E", addr_is4(h->dst) ? "4" : "6");
	if (h->open != 0 && !st->not_open) {
		snprintf(text, sizeof(text), "%u", h->open);
		osfp_set(fp, OSFP_SCAN, "OT", text);
	}
	if (st->took[OSPROBE_T5] != 0) {
		osprobe_secret(&s, h, OSPROBE_T5, st->took[OSPROBE_T5] - 1u);
		snprintf(text, sizeof(text), "%u", s.dport);
		osfp_set(fp, OSFP_SCAN, "CT", text);
	}
	if (st->took[OSPROBE_U1] != 0) {
		osprobe_secret(&s, h, OSPROBE_U1, st->took[OSPROBE_U1] - 1u);
		snprintf(text, sizeof(text), "%u", s.dport);
		osfp_set(fp, OSFP_SCAN, "CU", text);
	}
	if (f->distance >= 0) {
		snprintf(text, sizeof(text), "%d", f->distance);
		osfp_set(fp, OSFP_SCAN, "DS", text);
	}
	osfp_set(fp, OSFP_SCAN, "G", f->reliable ? "Y" : "N");
}

static void
count(const struct osprobe_state *st, struct osprobe_facts *f)
{
	unsigned i;

	for (i = 0; i < OSPROBE_N; i++) {
		f->asked += st->tries[i] != 0;
		f->answered += st->took[i] != 0;
	}
	f->distance = distance_of(st);
	f->reliable = open_answers(st) && closed_answers(st);
}

static bool
asked(const struct osprobe_state *st, enum osprobe p)
{
	return st->tries[p] != 0;
}

void
osprobe_read(const struct osprobe_state *st, struct osfp *fp,
    struct osprobe_facts *facts)
{
	struct osprobe_facts f = { 0 };
	struct osfp mine = { 0 };
	unsigned i;

	count(st, &f);
	put_scan(&mine, st, &f);
	osprobe_put_sequences(&mine, st, &f);
	if (asked(st, OSPROBE_S1) && !st->not_open)
		put_open(&mine, st, f.distance);
	for (i = OSPROBE_T5; i <= OSPROBE_T7 && asked(st, OSPROBE_T5); i++)
		if (closed_answers(st) || st->not_closed == 0)
			put_segment(&mine, OSFP_T5 + (i - OSPROBE_T5), st, i,
			    f.distance);
	if (asked(st, OSPROBE_U1))
		put_u1(&mine, st, f.distance);
	if (asked(st, OSPROBE_IE1))
		put_echo(&mine, st, f.distance);
	if (fp != NULL)
		*fp = mine;
	if (facts != NULL)
		*facts = f;
}
