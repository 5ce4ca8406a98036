#include "resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "run.h"
#include "world/wholefile.h"

/* What answered of so many batches, in hexadecimal, is less. */
#define FILE_MOST	((size_t)1 << 30)

/* Lines of the input that some batch of the earlier run had and did not end. */
struct piece {
	struct plan	 plan;	/* of all of them */
	struct buf	 notes;
	uint64_t	 first, last;
};

/* A batch to go on with: all of a piece's plan, or a part. */
struct going {
	const struct checkpoint_batch	*from;
	const struct piece		*piece;
	struct plan			 plan;
};

struct restore {
	struct piece	piece[CHECKPOINT_BATCHES + 1];
	size_t		npiece;
	struct going	going[CHECKPOINT_BATCHES];
	size_t		ngoing;
};

static int
refuse(const struct scan *s, const char *why)
{
	msg_warn("--resume %s: %s", s->cfg->resume, why);
	return -1;
}

/* ---- the file ---- */

/* How each option is written, for a message. */
static int
check_options(const struct scan *s)
{
	static const char *const name[CHECKPOINT_NOPTS] = {
		[CHECKPOINT_SCAN] = "-s ",
		[CHECKPOINT_PORTS] = "-p ",
		[CHECKPOINT_SHARD] = "--shard ",
		[CHECKPOINT_RESERVED] = "--allow-reserved ",
		[CHECKPOINT_STATELESS] = "--stateless ",
		[CHECKPOINT_ORDER] = "--in-order ",
	};
	size_t i;

	for (i = 0; i < CHECKPOINT_NOPTS; i++) {
		if (strcmp(s->resume.opt[i], s->save.opt[i]) == 0)
			continue;
		msg_warn("--resume %s: that scan had %s%s, and this one has "
		    "%s; give it the same options", s->cfg->resume, name[i],
		    s->resume.opt[i], s->save.opt[i]);
		return -1;
	}
	return 0;
}

int
resume_open(struct scan *s)
{
	struct buf text = { 0 };
	const char *why;
	int r = -1;

	if (wholefile_read(s->cfg->resume, &text, FILE_MOST) == -1)
		refuse(s, strerror(errno));
	else if (checkpoint_parse(&s->resume, buf_view(&text), &why) == -1)
		refuse(s, why);
	else if (s->resume.finished)
		refuse(s, "that scan came to its end: there is nothing to go "
		    "on with");
	else
		r = check_options(s);
	buf_release(&text);
	return r;
}

int
resume_order(struct scan *s)
{
	if (s->cfg->seed != NULL && memcmp(s->order, s->resume.order,
	    sizeof(s->order)) != 0)
		return refuse(s, "that scan had another --seed, or none; "
		    "leave it out");
	memcpy(s->order, s->resume.order, sizeof(s->order));
	return 0;
}

/* ---- the targets ---- */

static int
other_targets(const struct scan *s)
{
	return refuse(s, "these are not the targets of that scan, which must "
	    "come in the same lines");
}

/* Lines up to this one into s->plan, or past it. */
static int
read_to(struct scan *s, uint64_t line, bool skip)
{
	struct input *in = &s->input;

	in->limit = line;
	in->skip = skip;
	while (in->in.line < line && !atomic_load(&stop)) {
		if (input_take(in, &s->plan) == -1)
			return -1;
		if (in->in.line >= line)
			break;
		if (in->eof)
			return other_targets(s);
		loop_rest(s, NS_PER_S);
		if (loop_read(s, clock_mono_ns()) == -1)
			return -1;
	}
	return atomic_load(&stop) ? -1 : 0;
}

static int
read_piece(struct scan *s, struct restore *r, uint64_t first, uint64_t last)
{
	struct piece *p;

	if (r->npiece > 0 && r->piece[r->npiece - 1].first == first)
		return 0;
	if (read_to(s, first - 1, true) == -1 || read_to(s, last, false) == -1)
		return -1;
	p = &r->piece[r->npiece++];
	*p = (struct piece){ s->plan, s->input.notes, first, last };
	s->plan = (struct plan){ 0 };
	s->input.notes = (struct buf){ 0 };
	s->pending = 0;
	if (plan_seal(&p->plan) == 0)
		return 0;
	msg_warn("out of memory");
	return -1;
}

/* Where that run had seen the end of its input, this one has to. */
static int
read_end(struct scan *s)
{
	struct input *in = &s->input;

	in->limit = 0;
	while (s->resume.whole && !in->eof && !atomic_load(&stop)) {
		if (input_take(in, &s->plan) == -1)
			return -1;
		loop_rest(s, NS_PER_S);
		if (loop_read(s, clock_mono_ns()) == -1)
			return -1;
	}
	if (s->resume.whole && (input_take(in, &s->plan) == -1 ||
	    in->in.line != s->resume.lines))
		return other_targets(s);
	in->skip = false;
	return atomic_load(&stop) ? -1 : 0;
}

