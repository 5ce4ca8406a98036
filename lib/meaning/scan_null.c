/* NULL scan: no flag at all; judged as FIN (RFC 9293, 3.10.7.1 and .2). */
#include "meaning/scan.h"

const struct scan_type scan_null = {
	.name = "null",
	.about = "TCP without flags",
	.salt = 6,
	.proto = SCAN_TCP,
	.ports = true,
	.v4 = true,
	.v6 = true,
	.flags = 0,
	.silent_state = "open|filtered",
	.prepare = scan_tcp_prepare,
	.fill = scan_tcp_fill,
	.judge = scan_tcp_judge_rst,
};
