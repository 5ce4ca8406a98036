#include "world/verdict.h"

#include <errno.h>
#include <stddef.h>

#include "meaning/scan.h"
#include "pure/addr.h"
#include "pure/packet.h"

static const char *
icmp_reason(const struct connect_outcome *o)
{
	struct packet p = {
		.kind = addr_is4(o->probe.addr) ? PACKET_ICMP : PACKET_ICMP6,
		.type = o->icmp.type,
		.code = o->icmp.code,
	};

	return scan_icmp_reason(&p);
}

/* What the kernel makes of an ICMP error whose code it did not pass on, and of
 * a neighbour that does not answer. */
static const char *
error_reason(int error)
{
	switch (error) {
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return "host-unreach";
	case ENETUNREACH:
	case ENONET:
		return "net-unreach";
	case ENOPROTOOPT:
	case EPROTO:
		return "proto-unreach";
	case EACCES:
	case EPERM:
		return "admin-prohibited";
	default:
		return "no-response";
	}
}

struct verdict
verdict_of(const struct connect_outcome *o)
{
	struct verdict v = { "filtered", "no-response" };

	switch (o->result) {
	case CONNECT_OPEN:
		return (struct verdict){ "open", "syn-ack" };
	case CONNECT_REFUSED:
		return (struct verdict){ "closed", "conn-refused" };
	case CONNECT_ICMP:
		if ((v.reason = icmp_reason(o)) == NULL)
			v.reason = error_reason(o->error);
		/* To connect(2), and so to nmap -sT, a port unreachable is a
		 * refusal. */
		if (o->error == ECONNREFUSED)
			v.state = "closed";
		break;
	case CONNECT_ERROR:
		v.reason = error_reason(o->error);
		break;
	case CONNECT_TIMEOUT:
		break;
	case CONNECT_UNSENT:
		return (struct verdict){ NULL, NULL };
	}
	return v;
}

static void
set_state(struct record *r, bool udp, const char *state, const char *reason)
{
	while (r->ncol < REC_NCOL)
		r->col[r->ncol++] = STR_NONE;
	r->col[COL_PROTO] = udp ? STR("udp") : STR("tcp");
	r->col[COL_STATE] = str_of(state);
	r->col[COL_REASON] = str_of(reason);
}

void
verdict_set(struct record *r, const struct port_verdict *p)
{
	bool none = r->ncol <= COL_STATE || r->col[COL_STATE].p == NULL;
	struct verdict v = { NULL, NULL };

	switch (p->state) {
	case PORT_OPEN:
		if (none || (p->udp && !p->was_open))
			v = (struct verdict){ "open",
			    p->udp ? "udp-response" : "syn-ack" };
		break;
	case PORT_REFUSED:
		v = p->udp ? (struct verdict){ "closed", "port-unreach" } :
		    verdict_of(p->outcome);
		break;
	case PORT_SILENT:
		if (none)
			v = (struct verdict){ "open|filtered", "no-response" };
		break;
	case PORT_UNKNOWN:
		if (none && p->outcome != NULL)
			v = verdict_of(p->outcome);
		break;
	}
	if (v.state != NULL)
		set_state(r, p->udp, v.state, v.reason);
}
