#include "meaning/scanrec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "pure/addr.h"
#include "pure/tcpopt.h"

static const char *
proto_name(enum scan_proto p)
{
	return p == SCAN_TCP ? "tcp" : p == SCAN_UDP ? "udp" : "host";
}

int
scanrec_u64(const struct record *r, const char *key, uint64_t *v)
{
	struct str s = rec_get(r, key);

	if (s.p == NULL || s.n == 0 || num_scan_u64(s.p, s.n, v) != s.n)
		return -1;
	return 0;
}

/* ---- the head ---- */

void
scanrec_head_put(struct record *r, const struct scanrec_head *h)
{
	size_t n;
	const uint8_t *options = scan_offer_options(h->params.offer, &n);
	struct tcpopt o;

	rec_clear(r);
	rec_meta(r, "scan");
	rec_set_copy(r, "id", str_of(h->id));
	if (h->token[0] != '\0')
		rec_set_copy(r, "token", str_of(h->token));
	rec_set_u64(r, "sport", h->params.sport);
	rec_set_u64(r, "sports", h->params.nsports);
	rec_set_u64(r, "ttl", h->params.ttl);
	tcpopt_read(&o, options, n);
	rec_set_copy(r, "tcpopts", str_of(o.order));
}

static int
get_small(const struct record *r, const char *key, uint64_t lo, uint64_t hi,
    uint64_t *v)
{
	return scanrec_u64(r, key, v) == 0 && *v >= lo && *v <= hi ? 0 : -1;
}

/* What the SYNs offered, by their options. Scans of before they had a choice do
 * not say: it was the least. */
static enum scan_offer
get_offer(struct str order)
{
	size_t n;
	const uint8_t *options = scan_offer_options(SCAN_OFFER_FULL, &n);
	struct tcpopt o;

	tcpopt_read(&o, options, n);
	return str_is(order, o.order) ? SCAN_OFFER_FULL : SCAN_OFFER_MSS;
}

int
scanrec_head_get(struct scanrec_head *h, const struct record *r,
    const char **err)
{
	struct str token = rec_get(r, "token");
	uint64_t sport, sports, ttl;

	*h = (struct scanrec_head){ 0 };
	*err = "this scan record is damaged: it must be as prt-blast wrote it";
	if (!str_copy(h->id, sizeof(h->id), rec_get(r, "id")) ||
	    h->id[0] == '\0' ||
	    (token.p != NULL && !str_copy(h->token, sizeof(h->token), token)))
		return -1;
	if (get_small(r, "sport", 1, 65535, &sport) == -1 ||
	    get_small(r, "sports", 1, SCAN_SPORTS, &sports) == -1 ||
	    (sports != 1 && sports != SCAN_SPORTS) ||
	    get_small(r, "ttl", 1, 255, &ttl) == -1 ||
	    sport + sports > 65536)
		return -1;
	h->params.sport = (uint16_t)sport;
	h->params.nsports = (uint16_t)sports;
	h->params.ttl = (uint8_t)ttl;
	h->params.offer = get_offer(rec_get(r, "tcpopts"));
	return 0;
}

/* ---- the plan ---- */

void
scanrec_plan_put(const struct plan *p, const struct scan_params *sp,
    struct buf *b)
{
	const struct plan_entry *e;
	const struct plan_lane *l;
	char range[ADDR_RANGE_FMT];
	size_t i, k, n;

	for (i = 0; i < p->nentry; i++) {
		e = &p->entry[i];
		n = addr_range_fmt(range, e->first, e->last);
		for (k = 0; k < p->set[e->set].n; k++) {
			l = &p->set[e->set].lane[k];
			buf_put(b, range, n);
			buf_putc(b, '\t');
			if (l->ports.n == 0)
				buf_putc(b, '-');
			else
				portset_fmt(&l->ports, b);
			buf_putc(b, '\t');
			buf_puts(b, proto_name(scan_types[l->type]->proto));
			buf_puts(b, "\t-\t-\tscan=");
			scan_type_name(scan_types[l->type], sp, b);
			buf_putc(b, '\n');
		}
	}
}

bool
scanrec_is_piece(const struct record *r)
{
	return r->kind == REC_DATA && r->col[COL_STATE].p == NULL &&
	    rec_get(r, "scan").p != NULL;
}

