#include "system.h"

#include <netinet/in.h>
#include <string.h>

#include "answer.h"
#include "base/clock.h"
#include "pure/addr.h"
#include "pure/checksum.h"
#include "pure/packet.h"
#include "pure/wire.h"

/* What hashes are for, above what world.c and answer.c use. */
enum { ABOUT_NUMBER = 80, ABOUT_COUNTER, ABOUT_START };

#define LINUX(scaled)	.options = "?M ST?ST sT?NNT St?NNS W?NW", \
	.null = "", .synfin = "", .ack = "R A Z", .closed_syn = "AR Z S+", \
	.closed_ack = "R A Z", .closed_other = "AR Z S+", .ttl = 64, \
	.ttl_icmp = 64, .df = true, .df_rst = true, .ecn = true, \
	.ids = IDS_ZERO, .ids_icmp = IDS_COUNT, .dfi = 'N', .scale = scaled
#define BSD(live)	.null = "", .synfin = "SYN", .ack = "R A Z", \
	.closed_syn = "AR Z S+", .closed_ack = "R A Z", \
	.closed_other = "AR Z S+", .ttl = live
#define WINDOWS	.null = "AR Z S", .synfin = "AR Z O", .ack = "R A O", \
	.closed_syn = "AR Z S+", .closed_ack = "R A O", \
	.closed_other = "AR Z S+", .ttl = 128, .ttl_icmp = 128, .df = true, \
	.df_rst = true, .ids = IDS_COUNT, .ids_icmp = IDS_COUNT, \
	.shared = true, .code_zero = true

/* From the documents that share/os-fingerprints names for each, and for what it
 * leaves open from RFC 9293, RFC 792 and RFC 1122; the scanner's database is not
 * read for it. */
const struct system systems[WORLD_SYSTEMS + 1] = {
	{ .name = "linux26", .family = "Linux", .gen = "2.6.X", LINUX(5),
	    .win = 5792, .win_ecn = 5840, .hz = 250 },
	{ .name = "linux3", .family = "Linux", .gen = "3.X", LINUX(7),
	    .win = 28960, .win_ecn = 29200, .hz = 100 },
	{ .name = "linux6", .family = "Linux", .gen = "6.X", LINUX(7),
	    .win = 65160, .win_ecn = 64240, .hz = 0 },
	{ .name = "windowsxp", .family = "Windows", .gen = "XP", WINDOWS,
	    .options = "?M W?NW T?NNT S?NNS", .win = 65535,
	    .win_ecn = 65535, .no_time = true, .dfi = 'S', .quote = 8 },
	{ .name = "windows7", .family = "Windows", .gen = "7", WINDOWS,
	    .options = "?M W?NW ST?ST sT?NNT St?NNS", .win = 8192,
	    .win_ecn = 8192, .scale = 8, .hz = 100, .dfi = 'N' },
	{ .name = "windows11", .family = "Windows", .gen = "11", WINDOWS,
	    .options = "?M W?NW ST?ST sT?NNT St?NNS", .win = 65535,
	    .win_ecn = 65535, .scale = 8, .hz = 1000, .dfi = 'N' },
	{ .name = "macos", .family = "macOS", .gen = NULL, BSD(64),
	    .options = "?M W?NW T?NNT S?SLL", .win = 65535,
	    .win_ecn = 65535, .scale = 6, .hz = 1000, .df = true,
	    .ttl_icmp = 64, .ids = IDS_ZERO, .ids_icmp = IDS_RANDOM,
	    .dfi = 'S', .quote = 8 },
	{ .name = "freebsd", .family = "FreeBSD", .gen = "13.X", BSD(64),
	    .options = "?M W?NW ST?ST sT?NNT St?SLL", .win = 65535,
	    .win_ecn = 65535, .scale = 6, .hz = 1000, .df = true,
	    .df_rst = true, .ecn = true, .ttl_icmp = 64, .ids = IDS_ZERO,
	    .ids_icmp = IDS_ZERO, .dfi = 'S', .quote = 8 },
	{ .name = "openbsd", .family = "OpenBSD", .gen = "7.X", BSD(64),
	    .options = "?M S?NNS W?NW T?NNT", .win = 16384,
	    .win_ecn = 16384, .scale = 6, .hz = 2, .df = true,
	    .df_rst = true, .ttl_icmp = 255, .ids = IDS_RANDOM,
	    .ids_icmp = IDS_RANDOM, .dfi = 'S', .quote = 8 },
	{ .name = "netbsd", .family = "NetBSD", .gen = NULL, BSD(64),
	    .options = "?M W?NW ST?ST sT?NNT St?SLL", .win = 32768,
	    .win_ecn = 32768, .scale = 3, .hz = 2, .df = true,
	    .df_rst = false, .ttl_icmp = 255, .ids = IDS_ZERO,
	    .ids_icmp = IDS_ZERO, .dfi = 'S', .quote = 8 },
	{ .name = "solaris", .family = "Solaris", .gen = "11", BSD(64),
	    .options = "ST?ST sT?NNT St?NNS ?M W?NW", .win = 49232,
	    .win_ecn = 49640, .scale = 2, .hz = 100, .df = true,
	    .df_rst = true, .ttl_icmp = 255, .ids = IDS_COUNT,
	    .ids_icmp = IDS_COUNT, .shared = true, .dfi = 'Y',
	    .quote = 64 },
	{ .name = "ciscoios", .family = "IOS", .gen = "15.X", BSD(255),
	    .options = "?M", .win = 4128, .win_ecn = 4128,
	    .ttl_icmp = 255, .ids = IDS_RANDOM, .ids_icmp = IDS_RANDOM,
	    .dfi = 'S', .quote = 8 },
	{ .name = "vxworks", .family = "VxWorks", .gen = "5.X", BSD(64),
	    .options = "?M W?NW T?NNT", .win = 8192, .win_ecn = 8192,
	    .hz = 2, .ttl_icmp = 64, .ids = IDS_COUNT,
	    .ids_icmp = IDS_COUNT, .shared = true, .isn_step = 128000,
	    .dfi = 'N', .quote = 8 },
	{ .name = "netx", .family = "ThreadX", .gen = NULL, BSD(128),
	    .options = "?MNNNL", .win = 8192, .win_ecn = 8192,
	    .ttl_icmp = 128, .ids = IDS_COUNT, .ids_icmp = IDS_COUNT,
	    .shared = true, .dfi = 'N', .quote = 8 },
	{ .name = NULL },
};

