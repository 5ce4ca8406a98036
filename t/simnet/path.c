#include "path.h"

#include "base/clock.h"

/* What a packet's draws are for. */
enum { DRAW_LOSS, DRAW_DUP, DRAW_REORDER, DRAW_HOLD, DRAW_JITTER, NDRAWS };
/* The draw of a host's delay; world.c has the lower ones. */
#define HOST_DELAY	16
/* A packet that is overtaken is held back this long at least, and at most. */
#define HOLD_MIN	(1 * NS_PER_MS)
#define HOLD_MAX	(10 * NS_PER_MS)

void
path_init(struct path *p, const struct path_config *conf,
    const struct world *w)
{
	*p = (struct path){ .conf = *conf, .key = w->key[0] ^ w->key[1] };
}

static uint64_t
draw(const struct path *p, unsigned back, uint64_t what)
{
	uint64_t state = p->key + (p->count[back] * NDRAWS + what) * 2 + back;

	return world_random(&state);
}

static bool
happens(const struct path *p, unsigned back, uint64_t what, uint64_t share)
{
	return share != 0 && draw(p, back, what) >> 32 < share;
}

/* A number below n, n < 2^32. */
static uint64_t
below(uint64_t random, uint64_t n)
{
	return (random >> 32) * n >> 32;
}

/* A queue of a fixed length in front of a wire of a fixed rate: tail drop. */
static bool
squeeze(struct path *p, uint64_t now, uint64_t *wait)
{
	uint64_t each = NS_PER_S / p->conf.cap;

	if (p->free_at < now)
		p->free_at = now;
	*wait = p->free_at - now;
	if (*wait > p->conf.queue * each) {
		p->capped++;
		return false;
	}
	p->free_at += each;
	return true;
}

unsigned
path_there(struct path *p, uint64_t now, uint64_t *wait)
{
	unsigned n = 1;

	*wait = 0;
	if (p->conf.cap != 0 && !squeeze(p, now, wait))
		return 0;
	p->count[0]++;
	if (happens(p, 0, DRAW_LOSS, p->conf.loss_in)) {
		p->lost_in++;
		return 0;
	}
	if (happens(p, 0, DRAW_DUP, p->conf.dup)) {
		p->doubled++;
		n = 2;
	}
	return n;
}

unsigned
path_back(struct path *p, const struct host *h, bool tarpit, uint64_t *delay)
{
	unsigned n = 1;

	p->count[1]++;
	if (happens(p, 1, DRAW_LOSS, p->conf.loss_out)) {
		p->lost_out++;
		return 0;
	}
	if (happens(p, 1, DRAW_DUP, p->conf.dup)) {
		p->doubled++;
		n = 2;
	}
	/* from 3/4 to 5/4 of it, the same for a host all the time */
	*delay = p->conf.delay == 0 ? 0 : p->conf.delay * 3 / 4 +
	    below(world_draw(h, HOST_DELAY), p->conf.delay / 2 + 1);
	if (p->conf.jitter != 0)
		*delay += below(draw(p, 1, DRAW_JITTER), p->conf.jitter + 1);
	if (happens(p, 1, DRAW_REORDER, p->conf.reorder)) {
		p->reordered++;
		*delay += HOLD_MIN + below(draw(p, 1, DRAW_HOLD),
		    HOLD_MAX - HOLD_MIN);
	}
	if (tarpit)
		*delay += p->conf.tarpit;
	return n;
}
