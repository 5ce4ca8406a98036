/* A record waits for the names of its host, and those behind it wait for it, so
 * that their order stays. */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "lookup.h"
#include "pure/addr.h"
#include "world/priv.h"
#include "world/sandbox.h"
#include "world/stop.h"

#define HOSTS	"/etc/hosts"
/* Records that wait; then no more are read. */
#define ITEMS	65536
#define BYTES	((size_t)16 << 20)
/* After a signal, programs ahead of this one may still tell what they have heard;
 * they have so much time for that. */
#define DRAIN_NS	(5 * (uint64_t)NS_PER_S)

struct item {
	struct item		*next;
	struct lookup_host	*host;	/* it waits for that one; or NULL */
	bool			 stat;	/* it waits for all wanted so far, */
	uint64_t		 last;	/* up to this number */
	size_t			 n;
	char			 line[];
};

struct stream {
	const struct stream_conf *conf;
	struct recin	 in;
	struct recout	 out;
	struct record	 rec, own;
	struct lookup	*lookup;
	struct item	*first, **end;
	size_t		 items, bytes;
	uint64_t	 start, drain;	/* drain: until then; 0 */
	sigset_t	 usual;
	bool		 failed, broken, stopped;
};

/* ---- out ---- */

/* A record that stays as it is goes out as it came. */
static void
put_as_is(struct stream *s, struct str line)
{
	const char *why;

	if ((line.p[0] == '{') == (s->out.format == REC_NDJSON)) {
		(void)recout_raw(&s->out, line);
		(void)recout_raw(&s->out, STR("\n"));
	} else if (rec_scan(&s->own, line.p, line.n, &why) == 0)
		(void)recout_put(&s->out, &s->own);
}

/* A host that answers and has no record of its own gets one for its names. */
static void
tell(void *ctx, struct lookup_host *h)
{
	struct stream *s = ctx;
	struct record *r = &s->own;
	char ip[ADDR_FMT];

	if (h->own || !h->up || h->names == NULL)
		return;
	h->own = true;
	rec_clear(r);
	rec_data(r, (struct str){ ip, addr_fmt(ip, h->addr) }, STR_NONE,
	    STR("host"), STR("up"), STR_NONE);
	r->ncol = REC_NCOL;
	rec_set(r, "ptr", str_of(h->names));
	(void)recout_put(&s->out, r);
}

static void
put_named(struct stream *s, struct str line, const struct lookup_host *h)
{
	const char *why;

	if (h->names == NULL ||
	    rec_scan(&s->own, line.p, line.n, &why) == -1) {
		put_as_is(s, line);
		return;
	}
	rec_set(&s->own, "ptr", str_of(h->names));
	(void)recout_put(&s->out, &s->own);
}

static bool
may_go(const struct stream *s, const struct item *it)
{
	if (it->host != NULL)
		return it->host->done;
	return !it->stat || lookup_done(s->lookup, it->last);
}

static void
put_item(struct stream *s, struct item *it)
{
	struct str line = { it->line, it->n };

	if (it->stat)
		lookup_tell(s->lookup);
	if (it->host != NULL) {
		put_named(s, line, it->host);
		it->host->waiting--;
	} else
		put_as_is(s, line);
}

static void
put_ready(struct stream *s)
{
	struct item *it;

	while ((it = s->first) != NULL && may_go(s, it)) {
		if ((s->first = it->next) == NULL)
			s->end = &s->first;
		s->items--;
		s->bytes -= it->n;
		put_item(s, it);
		free(it);
	}
}

/* ---- in ---- */

static void
out_of_memory(struct stream *s)
{
	if (!s->broken)
		msg_warn("out of memory");
	s->failed = s->broken = true;
}

static void
hold(struct stream *s, struct str line, struct lookup_host *h, bool stat)
{
	struct item *it = malloc(sizeof(*it) + line.n);

	if (it == NULL) {
		out_of_memory(s);
		return;
	}
	*it = (struct item){ .host = h, .stat = stat, .n = line.n,
	    .last = lookup_last(s->lookup) };
	memcpy(it->line, line.p, line.n);
	if (h != NULL)
		h->waiting++;
	*s->end = it;
	s->end = &it->next;
	s->items++;
	s->bytes += it->n;
}