static int
read_targets(struct scan *s, struct restore *r)
{
	const struct checkpoint *c = &s->resume;
	const struct checkpoint_rest *rest = &c->rest;
	size_t i = 0;
	bool last;

	/* the rest's lines are among those of the batches, by their number */
	for (;; i++) {
		last = i == c->nbatch;
		if (rest->n > 0 && (last || c->batch[i].first > rest->first) &&
		    (r->npiece == 0 || r->piece[r->npiece - 1].first <
		    rest->first) && read_piece(s, r, rest->first,
		    rest->last) == -1)
			return -1;
		if (last)
			break;
		if (read_piece(s, r, c->batch[i].first,
		    c->batch[i].last) == -1)
			return -1;
	}
	if (read_to(s, c->lines, true) == -1)
		return -1;
	if (memcmp(s->input.hash, c->input, sizeof(c->input)) != 0)
		return other_targets(s);
	s->sealed = c->lines;
	memcpy(s->sealed_hash, c->input, sizeof(c->input));
	return read_end(s);
}

/* ---- what is left of them ---- */

static struct piece *
piece_of(struct restore *r, uint64_t first, uint64_t last)
{
	size_t i;

	for (i = 0; i < r->npiece; i++)
		if (r->piece[i].first == first && r->piece[i].last == last)
			return &r->piece[i];
	return NULL;
}

static int
other_plan(const struct scan *s)
{
	return refuse(s, "the same targets mean other probes now, by other "
	    "routes or another share/ports: scan anew");
}

/* The piece's plan, or the part of it. */
static int
take_plan(struct plan *to, struct plan *from,
    const struct checkpoint_batch *cb)
{
	if (cb->base == 0 && cb->n == from->n) {
		*to = *from;
		*from = (struct plan){ 0 };
		return 0;
	}
	if (plan_part(from, cb->base, cb->n, to) == 0)
		return 0;
	msg_warn("out of memory");
	return -1;
}

static int
make_going(struct scan *s, struct restore *r,
    const struct checkpoint_batch *cb)
{
	struct going *g = &r->going[r->ngoing++];
	struct piece *p = piece_of(r, cb->first, cb->last);

	*g = (struct going){ .from = cb, .piece = p };
	if (p == NULL || cb->base > p->plan.n || cb->n > p->plan.n - cb->base)
		return other_plan(s);
	if (take_plan(&g->plan, &p->plan, cb) == -1)
		return -1;
	return g->plan.n == cb->n && plan_digest(&g->plan) == cb->digest ? 0 :
	    other_plan(s);
}

static int
make_rest(struct scan *s, struct restore *r)
{
	const struct checkpoint_rest *rest = &s->resume.rest;
	struct piece *p;
	size_t i;

	if (rest->n == 0)
		return 0;
	for (i = 0; i < r->npiece && r->piece[i].first != rest->first; i++)
		;
	p = &r->piece[i];
	if (i == r->npiece || p->last != rest->last || p->plan.n != rest->n ||
	    plan_digest(&p->plan) != rest->digest)
		return other_plan(s);
	s->rest = (struct rest){ .plan = p->plan, .source = { rest->first,
	    rest->last, rest->base, rest->digest } };
	p->plan = (struct plan){ 0 };
	buf_put(&s->rest.notes, p->notes.p, p->notes.n);
	return s->rest.notes.oom ? -1 : 0;
}

static int
announce_all(struct scan *s, struct restore *r)
{
	const struct checkpoint_batch *cb;
	struct source source;
	size_t i;

	for (i = 0; i < r->ngoing && !s->gone; i++) {
		cb = r->going[i].from;
		source = (struct source){ cb->first, cb->last, cb->base,
		    cb->digest };
		if (announce_plan(s, &r->going[i].plan, &source,
		    &r->going[i].piece->notes, cb) == -1)
			return -1;
	}
	return 0;
}

static void
restore_release(struct restore *r)
{
	size_t i;

	for (i = 0; i < r->npiece; i++) {
		plan_release(&r->piece[i].plan);
		buf_release(&r->piece[i].notes);
	}
	for (i = 0; i < r->ngoing; i++)
		plan_release(&r->going[i].plan);
}

int
resume_start(struct scan *s)
{
	struct restore r = { .npiece = 0 };
	size_t i;
	int ret = -1;

	if (read_targets(s, &r) == -1)
		goto out;
	for (i = 0; i < s->resume.nbatch; i++)
		if (make_going(s, &r, &s->resume.batch[i]) == -1)
			goto out;
	if (make_rest(s, &r) == -1 || announce_all(s, &r) == -1)
		goto out;
	/* what was read beyond is new */
	s->input_at = clock_mono_ns();
	s->pending_since = s->input_at;
	s->pending = input_take(&s->input, &s->plan);
	ret = s->pending == -1 ? -1 : 0;
out:
	restore_release(&r);
	return ret;
}
