/* The datagram that only asks whether a host is there: to a port that is closed,
 * where the host itself says so by an ICMP port unreachable (RFC 1122, 4.1.3.1;
 * RFC 4443, 3.1), or to one that has a service, with what it answers. */
#include "meaning/scan.h"

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	enum scan_match m;

	if (p->kind == PACKET_UDP) {
		v->state = "up";
		return scan_udp_match(t, sp, p, v);
	}
	m = scan_icmp_match(t, sp, p, v);
	scan_host_error(p, v);
	return m;
}

const struct scan_type scan_udp_ping = {
	.name = "udp-ping",
	.about = "host discovery by UDP",
	.salt = 17,
	.proto = SCAN_HOST,
	.ports = true,
	.udp = true,
	.v4 = true,
	.v6 = true,
	.usual_port = 40125,
	.silent_state = "down",
	.prepare = scan_udp_prepare,
	.count = scan_udp_count,
	.fill = scan_udp_fill,
	.judge = judge,
};
