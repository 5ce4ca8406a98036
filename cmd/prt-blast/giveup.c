#include "run.h"

#include "base/clock.h"
#include "base/msg.h"
#include "meaning/scanrec.h"

static bool
asks_ports(const struct plan *p)
{
	size_t i, k;

	for (i = 0; i < p->nset; i++)
		for (k = 0; k < p->set[i].n; k++)
			if (scan_types[p->set[i].lane[k].type]->proto !=
			    SCAN_HOST)
				return true;
	return false;
}

void
giveup_start(const struct scan *s, struct batch *b)
{
	if (s->cfg->host_timeout != 0 && asks_ports(&b->plan))
		b->until = clock_mono_ns() + s->cfg->host_timeout;
}

/* The probes of a batch's hosts are mixed: whoever has one without an answer is
 * not done. */
static int
unanswered_hosts(const struct batch *b, struct rangeset *to)
{
	const struct plan_entry *e;
	uint64_t first, i;
	uint32_t n;
	size_t k;
	u128 a;

	for (k = 0; k < b->plan.nentry; k++) {
		e = &b->plan.entry[k];
		n = b->plan.set[e->set].nprobe;
		if (b->board.bits == NULL) {
			if (rangeset_add(to, e->first, e->last) == -1)
				return -1;
			continue;
		}
		for (a = e->first; a - e->first <= e->last - e->first; a++) {
			first = e->base + (uint64_t)(a - e->first) * n;
			for (i = first; i < first + n && !batch_waits(b, i);
			    i++)
				;
			if (i < first + n && rangeset_add(to, a, a) == -1)
				return -1;
		}
	}
	return 0;
}

/* Once all is sent, only who is asked at its own pace is not done: what the
 * others have not answered, they will not. */
int
giveup_tell(struct scan *s, const struct batch *b)
{
	struct rangeset hosts = { 0 };
	size_t i;
	int r;

	r = b->slow.n > 0 ? ration_hosts(b, &hosts) :
	    unanswered_hosts(b, &hosts);
	if (r == -1)
		msg_warn("out of memory");
	rangeset_normalise(&hosts);
	for (i = 0; r == 0 && i < hosts.n; i++) {
		scanrec_skip_put(&s->rec, b->id, hosts.r[i].first,
		    hosts.r[i].last, SCANREC_TIMEOUT);
		announce_put(s);
	}
	rangeset_release(&hosts);
	return r;
}
