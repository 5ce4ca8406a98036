#include "blast.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "batch.h"
#include "input.h"
#include "meaning/scanrec.h"
#include "pure/addr.h"
#include "pure/congest.h"
#include "pure/rate.h"
#include "pure/seed.h"
#include "pure/siphash.h"
#include "setup.h"
#include "world/board.h"
#include "world/linger.h"
#include "world/pcapfile.h"
#include "world/priv.h"
#include "world/progress.h"

/* Input that pauses this long becomes a batch; so does input that trickles on
 * without a pause, after LINGER. */
#define PAUSE		(20 * (uint64_t)NS_PER_MS)
#define LINGER		(500 * (uint64_t)NS_PER_MS)
/* How long a reader of the pipe may take to turn out to be prt-listen. */
#define LISTENER_WAIT	(5 * (uint64_t)NS_PER_S)
/* How often input and listener are looked after while sending. */
#define LOOK_AROUND	(1 * (uint64_t)NS_PER_MS)
/* How long to sleep for a full window. */
#define NAP_MIN		(50 * (uint64_t)NS_PER_US)
#define WINDOW_NAP	(20 * (uint64_t)NS_PER_US)
#define MAX_BATCHES	64
#define FLOOR_PPS	10
#define CEILING_PPS	100e6

static atomic_bool stop;

