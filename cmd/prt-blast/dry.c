#include "run.h"

#include "base/clock.h"
#include "base/msg.h"
#include "pure/addr.h"

/* Prints the probes of what was read, in the order they would go out. */
static void
print_probes(struct scan *s)
{
	struct plan_probe pr;
	struct perm perm;
	struct buf b = { 0 };
	char ip[ADDR_FMT], port[NUM_FMT_U64];
	uint64_t j, n = shard_count(s->plan.n, s->cfg->shard,
	    s->cfg->shards);
	const struct scan_type *t;
	size_t len, plen;

	perm_init(&perm, s->plan.n, s->order);
	for (j = 0; j < n && !atomic_load(&stop) && !s->gone && !s->failed;
	    j++) {
		plan_at(&s->plan, perm_at(&perm, shard_pos(j, s->cfg->shard,
		    s->cfg->shards)), &pr);
		t = scan_types[pr.type];
		len = addr_fmt(ip, pr.addr);
		plen = num_fmt_u64(port, pr.port);
		rec_clear(&s->rec);
		b.n = 0;
		scan_type_name(t, &s->params, &b);
		rec_data(&s->rec, (struct str){ ip, len }, t->ports ?
		    (struct str){ port, plen } : STR_NONE,
		    t->proto == SCAN_TCP ? STR("tcp") :
		    t->proto == SCAN_UDP ? STR("udp") : STR("host"), STR_NONE,
		    STR_NONE);
		s->rec.ncol = REC_NCOL;
		rec_set(&s->rec, "scan", buf_view(&b));
		announce_put(s);
		if (s->pcap != NULL && sender_put(&s->sender, &pr, 0) == -1)
			s->failed = true;
	}
	if (sender_flush(&s->sender) == -1)
		s->failed = true;
	buf_release(&b);
	s->probes = n;
}

void
dry_run(struct scan *s)
{
	uint64_t now = clock_mono_ns();

	while (!s->input.eof && !atomic_load(&stop)) {
		loop_rest(s, NS_PER_S);
		if (loop_read(s, now) == -1) {
			s->failed = true;
			return;
		}
	}
	if (plan_seal(&s->plan) == -1) {
		msg_warn("more than 2^63 probes, or out of memory");
		s->failed = true;
		return;
	}
	print_probes(s);
}
