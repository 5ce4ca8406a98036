#include "listen.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "capture.h"
#include "meaning/target.h"
#include "meaning/scanrec.h"
#include "pure/addr.h"
#include "world/datafile.h"
#include "world/linger.h"
#include "world/priv.h"

/* After a signal: the sender got it too and sends its last record. */
#define GRACE		(1 * (uint64_t)NS_PER_S)
/* Bits that are kept without a sender to share them with. */
#define OWN_BITS	(BOARD_CAP * 8)

static atomic_bool stop;

struct listen {
	const struct config	*cfg;
	struct recin		 in;
	struct record		 rec;
	struct recout		 out;
	struct report		 report;
	struct judge		 judge;
	struct capture		 cap;
	struct rx		*rx;
	struct pcapfile		*pcap;
	struct board		 board;
	bool			 have_board;
	bool			 listening;
	enum rx_layer		 layer;		/* what is captured */
	struct scanrec_head	 head;
	bool			 have_head;
	struct payloads		 payloads;
	struct batch		*next;		/* being read */
	struct buf		 stat_text;	/* the sender's last record */
	bool			 have_stat;
	unsigned long		 bad;
	uint64_t		 started;
	uint64_t		 hosts;		/* in all plans */
	uint64_t		 types;		/* bit i: scan_types[i] */
	bool			 failed;
};

static void
on_signal(int sig)
{
	(void)sig;
	atomic_store(&stop, true);
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static int
fail(struct listen *l, const char *what)
{
	msg_warn("%s: %s", what, strerror(errno));
	l->failed = true;
	return -1;
}

static void
complain(struct listen *l, const char *what)
{
	msg_at(l->in.name, l->in.line, "%s", what);
	l->bad++;
}

/* ---- results ---- */

static void
write_results(struct listen *l)
{
	struct results rs;
	size_t i;

	if (!l->listening)
		return;
	capture_take(&l->cap, &rs);
	for (i = 0; i < rs.n && l->out.error == 0; i++)
		report_result(&l->report, &rs.v[i]);
	free(rs.v);
}

/* ---- the sender's records ---- */

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
			fail(l, "batch");
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
	return b->board.bits == NULL || b->board.answered == NULL ? -1 : 0;
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
		return fail(l, "cannot capture");
	if (capture_start(&l->cap, l->rx, &l->judge, l->pcap) == -1)
		return fail(l, "cannot capture");
	l->listening = true;
	atomic_store(&l->board.head->room, rx_room(l->rx));
	return board_ready(&l->board);
}

static int
share_bits(struct listen *l, struct batch *b)
{
	uint64_t offset;

	if (l->cfg->read != NULL)
		return own_bits(b);
	if (scanrec_u64(&l->rec, "offset", &offset) == -1)
		offset = 0;
	return offset == 0 ? 0 : board_batch_map(&l->board, &b->board,
	    b->plan.n, offset);
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
	return rx_widen(l->rx) == -1 ? fail(l, "cannot capture") : 0;
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
	if (share_bits(l, b) == -1) {
		batch_free(b, &l->board);
		return fail(l, "answer board");
	}
	if (add_batch(l, b) == -1)
		return -1;
	if (l->have_board)
		atomic_fetch_add(&l->board.head->batches, 1);
	return 0;
}

/* Nothing of this batch is sent any more, and its answers have had their
 * time: what silence says of the rest. */
