#include "run.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "meaning/record.h"
#include "pure/frame.h"
#include "world/stop.h"

/* Frames between two looks at the clock. */
#define BATCH	256
/* The longest sleep, so that a signal that came just before it is seen. */
#define NAP	(100 * (uint64_t)NS_PER_MS)
#define LINGER	((uint64_t)NS_PER_S)

static void
check(struct run *r, int result)
{
	if (result == -1 && r->error == 0)
		r->error = errno;
}

/* Sends what is in the wire's slot, now and at once. */
static void
send_now(struct run *r, size_t n, unsigned ethertype, const uint8_t mac[6])
{
	check(r, wire_send(r->wire, n, ethertype, mac));
	r->answered++;
}

static void
send_due(void *arg, const struct wheel_frame *f)
{
	struct run *r = arg;

	memcpy(wire_slot(r->wire), f->bytes, f->n);
	send_now(r, f->n, f->ethertype, f->mac);
}

static void
send_later(struct run *r, const uint8_t *p, const struct answer *a,
    const uint8_t mac[6], uint64_t due)
{
	struct wheel_frame *f = wheel_add(r->wheel, due, a->n);

	if (f == NULL) {
		r->full++;
		return;
	}
	f->ethertype = (uint16_t)a->ethertype;
	memcpy(f->mac, mac, 6);
	memcpy(f->bytes, p, a->n);
}

/* The answer that lies in the slot goes back; from near by, nothing happens to
 * it. */
static void
send_back(struct run *r, const struct answer *a, const struct request *q,
    uint64_t time, uint64_t wait, bool near)
{
	uint64_t delay = 0;
	uint8_t copy[FRAME_MAX];
	unsigned n = near ? 1 : path_back(&r->path, &a->host, a->tarpit,
	    &delay);

	delay += wait;
	if (n > 1 && delay == 0)
		memcpy(copy, wire_slot(r->wire), a->n);
	for (; n > 0; n--) {
		if (delay > 0) {
			send_later(r, wire_slot(r->wire), a, q->mac,
			    time + delay);
			continue;
		}
		send_now(r, a->n, a->ethertype, q->mac);
		if (n > 1)
			memcpy(wire_slot(r->wire), copy, a->n);
	}
}

static void
take(struct run *r, const struct wire_frame *f)
{
	struct request q;
	struct answer a;
	uint64_t wait = 0;
	unsigned n = 1;
	bool link, near;

	if (request_parse(&q, f->p, f->n, f->unsummed) == -1) {
		r->malformed++;
		return;
	}
	link = q.kind == REQUEST_ARP || q.kind == REQUEST_NS;
	if (!world_has(r->world, link ? q.target : q.dst)) {
		r->strange++;
		return;
	}
	r->received++;
	near = link || world_is_gateway(r->world, q.dst);
	if (!near)
		n = path_there(&r->path, f->time, &wait);
	for (; n > 0; n--) {
		answers_make(r->answers, &q, f->time, wire_slot(r->wire), &a);
		r->rationed += a.kind == ANSWER_RATIONED;
		if (!near)
			noise_hear(&r->noise, &q, a.kind);
		if (a.n > 0)
			send_back(r, &a, &q, f->time, wait, near);
	}
}

static void
make_noise(struct run *r, uint64_t now)
{
	unsigned ethertype, i;
	uint8_t mac[6];
	size_t n;

	for (i = 0; i < BATCH; i++) {
		n = noise_make(&r->noise, now, wire_slot(r->wire), &ethertype,
		    mac);
		if (n == 0)
			return;
		check(r, wire_send(r->wire, n, ethertype, mac));
	}
}

/* What has come, what is due, and what nobody asked for; how many frames came. */
static unsigned
serve(struct run *r)
{
	struct wire_frame f;
	unsigned n = 0;
	uint64_t now;

	while (n < BATCH && wire_next(r->wire, &f)) {
		take(r, &f);
		n++;
	}
	now = clock_wall_ns();
	wheel_turn(r->wheel, now, send_due, r);
	make_noise(r, now);
	check(r, wire_flush(r->wire));
	return n;
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
idle(struct run *r, uint64_t most)
{
	uint64_t now = clock_wall_ns();
	uint64_t ns = least(wheel_wait(r->wheel, now),
	    noise_wait(&r->noise, now));

	ns = least(ns, most);
	if (ns > 0)
		wire_wait(r->wire, ns);
}

int
run_net(struct run *r)
{
	uint64_t end;

	while (!stop && r->error == 0)
		if (serve(r) == 0)
			idle(r, NAP);
	/* noise has no end of its own */
	r->noise.backscatter.pps = r->noise.forged.pps = 0;
	end = clock_wall_ns() + LINGER;
	while (r->error == 0 && (serve(r) > 0 || wheel_count(r->wheel) > 0) &&
	    clock_wall_ns() < end)
		idle(r, NS_PER_MS);
	errno = r->error;
	return r->error == 0 ? 0 : -1;
}

void
run_stat(struct run *r, struct buf *out)
{
	struct record rec = { 0 };
	const struct path *p = &r->path;

	rec_meta(&rec, "stat");
	rec_set(&rec, "by", STR("simnet"));
	rec_set_u64(&rec, "received", r->received);
	rec_set_u64(&rec, "answered", r->answered);
	rec_set_u64(&rec, "lost_in", p->lost_in);
	rec_set_u64(&rec, "lost_out", p->lost_out);
	rec_set_u64(&rec, "capped", p->capped);
	rec_set_u64(&rec, "doubled", p->doubled);
	rec_set_u64(&rec, "reordered", p->reordered);
	rec_set_u64(&rec, "rationed", r->rationed);
	rec_set_u64(&rec, "forged", r->noise.nforged);
	rec_set_u64(&rec, "backscatter", r->noise.nbackscatter);
	rec_set_u64(&rec, "malformed", r->malformed);
	rec_set_u64(&rec, "strange", r->strange);
	rec_set_u64(&rec, "full", r->full + wheel_count(r->wheel));
	rec_set_u64(&rec, "refused", wire_refused(r->wire));
	rec_set_u64(&rec, "recv_drop", wire_drops(r->wire));
	rec_put_tsv(&rec, out);
	rec_release(&rec);
}
