/* ACK scan: a RST shows that no filter keeps state in between (RFC 9293,
 * 3.10.7.1 and .4: it comes from open and closed ports alike); and the ACK that
 * only asks whether a host is there. */
#include "meaning/scan.h"

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	enum scan_match m = scan_tcp_judge_rst(t, sp, p, v);

	if (p->kind == PACKET_TCP)
		v->state = "unfiltered";
	return m;
}

static enum scan_match
judge_ping(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	enum scan_match m = scan_tcp_judge_rst(t, sp, p, v);

	if (p->kind == PACKET_TCP)
		v->state = "up";
	else
		scan_host_error(p, v);
	return m;
}

const struct scan_type scan_ack = {
	.name = "ack",
	.about = "TCP ACK: which ports a stateful filter lets through",
	.salt = 2,
	.proto = SCAN_TCP,
	.ports = true,
	.v4 = true,
	.v6 = true,
	.flags = TCP_ACK,
	.silent_state = "filtered",
	.prepare = scan_tcp_prepare,
	.fill = scan_tcp_fill,
	.judge = judge,
};

const struct scan_type scan_ack_ping = {
	.name = "ack-ping",
	.about = "host discovery by TCP ACK",
	.salt = 16,
	.proto = SCAN_HOST,
	.ports = true,
	.v4 = true,
	.v6 = true,
	.flags = TCP_ACK,
	.usual_port = 80,
	.silent_state = "down",
	.prepare = scan_tcp_prepare,
	.fill = scan_tcp_fill,
	.judge = judge_ping,
};
