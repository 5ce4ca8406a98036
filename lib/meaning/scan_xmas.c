/* Xmas scan: FIN, PSH and URG; judged as FIN (RFC 9293, 3.10.7.1 and .2). */
#include "meaning/scan.h"

const struct scan_type scan_xmas = {
	.name = "xmas",
	.about = "TCP FIN/PSH/URG",
	.salt = 7,
	.proto = SCAN_TCP,
	.ports = true,
	.v4 = true,
	.v6 = true,
	.flags = TCP_FIN | TCP_PSH | TCP_URG,
	.silent_state = "open|filtered",
	.prepare = scan_tcp_prepare,
	.fill = scan_tcp_fill,
	.judge = scan_tcp_judge_rst,
};
