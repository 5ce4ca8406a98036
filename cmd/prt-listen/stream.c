#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "meaning/target.h"
#include "pure/addr.h"
#include "suspects.h"

/* Bits that are kept without a sender to share them with. */
#define OWN_BITS	(BOARD_CAP * 8)

static void
complain(struct listen *l, const char *what)
{
	msg_at(l->in.name, l->in.line, "%s", what);
	l->bad++;
}

static int
take_head(struct listen *l)
{
	const char *err;

	if (l->have_head) {
		complain(l, "a second scan on one pipe: run one prt-listen for "
		    "each prt-blast");
		return 0;
	}
	if (scanrec_head_get(&l->head, &l->rec, &err) == -1) {
		complain(l, err);
		return 0;
	}
	l->have_head = true;
	l->judge.params = l->head.params;
	l->report.offer = l->head.params.offer;
	l->judge.params.payloads = &l->payloads;
	if (l->cfg->read != NULL)
		return 0;
	if (l->head.token[0] == '\0' || board_connect(&l->board,
	    str_of(l->head.id), str_of(l->head.token)) == -1) {
		msg_warn("cannot reach the sender of this scan: prt-listen "
		    "must run while prt-blast does, in the same network "
		    "namespace; a saved scan is judged with -r FILE.pcap");
		l->failed = true;
		return -1;
	}
	l->have_board = true;
	l->judge.head = l->board.head;
	l->judge.params.key[0] = l->board.head->key[0];
	l->judge.params.key[1] = l->board.head->key[1];
	return 0;
}

static struct batch *
next_batch(struct listen *l)
{
	if (l->next == NULL) {
		l->next = calloc(1, sizeof(*l->next));
		if (l->next == NULL) {
			errno = ENOMEM;
			run_fail(l, "batch");
		}
	}
	return l->next;
}

static int
own_bits(struct batch *b)
{
	if (b->plan.n == 0 || b->plan.n > OWN_BITS)
		return 0;
	b->own = true;
	b->board.n = b->plan.n;
	b->board.bits = calloc(b->plan.n / 64 + 1, sizeof(uint64_t));
	b->board.answered = calloc(1, sizeof(uint64_t));
	if (b->plan.n <= BOARD_OPEN)
		b->board.open = calloc(b->plan.n / 64 + 1, sizeof(uint64_t));
	return b->board.bits == NULL || b->board.answered == NULL ||
	    (b->board.open == NULL && b->plan.n <= BOARD_OPEN) ? -1 : 0;
}

/* The layer that a plan's answers come in. */
static enum rx_layer
layer_of(const struct plan *p)
{
	bool v4 = false, v6 = false, arp = false;
	size_t i, k;

	for (i = 0; i < p->nentry; i++) {
		v4 |= addr_is4(p->entry[i].first);
		v6 |= !addr_is4(p->entry[i].first);
	}
	for (i = 0; i < p->nset; i++)
		for (k = 0; k < p->set[i].n; k++)
			arp |= scan_types[p->set[i].lane[k].type] ==
			    &scan_arp;
	return (v4 && v6) || arp ? RX_ALL : v6 ? RX_IPV6 : RX_IPV4;
}

static int
start_listening(struct listen *l, const struct batch *b)
{
	struct rx_filter f = { l->head.params.sport, l->head.params.nsports };

	l->layer = layer_of(&b->plan);
	if (rx_start(l->rx, &f, l->layer, b->plan.n, l->pcap != NULL) == -1)
		return run_fail(l, "cannot capture");
	l->cap.trace = l->cfg->trace;
	if (capture_start(&l->cap, l->rx, &l->judge, l->pcap) == -1)
		return run_fail(l, "cannot capture");
	l->listening = true;
	atomic_store(&l->board.head->room, rx_room(l->rx));
	return board_ready(&l->board);
}

/* Has an earlier run of the scan found something open? */
static bool
opened_before(const struct batch *b)
{
	uint64_t i;

	if (b->board.open == NULL || atomic_load(b->board.answered) == 0)
		return false;
	for (i = 0; i < b->plan.n; i += 64)
		if (atomic_load_explicit(&b->board.open[i / 64],
		    memory_order_relaxed) != 0)
			return true;
	return false;
}

