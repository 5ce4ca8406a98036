#include "ration.h"

#include <stdlib.h>

#include "batch.h"
#include "meaning/scan.h"

/* A host that takes more is asked faster, up to this. */
#define LEAST_NS	(50 * (uint64_t)NS_PER_MS)
/* Answers in a row until a faster pace is tried again. */
#define STEADY		6
/* The probes among which two misses say that the pace was too fast. */
#define RECENT		0xf
/* So many ports in a row that stay silent at RATION_NS: the rest is no matter of
 * rationing. */
#define PATIENCE	6
/* Hosts are looked after in steps of this. */
#define TICK_NS		(5 * (uint64_t)NS_PER_MS)
/* More hosts than these are not remembered. */
#define HOSTS_MAX	((size_t)1 << 16)

struct ration_host {
	uint64_t	first;		/* its first UDP probe */
	uint64_t	last;		/* the probe that was sent last */
	uint64_t	sent;		/* when */
	uint64_t	due;
	uint32_t	n;		/* UDP probes it has */
	uint32_t	at, step;	/* the next to look at; step and n are */
	uint32_t	left;		/* coprime. Looks left in this round */
	uint32_t	pace, least;	/* ns; it was found too fast below least */
	uint8_t		attempt;
	uint8_t		misses, hits;	/* in a row; misses at RATION_NS */
	uint8_t		recent;		/* a bit a probe: it was a miss */
	bool		waits;		/* for the answer to `last` */
};

void
ration_release(struct ration *r)
{
	free(r->host);
	*r = (struct ration){ 0 };
}

/* ---- which hosts ---- */

/* The lane of UDP probes, or NULL. */
static const struct plan_lane *
udp_lane(const struct plan_lanes *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (scan_types[set->lane[i].type] == &scan_udp)
			return &set->lane[i];
	return NULL;
}

/* Did one of these n probes get an answer that was an error? */
static bool
has_error(const struct board_batch *bb, uint64_t first, uint32_t n)
{
	uint64_t i;

	for (i = first; i < first + n; i++)
		if (board_answered(bb, i) && !board_is_open(bb, i))
			return true;
	return false;
}

bool
ration_has(const struct batch *b, uint64_t i)
{
	const struct plan_lane *lane;
	struct plan_probe pr;

	if (b->ration == 0)
		return false;
	plan_at(&b->plan, i, &pr);
	if (scan_types[pr.type] != &scan_udp)
		return false;
	lane = udp_lane(&b->plan.set[plan_entry_of(&b->plan, pr.addr)->set]);
	return has_error(&b->board, i - (pr.slot - lane->slot), lane->nprobe);
}

static uint32_t
gcd(uint32_t a, uint32_t b)
{
	uint32_t r;

	for (; b != 0; a = b, b = r)
		r = a % b;
	return a;
}

/* A step that visits all of n, far from its neighbours: about the golden
 * section, so that a range of ports that a filter drops is soon left. */
static uint32_t
stride(uint32_t n)
{
	uint32_t s = (uint32_t)((uint64_t)n * 618034 / 1000000) | 1;

	while (gcd(s, n) != 1)
		s++;
	return s;
}

static uint32_t
count_unanswered(const struct batch *b, uint64_t first, uint32_t n)
{
	uint32_t open = 0, i;

	for (i = 0; i < n; i++)
		open += batch_waits(b, first + i);
	return open;
}

static bool
add_host(struct ration *r, uint64_t first, uint32_t n, uint64_t now)
{
	struct ration_host *h;

	if ((r->n & (r->n - 1)) == 0) {
		h = realloc(r->host, (r->n == 0 ? 1 : r->n * 2) * sizeof(*h));
		if (h == NULL)
			return false;
		r->host = h;
	}
	r->host[r->n++] = (struct ration_host){ .first = first, .n = n,
	    .step = stride(n), .left = n, .pace = RATION_NS,
	    .least = LEAST_NS, .attempt = RATION_ATTEMPT, .due = now };
	return true;
}

uint64_t
ration_start(struct batch *b, uint64_t now)
{
	const struct plan_entry *e;
	const struct plan_lane *lane;
	uint64_t first, most = 0;
	uint32_t left;
	size_t i;

	for (i = 0; i < b->plan.nentry; i++) {
		e = &b->plan.entry[i];
		lane = udp_lane(&b->plan.set[e->set]);
		if (lane == NULL)
			continue;
		for (u128 k = 0; k <= e->last - e->first; k++) {
			first = e->base + lane->slot +
			    (uint64_t)k * b->plan.set[e->set].nprobe;
			if (!has_error(&b->board, first, lane->nprobe))
				continue;
			left = count_unanswered(b, first, lane->nprobe);
			if (left > most)
				most = left;
			if (left > 0 && (b->slow.n == HOSTS_MAX ||
			    !add_host(&b->slow, first, lane->nprobe, now)))
				return most;
		}
	}
	b->slow.due = now;
	return most;
}

