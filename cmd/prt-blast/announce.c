#include "run.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "meaning/scanrec.h"
#include "pure/addr.h"
#include "world/live.h"

/* How long a reader of the pipe may take to turn out to be prt-listen. */
#define LISTENER_WAIT	(5 * (uint64_t)NS_PER_S)

/* ---- output ---- */

static void
check_out(struct scan *s)
{
	if (s->out.error == 0)
		return;
	if (s->out.error == EPIPE)
		s->gone = true;
	else
		s->failed = true;
}

void
announce_put(struct scan *s)
{
	if (recout_put(&s->out, &s->rec) == -1)
		check_out(s);
}

/* Whole TSV records, in the format that was asked for. */
static void
put_lines(struct scan *s, struct str text)
{
	struct str line;
	const char *err;

	if (!s->cfg->json) {
		if (text.n > 0 && recout_raw(&s->out, text) == -1)
			check_out(s);
		return;
	}
	while (text.n > 0) {
		line = str_cut(&text, '\n');
		if (rec_scan(&s->rec, line.p, line.n, &err) == 0)
			announce_put(s);
	}
}

static void
flush(struct scan *s)
{
	if (recout_flush(&s->out) == -1)
		check_out(s);
}

/* ---- the listener ---- */

static bool
stdout_is_pipe(void)
{
	struct stat st;

	return fstat(STDOUT_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

static bool
reader_left(void)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO, .events = 0 };

	return poll(&pfd, 1, 0) == 1 && pfd.revents & (POLLERR | POLLHUP);
}

/* Without a listener nothing comes back: probes go out once. */
static void
go_alone(struct scan *s, const char *why)
{
	s->alone = true;
	if (why != NULL)
		msg_warn("%s", why);
}

static void
await_listener(struct scan *s)
{
	uint64_t until = clock_mono_ns() + LISTENER_WAIT;
	int r = 0;

	s->asked_listener = true;
	if (!stdout_is_pipe()) {
		go_alone(s, NULL);
		return;
	}
	while (r == 0 && !atomic_load(&stop) && clock_mono_ns() < until) {
		if (reader_left()) {
			s->gone = true;
			return;
		}
		r = board_await(&s->board, 50);
	}
	if (r == 1 || atomic_load(&stop))
		return;
	if (r == -1) {
		/* it came and ended again: it has said why */
		s->gone = true;
		return;
	}
	go_alone(s, "no prt-listen on the pipe: probes go out once, and "
	    "nothing is known of answers");
}

/* The listener must have a batch's plan before the first answer can come. */
static void
await_batch(struct scan *s, uint64_t id)
{
	static const struct timespec nap = { 0, 20000 };

	while (!s->alone && !atomic_load(&stop) && !s->gone &&
	    atomic_load(&s->board.head->batches) < id) {
		if (!board_peer(&s->board)) {
			s->gone = true;
			return;
		}
		nanosleep(&nap, NULL);
	}
}

/* ---- batches ---- */

/* A template's retransmissions are sent whatever happens, in a small plan; more
 * go out as long as they bring answers, since then the path loses packets. */
static void
set_attempts(const struct scan *s, struct batch *b)
{
	uint64_t n = s->cfg->retries;

	b->sure = BATCH_SURE;
	if (n == UINT64_MAX && s->cfg->timing->retries + 1 < b->sure)
		b->sure = s->cfg->timing->retries + 1;
	if (n != UINT64_MAX)
		b->attempts = (unsigned)n + 1;
	else if (b->board.bits == NULL || s->alone)
		b->attempts = 1;
	else
		b->attempts = SCAN_ATTEMPTS;
}

/* Tells the listener of a sealed plan: the scan, the notes, the pieces. */
static void
announce(struct scan *s, struct batch *b, const struct buf *notes)
{
	struct scanrec_head head = { .params = s->params };
	struct buf text = { 0 };

	if (b->id == 1) {
		memcpy(head.id, s->board.id, sizeof(s->board.id));
		memcpy(head.token, s->board.token, sizeof(s->board.token));
		scanrec_head_put(&s->rec, &head);
		announce_put(s);
	}
	put_lines(s, buf_view(&s->input.pass));
	s->input.pass.n = 0;
	put_lines(s, buf_view(notes));
	scanrec_plan_put(&b->plan, &s->params, &text);
	put_lines(s, buf_view(&text));
	s->failed |= text.oom;
	buf_release(&text);
	scanrec_seal_put(&s->rec, b->id, b->plan.n, b->board.offset);
	if (b->shards > 1)
		scanrec_shard_put(&s->rec, b->shard, b->shards, s->order);
	announce_put(s);
	flush(s);
}

/* What will not be probed, so that its silence is not taken for an answer. */
static void
announce_skips(struct scan *s, const struct batch *b)
{
	const struct rangeset *rs;
	enum scanrec_why why;
	size_t i;

	for (why = SCANREC_ROUTE; why <= SCANREC_NEIGHBOUR; why++) {
		rs = &s->paths.skip[why];
		for (i = 0; i < rs->n; i++) {
			scanrec_skip_put(&s->rec, b->id, rs->r[i].first,
			    rs->r[i].last, why);
			announce_put(s);
		}
	}
	flush(s);
}

