/* SYN scan, and the SYN that only asks whether a host is there. A half-open
 * connection (RFC 9293, 3.10.7): the kernel's own RST ends it. */
#include "meaning/scan.h"

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	enum scan_match m = scan_tcp_match(t, sp, p, v);

	if (m == SCAN_OTHER) {
		v->state = "filtered";
		return scan_icmp_match(t, sp, p, v);
	}
	if (p->flags & TCP_RST) {
		v->state = "closed";
		v->reason = "reset";
	} else {
		v->state = "open";
		v->reason = "syn-ack";
	}
	return m;
}

static enum scan_match
judge_ping(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	enum scan_match m = judge(t, sp, p, v);

	if (p->kind == PACKET_TCP)
		v->state = "up";
	else
		scan_host_error(p, v);
	return m;
}

const struct scan_type scan_syn = {
	.name = "syn",
	.about = "TCP SYN: half-open connection",
	.salt = 1,
	.proto = SCAN_TCP,
	.ports = true,
	.v4 = true,
	.v6 = true,
	.flags = TCP_SYN,
	.silent_state = "filtered",
	.prepare = scan_tcp_prepare,
	.fill = scan_tcp_fill,
	.judge = judge,
};

const struct scan_type scan_syn_ping = {
	.name = "syn-ping",
	.about = "host discovery by TCP SYN",
	.salt = 15,
	.proto = SCAN_HOST,
	.ports = true,
	.v4 = true,
	.v6 = true,
	.flags = TCP_SYN,
	.usual_port = 443,
	.silent_state = "down",
	.prepare = scan_tcp_prepare,
	.fill = scan_tcp_fill,
	.judge = judge_ping,
};