/* Is it a host's own that is to have names? With --all a target is, too. */
static bool
is_host(const struct stream *s, const struct record *r)
{
	struct str proto = r->col[COL_PROTO];

	return r->col[COL_PORT].p == NULL &&
	    (proto.p == NULL || str_is(proto, "host")) &&
	    (s->conf->all || str_is(r->col[COL_STATE], "up"));
}

/* Did the host itself send something, that its port is in that state? */
static bool
has_answered(const struct record *r)
{
	struct str state = r->col[COL_STATE];

	return r->col[COL_PORT].p != NULL && (str_is(state, "open") ||
	    str_is(state, "closed") || str_is(state, "unfiltered"));
}

/* The host whose names the record is to have or, when it is a port's, may need. */
static int
want(struct stream *s, const struct record *r, struct lookup_host **named)
{
	struct str ip = r->col[COL_IP];
	bool host = is_host(s, r);
	struct lookup_host *h;
	u128 addr;

	*named = NULL;
	if ((!host && !has_answered(r)) || rec_get(r, "ptr").n > 0 ||
	    ip.p == NULL || addr_scan(ip.p, ip.n, &addr) != ip.n)
		return 0;
	if ((h = lookup_want(s->lookup, addr)) == NULL)
		return -1;
	h->own |= host;
	h->up |= !host;
	if (host)
		*named = h;
	return 0;
}

static void
wrong(struct stream *s, const char *what)
{
	msg_at(s->in.name, s->in.line, "%s", what);
	s->failed = true;
	s->broken |= s->conf->strict;
}

static void
take(struct stream *s, struct str line)
{
	struct record *r = &s->rec;
	struct lookup_host *h = NULL;
	bool stat = r->kind == REC_META && str_is(r->what, "stat");

	if (r->oom || (r->kind == REC_DATA && want(s, r, &h) == -1)) {
		out_of_memory(s);
		return;
	}
	if (r->kind == REC_BLANK)
		return;
	if (h != NULL || stat || s->first != NULL)
		hold(s, line, h, stat);
	else
		put_as_is(s, line);
}

static bool
is_full(const struct stream *s)
{
	return s->items >= ITEMS || s->bytes >= BYTES ||
	    lookup_is_full(s->lookup);
}

static void
take_lines(struct stream *s)
{
	struct str line;
	const char *what;

	while (!s->broken && s->out.error == 0 && !is_full(s) &&
	    recin_line(&s->in, &line)) {
		if (s->in.toolong)
			wrong(s, "the line is longer than 4 MiB, and no "
			    "record is");
		else if (rec_scan(&s->rec, line.p, line.n, &what) == -1)
			wrong(s, what);
		else
			take(s, line);
	}
}

static void
read_more(struct stream *s)
{
	if (recin_fill(&s->in) >= 0 || errno == EINTR || errno == EAGAIN)
		return;
	msg_warn("%s: %s", s->in.name, strerror(errno));
	s->failed = s->broken = true;
}

/* ---- the run ---- */

static void
note_stop(struct stream *s, uint64_t now)
{
	if (s->drain == 0 && atomic_load(&stop)) {
		s->stopped = true;
		s->drain = now + DRAIN_NS;
		lookup_give_up(s->lookup);
	}
}

static bool
goes_on(const struct stream *s)
{
	if (s->broken || s->out.error != 0 ||
	    (s->drain != 0 && clock_mono_ns() >= s->drain))
		return false;
	return !s->in.eof || s->first != NULL || recin_rest(&s->in).n > 0 ||
	    !lookup_done(s->lookup, lookup_last(s->lookup));
}

