/* Records pass as they are; a host's own follows when all has been read, or when
 * so many others have been spoken of since that its place is wanted. */
#include "passive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "kinds.h"
#include "known.h"
#include "names.h"
#include "pure/addr.h"
#include "world/priv.h"
#include "world/sandbox.h"
#include "world/stop.h"

struct passive {
	struct recin	 in;
	struct recout	 out;
	struct record	 rec, host;
	struct known	 known;
	struct kinds	 kinds;
	uint64_t	 hosts, named;
	uint64_t	 start;
	bool		 failed, broken, strict;
};

/* ---- what is known, as a record ---- */

/* Who is named by what, and how surely. */
struct guess {
	const struct kind	*kind;		/* of the stack, or NULL */
	const struct osname	*system;	/* by its services, or NULL */
	const char		*method;
	unsigned		 conf;
};

static bool
agrees(const struct guess *g)
{
	size_t i = (size_t)(g->system - osname_rows);

	return g->kind->may >> i & 1;
}

/* Weighs the stack and the services. Where they contradict each other, the port
 * may be another machine's, and the stack is the host's. */
static void
weigh(struct guess *g)
{
	if (g->kind == NULL && g->system == NULL)
		return;
	if (g->kind == NULL) {
		g->method = "service";
		g->conf = OSEVIDENCE_CONF;
	} else if (g->system == NULL) {
		g->method = "passive";
		g->conf = g->kind->conf;
	} else if (agrees(g)) {
		g->method = "passive,service";
		g->conf = osevidence_agreed(g->kind->conf);
	} else {
		g->system = NULL;
		g->method = "passive";
		g->conf = osevidence_denied(g->kind->conf);
	}
}

static void
copy_fields(struct record *to, const struct record *from)
{
	const struct rec_pair *p;

	for (p = from->pair; p < from->pair + from->npair; p++)
		rec_set(to, p->key.p, p->val);
}

/* What the stack says is as much as is known when it is the very system, and not
 * one of several that have that stack. */
static void
put_system(struct record *r, const struct guess *g,
    const struct osevidence *said)
{
	struct str family = g->kind == NULL ? STR_NONE :
	    rec_get(&g->kind->rec, "os_family");

	if (g->kind != NULL && (g->system == NULL ||
	    str_is(family, g->system->family)))
		copy_fields(r, &g->kind->rec);
	else
		osevidence_name(said, r);
	if (g->system != NULL)
		osevidence_refine(said, r);
	osevidence_device(said, r);
	rec_set_u64(r, "os_conf", g->conf);
	rec_set(r, "os_method", str_of(g->method));
}

static void
tell(void *ctx, const struct known_host *h)
{
	struct passive *p = ctx;
	struct record *r = &p->host;
	struct guess g = { .system = osevidence_system(&h->said) };
	unsigned distance = ospassive_distance(&h->seen);
	char ip[ADDR_FMT];

	p->hosts++;
	if (h->seen.ttl[OSPASSIVE_OPEN] != 0) {
		g.kind = kinds_of(&p->kinds, &h->seen);
		if (g.kind != NULL && !g.kind->named)
			g.kind = NULL;
	}
	weigh(&g);
	if (g.method == NULL)
		return;
	if (h->seen.mixed)
		g.conf /= 2;
	p->named++;
	rec_clear(r);
	rec_data(r, (struct str){ ip, addr_fmt(ip, h->addr) }, STR_NONE,
	    STR("host"), STR("up"), STR_NONE);
	r->ncol = REC_NCOL;
	names_put(h->names, r);
	put_system(r, &g, &h->said);
	if (distance > 0)
		rec_set_u64(r, "distance", distance);
	(void)recout_put(&p->out, r);
}

/* ---- what the records say ---- */

/* Does it say something that hosts are told by? */
static bool
matters(const struct record *r)
{
	struct str state = r->ncol > COL_STATE ? r->col[COL_STATE] : STR_NONE;

	return r->kind == REC_DATA && (str_is(state, "open") ||
	    str_is(state, "closed") || rec_get(r, "suspect").p != NULL);
}

