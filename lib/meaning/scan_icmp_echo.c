/* ICMP echo (RFC 792; RFC 4443, 4.1): whether a host is there. */
#include "meaning/scan.h"

const struct scan_type scan_icmp_echo = {
	.name = "icmp-echo",
	.about = "host discovery by ICMP echo",
	.salt = 12,
	.proto = SCAN_HOST,
	.v4 = true,
	.v6 = true,
	.silent_state = "down",
	.icmp_request = 8,
	.icmp_reply4 = 0,
	.icmp_reply6 = 129,
	.icmp_reason = "echo-reply",
	.prepare = scan_icmp_prepare,
	.fill = scan_icmp_fill,
	.judge = scan_icmp_judge,
};