int
system_find(struct str name)
{
	int i;

	for (i = 0; systems[i].name != NULL; i++)
		if (str_is(name, systems[i].name))
			return i;
	return -1;
}

/* ---- numbers ---- */

static uint64_t
number(const struct world *w, const struct host *h, uint64_t now, unsigned k)
{
	return world_hash(w, h->addr, ((uint64_t)ABOUT_NUMBER + k) << 48 ^ now);
}

static uint16_t
next_id(struct system_memory *m, const struct world *w, const struct host *h,
    bool icmp, const struct request *q)
{
	const struct system *s = h->system;
	enum system_ids ids = icmp ? s->ids_icmp : s->ids;
	uint64_t at = world_hash(w, h->addr, ((uint64_t)ABOUT_COUNTER << 48) +
	    (icmp && !s->shared));

	if (ids == IDS_ZERO)
		return 0;
	if (ids == IDS_COUNT)
		return ++m->count[at % SYSTEM_COUNTERS];
	return (uint16_t)(number(w, h, 0, 1) + 7919u * ++m->count[at %
	    SYSTEM_COUNTERS] * (q->sport | 1u));
}

/* ---- packets ---- */

/* Puts in what answers_ip() leaves out. */
static void
finish_ip(uint8_t *dst, bool v6, uint16_t id, bool df, uint8_t tos)
{
	uint16_t c;

	if (v6)
		return;
	dst[1] = tos;
	wr_be16(dst + 4, id);
	dst[6] = df ? 0x40 : 0;
	dst[10] = dst[11] = 0;
	c = checksum_fold(checksum_add(0, dst, 20));
	memcpy(dst + 10, &c, 2);
}

struct segment {
	uint8_t		flags;
	uint32_t	seq, ack;
	uint16_t	win;
	uint8_t		option[40];
	size_t		noptions;
};

