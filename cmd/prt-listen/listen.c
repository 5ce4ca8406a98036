#include "listen.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "run.h"
#include "suspects.h"
#include "world/datafile.h"
#include "world/linger.h"
#include "world/memory.h"
#include "world/priv.h"
#include "world/sandbox.h"

/* After a signal: the sender got it too and sends its last record. */
#define GRACE		(1 * (uint64_t)NS_PER_S)
#define GATHER_MS	5
#define WAIT_MS		200

int
run_fail(struct listen *l, const char *what)
{
	msg_warn("%s: %s", what, strerror(errno));
	l->failed = true;
	return -1;
}

void
run_results(struct listen *l)
{
	const struct results_piece *p;
	struct results rs;
	size_t i;

	while (l->listening && capture_take(&l->cap, &rs)) {
		for (p = rs.first; p != NULL; p = p->next)
			for (i = 0; i < p->n && l->out.error == 0; i++)
				report_result(&l->report, &p->v[i]);
		capture_give(&l->cap, &rs);
	}
}

/* ---- running ---- */

static void
check_capture(struct listen *l)
{
	int e = atomic_load(&l->cap.error);

	if (e == 0)
		return;
	errno = e;
	run_fail(l, l->pcap != NULL ? "capturing and writing it down" :
	    "capturing");
}

/* Waits for input or results, after results only for more input for a moment,
 * since they come in numbers. Takes what there is: 0, or -1 at an end. */
static int
turn(struct listen *l, bool *gather)
{
	struct pollfd pfd[2] = { { .fd = STDIN_FILENO, .events = POLLIN },
	    { .fd = -1, .events = POLLIN } };
	bool had = *gather;
	int ms = had ? GATHER_MS : WAIT_MS;

	if (l->listening && !had) {
		if (capture_wants(&l->cap))
			pfd[1].fd = l->cap.wake_main;
		else
			ms = 0;
	}
	if (poll(pfd, 2, ms) == -1) {
		pfd[0].revents = pfd[1].revents = 0;
		if (errno != EINTR)
			return run_fail(l, "waiting");
	}
	if (pfd[1].revents != 0)
		capture_calm(&l->cap);
	*gather = !had && (ms == 0 || pfd[1].revents != 0);
	if (pfd[0].revents != 0 && stream_read(l) == -1)
		return -1;
	if (had || *gather)
		run_results(l);
	return 0;
}

/* The sender keeps where its scan has come, and asks that what it knows to be
 * answered be written: a file is on the disk then. */
static void
tell_written(struct listen *l)
{
	struct board_head *h = l->board.head;
	struct stat st;
	uint64_t mark;

	if (!l->have_board || !l->listening)
		return;
	mark = atomic_load(&h->mark);
	if (mark == atomic_load_explicit(&h->saved, memory_order_relaxed))
		return;
	/* what is marked under the lock is ready when it is let go */
	pthread_mutex_lock(&l->cap.lock);
	pthread_mutex_unlock(&l->cap.lock);
	run_results(l);
	if (recout_flush(&l->out) == -1)
		return;
	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		(void)fdatasync(STDOUT_FILENO);
	atomic_store(&h->ended, l->ended);
	atomic_store(&h->saved, mark);
}

/* Results and input as they come, until the sender has said all. */
static void
loop(struct listen *l)
{
	uint64_t until = 0, now;
	bool gather = false;

	while (!l->in.eof && !l->failed && l->out.error == 0) {
		now = clock_mono_ns();
		if (atomic_load(&stop) && until == 0)
			until = now + GRACE;
		if (until != 0 && (now >= until || l->have_stat))
			return;
		if (turn(l, &gather) == -1)
			return;
		(void)recout_flush(&l->out);
		tell_written(l);
		check_capture(l);
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
	for (b = l->judge.batches; b != NULL; b = b->next) {
		report_silent(&l->report, b);
		suspects_report(&l->report, b);
	}
}

static int
read_offline(struct listen *l)
{
	struct record st;
	int r;

	while (!l->in.eof && !atomic_load(&stop))
		if (stream_read(l) == -1)
			return -1;
	st = stream_stat(l);
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
	struct record st = stream_stat(l), *r = &l->rec;
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
	if (l->listening)
		rec_set_ns(r, "time", clock_wall_ns(), 6);
	else
		copy_field(r, &st, "time");	/* of the capture */
	rec_set_ns(r, "seconds", clock_mono_ns() - l->started, 6);
	rec_set_u64(r, "complete", is_complete(l, &st));
	(void)recout_put(&l->out, r);
	buf_release(&types);
	rec_release(&st);
}

static int
finish(struct listen *l)
{
	struct record st = stream_stat(l);
	bool complete = is_complete(l, &st);
	int r = l->failed || l->bad > 0 ? PRT_FAILED : PRT_OK;

	rec_release(&st);
	if (l->listening) {
		capture_stop(&l->cap);
		run_results(l);
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

	if (l->cfg->read == NULL && (l->rx = rx_open()) == NULL) {
		if (errno != EPERM && errno != EACCES) {
			run_fail(l, "cannot capture");
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
		msg_warn("--read %s: %s", l->cfg->read, why);
		return PRT_FAILED;
	}
	if (datafile_read("udp-payloads", &l->payload_text, path,
	    sizeof(path)) == -1) {
		msg_warn("%s: %s; reinstall prt, or set PRT_DATADIR to its "
		    "share directory", path, strerror(errno));
		return PRT_FAILED;
	}
	if ((l->payload_path = strdup(path)) == NULL ||
	    priv_drop() == -1 || sandbox_files() == -1)
		run_fail(l, "cannot drop privilege");
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
	if (l->listening)
		capture_release(&l->cap);
	rx_close(l->rx);
	if (l->have_board)
		board_close(&l->board);
	judge_release(&l->judge);
	payloads_release(&l->payloads);
	buf_release(&l->payload_text);
	free(l->payload_path);
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

	memory_setup();
	stop_catch();
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
	(void)pcapfile_close(file);
	release(&l);
	linger();
	return r;
}
