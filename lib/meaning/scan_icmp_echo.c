/* ICMP echo (RFC 792; RFC 4443, 4.1): whether a host is there. */
#include "meaning/scan.h"

static int
prepare(const struct scan_type *t, struct frame *f,
    const struct scan_params *sp, bool v6, const uint8_t mac[6])
{
	(void)t;
	(void)mac;
	return frame_icmp(f, v6, sp->ttl, 8);
}

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	return scan_icmp_judge(t, sp, p, 0, 129, "echo-reply", v);
}

const struct scan_type scan_icmp_echo = {
	.name = "icmp-echo",
	.about = "host discovery by ICMP echo",
	.salt = 12,
	.proto = SCAN_HOST,
	.v4 = true,
	.v6 = true,
	.silent_state = "down",
	.prepare = prepare,
	.fill = scan_icmp_fill,
	.judge = judge,
};