struct scan {
	const struct config	*cfg;
	struct scan_params	 params;
	struct payloads		 payloads;
	uint64_t		 order[2];	/* key of the permutation */
	struct paths		 paths;
	struct sender		 sender;
	struct input		 input;
	struct recout		 out;
	struct record		 rec;
	struct board		 board;
	bool			 have_board;
	bool			 asked_listener;
	bool			 alone;		/* nobody shares the board */
	struct plan		 plan;		/* of what is read */
	long			 pending;	/* targets in it */
	uint64_t		 pending_since, input_at;
	struct batch		*batch[MAX_BATCHES];
	size_t			 nbatch;
	uint64_t		 batches;	/* ever made */
	struct rate		 rate;
	struct congest		 congest;
	bool			 beyond;	/* beyond loopback */
	struct progress		 progress;
	struct pcapfile		*pcap;
	uint64_t		 started;
	uint64_t		 looked;
	/* counters */
	uint64_t		 probes;	/* of all batches */
	uint64_t		 finished;	/* probes of batches that ended */
	uint64_t		 unreached;
	uint64_t		 written_off;
	bool			 pinged;	/* the listener is to answer */
	uint64_t		 nap;		/* ns, of the next rest */
	uint64_t		 answered_was;
	bool			 failed;
	bool			 gone;		/* the reader of the pipe left */
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

static void
put(struct scan *s)
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
			put(s);
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

static unsigned
attempts(const struct scan *s, const struct batch *b)
{
	uint64_t n = s->cfg->retries;

	if (n == UINT64_MAX) {
		if (b->board.bits == NULL || s->alone)
			return 1;
		n = s->cfg->timing->retries;
	}
	return n < SCAN_ATTEMPTS ? (unsigned)n + 1 : SCAN_ATTEMPTS;
}

static double
default_rate(const struct scan *s)
{
	if (s->cfg->rate != 0)
		return (double)s->cfg->rate;
	return s->beyond || s->cfg->timing->delay != 0 ?
	    s->cfg->timing->rate : 0;
}

/* The first plan that leaves this machine bounds the rate. */
static void
set_rate(struct scan *s, const struct plan *p)
{
	uint64_t now = clock_mono_ns();
	double pps;

	if (!s->beyond && paths_beyond_loopback(&s->paths, p)) {
		s->beyond = true;
		pps = default_rate(s);
		if (pps == 0)
			pps = CEILING_PPS;
		congest_init(&s->congest, s->cfg->min_rate != 0 ?
		    (double)s->cfg->min_rate : pps < FLOOR_PPS ? pps :
		    FLOOR_PPS, pps, now);
		rate_init(&s->rate, s->alone || s->cfg->stateless ? pps :
		    s->congest.rate, now);
		s->paths.pps = pps;
	} else if (s->batches == 0) {
		rate_init(&s->rate, default_rate(s), now);
	}
}

/* Tells the listener of a sealed plan: the scan, the notes, the pieces. */
static void
announce(struct scan *s, struct batch *b)
{
	struct scanrec_head head = { .params = s->params };
	struct buf text = { 0 };

	if (b->id == 1) {
		memcpy(head.id, s->board.id, sizeof(s->board.id));
		memcpy(head.token, s->board.token, sizeof(s->board.token));
		scanrec_head_put(&s->rec, &head);
		put(s);
	}
	put_lines(s, buf_view(&s->input.pass));
	s->input.pass.n = 0;
	scanrec_plan_put(&b->plan, &s->params, &text);
	put_lines(s, buf_view(&text));
	s->failed |= text.oom;
	buf_release(&text);
	scanrec_seal_put(&s->rec, b->id, b->plan.n, b->board.offset);
	if (b->shards > 1)
		scanrec_shard_put(&s->rec, b->shard, b->shards, s->order);
	put(s);
	flush(s);
}

static int
share(struct scan *s, struct batch *b)
{
	if (s->cfg->stateless || b->plan.n == 0 ||
	    board_batch_size(b->plan.n) + s->board.size > BOARD_CAP) {
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

static int
seal(struct scan *s)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		msg_warn("out of memory");
		return -1;
	}
	b->plan = s->plan;
	s->plan = (struct plan){ 0 };
	s->pending = 0;
	if (plan_seal(&b->plan) == -1) {
		msg_warn(errno == EOVERFLOW ? "more than 2^63 probes: give "
		    "fewer addresses or ports, or a sample of them "
		    "(prt-targets --sample)" : "out of memory");
		goto fail;
	}
	b->id = s->batches + 1;
	b->shard = s->cfg->shard;
	b->shards = s->cfg->shards;
	b->n = shard_count(b->plan.n, b->shard, b->shards);
	perm_init(&b->perm, b->plan.n, s->order);
	if (s->alone || share(s, b) == 0) {
		set_rate(s, &b->plan);
		s->batches++;
		announce(s, b);
		if (!s->asked_listener)
			await_listener(s);
		await_batch(s, b->id);
		if (paths_prepare(&s->paths, &b->plan) == 0) {
			b->attempts = attempts(s, b);
			s->probes += b->n;
			s->batch[s->nbatch++] = b;
			return 0;
		}
	}
fail:
	batch_release(b, &s->board);
	free(b);
	return -1;
}

static void
end_batch(struct scan *s, size_t i)
{
	struct batch *b = s->batch[i];

	scanrec_done_put(&s->rec, b->id);
	rec_set_u64(&s->rec, "probes", b->n);
	put(s);
	flush(s);
	s->finished += b->n;
	s->unreached += b->unreached;
	s->written_off += b->n - b->unreached;
	if (b->board.answered != NULL)
		s->written_off -= atomic_load(b->board.answered);
	batch_release(b, &s->board);
	free(b);
	s->batch[i] = s->batch[--s->nbatch];
}

/* ---- input ---- */

static int
read_input(struct scan *s, uint64_t now)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	long n;

	if (s->input.eof || poll(&pfd, 1, 0) != 1)
		return 0;
	n = recin_fill(&s->input.in);
	if (n == -1) {
		if (errno == EINTR || errno == EAGAIN)
			return 0;
		msg_warn("cannot read standard input: %s", strerror(errno));
		return -1;
	}
	s->input.eof = n == 0;
	if ((n = input_take(&s->input, &s->plan)) == -1)
		return -1;
	if (s->pending == 0)
		s->pending_since = now;
	s->pending += n;
	s->input_at = now;
	return 0;
}