static void
end_batch(struct listen *l, struct batch *b)
{
	if (l->listening) {
		capture_drain(&l->cap);
		write_results(l);
	}
	report_silent(&l->report, b);
	if (l->listening)
		pthread_mutex_lock(&l->cap.lock);
	judge_remove(&l->judge, b);
	if (l->listening)
		pthread_mutex_unlock(&l->cap.lock);
	batch_free(b, &l->board);
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
		r = fail(l, "notes");
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

static int
read_input(struct listen *l)
{
	long n = recin_fill(&l->in);

	if (n == -1 && errno != EINTR && errno != EAGAIN)
		return fail(l, "standard input");
	return take_lines(l);
}

/* ---- running ---- */

static void
check_capture(struct listen *l)
{
	int e = atomic_load(&l->cap.error);

	if (e == 0)
		return;
	errno = e;
	fail(l, l->pcap != NULL ? "capturing and writing it down" :
	    "capturing");
}

/* Results and input as they come, until the sender has said all. */
static void
loop(struct listen *l)
{
	struct pollfd pfd[2] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	uint64_t until = 0, now;

	while (!l->in.eof && !l->failed && l->out.error == 0) {
		now = clock_mono_ns();
		if (atomic_load(&stop) && until == 0)
			until = now + GRACE;
		if (until != 0 && (now >= until || l->have_stat))
			return;
		pfd[1] = (struct pollfd){ .fd = l->listening ?
		    l->cap.wake_main : -1, .events = POLLIN };
		if (poll(pfd, 2, 200) == -1 && errno != EINTR) {
			fail(l, "waiting");
			return;
		}
		if (pfd[0].revents != 0 && read_input(l) == -1)
			return;
		write_results(l);
		(void)recout_flush(&l->out);
		check_capture(l);
		pfd[0].revents = 0;
	}
}

/* -r: the scan records are read, the sender's key is known: judge the file. */
static void
judge_file(struct listen *l, struct pcapfile *pf)
{
	struct pcapfile_packet p;
	struct heard in;
	struct result r;
	struct batch *b;
	char err[256];
	int got = 0;

	while (!atomic_load(&stop) && l->out.error == 0 &&
	    (got = pcapfile_next(pf, &p, err, sizeof(err))) == 1) {
		if (p.outgoing)
			continue;
		in = (struct heard){ .p = p.p, .n = p.n,
		    .ethertype = p.ethertype, .time = p.time,
		    .has_mac = p.has_mac };
		memcpy(in.mac, p.mac, sizeof(in.mac));
		if (judge_packet(&l->judge, &in, &r))
			report_result(&l->report, &r);
	}
	if (got == -1) {
		msg_at(l->cfg->read, 0, "%s; what came before it is judged",
		    err);
		l->failed = true;
	}
	for (b = l->judge.batches; b != NULL; b = b->next)
		report_silent(&l->report, b);
}

static struct record
sender_stat(const struct listen *l)
{
	struct record r = { 0 };
	const char *err;

	if (l->have_stat)
		(void)rec_scan_tsv(&r, l->stat_text.p, l->stat_text.n - 1,
		    &err);
	return r;
}

static int
read_offline(struct listen *l)
{
	struct record st;
	int r;

	while (!l->in.eof && !atomic_load(&stop))
		if (read_input(l) == -1)
			return -1;
	st = sender_stat(l);
	r = scanrec_key_get(&st, "key", l->judge.params.key);
	rec_release(&st);
	if (!l->have_head || r == -1) {
		msg_warn("the scan records have no scan or no key: save all of "
		    "what prt-blast writes, up to its last line");
		l->failed = true;
		return -1;
	}
	return 0;
}

/* ---- the end ---- */

static void
copy_field(struct record *to, const struct record *from, const char *key)
{
	struct str v = rec_get(from, key);

	if (v.p != NULL)
		rec_set_copy(to, key, v);
}

static bool
is_complete(const struct listen *l, const struct record *st)
{
	return l->have_stat && str_is(rec_get(st, "complete"), "1") &&
	    !l->failed && !atomic_load(&stop);
}

/* "scan=syn,udp hosts=256" */
static void
put_scope(struct listen *l, struct buf *types)
{
	size_t i;

	for (i = 0; scan_types[i] != NULL; i++) {
		if ((l->types >> i & 1) == 0)
			continue;
		if (types->n > 0)
			buf_putc(types, ',');
		scan_type_name(scan_types[i], &l->judge.params, types);
	}
	if (types->n == 0)
		return;
	rec_set(&l->rec, "scan", buf_view(types));
	rec_set_u64(&l->rec, "hosts", l->hosts);
}

static void
put_stat(struct listen *l)
{
	static const char *const theirs[] = { "id", "probes", "sent", "drop",
	    "unreached", "rate" };
	struct record st = sender_stat(l), *r = &l->rec;
	struct buf types = { 0 };
	size_t i;

	rec_clear(r);
	rec_meta(r, "stat");
	rec_set(r, "by", STR("prt-listen"));
	put_scope(l, &types);
	for (i = 0; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		copy_field(r, &st, theirs[i]);
	rec_set_u64(r, "received", l->judge.received);
	rec_set_u64(r, "recv_drop", atomic_load(&l->cap.dropped));
	rec_set_u64(r, "answered", l->judge.answered);
	rec_set_u64(r, "duplicate", l->judge.duplicate);
	rec_set_u64(r, "invalid", l->judge.invalid);
	report_counts(&l->report, r);
	rec_set_ns(r, "seconds", clock_mono_ns() - l->started, 6);
	rec_set_u64(r, "complete", is_complete(l, &st));
	(void)recout_put(&l->out, r);
	buf_release(&types);
	rec_release(&st);
}

static int
finish(struct listen *l)
{
	struct record st = sender_stat(l);
	bool complete = is_complete(l, &st);
	int r = l->failed || l->bad > 0 ? PRT_FAILED : PRT_OK;

	rec_release(&st);
	if (l->listening) {
		if (!atomic_load(&stop))
			capture_drain(&l->cap);
		write_results(l);
		capture_stop(&l->cap);
	}
	put_stat(l);
	if (recout_close(&l->out) == -1) {
		if (errno == EPIPE)
			return PRT_OK;
		msg_warn("standard output: %s", strerror(errno));
		r = PRT_FAILED;
	}
	if (pcapfile_close(l->pcap) == -1) {
		msg_warn("%s: %s", l->cfg->pcap, strerror(errno));
		r = PRT_FAILED;
	}
	if (r != PRT_OK || complete)
		return r;
	if (!l->have_stat && !atomic_load(&stop))
		msg_warn("the sender ended before its scan was done: what was "
		    "written is valid and not complete");
	return PRT_STOPPED;
}

/* Everything that needs privilege or a name in the file system. */
static int
open_all(struct listen *l, struct pcapfile **file)
{
	char path[PATH_MAX], why[256];
	struct buf text = { 0 }, err = { 0 };

	if (l->cfg->read == NULL && (l->rx = rx_open()) == NULL) {
		if (errno != EPERM && errno != EACCES) {
			fail(l, "cannot capture");
			return PRT_FAILED;
		}
		msg_warn("capturing needs CAP_NET_RAW: run as root, or once "
		    "'setcap cap_net_raw=ep' on %s; prt-connect scans "
		    "without it", msg_name());
		return PRT_NOPRIV;
	}
	if (l->cfg->pcap != NULL &&
	    (l->pcap = pcapfile_create(l->cfg->pcap)) == NULL) {
		msg_warn("%s: %s", l->cfg->pcap, strerror(errno));
		return PRT_FAILED;
	}
	if (l->cfg->read != NULL && (*file = pcapfile_open(l->cfg->read, why,
	    sizeof(why))) == NULL) {
		msg_warn("%s", why);
		return PRT_FAILED;
	}
	if (datafile_read("udp-payloads", &text, path, sizeof(path)) == -1) {
		msg_warn("%s: %s; reinstall prt, or set PRT_DATADIR to its "
		    "share directory", path, strerror(errno));
		return PRT_FAILED;
	}
	if (payloads_parse(&l->payloads, buf_view(&text), path, &err) == -1) {
		msg_warn("%.*s", STR_ARG(buf_view(&err)));
		l->failed = true;
	}
	buf_release(&err);
	buf_release(&text);
	if (!l->failed && priv_drop() == -1)
		fail(l, "cannot drop privilege");
	return l->failed ? PRT_FAILED : PRT_OK;
}

static void
release(struct listen *l)
{
	struct batch *b;

	while ((b = l->judge.batches) != NULL) {
		l->judge.batches = b->next;
		batch_free(b, &l->board);
	}
	batch_free(l->next, &l->board);
	rx_close(l->rx);
	if (l->have_board)
		board_close(&l->board);
	judge_release(&l->judge);
	payloads_release(&l->payloads);
	report_release(&l->report);
	recin_release(&l->in);
	rec_release(&l->rec);
	buf_release(&l->stat_text);
}

int
listen_run(const struct config *cfg)
{
	struct listen l = { .cfg = cfg, .board = { .fd = -1, .sock = -1,
	    .listener = -1 }, .started = clock_mono_ns() };
	struct pcapfile *file = NULL;
	int r;

	catch_signals();
	r = open_all(&l, &file);
	if (r == PRT_OK) {
		recin_init(&l.in, STDIN_FILENO, "stdin");
		recout_init(&l.out, STDOUT_FILENO,
		    cfg->json ? REC_NDJSON : REC_TSV);
		l.report.what = cfg->what;
		l.report.out = &l.out;
		/* measured here; bounded where it is used, by the sender */
		rtt_init(&l.judge.rtt, NS_PER_S, NS_PER_MS,
		    60 * (uint64_t)NS_PER_S);
		if (cfg->read == NULL)
			loop(&l);
		else if (read_offline(&l) == 0)
			judge_file(&l, file);
		r = finish(&l);
	}
	linger();
	(void)pcapfile_close(file);
	release(&l);
	return r;
}
