#include "report.h"

#include "world/verdict.h"

bool
report_is_unsent(const struct port *p)
{
	return p->state == PORT_UNKNOWN && !p->skipped &&
	    p->outcome.result == CONNECT_UNSENT;
}

static void
set_state(struct record *r, const struct port *p, const char *state,
    const char *reason)
{
	while (r->ncol < REC_NCOL)
		r->col[r->ncol++] = STR_NONE;
	r->col[COL_PROTO] = p->udp ? STR("udp") : STR("tcp");
	r->col[COL_STATE] = str_of(state);
	r->col[COL_REASON] = str_of(reason);
}

/* What the port is now, as far as that is news. */
static void
put_state(struct record *r, const struct port *p)
{
	bool none = r->ncol <= COL_STATE || r->col[COL_STATE].p == NULL;
	struct verdict v;

	switch (p->state) {
	case PORT_OPEN:
		if (none || (p->udp && !p->was_open))
			set_state(r, p, "open", p->udp ? "udp-response" :
			    "syn-ack");
		break;
	case PORT_REFUSED:
		v = p->udp ? (struct verdict){ "closed", "port-unreach" } :
		    verdict_of(&p->outcome);
		set_state(r, p, v.state, v.reason);
		break;
	case PORT_SILENT:
		if (none)
			set_state(r, p, "open|filtered", "no-response");
		break;
	case PORT_UNKNOWN:
		v = verdict_of(&p->outcome);
		if (none && !p->skipped && v.state != NULL)
			set_state(r, p, v.state, v.reason);
		break;
	}
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
