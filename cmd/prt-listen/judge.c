#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/packet.h"

/* Answers that a plan without bits remembers: sets of four, the oldest of a set
 * goes first. */
#define RECENT_SETS	((size_t)1 << 18)
#define RECENT_WAYS	4

struct recent {
	uint64_t	v[RECENT_SETS][RECENT_WAYS];	/* index + 1 */
};

/* Was it not seen lately? Notes it. */
static bool
recent_mark(struct judge *j, uint64_t batch, uint64_t i)
{
	uint64_t key = i + 1 + (batch << 48), *set;
	size_t k;

	if (j->recent == NULL &&
	    (j->recent = calloc(1, sizeof(*j->recent))) == NULL)
		return true;
	set = j->recent->v[(key * 0x9e3779b97f4a7c15u >> 40) &
	    (RECENT_SETS - 1)];
	for (k = 0; k < RECENT_WAYS; k++)
		if (set[k] == key)
			return false;
	memmove(set + 1, set, (RECENT_WAYS - 1) * sizeof(*set));
	set[0] = key;
	return true;
}

void
batch_free(struct batch *b, struct board *board)
{
	if (b == NULL)
		return;
	if (b->own) {
		free(b->board.answered);
		free(b->board.bits);
		free(b->board.open);
	} else {
		board_batch_drop(board, &b->board);
	}
	rangeset_release(&b->skip[SCANREC_ROUTE]);
	rangeset_release(&b->skip[SCANREC_NEIGHBOUR]);
	rangeset_release(&b->skip[SCANREC_TIMEOUT]);
	plan_release(&b->plan);
	notes_release(&b->notes);
	free(b);
}

void
judge_release(struct judge *j)
{
	free(j->recent);
}

static void
collect_types(struct judge *j)
{
	const struct batch *b;
	size_t i, k;

	j->types = 0;
	for (b = j->batches; b != NULL; b = b->next)
		for (i = 0; i < b->plan.nset; i++)
			for (k = 0; k < b->plan.set[i].n; k++)
				j->types |= 1u << b->plan.set[i].lane[k].type;
}

void
judge_add(struct judge *j, struct batch *b)
{
	size_t i, k, ports;

	for (i = 0; i < b->plan.nset; i++) {
		for (k = ports = 0; k < b->plan.set[i].n; k++)
			ports += scan_types[b->plan.set[i].lane[k].type]->
			    proto == SCAN_TCP;
		b->mixed |= ports > 1;
	}
	b->next = j->batches;
	j->batches = b;
	collect_types(j);
}

void
judge_remove(struct judge *j, struct batch *b)
{
	struct batch **at;

	for (at = &j->batches; *at != NULL; at = &(*at)->next)
		if (*at == b) {
			*at = b->next;
			break;
		}
	collect_types(j);
}

struct batch *
judge_find(const struct judge *j, uint64_t id)
{
	struct batch *b;

	for (b = j->batches; b != NULL && b->id != id; b = b->next)
		;
	return b;
}

/* A host that is up needs no further probe: all its discovery probes are
 * answered at once. Was it the first word on this host? */
static bool
mark_host(struct batch *b, uint64_t i)
{
	struct plan_probe pr;
	uint32_t n, k;
	uint64_t first = plan_host(&b->plan, i, &n);
	bool news = false;

	for (k = 0; k < n; k++) {
		plan_at(&b->plan, first + k, &pr);
		if (scan_types[pr.type]->proto == SCAN_HOST)
			news |= board_mark(&b->board, first + k);
	}
	return news;
}

static bool
mark(struct judge *j, struct batch *b, const struct scan_type *t, uint64_t i)
{
	uint32_t n;

	if (b->board.bits == NULL)
		return recent_mark(j, b->id, t->proto == SCAN_HOST ?
		    plan_host(&b->plan, i, &n) : i);
	if (t->proto == SCAN_HOST)
		return mark_host(b, i);
	return board_mark(&b->board, i);
}

/* The time from the sending that this answer names, when that was the last. */
static uint64_t
round_trip(const struct batch *b, uint64_t i, const struct scan_verdict *v,
    uint64_t time)
{
	unsigned a = SCAN_ATTEMPTS;
	uint64_t sent = board_time(&b->board, i, time, &a);

	if (sent == 0 || time <= sent)
		return 0;
	if (v->attempt == SCAN_ATTEMPTS ? a != 0 : a != v->attempt)
		return 0;
	return time - sent;
}

