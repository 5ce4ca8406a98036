#include "run.h"

#include <errno.h>

#include "base/clock.h"
#include "base/msg.h"
#include "pure/addr.h"

/* Probes between two looks at whether to stop. */
#define STRIDE		65536

static void
print_probe(struct scan *s, const struct plan_probe *pr, struct buf *b)
{
	const struct scan_type *t = scan_types[pr->type];
	char ip[ADDR_FMT], port[NUM_FMT_U64];
	size_t len = addr_fmt(ip, pr->addr);
	size_t plen = num_fmt_u64(port, pr->port);

	rec_clear(&s->rec);
	b->n = 0;
	scan_type_name(t, &s->params, b);
	rec_data(&s->rec, (struct str){ ip, len }, t->ports ?
	    (struct str){ port, plen } : STR_NONE,
	    t->proto == SCAN_TCP ? STR("tcp") :
	    t->proto == SCAN_UDP ? STR("udp") : STR("host"), STR_NONE,
	    STR_NONE);
	s->rec.ncol = REC_NCOL;
	rec_set(&s->rec, "scan", buf_view(b));
	announce_put(s);
}

/* Prints the probes of what was read, in the order they would go out. */
static void
print_probes(struct scan *s, const struct batch *b)
{
	struct sender *sender = &s->pool.worker[0].sender;
	struct plan_probe pr;
	struct buf type = { 0 };
	uint64_t j, i;

	for (j = 0; j < b->n && !atomic_load(&stop) && !s->gone && !s->failed;
	    j++) {
		i = perm_at(&b->perm, shard_pos(j, b->shard, b->shards));
		plan_at(&b->plan, i, &pr);
		print_probe(s, &pr, &type);
		if (s->pcap != NULL && sender_put(sender, &b->plan, &b->legs,
		    i, 0) == -1)
			s->failed = true;
	}
	if (sender_flush(sender) == -1)
		s->failed = true;
	buf_release(&type);
}

/* Only makes the packets: with --tx. */
static void
make_packets(struct scan *s, struct batch *b)
{
	const struct batch_clock c = { .now = clock_mono_ns() };

	b->attempts = 1;
	s->first_sent = c.now;
	while (b->cur[0].pos < b->n && !atomic_load(&stop) && !s->failed)
		if (batch_step(b, &s->pool, &c, STRIDE * s->pool.active) == -1)
			s->failed = true;
	s->last_sent = clock_mono_ns();
}

void
dry_run(struct scan *s)
{
	struct batch b = { .shard = s->cfg->shard, .shards = s->cfg->shards };
	uint64_t now = clock_mono_ns();

	while (!s->input.eof && !atomic_load(&stop)) {
		loop_rest(s, NS_PER_S);
		if (loop_read(s, now) == -1) {
			s->failed = true;
			return;
		}
	}
	b.plan = s->plan;
	s->plan = (struct plan){ 0 };
	if (plan_seal(&b.plan) == -1) {
		msg_warn(errno == EOVERFLOW ? "more than 2^63 probes" :
		    "out of memory");
		s->failed = true;
	} else if (paths_prepare(&s->paths, &b.plan, &b.legs) == -1) {
		s->failed = true;
	} else {
		s->probes = b.n = shard_count(b.plan.n, b.shard, b.shards);
		announce_order(s, &b.perm, b.plan.n);
		s->pool.active = s->cfg->threads != 0 ?
		    (unsigned)s->cfg->threads : 1;
		if (s->cfg->tx != NULL)
			make_packets(s, &b);
		else
			print_probes(s, &b);
	}
	batch_release(&b, &s->board);
}
