#include "blast.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "meaning/trace.h"
#include "pure/seed.h"
#include "pure/siphash.h"
#include "resume.h"
#include "run.h"
#include "setup.h"
#include "world/linger.h"
#include "world/memory.h"
#include "world/priv.h"

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

/* Loopback is sent by two threads where there are two processors: there the
 * sender does the receiver's work. */
static unsigned
threads(const struct config *c)
{
	cpu_set_t cpus;

	if (c->threads != 0)
		return (unsigned)c->threads;
	return !c->dry_run && sched_getaffinity(0, sizeof(cpus), &cpus) == 0 &&
	    CPU_COUNT(&cpus) > 1 ? 2 : 1;
}

static int
open_senders(struct scan *s)
{
	const struct config *c = s->cfg;
	struct tx_setup setup = { .name = c->tx, .dry = c->dry_run,
	    .pps = c->rate != 0 ? (double)c->rate : c->timing->rate,
	    .pcap = s->pcap };

	if (setup.pps != 0 && setup.pps < (double)c->min_rate)
		setup.pps = (double)c->min_rate;
	if (pool_open(&s->pool, threads(c), &setup) == 0)
		return PRT_OK;
	if (c->tx != NULL && strcmp(c->tx, tx_live.name) == 0 &&
	    errno == EPERM) {
		msg_warn("--tx %s needs CAP_BPF and CAP_NET_ADMIN besides "
		    "CAP_NET_RAW, in no user namespace: run as root, or once "
		    "'setcap cap_bpf,cap_net_admin,cap_net_raw=ep' on %s; "
		    "--tx auto goes without", c->tx, msg_name());
		return PRT_NOPRIV;
	}
	if (c->tx != NULL && errno == EAFNOSUPPORT) {
		msg_warn("--tx %s: this kernel has none; --tx auto takes what "
		    "it has", c->tx);
		return PRT_FAILED;
	}
	return no_privilege("sending");
}

/* One write for a line: threads do not mix. */
static void
trace(const struct tx_frame *f)
{
	struct buf b = { 0 };

	trace_put(&b, "SENT", clock_wall_ns(), f->path.ethertype, f->p, f->n);
	if (!b.oom && write(STDERR_FILENO, b.p, b.n) == -1)
		atomic_store(&stop, true);
	buf_release(&b);
}

static void
tap(void *arg, const struct tx_frame *f)
{
	struct scan *s = arg;
	struct pcapfile_packet p = { .p = f->p, .n = f->n, .len = f->n,
	    .ethertype = f->path.ethertype, .time = clock_wall_ns(),
	    .outgoing = true };

	if (s->cfg->trace)
		trace(f);
	if (s->pcap == NULL)
		return;
	if (f->path.kind == TX_ETHERNET) {
		memcpy(p.mac, f->path.src, 6);
		p.has_mac = true;
	}
	pthread_mutex_lock(&s->pcap_lock);
	if (pcapfile_put(s->pcap, &p) == -1 && !s->failed) {
		msg_warn("%s: %s", s->cfg->pcap, strerror(errno));
		s->failed = true;
	}
	pthread_mutex_unlock(&s->pcap_lock);
}

