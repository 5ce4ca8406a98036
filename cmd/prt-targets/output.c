#include "output.h"

#include "pure/addr.h"
#include "pure/perm.h"

static const struct str proto_name[] = {
	[TARGET_HOST] = { NULL, 0 },
	[TARGET_TCP] = { "tcp", 3 },
	[TARGET_UDP] = { "udp", 3 },
};

static int
put(struct recout *out, struct record *r, const struct targetset *ts,
    const struct target_entry *e, struct str ip, struct str port)
{
	rec_clear(r);
	rec_data(r, ip, port, proto_name[e->kind], STR_NONE, STR_NONE);
	r->ncol = e->kind == TARGET_HOST ? 1 : 3;
	if (e->host != 0)
		rec_set(r, "host", target_text(ts, e->host));
	if (e->tag != 0)
		rec_set(r, "tag", target_text(ts, e->tag));
	return recout_put(out, r);
}

int
output_compact(struct recout *out, const struct targetset *ts)
{
	const struct target_entry *e;
	struct record r = { 0 };
	struct buf ports = { 0 };
	char ip[ADDR_RANGE_FMT];
	size_t i, n;
	int ret = 0;

	for (i = 0; i < ts->nentry && ret == 0; i++) {
		e = &ts->entry[i];
		/* neighbours mostly have the same ports */
		if (i == 0 || e->kind != e[-1].kind ||
		    e->group != e[-1].group) {
			ports.n = 0;
			portset_fmt(target_ports(ts, e), &ports);
		}
		n = addr_range_fmt(ip, e->first, e->last);
		ret = put(out, &r, ts, e, (struct str){ ip, n },
		    ports.n > 0 ? buf_view(&ports) : STR_NONE);
	}
	buf_release(&ports);
	rec_release(&r);
	return ret;
}

static int
put_probe(struct recout *out, struct record *r, const struct targetset *ts,
    const struct target_entry *e, uint64_t probe)
{
	const struct portset *ports = target_ports(ts, e);
	uint32_t nports = e->kind == TARGET_HOST ? 1 : portset_count(ports);
	uint64_t at = probe - e->base;
	char ip[ADDR_FMT], port[NUM_FMT_U64];
	struct str ip_text, port_text = STR_NONE;

	ip_text = (struct str){ ip, addr_fmt(ip, e->first + at / nports) };
	if (e->kind != TARGET_HOST)
		port_text = (struct str){ port, num_fmt_u64(port,
		    portset_at(ports, (uint32_t)(at % nports))) };
	return put(out, r, ts, e, ip_text, port_text);
}

/* How many positions of the order are to be shared out. */
static uint64_t
positions(const struct targetset *ts, const struct pick *p)
{
	uint64_t n = (uint64_t)ts->probes;

	return p->sample != 0 && p->sample < n ? p->sample : n;
}

int
output_expanded(struct recout *out, const struct targetset *ts,
    const struct pick *p, const atomic_bool *stop)
{
	const uint64_t key[2] = { p->seed, 0x7072742d74617267u };
	const struct target_entry *e = ts->entry, *end = e + ts->nentry;
	struct record r = { 0 };
	struct perm perm;
	uint64_t j, n, i;
	int ret = 0;

	perm_init(&perm, (uint64_t)ts->probes, key);
	n = shard_count(positions(ts, p), p->shard, p->shards);
	for (j = 0; j < n && ret == 0 && !*stop; j++) {
		i = shard_pos(j, p->shard, p->shards);
		if (p->shuffle)
			e = targetset_at(ts, perm_at(&perm, i));
		else
			while (e + 1 < end && e[1].base <= i)
				e++;
		ret = put_probe(out, &r, ts, e,
		    p->shuffle ? perm_at(&perm, i) : i);
	}
	rec_release(&r);
	return ret;
}

static void
set_u128(struct record *r, const char *key, u128 v)
{
	char text[NUM_FMT_U128];

	rec_set_copy(r, key, (struct str){ text, num_fmt_u128(text, v) });
}

int
output_count(struct recout *out, const struct targetset *ts,
    const struct pick *p)
{
	struct record r = { 0 };
	struct buf shard = { 0 };
	int ret;

	rec_meta(&r, "stat");
	if (p == NULL) {
		set_u128(&r, "hosts", ts->hosts);
		set_u128(&r, "probes", ts->probes);
	} else {
		rec_set_u64(&r, "probes", shard_count(positions(ts, p),
		    p->shard, p->shards));
		buf_printf(&shard, "%llu/%llu", (unsigned long long)p->shard,
		    (unsigned long long)p->shards);
		if (p->shards > 1)
			rec_set(&r, "shard", buf_view(&shard));
	}
	ret = recout_put(out, &r);
	buf_release(&shard);
	rec_release(&r);
	return ret;
}