int
scanrec_piece(struct plan *p, struct scan_params *sp, const struct record *r,
    const char **err)
{
	struct str ip = r->col[COL_IP], port = r->col[COL_PORT];
	struct portset ports = { 0 };
	u128 first, last;
	uint8_t flags;
	size_t bad;
	int type = scan_type_find(rec_get(r, "scan"), &flags), ret = -1;

	*err = "this piece of a plan is damaged: it must be as prt-blast "
	    "wrote it";
	if (type == -1 || ip.p == NULL ||
	    addr_range_parse(ip.p, ip.n, &first, &last) == -1)
		return -1;
	if (port.p != NULL && portset_parse(&ports, port.p, port.n, &bad) == -1)
		goto out;
	if (scan_types[type]->ports != (ports.n > 0))
		goto out;
	if (scan_types[type] == &scan_flags)
		sp->flags = flags;
	if (scan_udp_ask(sp, scan_types[type]) == -1) {
		*err = "udp and udp-ping in one scan: an answer does not tell "
		    "which of them it is for; run prt-blast once for each";
		goto out;
	}
	ret = plan_add(p, first, last, (unsigned)type, &ports);
	if (ret == -1)
		*err = "out of memory";
out:
	portset_release(&ports);
	return ret;
}

void
scanrec_seal_put(struct record *r, uint64_t batch, uint64_t probes,
    uint64_t offset)
{
	rec_clear(r);
	rec_meta(r, "plan");
	rec_set_u64(r, "batch", batch);
	rec_set_u64(r, "probes", probes);
	rec_set_u64(r, "offset", offset);
}

static const char *const whys[] = {
	[SCANREC_ROUTE] = "no-route",
	[SCANREC_NEIGHBOUR] = "no-neighbour",
	[SCANREC_TIMEOUT] = "host-timeout",
};

void
scanrec_skip_put(struct record *r, uint64_t batch, u128 first, u128 last,
    enum scanrec_why why)
{
	char range[ADDR_RANGE_FMT];

	rec_clear(r);
	rec_meta(r, "skip");
	rec_set_u64(r, "batch", batch);
	rec_set_copy(r, "range", (struct str){ range,
	    addr_range_fmt(range, first, last) });
	rec_set(r, "why", str_of(whys[why]));
}

int
scanrec_skip_get(const struct record *r, uint64_t *batch, u128 *first,
    u128 *last, enum scanrec_why *why)
{
	struct str range = rec_get(r, "range"), w = rec_get(r, "why");

	if (scanrec_u64(r, "batch", batch) == -1 || range.p == NULL ||
	    addr_range_parse(range.p, range.n, first, last) == -1)
		return -1;
	for (*why = SCANREC_ROUTE; *why <= SCANREC_TIMEOUT; (*why)++)
		if (str_is(w, whys[*why]))
			return 0;
	return -1;
}

void
scanrec_done_put(struct record *r, uint64_t batch)
{
	rec_clear(r);
	rec_meta(r, "done");
	rec_set_u64(r, "batch", batch);
}

void
scanrec_shard_put(struct record *r, uint64_t shard, uint64_t shards,
    const uint64_t order[2])
{
	char text[2 * NUM_FMT_U64 + 1];
	size_t n = num_fmt_u64(text, shard);

	text[n++] = '/';
	n += num_fmt_u64(text + n, shards);
	rec_set_copy(r, "shard", (struct str){ text, n });
	scanrec_key_put(r, "order", order);
}

int
scanrec_shard_get(const struct record *r, uint64_t *shard, uint64_t *shards,
    uint64_t order[2])
{
	struct str s = rec_get(r, "shard");
	size_t k;

	*shard = *shards = 1;
	order[0] = order[1] = 0;
	if (s.p == NULL)
		return 0;
	k = num_scan_u64(s.p, s.n, shard);
	if (k == 0 || k + 1 >= s.n || s.p[k] != '/' ||
	    num_scan_u64(s.p + k + 1, s.n - k - 1, shards) != s.n - k - 1 ||
	    *shard == 0 || *shard > *shards)
		return -1;
	return scanrec_key_get(r, "order", order);
}

/* ---- the key ---- */

void
scanrec_key_put(struct record *r, const char *field, const uint64_t key[2])
{
	char hex[33];

	snprintf(hex, sizeof(hex), "%016llx%016llx",
	    (unsigned long long)key[0], (unsigned long long)key[1]);
	rec_set_copy(r, field, str_of(hex));
}

int
scanrec_key_get(const struct record *r, const char *field, uint64_t key[2])
{
	char half[17];
	struct str s = rec_get(r, field);
	size_t i, k;

	if (s.n != 32)
		return -1;
	for (i = 0; i < s.n; i++)
		if (strchr("0123456789abcdef", s.p[i]) == NULL)
			return -1;
	for (k = 0; k < 2; k++) {
		str_copy(half, sizeof(half), (struct str){ s.p + 16 * k, 16 });
		key[k] = strtoull(half, NULL, 16);
	}
	return 0;
}
