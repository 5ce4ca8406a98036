/* Window scan: an ACK scan that also reads the RST's window; some stacks leave
 * it non-zero for an open port. */
#include "meaning/scan.h"

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	enum scan_match m = scan_tcp_judge_rst(t, sp, p, v);

	if (p->kind == PACKET_TCP)
		v->state = p->win != 0 ? "open" : "closed";
	return m;
}

const struct scan_type scan_window = {
	.name = "window",
	.about = "TCP ACK, judged by the window of the RST",
	.salt = 3,
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