static bool
time_to_seal(const struct scan *s, uint64_t now)
{
	if ((s->pending == 0 && s->input.pass.n == 0) ||
	    s->nbatch == MAX_BATCHES)
		return false;
	/* shards are of one plan: batches fall differently at every run */
	if (s->input.eof || s->cfg->shards > 1)
		return s->input.eof;
	return now - s->input_at >= PAUSE ||
	    (now - s->pending_since >= LINGER && s->nbatch == 0);
}

/* ---- sending ---- */

static uint64_t
answered(const struct scan *s)
{
	return s->have_board ? atomic_load_explicit(&s->board.head->answered,
	    memory_order_relaxed) : 0;
}

static uint64_t
first_attempts(const struct scan *s)
{
	uint64_t n = s->finished;
	size_t i;

	for (i = 0; i < s->nbatch; i++)
		n += s->batch[i]->cur[0].pos;
	return n;
}

/* On loopback an answer is in the listener's queue before the sending returns.
 * How many probes may go out without it overflowing: when it is full, wait
 * until the listener has seen all there is; what is unanswered then, stays so. */
static uint64_t
window(struct scan *s)
{
	struct board_head *h = s->board.head;
	uint64_t ping, pong, room, got, sent;

	if (s->beyond || s->alone || s->cfg->stateless)
		return UINT64_MAX;
	ping = atomic_load_explicit(&h->ping, memory_order_relaxed);
	pong = atomic_load(&h->pong);
	room = atomic_load_explicit(&h->room, memory_order_relaxed);
	got = answered(s);
	sent = first_attempts(s);
	if (s->pinged && pong == ping) {
		s->pinged = false;
		s->written_off = sent > got ? sent - got : 0;
	}
	if (sent < got + s->written_off + room)
		return got + s->written_off + room - sent;
	if (!s->pinged) {
		s->pinged = true;
		atomic_store(&h->ping, ping + 1);
	}
	return 0;
}

static void
control_rate(struct scan *s, uint64_t now)
{
	struct congest_total t;
	const struct board_head *h = s->board.head;

	if (!s->beyond || s->alone || s->cfg->stateless)
		return;
	t.sent = first_attempts(s);
	t.resent = tx_sent(s->sender.tx) > t.sent ?
	    tx_sent(s->sender.tx) - t.sent : 0;
	t.first = atomic_load_explicit(&h->first, memory_order_relaxed);
	t.late = atomic_load_explicit(&h->late, memory_order_relaxed);
	t.dropped = atomic_load_explicit(&h->dropped, memory_order_relaxed);
	rate_set(&s->rate, congest_update(&s->congest, now,
	    atomic_load_explicit(&h->srtt, memory_order_relaxed), &t), now);
}

static uint64_t
timeout(const struct scan *s)
{
	uint64_t rto = s->have_board ? atomic_load_explicit(
	    &s->board.head->rto, memory_order_relaxed) : 0;

	if (rto == 0)
		return s->cfg->timing->rto_initial;
	if (rto < s->cfg->timing->rto_min)
		return s->cfg->timing->rto_min;
	return rto < s->cfg->timing->rto_max ? rto : s->cfg->timing->rto_max;
}

/* One round over the batches: -1 after a message, else the time until there is
 * something to do (0: at once). */
