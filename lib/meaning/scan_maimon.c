/* Maimon scan (Uriel Maimon, Phrack 49, 15): FIN and ACK; BSD-derived stacks
 * drop it when the port is open, RFC 9293 answers with a RST either way. */
#include "meaning/scan.h"

const struct scan_type scan_maimon = {
	.name = "maimon",
	.about = "TCP FIN/ACK",
	.salt = 4,
	.proto = SCAN_TCP,
	.ports = true,
	.v4 = true,
	.v6 = true,
	.flags = TCP_FIN | TCP_ACK,
	.silent_state = "open|filtered",
	.prepare = scan_tcp_prepare,
	.fill = scan_tcp_fill,
	.judge = scan_tcp_judge_rst,
};
