/* ICMP timestamp (RFC 792), IPv4 only: answered by hosts that drop echo. ICMPv6
 * type 255 is reserved, so that no reply of that family counts. */
#include "meaning/scan.h"

static int
prepare(const struct scan_type *t, struct frame *f,
    const struct scan_params *sp, bool v6, const uint8_t mac[6])
{
	(void)t;
	(void)mac;
	return frame_icmp(f, v6, sp->ttl, 13);
}

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	return scan_icmp_judge(t, sp, p, 14, 255, "timestamp-reply", v);
}

const struct scan_type scan_icmp_timestamp = {
	.name = "icmp-timestamp",
	.about = "host discovery by ICMP timestamp, IPv4",
	.salt = 13,
	.proto = SCAN_HOST,
	.v4 = true,
	.v6 = false,
	.silent_state = "down",
	.prepare = prepare,
	.fill = scan_icmp_fill,
	.judge = judge,
};
