/* FIN scan: a closed port answers a segment without SYN, RST or ACK with a RST,
 * an open one drops it (RFC 9293, 3.10.7.1 and .2). */
#include "meaning/scan.h"

const struct scan_type scan_fin = {
	.name = "fin",
	.about = "TCP FIN",
	.salt = 5,
	.proto = SCAN_TCP,
	.ports = true,
	.v4 = true,
	.v6 = true,
	.flags = TCP_FIN,
	.silent_state = "open|filtered",
	.prepare = scan_tcp_prepare,
	.fill = scan_tcp_fill,
	.judge = scan_tcp_judge_rst,
};