/* Everything that needs privilege or a name in the file system. */
static int
open_all(struct scan *s)
{
	const struct config *c = s->cfg;
	unsigned i;
	int r;

	if (save_options(s) == -1 ||
	    (c->resume != NULL && resume_open(s) == -1) ||
	    (c->checkpoint != NULL && save_open(s) == -1))
		return PRT_FAILED;
	if (c->pcap != NULL &&
	    (s->pcap = pcapfile_create(c->pcap)) == NULL) {
		msg_warn("%s: %s", c->pcap, strerror(errno));
		return PRT_FAILED;
	}
	if ((r = open_senders(s)) != PRT_OK)
		return r;
	if (!c->dry_run && (s->paths.neigh = neigh_open()) == NULL)
		return no_privilege("asking for neighbours");
	for (i = 0; (s->pcap != NULL || c->trace) && !c->dry_run &&
	    i < s->pool.n; i++) {
		tx_set_tap(s->pool.worker[i].sender.tx, tap, s);
		/* nobody sees what the kernel makes */
		s->pool.worker[i].sender.live = NULL;
	}
	if (setup_types(&s->input, c->types, &s->params.flags) == -1)
		return PRT_USAGE;
	if (setup_ping(&s->input, c->ping) == -1 ||
	    setup_udp(&s->input, &s->params) == -1 ||
	    setup_ports(&s->input, c->ports) == -1)
		return PRT_USAGE;
	if ((!c->allow_reserved && setup_reserved(&s->input) == -1) ||
	    setup_payloads(&s->params, &s->payloads) == -1)
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

static int
finish(struct scan *s)
{
	bool stopped = atomic_load(&stop);
	size_t i;
	int r = PRT_OK;

	progress_clear(&s->progress);
	for (i = 0; i < s->nbatch; i++)
		s->unreached += s->batch[i]->unreached;
	if (stopped || s->failed)
		save_stop(s);
	if (!s->gone && (!s->cfg->dry_run || s->cfg->tx != NULL))
		announce_stat(s, !stopped && !s->failed &&
		    s->paths.complaints == 0);
	if (!stopped && !s->failed)
		save_end(s);
	if (recout_close(&s->out) == -1 && errno != EPIPE) {
		msg_warn("standard output: %s", strerror(errno));
		r = PRT_FAILED;
	}
	if (pcapfile_close(s->pcap) == -1) {
		msg_warn("%s: %s", s->cfg->pcap, strerror(errno));
		r = PRT_FAILED;
	}
	if (s->failed || s->input.bad > 0 || s->paths.complaints > 0 ||
	    s->save.failed)
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
	plan_release(&s->rest.plan);
	buf_release(&s->rest.notes);
	save_release(s);
	checkpoint_release(&s->resume);
	pool_close(&s->pool);
	paths_release(&s->paths);
	payloads_release(&s->payloads);
	input_release(&s->input);
	rec_release(&s->rec);
}

static int
start(struct scan *s)
{
	const struct config *c = s->cfg;
	unsigned i;

	s->params.sport = c->sport != 0 ? (uint16_t)c->sport :
	    SCAN_SPORT_BASE;
	s->params.nsports = c->sport != 0 ? 1 : SCAN_SPORTS;
	s->params.ttl = (uint8_t)c->ttl;
	s->params.offer = c->offer;
	s->params.payloads = &s->payloads;
	s->paths.src4 = c->src4;
	s->paths.src6 = c->src6;
	s->paths.stop = &stop;
	s->paths.tx = s->pool.worker[0].sender.tx;
	s->paths.dry = c->dry_run;
	s->input.paths = &s->paths;
	s->input.strict = c->strict;
	s->input.hashed = c->checkpoint != NULL;
	if (make_keys(s) == -1 || (!c->dry_run &&
	    board_create(&s->board, s->params.key) == -1)) {
		msg_warn("cannot make the answer board: %s", strerror(errno));
		return -1;
	}
	s->have_board = !c->dry_run;
	if (c->resume != NULL && resume_order(s) == -1)
		return -1;
	for (i = 0; i < s->pool.n; i++) {
		s->pool.worker[i].sender.params = s->params;
		s->pool.worker[i].sender.file = c->dry_run ? c->pcap : NULL;
		s->pool.worker[i].sender.neigh = s->paths.neigh;
	}
	recin_init(&s->input.in, STDIN_FILENO, "stdin");
	recout_init(&s->out, STDOUT_FILENO, c->json ? REC_NDJSON : REC_TSV);
	s->started = s->input_at = clock_mono_ns();
	rate_init(&s->rate, 0, s->started);
	progress_init(&s->progress, STDERR_FILENO, c->progress, msg_name(),
	    s->started);
	return 0;
}

int
blast_run(const struct config *cfg)
{
	struct scan s = { .cfg = cfg, .pcap_lock = PTHREAD_MUTEX_INITIALIZER,
	    .board = { .fd = -1, .sock = -1,
	    .listener = -1 } };
	int r;

	memory_setup();
	stop_catch();
	r = open_all(&s);
	if (r == PRT_OK) {
		if (start(&s) == -1) {
			r = PRT_FAILED;
		} else {
			if (cfg->dry_run)
				dry_run(&s);
			else if (cfg->resume != NULL && resume_start(&s) == -1)
				s.failed = true;
			else
				loop_run(&s);
			r = finish(&s);
		}
	}
	release(&s);
	linger();
	return r;
}
