#include "report.h"

#include "world/verdict.h"

bool
report_is_unsent(const struct port *p)
{
	return p->state == PORT_UNKNOWN && !p->skipped &&
	    p->outcome.result == CONNECT_UNSENT;
}

/* What the port is now, as far as that is news. */
static void
put_state(struct record *r, const struct port *p)
{
	struct port_verdict v = { .state = p->state, .udp = p->udp,
	    .was_open = p->was_open, .outcome = p->skipped ? NULL :
	    &p->outcome };

	verdict_set(r, &v);
}

static void
put_service(struct report_count *n, struct record *r, const struct port *p,
    const struct ports *names, bool banner)
{
	const struct finding *f = &p->found;
	struct str table = ports_name(names, p->udp ? PORTS_UDP : PORTS_TCP,
	    p->nr);

	n->identified += f->how != FOUND_NOTHING;
	finding_put(f, r, table, p->tls);
	if (p->nbanner > 0 && (banner || f->how == FOUND_NOTHING ||
	    f->how == FOUND_TLS))
		rec_set_bytes(r, "banner", p->banner, p->nbanner);
}

void
report_port(struct report_count *n, struct record *r, const struct port *p,
    const struct ports *names, bool banner)
{
	put_state(r, p);
	n->answered += p->answered || p->tls;
	if (r->ncol > COL_STATE && (str_is(r->col[COL_STATE], "open") ||
	    str_is(r->col[COL_STATE], "open|filtered")) &&
	    !report_is_unsent(p))
		put_service(n, r, p, names, banner);
}

void
report_sum(const struct report_count *n, struct record *r)
{
	rec_set_u64(r, "answered", n->answered);
	rec_set_u64(r, "identified", n->identified);
}