int
ration_hosts(const struct batch *b, struct rangeset *to)
{
	struct plan_probe pr;
	size_t i;

	for (i = 0; i < b->slow.n; i++) {
		plan_at(&b->plan, b->slow.host[i].first, &pr);
		if (rangeset_add(to, pr.addr, pr.addr) == -1)
			return -1;
	}
	return 0;
}

/* ---- their pace ---- */

static void
hit(struct ration_host *h)
{
	h->misses = 0;
	h->recent = (uint8_t)(h->recent << 1) & RECENT;
	if (++h->hits == STEADY) {
		h->hits = 0;
		h->least = h->least / 2 > LEAST_NS ? h->least / 2 : LEAST_NS;
	}
	if (h->recent == 0)
		h->pace = h->pace / 2 > h->least ? h->pace / 2 : h->least;
}

/* One silent port may be silent by itself; two of the last few, and the pace was
 * too fast, unless it is the slowest there is. */
static void
miss(struct ration_host *h)
{
	bool again = h->recent != 0;

	h->hits = 0;
	h->recent = (uint8_t)(h->recent << 1 | 1) & RECENT;
	if (h->pace >= RATION_NS) {
		h->misses++;
	} else if (again) {
		h->least = h->pace < RATION_NS / 2 ? h->pace * 2 : RATION_NS;
		h->pace = h->least;
		h->recent = 0;
	}
}

/* What became of the last probe: false as long as that is open. */
static bool
settle(const struct batch *b, struct ration_host *h,
    const struct batch_clock *c)
{
	if (!h->waits)
		return true;
	if (board_answered(&b->board, h->last)) {
		hit(h);
	} else if (c->now < h->sent + c->rto) {
		h->due = h->sent + c->rto;
		return false;
	} else {
		miss(h);
	}
	h->waits = false;
	return true;
}

/* The host's next probe: false when there is none. */
static bool
next_probe(const struct batch *b, struct ration_host *h, uint64_t *i)
{
	uint32_t looked;

	for (looked = 0; looked < h->n; looked++) {
		if (h->left == 0) {
			h->left = h->n;
			h->attempt++;
		}
		if (h->attempt >= b->attempts)
			return false;
		*i = h->first + h->at;
		h->at = (uint32_t)(((uint64_t)h->at + h->step) % h->n);
		h->left--;
		if (batch_waits(b, *i))
			return true;
	}
	return false;
}

/* One host, which is due: packets sent, -1 after a message; *gone: it is done. */
static int
serve(struct batch *b, struct sender *s, struct ration_host *h,
    const struct batch_clock *c, bool *gone)
{
	uint64_t i;
	int n;

	if (!settle(b, h, c))
		return 0;
	*gone = h->misses == PATIENCE || !next_probe(b, h, &i);
	if (*gone)
		return 0;
	board_sent(&b->board, i, h->attempt, clock_wall_ns());
	if ((n = sender_put(s, &b->plan, &b->legs, i, h->attempt)) == -1)
		return -1;
	h->last = i;
	h->waits = true;
	h->sent = c->now;
	h->due = c->now + h->pace;
	return n;
}

int64_t
ration_step(struct batch *b, struct pool *p, const struct batch_clock *c,
    uint32_t quota)
{
	struct ration *r = &b->slow;
	struct sender *s = &p->worker->sender;
	uint64_t due = UINT64_MAX;
	int64_t sent = 0;
	bool gone;
	size_t i;
	int n;

	for (i = 0; i < r->n;) {
		if (r->host[i].due <= c->now && sent < quota) {
			gone = false;
			n = serve(b, s, &r->host[i], c, &gone);
			if (n == -1)
				return -1;
			sent += n;
			if (gone) {
				r->host[i] = r->host[--r->n];
				continue;
			}
		}
		if (r->host[i].due < due)
			due = r->host[i].due;
		i++;
	}
	r->due = due > c->now && due - c->now < TICK_NS ? c->now + TICK_NS :
	    due;
	return sender_flush(s) == -1 ? -1 : sent;
}