static int64_t
send_round(struct scan *s)
{
	struct batch_clock c = { .now = clock_mono_ns(),
	    .wall = clock_wall_ns(), .rto = timeout(s) };
	uint64_t due, next = UINT64_MAX, room;
	uint32_t grant;
	int64_t sent;
	size_t i;

	if (s->have_board)
		c.tries = atomic_load_explicit(&s->board.head->tries,
		    memory_order_relaxed);
	control_rate(s, c.now);
	for (i = 0; i < s->nbatch;) {
		due = batch_due(s->batch[i], &c);
		if (s->batch[i]->done) {
			end_batch(s, i);
			continue;
		}
		if (due <= c.now && (room = window(s)) == 0) {
			due = c.now + WINDOW_NAP;
		} else if (due <= c.now) {
			grant = rate_grant(&s->rate, c.now, room < TX_BATCH ?
			    (uint32_t)room : TX_BATCH);
			sent = grant == 0 ? 0 : batch_step(s->batch[i],
			    &s->sender, &c, grant);
			if (sent == -1)
				return -1;
			if ((uint64_t)sent < grant)
				rate_return(&s->rate, grant - (uint32_t)sent);
			due = c.now + (grant == 0 ?
			    rate_wait(&s->rate, c.now) : 0);
		}
		if (due < next)
			next = due;
		i++;
	}
	return next == UINT64_MAX ? INT64_MAX :
	    next <= c.now ? 0 : (int64_t)(next - c.now);
}

static void
show_progress(struct scan *s, uint64_t now)
{
	struct progress_state st = { .total = s->probes,
	    .more = !s->input.eof, .sent = tx_sent(s->sender.tx) };
	size_t i;
	unsigned a;
	uint64_t done = 0, all = 0;

	if (!progress_due(&s->progress, now))
		return;
	for (i = 0; i < s->nbatch; i++) {
		all += s->batch[i]->n;
		for (a = 0; a < s->batch[i]->attempts; a++)
			done += s->batch[i]->cur[a].pos /
			    s->batch[i]->attempts;
	}
	st.done = s->probes - all + done;
	if (s->have_board)
		st.found = atomic_load(&s->board.head->open);
	progress_show(&s->progress, now, &st);
}

/* Sleeps until there is input or `ns` have passed; less while answers come in,
 * since the last one ends the scan. */
static void
rest(struct scan *s, uint64_t ns)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	struct timespec ts;
	uint64_t got = answered(s);

	s->nap = got != s->answered_was ? NAP_MIN : s->nap + s->nap / 2;
	s->answered_was = got;
	if (s->nap > PAUSE)
		s->nap = PAUSE;
	if (ns > s->nap)
		ns = s->nap;
	ts = (struct timespec){ 0, (long)ns };
	/* ppoll() rounds up by the timer slack, 50 us: fine for all but the
	 * last stretch to the next packet */
	(void)ppoll(&pfd, s->input.eof ? 0 : 1, &ts, NULL);
}

static int
look_around(struct scan *s, uint64_t now)
{
	if (now - s->looked < LOOK_AROUND)
		return 0;
	s->looked = now;
	if (read_input(s, now) == -1)
		return -1;
	if (time_to_seal(s, now) && seal(s) == -1)
		return -1;
	if (s->asked_listener && !s->alone && !board_peer(&s->board))
		s->gone = true;
	show_progress(s, now);
	return 0;
}

static void
loop(struct scan *s)
{
	int64_t wait;

	while (!atomic_load(&stop) && !s->gone && !s->failed) {
		if (look_around(s, clock_mono_ns()) == -1 ||
		    (wait = send_round(s)) == -1) {
			s->failed = true;
			return;
		}
		if (s->nbatch == 0) {
			if (s->input.eof && s->pending == 0 &&
			    s->input.pass.n == 0)
				return;
			wait = PAUSE;
		}
		if (wait > 0 && !s->input.eof)
			s->looked = 0;
		if (wait > 0)
			rest(s, (uint64_t)wait);
	}
}

/* ---- dry run ---- */

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
		put(s);
		if (s->pcap != NULL && sender_put(&s->sender, &pr, 0) == -1)
			s->failed = true;
	}
	if (sender_flush(&s->sender) == -1)
		s->failed = true;
	buf_release(&b);
	s->probes = n;
}