static int
share_bits(struct listen *l, struct batch *b)
{
	uint64_t offset;

	if (l->cfg->read != NULL)
		return own_bits(b);
	if (scanrec_u64(&l->rec, "offset", &offset) == -1)
		offset = 0;
	if (offset == 0)
		return 0;
	if (board_batch_map(&l->board, &b->board, b->plan.n, offset) == -1)
		return -1;
	b->opened = opened_before(b);
	return 0;
}

static int
read_shard(struct listen *l, struct batch *b)
{
	uint64_t order[2];

	if (scanrec_shard_get(&l->rec, &b->shard, &b->shards, order) == -1)
		return -1;
	perm_init(&b->perm, b->plan.n, order);
	return 0;
}

/* From now on, answers to its probes are judged. */
static int
add_batch(struct listen *l, struct batch *b)
{
	if (!l->listening) {
		judge_add(&l->judge, b);
		return l->cfg->read != NULL ? 0 : start_listening(l, b);
	}
	pthread_mutex_lock(&l->cap.lock);
	judge_add(&l->judge, b);
	pthread_mutex_unlock(&l->cap.lock);
	if (l->layer == RX_ALL || l->layer == layer_of(&b->plan))
		return 0;
	l->layer = RX_ALL;
	return rx_widen(l->rx) == -1 ? run_fail(l, "cannot capture") : 0;
}

/* The payloads that answers are held against are parsed for who asks UDP. */
static int
need_payloads(struct listen *l, const struct plan *p)
{
	struct buf err = { 0 };
	bool udp = false;
	size_t i, k;
	int r = 0;

	for (i = 0; i < p->nset; i++)
		for (k = 0; k < p->set[i].n; k++)
			udp |= scan_types[p->set[i].lane[k].type]->udp;
	if (!udp || l->payload_text.p == NULL)
		return 0;
	if (payloads_parse(&l->payloads, buf_view(&l->payload_text),
	    l->payload_path, &err) == -1) {
		msg_warn("%.*s", STR_ARG(buf_view(&err)));
		l->failed = true;
		r = -1;
	}
	buf_release(&err);
	buf_release(&l->payload_text);
	return r;
}

/* What the stat record says of a plan. */
static void
count_plan(struct listen *l, const struct plan *p)
{
	const struct plan_lanes *set;
	size_t i, k;

	for (i = 0; i < p->nentry; i++) {
		l->hosts += (uint64_t)(p->entry[i].last - p->entry[i].first) +
		    1;
		set = &p->set[p->entry[i].set];
		for (k = 0; k < set->n; k++)
			l->types |= (uint64_t)1 << set->lane[k].type;
	}
}

/* A plan is whole: listen for it, and let the sender know. */
static int
take_plan(struct listen *l)
{
	struct batch *b = next_batch(l);
	uint64_t probes;

	if (b == NULL)
		return -1;
	l->next = NULL;
	if (!l->have_head || scanrec_u64(&l->rec, "batch", &b->id) == -1 ||
	    scanrec_u64(&l->rec, "probes", &probes) == -1 ||
	    plan_seal(&b->plan) == -1 || b->plan.n != probes ||
	    read_shard(l, b) == -1) {
		complain(l, "this plan is not what prt-blast wrote: its "
		    "records must come whole and unchanged");
		batch_free(b, &l->board);
		l->failed = true;
		return -1;
	}
	count_plan(l, &b->plan);
	notes_seal(&b->notes);
	if (need_payloads(l, &b->plan) == -1) {
		batch_free(b, &l->board);
		return -1;
	}
	if (share_bits(l, b) == -1) {
		batch_free(b, &l->board);
		return run_fail(l, "answer board");
	}
	if (add_batch(l, b) == -1)
		return -1;
	if (l->have_board)
		atomic_fetch_add(&l->board.head->batches, 1);
	return 0;
}

static bool
all_answered(const struct batch *b)
{
	return b->board.answered != NULL &&
	    atomic_load(b->board.answered) == b->plan.n;
}

/* Nothing of this batch is sent any more, and its answers have had their
 * time: what silence says of the rest. */