static void
put_met(void *arg, u128 addr, const uint8_t mac[6])
{
	struct scan *s = arg;
	char ip[ADDR_FMT], text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
	    mac[1], mac[2], mac[3], mac[4], mac[5]);
	rec_clear(&s->rec);
	rec_data(&s->rec, (struct str){ ip, addr_fmt(ip, addr) }, STR_NONE,
	    STR("host"), STR("up"), addr_is4(addr) ? STR("arp-response") :
	    STR("nd-response"));
	rec_set_copy(&s->rec, "mac", str_of(text));
	announce_put(s);
}

/* Who answered the question for its link address is up. */
static int
announce_met(struct scan *s, const struct batch *b)
{
	struct paths_met m = { put_met, s };

	if (!s->cfg->neighbours || b->asks_hosts)
		return 0;
	return paths_each_met(&s->paths, &b->plan, &m);
}

static int
share(struct scan *s, struct batch *b)
{
	if (s->cfg->stateless || b->plan.n == 0 ||
	    board_batch_size(b->plan.n) + s->board.live > BOARD_CAP) {
		if (!s->cfg->stateless && b->plan.n != 0)
			msg_warn("%llu probes are too many to remember: each "
			    "goes out once, unanswered ones are not reported; "
			    "scan in parts with --shard to have both",
			    (unsigned long long)b->plan.n);
		return 0;
	}
	if (board_batch_make(&s->board, &b->board, b->plan.n) == 0)
		return 0;
	msg_warn("cannot make the answer board: %s", strerror(errno));
	return -1;
}

static bool
asks(const struct plan *p, enum scan_proto proto)
{
	size_t i, k;

	for (i = 0; i < p->nset; i++)
		for (k = 0; k < p->set[i].n; k++)
			if (scan_types[p->set[i].lane[k].type]->proto == proto)
				return true;
	return false;
}

/* Chosen by itself, the kernel's program is for what lasts: a run takes its
 * time to begin. */
static void
open_live(struct scan *s, struct batch *b)
{
	size_t i;

	if (s->pool.worker->sender.live == NULL ||
	    (s->cfg->tx == NULL && b->n < LIVE_PROBES))
		return;
	for (i = 0; i < s->nbatch; i++)
		if (s->batch[i]->live)
			return;
	batch_live_open(b, &s->pool);
}

void
announce_order(const struct scan *s, struct perm *p, uint64_t n)
{
	if (s->cfg->in_order)
		perm_identity(p, n);
	else
		perm_init(p, n, s->order);
}

/* What an earlier run has heard is answered already. */
static void
preset(struct batch *b, const struct checkpoint_batch *from)
{
	size_t i;

	for (i = 0; b->board.bits != NULL && from->answered != NULL &&
	    i < checkpoint_words(b->plan.n); i++) {
		atomic_store(&b->board.bits[i], from->answered[i]);
		if (b->board.open != NULL && from->open != NULL)
			atomic_store(&b->board.open[i], from->open[i]);
		b->known += (uint64_t)__builtin_popcountll(from->answered[i]);
	}
	if (b->known > 0)
		atomic_store(b->board.answered, b->known);
}

static void
fill(const struct scan *s, struct batch *b, struct plan *p,
    const struct source *from)
{
	b->plan = *p;
	*p = (struct plan){ 0 };
	b->source = *from;
	b->id = s->batches + 1;
	b->shard = s->cfg->shard;
	b->shards = s->cfg->shards;
	b->n = shard_count(b->plan.n, b->shard, b->shards);
	b->asks_hosts = asks(&b->plan, SCAN_HOST);
	announce_order(s, &b->perm, b->plan.n);
}

int
announce_plan(struct scan *s, struct plan *p, const struct source *source,
    const struct buf *notes, const struct checkpoint_batch *from)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		msg_warn("out of memory");
		return -1;
	}
	fill(s, b, p, source);
	if (!s->alone && share(s, b) == -1)
		goto fail;
	if (from != NULL) {
		preset(b, from);
		batch_restore(b, from->pos);
	}
	s->batches++;
	announce(s, b, notes);
	if (!s->asked_listener)
		await_listener(s);
	await_batch(s, b->id);
	pace_plan(s, &b->plan);
	if (s->beyond && b->board.open != NULL &&
	    s->cfg->timing->rto_max >= RATION_NS && asks(&b->plan, SCAN_UDP))
		b->ration = RATION_NS;
	if (paths_prepare(&s->paths, &b->plan, &b->legs) == -1 ||
	    announce_met(s, b) == -1)
		goto fail;
	announce_skips(s, b);
	open_live(s, b);
	set_attempts(s, b);
	giveup_start(s, b);
	s->probes += b->n - b->start;
	s->batch[s->nbatch++] = b;
	return 0;
fail:
	batch_release(b, &s->board);
	free(b);
	return -1;
}

