/* ARP ping (RFC 826): whether an IPv4 host on the link is there. ARP has no room
 * for a cookie: a reply from a planned address counts, in a frame that came to
 * us (the capture's filter). */
#include "meaning/scan.h"

static int
prepare(const struct scan_type *t, struct frame *f,
    const struct scan_params *sp, bool v6, const uint8_t mac[6])
{
	(void)t;
	(void)sp;
	(void)v6;
	return frame_arp(f, mac);
}

static size_t
fill(const struct scan_type *t, const struct frame *f,
    const struct scan_params *sp, const struct scan_probe *pr, unsigned i,
    uint8_t *dst)
{
	(void)t;
	(void)sp;
	(void)i;
	return frame_put_arp(f, dst, &(struct frame_vars){ .src = pr->src,
	    .dst = pr->dst });
}

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	(void)t;
	(void)sp;
	if (p->kind != PACKET_ARP)
		return SCAN_OTHER;
	*v = (struct scan_verdict){ .addr = p->src, .attempt = SCAN_ATTEMPTS,
	    .state = "up", .reason = "arp-response" };
	return SCAN_VALID;
}

const struct scan_type scan_arp = {
	.name = "arp",
	.about = "host discovery by ARP, IPv4 on the link",
	.salt = 10,
	.proto = SCAN_HOST,
	.v4 = true,
	.on_link = true,
	.silent_state = "down",
	.prepare = prepare,
	.fill = fill,
	.judge = judge,
};