static int
hear(struct passive *p, const struct record *r)
{
	struct str ip = r->col[COL_IP];
	struct known_host *h;
	u128 addr;

	if (!matters(r) || ip.p == NULL ||
	    addr_scan(ip.p, ip.n, &addr) != ip.n)
		return 0;
	if ((h = known_host(&p->known, addr)) == NULL ||
	    names_take(&h->names, r) == -1)
		return -1;
	ospassive_take(&h->seen, r, !addr_is4(addr));
	/* what answers for every port is something in between */
	h->seen.mixed |= rec_get(r, "suspect").p != NULL;
	osevidence_take(&h->said, r);
	return 0;
}

/* ---- the run ---- */

static void
wrong(struct passive *p, const char *what)
{
	msg_at(p->in.name, p->in.line, "%s", what);
	p->failed = true;
	p->broken |= p->strict;
}

static void
out_of_memory(struct passive *p)
{
	if (!p->broken)
		msg_warn("out of memory");
	p->failed = p->broken = true;
}

/* A line that stays as it is goes out as it came. */
static void
pass(struct passive *p, struct str line)
{
	bool json = line.n > 0 && line.p[0] == '{';

	if (json != (p->out.format == REC_NDJSON)) {
		(void)recout_put(&p->out, &p->rec);
		return;
	}
	(void)recout_raw(&p->out, line);
	(void)recout_raw(&p->out, STR("\n"));
}

static void
read_line(struct passive *p, struct str line)
{
	const char *what;

	if (p->in.toolong)
		wrong(p, "the line is longer than 4 MiB, and no record is");
	else if (rec_scan(&p->rec, line.p, line.n, &what) == -1)
		wrong(p, what);
	else if (p->rec.oom || hear(p, &p->rec) == -1)
		out_of_memory(p);
	else if (p->rec.kind != REC_BLANK)
		pass(p, line);
}

static void
read_all(struct passive *p)
{
	struct str line;
	long n;

	do {
		n = recin_more(&p->in);
		while (!p->broken && p->out.error == 0 &&
		    recin_line(&p->in, &line))
			read_line(p, line);
	} while (n > 0 && !p->broken && p->out.error == 0 &&
	    !atomic_load(&stop));
	if (n < 0 && errno != EINTR) {
		msg_warn("%s: %s", p->in.name, strerror(errno));
		p->failed = p->broken = true;
	}
}

static void
put_stat(struct passive *p)
{
	struct record *r = &p->host;
	bool whole = !p->broken && !atomic_load(&stop);

	rec_clear(r);
	rec_meta(r, "stat");
	rec_set(r, "by", str_of(msg_name()));
	rec_set_u64(r, "hosts", p->hosts);
	rec_set_u64(r, "identified", p->named);
	rec_set_ns(r, "seconds", clock_mono_ns() - p->start, 6);
	rec_set(r, "complete", whole ? STR("1") : STR("0"));
	(void)recout_put(&p->out, r);
}

static int
finish(struct passive *p)
{
	int status = p->failed ? PRT_FAILED : PRT_OK;

	known_tell(&p->known);
	put_stat(p);
	if (recout_close(&p->out) == -1) {
		if (errno == EPIPE)
			return PRT_OK;
		msg_warn("standard output: %s", strerror(errno));
		status = PRT_FAILED;
	}
	return status == PRT_OK && atomic_load(&stop) ? PRT_STOPPED : status;
}

static int
set_up(struct passive *p, struct verdict *v)
{
	p->known.tell = tell;
	p->known.ctx = p;
	if (known_init(&p->known) == -1 || kinds_init(&p->kinds, v) == -1) {
		out_of_memory(p);
		return -1;
	}
	if (priv_drop() == -1 || sandbox_enter() == -1) {
		msg_warn("cannot drop privilege: %s", strerror(errno));
		return -1;
	}
	return 0;
}

int
passive_run(struct verdict *v, enum rec_format format, bool strict)
{
	static struct passive p;	/* a fingerprint is large */
	int status = PRT_FAILED;

	p.strict = strict;
	p.start = clock_mono_ns();
	stop_catch();
	recin_init(&p.in, STDIN_FILENO, "stdin");
	recout_init(&p.out, STDOUT_FILENO, format);
	p.in.flush = &p.out;
	p.in.stop = &stop;
	if (set_up(&p, v) == 0) {
		read_all(&p);
		status = finish(&p);
	}
	kinds_release(&p.kinds);
	known_release(&p.known);
	recin_release(&p.in);
	rec_release(&p.rec);
	rec_release(&p.host);
	return status;
}
