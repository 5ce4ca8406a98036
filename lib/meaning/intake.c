#include "meaning/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "pure/addr.h"

static enum intake_kind
bad(struct intake *in, const char *err)
{
	in->err = err;
	return INTAKE_BAD;
}

/* A target is kept until its last port is taken. */
static enum intake_kind
begin(struct intake *in, const struct record *r)
{
	in->line.n = 0;
	rec_put_tsv(r, &in->line);
	rec_clear(&in->rec);
	if (in->line.oom || rec_scan(&in->rec, in->line.p, in->line.n - 1,
	    &in->err) == -1 ||
	    target_of(&in->target, &in->rec, &in->err) == -1)
		return bad(in, in->line.oom ? "out of memory" : in->err);
	in->addr = in->target.first;
	in->at = 0;
	in->on = true;
	return INTAKE_MANY;
}

enum intake_kind
intake_of(struct intake *in, const struct record *r, struct intake_port *p)
{
	struct target *t = &in->target;
	struct str state = r->col[COL_STATE];
	bool udp = str_is(r->col[COL_PROTO], "udp");
	bool open = str_is(state, "open");

	if (state.p != NULL && !open &&
	    !(udp && str_is(state, "open|filtered")))
		return INTAKE_NONE;
	if (r->col[COL_PORT].p == NULL)
		return INTAKE_NONE;
	if (target_of(t, r, &in->err) == -1)
		return INTAKE_BAD;
	if (t->proto == TARGET_OTHER || t->ports.n == 0)
		return INTAKE_NONE;
	if (t->first != t->last || portset_count(&t->ports) != 1)
		return state.p != NULL ? INTAKE_NONE : begin(in, r);
	*p = (struct intake_port){ .addr = t->first,
	    .port = portset_at(&t->ports, 0), .udp = udp, .open = open,
	    .host = t->host };
	return INTAKE_PORT;
}

static void
put_line(struct intake *in, const struct intake_port *p, struct buf *line)
{
	char ip[ADDR_FMT], port[NUM_FMT_U64];
	struct record *r = &in->rec;

	r->ncol = REC_NCOL;
	r->col[COL_IP] = (struct str){ ip, addr_fmt(ip, p->addr) };
	r->col[COL_PORT] = (struct str){ port, num_fmt_u64(port, p->port) };
	r->col[COL_PROTO] = p->udp ? STR("udp") : STR("tcp");
	rec_put_tsv(r, line);
	line->n -= !line->oom;
}

bool
intake_next(struct intake *in, struct intake_port *p, struct buf *line)
{
	struct target *t = &in->target;

	if (!in->on)
		return false;
	*p = (struct intake_port){ .addr = in->addr,
	    .port = portset_at(&t->ports, in->at),
	    .udp = t->proto == TARGET_UDP, .host = t->host };
	put_line(in, p, line);
	if (++in->at < portset_count(&t->ports))
		return true;
	in->at = 0;
	in->on = in->addr++ != t->last;
	return true;
}

char *
intake_name(const struct intake_port *p)
{
	/* an escape is in no name */
	if (p->host.n == 0 || memchr(p->host.p, '\\', p->host.n) != NULL)
		return NULL;
	return strndup(p->host.p, p->host.n);
}

void
intake_release(struct intake *in)
{
	target_release(&in->target);
	rec_release(&in->rec);
	buf_release(&in->line);
}