static size_t
put_segment(const struct request *q, const struct system *s,
    const struct segment *g, uint8_t *dst, uint16_t id)
{
	size_t n = 20 + g->noptions, ip = q->v6 ? 40 : 20;
	uint8_t *t = dst + ip;
	uint64_t sum;
	uint16_t c;

	memset(t, 0, 20);
	wr_be16(t, q->dport);
	wr_be16(t + 2, q->sport);
	wr_be32(t + 4, g->seq);
	wr_be32(t + 8, g->ack);
	t[12] = (uint8_t)(n / 4 << 4);
	t[13] = g->flags;
	wr_be16(t + 14, g->win);
	memcpy(t + 20, g->option, g->noptions);
	sum = answers_ip(dst, q->dst, q->src, s->ttl, IPPROTO_TCP, n);
	c = checksum_fold(checksum_add(sum, t, n));
	memcpy(t + 16, &c, 2);
	finish_ip(dst, q->v6, id, g->flags & TCP_SYN ? s->df : s->df_rst, 0);
	return ip + n;
}

/* ---- SYN/ACK ---- */

/* What a SYN offers. */
struct offer {
	bool		sack, time, scale;
	uint32_t	tsval;
};

static void
read_offer(const struct request *q, struct offer *o)
{
	struct rd r = rd_of(q->options, q->noptions);
	uint8_t kind, len;

	*o = (struct offer){ .sack = false };
	while (r.n > 0 && (kind = rd_u8(&r)) != 0) {
		if (kind == 1)
			continue;
		len = rd_u8(&r);
		if (r.bad || len < 2)
			return;
		o->sack |= kind == 4;
		o->scale |= kind == 3;
		if (kind == 8 && len == 10) {
			o->time = true;
			o->tsval = rd_be32(&r);
			len -= 4;
		}
		rd_skip(&r, (size_t)len - 2);
	}
}

static bool
holds(char condition, const struct offer *o)
{
	switch (condition) {
	case 'S': case 's':
		return o->sack == (condition == 'S');
	case 'T': case 't':
		return o->time == (condition == 'T');
	default:
		return o->scale == (condition == 'W');
	}
}

/* Up to 200 days before today began. */
uint64_t
system_uptime(const struct world *w, const struct host *h, uint64_t now)
{
	return world_hash(w, h->addr, (uint64_t)ABOUT_START << 48) %
	    (200 * 86400) + now / NS_PER_S % 86400;
}

static uint32_t
clock_of(const struct world *w, const struct host *h, uint64_t now)
{
	const struct system *s = h->system;
	uint64_t up = system_uptime(w, h, now);

	if (s->hz == 0)
		return (uint32_t)number(w, h, now, 2);
	return (uint32_t)(up * s->hz + now % NS_PER_S * s->hz / NS_PER_S);
}

static void
put_option(struct segment *g, char c, const struct host *h, bool v6,
    const struct offer *o, uint32_t time)
{
	const struct system *s = h->system;
	uint8_t *p = g->option + g->noptions;

	switch (c) {
	case 'M':
		p[0] = 2;
		p[1] = 4;
		wr_be16(p + 2, v6 ? 1440 : 1460);
		g->noptions += 4;
		return;
	case 'W':
		p[0] = 3;
		p[1] = 3;
		p[2] = s->scale;
		g->noptions += 3;
		return;
	case 'S':
		p[0] = 4;
		p[1] = 2;
		g->noptions += 2;
		return;
	case 'T':
		p[0] = 8;
		p[1] = 10;
		wr_be32(p + 2, s->no_time ? 0 : time);
		wr_be32(p + 6, s->no_time ? 0 : o->tsval);
		g->noptions += 10;
		return;
	default:
		p[0] = c == 'N';
		g->noptions++;
	}
}

static void
put_options(struct segment *g, const struct host *h, bool v6,
    const struct offer *o, uint32_t time)
{
	struct str rest = str_of(h->system->options), word, when;
	bool all;
	size_t i;

	while (rest.p != NULL) {
		word = str_cut(&rest, ' ');
		when = str_cut(&word, '?');
		all = true;
		for (i = 0; i < when.n; i++)
			all = all && holds(when.p[i], o);
		for (i = 0; all && i < word.n; i++)
			put_option(g, word.p[i], h, v6, o, time);
	}
}

