#include "wheel.h"

#include <stdlib.h>
#include <sys/mman.h>

/* A turn of the wheel: 3.3 s; what is due later stays for another one. */
#define SLOTS	65536u		/* a power of two */
#define WORDS	(SLOTS / 64)
#define NONE	UINT32_MAX

/* Most frames are short; the others have a smaller pool of their own. */
enum { SHORT, LONG, NPOOLS };
static const struct {
	uint32_t	size, count;
} shape[NPOOLS] = { { 192, 1 << 19 }, { 1600, 1 << 15 } };

struct pool {
	uint8_t		*memory;
	uint32_t	 used;	/* never touched beyond */
	uint32_t	 spare;	/* list of those that came back */
};

/* The number of a frame is its place in its pool; the top bit is the pool. */
struct slot {
	uint32_t	head, tail;
};

struct wheel {
	struct pool	pool[NPOOLS];
	struct slot	slot[SLOTS];
	uint64_t	some[WORDS];	/* slots that are not empty */
	uint64_t	tick;		/* the first that was not turned yet */
	uint32_t	count;
};

void
wheel_free(struct wheel *w)
{
	unsigned i;

	if (w == NULL)
		return;
	for (i = 0; i < NPOOLS; i++)
		if (w->pool[i].memory != NULL)
			munmap(w->pool[i].memory,
			    (size_t)shape[i].size * shape[i].count);
	free(w);
}

struct wheel *
wheel_new(uint64_t now)
{
	struct wheel *w = calloc(1, sizeof(*w));
	unsigned i;
	void *p;

	if (w == NULL)
		return NULL;
	w->tick = now / WHEEL_TICK_NS;
	for (i = 0; i < SLOTS; i++)
		w->slot[i] = (struct slot){ NONE, NONE };
	for (i = 0; i < NPOOLS; i++) {
		p = mmap(NULL, (size_t)shape[i].size * shape[i].count,
		    PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (p == MAP_FAILED) {
			wheel_free(w);
			return NULL;
		}
		w->pool[i].memory = p;
		w->pool[i].spare = NONE;
	}
	return w;
}

static struct wheel_frame *
frame_of(const struct wheel *w, uint32_t id)
{
	unsigned pool = id >> 31;

	return (void *)(w->pool[pool].memory +
	    (size_t)(id & INT32_MAX) * shape[pool].size);
}

static uint32_t
take(struct wheel *w, unsigned pool)
{
	struct pool *p = &w->pool[pool];
	uint32_t id = p->spare;

	if (id != NONE)
		p->spare = frame_of(w, id)->next;
	else if (p->used < shape[pool].count)
		id = p->used++ | (uint32_t)pool << 31;
	return id;
}

static void
append(struct wheel *w, uint64_t tick, uint32_t id)
{
	uint32_t at = (uint32_t)tick & (SLOTS - 1);
	struct slot *s = &w->slot[at];

	frame_of(w, id)->next = NONE;
	if (s->head == NONE)
		s->head = id;
	else
		frame_of(w, s->tail)->next = id;
	s->tail = id;
	w->some[at / 64] |= (uint64_t)1 << at % 64;
}

/* The tick after which a time is over. */
static uint64_t
tick_of(const struct wheel *w, uint64_t due)
{
	uint64_t tick = (due + WHEEL_TICK_NS - 1) / WHEEL_TICK_NS;

	return tick > w->tick ? tick : w->tick;
}

struct wheel_frame *
wheel_add(struct wheel *w, uint64_t due, size_t n)
{
	unsigned pool = n + sizeof(struct wheel_frame) > shape[SHORT].size;
	struct wheel_frame *f;
	uint32_t id;

	if (n + sizeof(struct wheel_frame) > shape[LONG].size ||
	    (id = take(w, pool)) == NONE)
		return NULL;
	f = frame_of(w, id);
	f->due = due;
	f->n = (uint16_t)n;
	append(w, tick_of(w, due), id);
	w->count++;
	return f;
}

static void
turn_slot(struct wheel *w, uint64_t tick,
    void (*give)(void *, const struct wheel_frame *), void *arg)
{
	uint32_t at = (uint32_t)tick & (SLOTS - 1), id, next;
	struct wheel_frame *f;

	id = w->slot[at].head;
	w->slot[at] = (struct slot){ NONE, NONE };
	w->some[at / 64] &= ~((uint64_t)1 << at % 64);
	for (; id != NONE; id = next) {
		f = frame_of(w, id);
		next = f->next;
		if (f->due > tick * WHEEL_TICK_NS) {
			append(w, tick, id);	/* of another turn */
			continue;
		}
		give(arg, f);
		f->next = w->pool[id >> 31].spare;
		w->pool[id >> 31].spare = id;
		w->count--;
	}
}

/* Ticks from `tick` on to the next slot that is not empty, within a turn. */
static uint64_t
ahead(const struct wheel *w, uint64_t tick)
{
	uint32_t at = (uint32_t)tick & (SLOTS - 1), i;
	uint64_t word = w->some[at / 64] >> at % 64;

	if (word != 0)
		return (uint64_t)__builtin_ctzll(word);
	for (i = 1; i <= WORDS; i++) {
		word = w->some[(at / 64 + i) & (WORDS - 1)];
		if (word != 0)
			return i * 64 - at % 64 +
			    (uint64_t)__builtin_ctzll(word);
	}
	return UINT64_MAX;
}

void
wheel_turn(struct wheel *w, uint64_t now,
    void (*give)(void *, const struct wheel_frame *), void *arg)
{
	uint64_t end = now / WHEEL_TICK_NS + 1, n;

	while (w->tick < end) {
		n = w->count == 0 ? UINT64_MAX : ahead(w, w->tick);
		if (n >= end - w->tick) {
			w->tick = end;
			return;
		}
		w->tick += n + 1;
		turn_slot(w, w->tick - 1, give, arg);
	}
}

uint64_t
wheel_wait(const struct wheel *w, uint64_t now)
{
	uint64_t at;

	if (w->count == 0)
		return UINT64_MAX;
	at = (w->tick + ahead(w, w->tick)) * WHEEL_TICK_NS;
	return at > now ? at - now : 0;
}

uint32_t
wheel_count(const struct wheel *w)
{
	return w->count;
}
