/* ICMP timestamp (RFC 792), IPv4 only: answered by hosts that drop echo. */
#include "meaning/scan.h"

const struct scan_type scan_icmp_timestamp = {
	.name = "icmp-timestamp",
	.about = "host discovery by ICMP timestamp, IPv4",
	.salt = 13,
	.proto = SCAN_HOST,
	.v4 = true,
	.silent_state = "down",
	.icmp_request = 13,
	.icmp_reply4 = 14,
	.icmp_reason = "timestamp-reply",
	.prepare = scan_icmp_prepare,
	.fill = scan_icmp_fill,
	.judge = scan_icmp_judge,
};
