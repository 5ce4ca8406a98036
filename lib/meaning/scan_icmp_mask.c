/* ICMP address mask (RFC 950), IPv4 only: answered by old hosts and routers. */
#include "meaning/scan.h"

const struct scan_type scan_icmp_mask = {
	.name = "icmp-mask",
	.about = "host discovery by ICMP address mask, IPv4",
	.salt = 14,
	.proto = SCAN_HOST,
	.v4 = true,
	.silent_state = "down",
	.icmp_request = 17,
	.icmp_reply4 = 18,
	.icmp_reason = "addressmask-reply",
	.prepare = scan_icmp_prepare,
	.fill = scan_icmp_fill,
	.judge = scan_icmp_judge,
};