int
announce_part(struct scan *s)
{
	struct rest *rest = &s->rest;
	struct source source = rest->source;
	struct plan part = { 0 };

	if (plan_part(&rest->plan, source.base, CHECKPOINT_PROBES,
	    &part) == -1) {
		msg_warn("out of memory");
		plan_release(&part);
		return -1;
	}
	source.digest = plan_digest(&part);
	rest->source.base += part.n;
	if (announce_plan(s, &part, &source, &rest->notes, NULL) == -1)
		return -1;
	if (rest->source.base == rest->plan.n) {
		plan_release(&rest->plan);
		buf_release(&rest->notes);
	}
	return 0;
}

int
announce_batch(struct scan *s)
{
	struct plan p = s->plan;
	struct source source = { .first = s->sealed + 1,
	    .last = s->input.in.line };
	int r;

	s->plan = (struct plan){ 0 };
	s->pending = 0;
	s->sealed = source.last;
	memcpy(s->sealed_hash, s->input.hash, sizeof(s->sealed_hash));
	if (plan_seal(&p) == -1) {
		msg_warn(errno == EOVERFLOW ? "more than 2^63 probes: give "
		    "fewer addresses or ports, or a sample of them "
		    "(prt-targets --sample)" : "out of memory");
		plan_release(&p);
		return -1;
	}
	if (s->save.file != NULL)
		source.digest = plan_digest(&p);
	if (s->save.file != NULL && !s->cfg->stateless &&
	    p.n > CHECKPOINT_PROBES) {
		s->rest = (struct rest){ p, source, s->input.notes };
		s->input.notes = (struct buf){ 0 };
		return announce_part(s);
	}
	r = announce_plan(s, &p, &source, &s->input.notes, NULL);
	s->input.notes.n = 0;
	return r;
}

/* Of the probes that this run has sent first, at most. */
static uint64_t
answered(const struct batch *b)
{
	uint64_t n = atomic_load(b->board.answered) - b->known;
	uint64_t sent = b->cur[0].pos - b->start - b->unreached;

	return n < sent ? n : sent;
}

void
announce_end(struct scan *s, size_t i)
{
	struct batch *b = s->batch[i];

	scanrec_done_put(&s->rec, b->id);
	rec_set_u64(&s->rec, "probes", b->n);
	announce_put(s);
	/* the last one goes out with the stat record */
	if (!s->input.eof || s->pending > 0 || s->nbatch > 1)
		flush(s);
	s->ended++;
	/* not all of them have gone out when its hosts were given up */
	s->finished += b->cur[0].pos - b->start;
	s->unreached += b->unreached;
	s->written_off += b->cur[0].pos - b->start - b->unreached;
	if (b->board.answered != NULL)
		s->written_off -= answered(b);
	batch_release(b, &s->board);
	free(b);
	s->batch[i] = s->batch[--s->nbatch];
}

/* ---- the end ---- */

/* While packets went out: a scan's last second may only wait. */
static uint64_t
rate_reached(const struct scan *s, uint64_t sent)
{
	uint64_t ns = s->last_sent - s->first_sent;

	return ns == 0 ? 0 : (uint64_t)((double)sent * 1e9 / (double)ns);
}

static void
put_senders(struct scan *s)
{
	struct buf b = { 0 };
	struct str names, first;

	pool_names(&s->pool, &b);
	if (b.n > 0) {
		rec_set_copy(&s->rec, "tx", buf_view(&b));
		names = buf_view(&b);
		first = str_cut(&names, ',');
		/* what xdp-live sends again goes by others */
		if (s->cfg->tx != NULL && (!str_is(first, s->cfg->tx) ||
		    (names.p != NULL && !str_is(first, tx_live.name))))
			msg_warn("--tx %s does not go everywhere: sent by "
			    "%.*s", s->cfg->tx, STR_ARG(buf_view(&b)));
	}
	buf_release(&b);
}

void
announce_stat(struct scan *s, bool complete)
{
	uint64_t sent = pool_sent(&s->pool), refused;
	struct record *r = &s->rec;
	int err;

	refused = pool_refused(&s->pool, &err);
	if (refused > 0)
		msg_warn("the kernel refused %llu packets: %s",
		    (unsigned long long)refused, strerror(err));
	rec_clear(r);
	rec_meta(r, "stat");
	if (s->have_board)
		rec_set_copy(r, "id", str_of(s->board.id));
	rec_set_copy(r, "by", str_of("prt-blast"));
	rec_set_u64(r, "probes", s->probes);
	rec_set_u64(r, "sent", sent);
	rec_set_u64(r, "drop", refused);
	rec_set_u64(r, "unreached", s->unreached);
	rec_set_ns(r, "time", clock_wall_ns(), 6);
	rec_set_ns(r, "seconds", clock_mono_ns() - s->started, 6);
	rec_set_u64(r, "rate", rate_reached(s, sent));
	put_senders(s);
	rec_set_u64(r, "complete", complete);
	/* nothing is sent any more, so the key can forge nothing now; with it
	 * a saved scan can be judged again */
	if (s->have_board)
		scanrec_key_put(r, "key", s->params.key);
	announce_put(s);
}