static void
dry_run(struct scan *s)
{
	uint64_t now = clock_mono_ns();

	while (!s->input.eof && !atomic_load(&stop)) {
		rest(s, PAUSE);
		if (read_input(s, now) == -1) {
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

/* ---- start and end ---- */

static int
no_privilege(const char *what)
{
	if (errno == EPERM || errno == EACCES) {
		msg_warn("%s needs CAP_NET_RAW: run as root, or once 'setcap "
		    "cap_net_raw=ep' on %s; prt-connect scans without it",
		    what, msg_name());
		return PRT_NOPRIV;
	}
	msg_warn("%s: %s", what, strerror(errno));
	return PRT_FAILED;
}

static void
tap(void *arg, const struct tx_frame *f)
{
	struct scan *s = arg;
	struct pcapfile_packet p = { .p = f->p, .n = f->n, .len = f->n,
	    .ethertype = f->path.ethertype, .time = clock_wall_ns(),
	    .outgoing = true };

	if (f->path.kind == TX_ETHERNET) {
		memcpy(p.mac, f->path.src, 6);
		p.has_mac = true;
	}
	/* a dry run with a seed writes the same file every time */
	if (s->cfg->dry_run)
		p.time = 0;
	if (pcapfile_put(s->pcap, &p) == -1 && !s->failed) {
		msg_warn("%s: %s", s->cfg->pcap, strerror(errno));
		s->failed = true;
	}
}

/* Everything that needs privilege or a name in the file system. */
static int
open_all(struct scan *s)
{
	const struct config *c = s->cfg;

	s->sender.tx = tx_open(c->dry_run);
	if (s->sender.tx == NULL)
		return no_privilege("sending");
	if (!c->dry_run && (s->paths.neigh = neigh_open()) == NULL)
		return no_privilege("asking for neighbours");
	if (c->pcap != NULL) {
		if ((s->pcap = pcapfile_create(c->pcap)) == NULL) {
			msg_warn("%s: %s", c->pcap, strerror(errno));
			return PRT_FAILED;
		}
		tx_set_tap(s->sender.tx, tap, s);
	}
	if (setup_types(&s->input, c->types, &s->params.flags) == -1)
		return PRT_USAGE;
	if (setup_ports(&s->input, c->ports) == -1)
		return PRT_USAGE;
	if ((!c->allow_reserved && setup_reserved(&s->input) == -1) ||
	    setup_payloads(&s->payloads) == -1)
		return PRT_FAILED;
	if (!c->dry_run && priv_drop() == -1) {
		msg_warn("cannot drop privilege: %s", strerror(errno));
		return PRT_FAILED;
	}
	s->paths.routes = routes_open(c->ifname);
	if (s->paths.routes == NULL) {
		if (errno == ENODEV)
			msg_warn("-i %s: no such interface; 'ip link' lists "
			    "them", c->ifname);
		else
			msg_warn("cannot read the routes: %s",
			    strerror(errno));
		return PRT_FAILED;
	}
	return PRT_OK;
}

static int
make_keys(struct scan *s)
{
	uint64_t secret[2], i;

	if (s->cfg->seed != NULL)
		seed_key(secret, s->cfg->seed, strlen(s->cfg->seed));
	else if (random_bytes(secret, sizeof(secret)) == -1)
		return -1;
	/* the order is on the pipe; the cookies' key must not follow from it */
	for (i = 0; i < 2; i++)
		s->order[i] = siphash(secret, &i, 1);
	for (i = 2; i < 4; i++)
		s->params.key[i - 2] = siphash(secret, &i, 1);
	return 0;
}

static void
put_stat(struct scan *s, bool complete)
{
	uint64_t ns = clock_mono_ns() - s->started, refused;
	struct record *r = &s->rec;
	int err;

	refused = tx_refused(s->sender.tx, &err);
	if (refused > 0)
		msg_warn("the kernel refused %llu packets: %s",
		    (unsigned long long)refused, strerror(err));
	rec_clear(r);
	rec_meta(r, "stat");
	if (s->have_board)
		rec_set_copy(r, "id", str_of(s->board.id));
	rec_set_copy(r, "by", str_of("prt-blast"));
	rec_set_u64(r, "probes", s->probes);
	rec_set_u64(r, "sent", tx_sent(s->sender.tx));
	rec_set_u64(r, "drop", refused);
	rec_set_u64(r, "unreached", s->unreached);
	rec_set_ns(r, "seconds", ns, 6);
	rec_set_u64(r, "rate", ns == 0 ? 0 : (uint64_t)(
	    (double)tx_sent(s->sender.tx) * 1e9 / (double)ns));
	rec_set_u64(r, "complete", complete);
	/* nothing is sent any more, so the key can forge nothing now; with it
	 * a saved scan can be judged again */
	if (s->have_board)
		scanrec_key_put(r, "key", s->params.key);
	put(s);
}

static int
finish(struct scan *s)
{
	bool stopped = atomic_load(&stop);
	size_t i;
	int r = PRT_OK;

	progress_clear(&s->progress);
	for (i = 0; i < s->nbatch; i++)
		s->unreached += s->batch[i]->unreached;
	if (!s->gone && !s->cfg->dry_run)
		put_stat(s, !stopped && !s->failed);
	if (recout_close(&s->out) == -1 && errno != EPIPE) {
		msg_warn("standard output: %s", strerror(errno));
		r = PRT_FAILED;
	}
	if (pcapfile_close(s->pcap) == -1) {
		msg_warn("%s: %s", s->cfg->pcap, strerror(errno));
		r = PRT_FAILED;
	}
	if (s->failed || s->input.bad > 0 || s->paths.complaints > 0)
		r = PRT_FAILED;
	return stopped ? PRT_STOPPED : r;
}

static void
release(struct scan *s)
{
	while (s->nbatch > 0) {
		s->nbatch--;
		batch_release(s->batch[s->nbatch], &s->board);
		free(s->batch[s->nbatch]);
	}
	if (s->have_board)
		board_close(&s->board);
	plan_release(&s->plan);
	tx_close(s->sender.tx);
	paths_release(&s->paths);
	payloads_release(&s->payloads);
	input_release(&s->input);
	rec_release(&s->rec);
}

static int
start(struct scan *s)
{
	const struct config *c = s->cfg;

	s->params.sport = c->sport != 0 ? (uint16_t)c->sport :
	    SCAN_SPORT_BASE;
	s->params.nsports = c->sport != 0 ? 1 : SCAN_SPORTS;
	s->params.ttl = (uint8_t)c->ttl;
	s->params.payloads = &s->payloads;
	s->paths.src4 = c->src4;
	s->paths.src6 = c->src6;
	s->paths.stop = &stop;
	s->paths.tx = s->sender.tx;
	s->paths.dry = c->dry_run;
	s->sender.paths = &s->paths;
	s->input.paths = &s->paths;
	s->input.strict = c->strict;
	if (make_keys(s) == -1 || (!c->dry_run &&
	    board_create(&s->board, s->params.key) == -1)) {
		msg_warn("cannot make the answer board: %s", strerror(errno));
		return -1;
	}
	s->have_board = !c->dry_run;
	s->sender.params = s->params;
	recin_init(&s->input.in, STDIN_FILENO, "stdin");
	recout_init(&s->out, STDOUT_FILENO, c->json ? REC_NDJSON : REC_TSV);
	s->started = s->input_at = clock_mono_ns();
	s->nap = NAP_MIN;
	rate_init(&s->rate, 0, s->started);
	progress_init(&s->progress, STDERR_FILENO, c->progress, msg_name(),
	    s->started);
	return 0;
}

int
blast_run(const struct config *cfg)
{
	struct scan s = { .cfg = cfg, .board = { .fd = -1, .sock = -1,
	    .listener = -1 } };
	int r;

	catch_signals();
	r = open_all(&s);
	if (r == PRT_OK) {
		if (start(&s) == -1) {
			r = PRT_FAILED;
		} else {
			if (cfg->dry_run)
				dry_run(&s);
			else
				loop(&s);
			r = finish(&s);
		}
	}
	linger();
	release(&s);
	return r;
}