static void
end_batch(struct listen *l, struct batch *b)
{
	if (l->listening) {
		if (!all_answered(b))
			capture_drain(&l->cap);
		/* whatever comes now is nobody's answer */
		pthread_mutex_lock(&l->cap.lock);
		judge_remove(&l->judge, b);
		pthread_mutex_unlock(&l->cap.lock);
		run_results(l);
	} else {
		judge_remove(&l->judge, b);
	}
	report_silent(&l->report, b);
	suspects_report(&l->report, b);
	batch_free(b, &l->board);
	l->ended++;
}

static int
take_skip(struct listen *l)
{
	struct batch *b;
	enum scanrec_why why;
	uint64_t id;
	u128 first, last;

	if (scanrec_skip_get(&l->rec, &id, &first, &last, &why) == -1) {
		complain(l, "this skip record is damaged: it must be as "
		    "prt-blast wrote it");
		return 0;
	}
	/* only this thread reads them */
	b = judge_find(&l->judge, id);
	if (b != NULL && rangeset_add(&b->skip[why], first, last) == -1) {
		errno = ENOMEM;
		return run_fail(l, "skipped ranges");
	}
	return 0;
}

static int
take_meta(struct listen *l)
{
	struct batch *b;
	uint64_t id;

	if (str_is(l->rec.what, "scan"))
		return take_head(l);
	if (str_is(l->rec.what, "plan"))
		return take_plan(l);
	if (str_is(l->rec.what, "skip"))
		return take_skip(l);
	if (str_is(l->rec.what, "done")) {
		/* offline, the packets are yet to come */
		if (l->cfg->read == NULL &&
		    scanrec_u64(&l->rec, "batch", &id) == 0 &&
		    (b = judge_find(&l->judge, id)) != NULL)
			end_batch(l, b);
		return 0;
	}
	if (str_is(l->rec.what, "stat") &&
	    str_is(rec_get(&l->rec, "by"), "prt-blast") && (!l->have_head ||
	    str_is(rec_get(&l->rec, "id"), l->head.id))) {
		/* kept beyond the input buffer, for our own last record */
		l->stat_text.n = 0;
		rec_put_tsv(&l->rec, &l->stat_text);
		l->have_stat = true;
		return 0;
	}
	(void)recout_put(&l->out, &l->rec);
	return 0;
}

static int
take_record(struct listen *l)
{
	struct target t = { 0 };
	struct batch *b;
	const char *err;
	int r = 0;

	if (l->rec.kind == REC_META)
		return take_meta(l);
	if (l->rec.col[COL_STATE].p != NULL) {
		/* a result of an earlier stage */
		(void)recout_put(&l->out, &l->rec);
		return 0;
	}
	if ((b = next_batch(l)) == NULL)
		return -1;
	if (scanrec_is_piece(&l->rec)) {
		if (scanrec_piece(&b->plan, &l->judge.params, &l->rec,
		    &err) == -1)
			complain(l, err);
		return 0;
	}
	if (target_of(&t, &l->rec, &err) == -1)
		complain(l, err);
	else if (notes_add(&b->notes, &t) == -1) {
		errno = ENOMEM;
		r = run_fail(l, "notes");
	}
	target_release(&t);
	return r;
}

static int
take_lines(struct listen *l)
{
	struct str line;
	const char *err;

	while (recin_line(&l->in, &line)) {
		if (rec_scan(&l->rec, line.p, line.n, &err) == -1)
			complain(l, err);
		else if (l->rec.kind != REC_BLANK && take_record(l) == -1)
			return -1;
		if (l->cfg->strict && l->bad > 0)
			return -1;
	}
	return 0;
}

int
stream_read(struct listen *l)
{
	long n = recin_fill(&l->in);

	if (n == -1 && errno != EINTR && errno != EAGAIN)
		return run_fail(l, "standard input");
	return take_lines(l);
}

struct record
stream_stat(const struct listen *l)
{
	struct record r = { 0 };
	const char *err;

	if (l->have_stat)
		(void)rec_scan_tsv(&r, l->stat_text.p, l->stat_text.n - 1,
		    &err);
	return r;
}