static void
make_syn_ack(const struct world *w, const struct host *h,
    const struct request *q, uint64_t now, struct segment *g)
{
	const struct system *s = h->system;
	bool ecn = q->flags & TCP_ECE && q->flags & TCP_CWR;
	struct offer o;

	read_offer(q, &o);
	g->flags = TCP_SYN | TCP_ACK | (ecn && s->ecn ? TCP_ECE : 0);
	g->ack = q->seq + 1;
	g->seq = s->isn_step == 0 ? (uint32_t)number(w, h, now ^ q->sport, 3) :
	    (uint32_t)(now / 1000 * s->isn_step / 1000000);
	g->win = o.time ? s->win : s->win_ecn;
	put_options(g, h, q->v6, &o, clock_of(w, h, now));
}

/* ---- RST, and the like ---- */

static uint32_t
number_of(struct str spec, const struct request *q, uint32_t other)
{
	uint32_t more = spec.n > 1 && spec.p[1] == '+';

	return spec.p[0] == 'Z' ? 0 : spec.p[0] == 'A' ? q->ack + more :
	    spec.p[0] == 'S' ? q->seq + more : other;
}

/* By the words of a row: false for silence. */
static bool
make_reset(const char *how, const struct request *q, struct segment *g)
{
	struct str rest = str_of(how), flags = str_cut(&rest, ' ');
	size_t i;

	if (flags.n == 0)
		return false;
	for (i = 0; i < flags.n; i++)
		g->flags |= flags.p[i] == 'R' ? TCP_RST : TCP_ACK;
	g->seq = number_of(str_cut(&rest, ' '), q, q->seq + 9);
	g->ack = number_of(rest, q, q->seq + q->seglen);
	return true;
}

static const char *
reaction(const struct system *s, const struct request *q, bool open)
{
	if (!open)
		return q->flags & TCP_ACK ? s->closed_ack :
		    q->flags & TCP_SYN ? s->closed_syn : s->closed_other;
	if (q->flags & TCP_ACK)
		return s->ack;
	if (q->flags & TCP_SYN)
		return q->flags & TCP_FIN ? s->synfin : "SYN";
	return q->flags == 0 ? s->null : "";
}

size_t
system_tcp(struct system_memory *m, const struct world *w,
    const struct host *h, const struct request *q, bool open, uint64_t now,
    uint8_t *dst)
{
	const char *how = reaction(h->system, q, open);
	struct segment g = { .flags = 0 };

	if (strcmp(how, "SYN") == 0)
		make_syn_ack(w, h, q, now, &g);
	else if (!make_reset(how, q, &g))
		return 0;
	return put_segment(q, h->system, &g, dst, next_id(m, w, h, false, q));
}

/* ---- ICMP ---- */

size_t
system_unreachable(struct system_memory *m, const struct world *w,
    const struct host *h, const struct request *q, uint8_t *dst)
{
	const struct system *s = h->system;
	size_t n = s->quote == 0 ? q->nip : q->l4 + s->quote, most =
	    q->v6 ? 1232 : 548;
	uint8_t body[4 + 1280] = { 0 };

	n = n < q->nip ? n : q->nip;
	n = n < most ? n : most;
	memcpy(body + 4, q->ip, n);
	n = answers_icmp(dst, q->dst, q->src, s->ttl_icmp, q->v6 ? 1 : 3,
	    q->v6 ? 4 : 3, body, 4 + n);
	finish_ip(dst, q->v6, next_id(m, w, h, true, q), false, 0xc0);
	return n;
}

size_t
system_echo(struct system_memory *m, const struct world *w,
    const struct host *h, const struct request *q, uint8_t *dst)
{
	const struct system *s = h->system;
	bool asked = !q->v6 && q->ip[6] & 0x40;
	size_t n;

	n = answers_icmp(dst, q->dst, q->src, s->ttl_icmp, q->v6 ? 129 : 0,
	    s->code_zero ? 0 : q->code, q->body, q->nbody);
	finish_ip(dst, q->v6, next_id(m, w, h, true, q), s->dfi == 'Y' ||
	    (s->dfi == 'S' && asked), q->v6 ? 0 : q->ip[1]);
	return n;
}