/* Waits for input, answers and what is due. Signals come in here only. */
static void
wait_turn(struct stream *s)
{
	struct pollfd fd[1 + PTR_SOCKETS];
	struct timespec ts, *wait = NULL;
	uint64_t now = clock_mono_ns();
	bool reads = !s->in.eof && !is_full(s);
	size_t n;
	int ms;

	fd[0] = (struct pollfd){ .fd = reads ? STDIN_FILENO : -1,
	    .events = POLLIN };
	n = lookup_watch(s->lookup, now, fd + 1, &ms);
	put_ready(s);
	/* what was in the way may be gone now, and with it the reason to wait */
	if (!goes_on(s) || (!reads && !is_full(s) &&
	    (!s->in.eof || recin_rest(&s->in).n > 0)))
		ms = 0;
	if (s->drain != 0 && (ms < 0 || ms > 100))
		ms = 100;
	if (ms >= 0) {
		ts = (struct timespec){ ms / 1000,
		    (long)(ms % 1000) * NS_PER_MS };
		wait = &ts;
	}
	(void)recout_flush(&s->out);
	if (atomic_load(&stop) && s->drain == 0)
		return;
	if (ppoll(fd, 1 + n, wait, &s->usual) == -1)
		return;
	lookup_serve(s->lookup, fd + 1, n);
	if (fd[0].revents != 0)
		read_more(s);
}

static void
run(struct stream *s)
{
	while (goes_on(s)) {
		wait_turn(s);
		note_stop(s, clock_mono_ns());
		take_lines(s);
		put_ready(s);
	}
	lookup_give_up(s->lookup);
	put_ready(s);
	lookup_tell(s->lookup);
}

static void
put_stat(struct stream *s)
{
	struct lookup_sums sums = lookup_sums(s->lookup);
	struct record *r = &s->own;

	rec_clear(r);
	rec_meta(r, "stat");
	rec_set(r, "by", str_of(msg_name()));
	rec_set_u64(r, "hosts", sums.hosts);
	rec_set_u64(r, "answered", sums.answered);
	rec_set_u64(r, "named", sums.named);
	rec_set_ns(r, "time", clock_wall_ns(), 6);
	rec_set_ns(r, "seconds", clock_mono_ns() - s->start, 6);
	rec_set(r, "complete", s->broken || s->stopped ? STR("0") :
	    STR("1"));
	(void)recout_put(&s->out, r);
	if (sums.given_up && sums.answered == 0 && s->conf->servers != NULL)
		msg_warn("--dns-server %s: no answer, so the rest was not "
		    "asked", s->conf->servers);
}

static int
finish(struct stream *s)
{
	put_stat(s);
	if (recout_close(&s->out) == -1) {
		if (errno == EPIPE)
			return PRT_OK;
		msg_warn("standard output: %s", strerror(errno));
		return PRT_FAILED;
	}
	if (s->failed)
		return PRT_FAILED;
	return s->stopped ? PRT_STOPPED : PRT_OK;
}

static int
set_up(struct stream *s)
{
	struct lookup_conf c = { .ptr = { .servers = s->conf->servers,
	    .hosts = HOSTS, .patience = s->conf->timeout / 4 },
	    .timeout = s->conf->timeout, .parallel = s->conf->parallel,
	    .tell = tell, .ctx = s };
	const char *why;
	sigset_t set;

	if ((s->lookup = lookup_new(&c, &why)) == NULL) {
		msg_warn("%s", why);
		return -1;
	}
	if (why != NULL) {
		msg_warn("%s; until then names come from " HOSTS, why);
		s->failed = true;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &s->usual);
	if (priv_drop() == -1 || sandbox_sockets() == -1) {
		msg_warn("cannot enter the sandbox: %s", strerror(errno));
		return -1;
	}
	return 0;
}

int
stream_run(const struct stream_conf *conf)
{
	static struct stream s;
	struct item *it;
	int status = PRT_FAILED;

	s.conf = conf;
	s.end = &s.first;
	s.start = clock_mono_ns();
	stop_catch();
	recin_init(&s.in, STDIN_FILENO, "stdin");
	recout_init(&s.out, STDOUT_FILENO, conf->format);
	if (set_up(&s) == 0) {
		run(&s);
		status = finish(&s);
	}
	while ((it = s.first) != NULL) {
		s.first = it->next;
		free(it);
	}
	lookup_free(s.lookup);
	recin_release(&s.in);
	rec_release(&s.rec);
	rec_release(&s.own);
	return status;
}