static void
add_one(_Atomic uint64_t *n)
{
	/* one writer: no locked instruction is needed */
	atomic_store_explicit(n, atomic_load_explicit(n,
	    memory_order_relaxed) + 1, memory_order_relaxed);
}

static bool
is_open(const struct scan_verdict *v)
{
	return strcmp(v->state, "open") == 0;
}

/* What the sender steers by. */
static void
tell_sender(struct judge *j, const struct scan_verdict *v, uint64_t rtt)
{
	struct board_head *h = j->head;

	if (h == NULL)
		return;
	if (rtt > 0) {
		rtt_sample(&j->rtt, rtt);
		atomic_store_explicit(&h->rto, rtt_rto(&j->rtt),
		    memory_order_relaxed);
		atomic_store_explicit(&h->srtt, j->rtt.srtt,
		    memory_order_relaxed);
	}
	add_one(v->attempt == 0 || v->attempt == SCAN_ATTEMPTS ? &h->first :
	    &h->late);
	if (v->attempt < SCAN_ATTEMPTS)
		atomic_store_explicit(&h->tries, atomic_load_explicit(
		    &h->tries, memory_order_relaxed) |
		    (uint64_t)1 << v->attempt, memory_order_relaxed);
	if (is_open(v) || strcmp(v->state, "up") == 0)
		add_one(&h->open);
	add_one(&h->answered);
}

/* What a TCP answer tells of the stack that sent it. */
static void
take_tcp(struct result *r, const struct packet *p)
{
	r->flags = p->flags;
	r->df = p->df;
	r->ip_id = p->ip_id;
	r->win = p->win;
	if (p->flags & TCP_SYN)
		tcpopt_read(&r->options, p->options, p->noptions);
}

static bool
deliver(struct judge *j, unsigned type, const struct packet *p,
    const struct heard *in, const struct scan_verdict *v, struct result *r)
{
	const struct scan_type *t = scan_types[type];
	struct batch *b;
	int64_t i = -1;

	for (b = j->batches; b != NULL; b = b->next)
		if ((i = plan_find(&b->plan, v->addr, type, v->port)) >= 0)
			break;
	if (b == NULL) {
		j->invalid++;
		return false;
	}
	/* an error from elsewhere does not say that a host is down: another
	 * probe may still find it */
	if (t->proto == SCAN_HOST && strcmp(v->state, "up") != 0)
		return false;
	if (is_open(v) && !board_answered(&b->board, (uint64_t)i)) {
		board_open(&b->board, (uint64_t)i);
		b->opened = true;
	}
	if (!mark(j, b, t, (uint64_t)i)) {
		j->duplicate++;
		return false;
	}
	j->answered++;
	*r = (struct result){ .batch = b, .addr = v->addr, .from = p->src,
	    .state = v->state, .reason = v->reason, .time = in->time,
	    .port = v->port, .type = (uint8_t)type,
	    .attempt = (uint8_t)v->attempt, .ttl = p->ttl };
	if (p->kind == PACKET_NA)
		r->from = v->addr;
	if (p->kind == PACKET_TCP)
		take_tcp(r, p);
	r->rtt = round_trip(b, (uint64_t)i, v, in->time);
	if (p->has_mac) {
		r->has_mac = true;
		memcpy(r->mac, p->mac, 6);
	} else if (p->kind == PACKET_NA && in->has_mac) {
		r->has_mac = true;
		memcpy(r->mac, in->mac, 6);
	}
	tell_sender(j, v, r->rtt);
	return true;
}

bool
judge_packet(struct judge *j, const struct heard *in, struct result *r)
{
	struct scan_verdict v;
	struct packet p;
	bool invalid = false;
	unsigned t;

	if (packet_dissect(&p, in->ethertype, in->p, in->n) == -1)
		return false;
	j->received++;
	for (t = 0; scan_types[t] != NULL; t++) {
		if ((j->types >> t & 1) == 0)
			continue;
		switch (scan_types[t]->judge(scan_types[t], &j->params, &p,
		    &v)) {
		case SCAN_OTHER:
			break;
		case SCAN_INVALID:
			invalid = true;
			break;
		case SCAN_VALID:
			return deliver(j, t, &p, in, &v, r);
		}
	}
	j->invalid += invalid;
	return false;
}
