/* Neighbour discovery (RFC 4861, 7.2): whether an IPv6 host on the link is
 * there. There is no room for a cookie; a solicited advertisement with hop
 * limit 255 comes from the link, and only a planned target counts. */
#include "meaning/scan.h"

static int
prepare(const struct scan_type *t, struct frame *f,
    const struct scan_params *sp, bool v6, const uint8_t mac[6])
{
	(void)t;
	(void)sp;
	(void)v6;
	return frame_ns(f, mac);
}

static size_t
fill(const struct scan_type *t, const struct frame *f,
    const struct scan_params *sp, const struct scan_probe *pr, unsigned i,
    uint8_t *dst)
{
	(void)t;
	(void)sp;
	(void)i;
	return frame_put_ns(f, dst, &(struct frame_vars){ .src = pr->src,
	    .dst = pr->dst });
}

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	(void)t;
	(void)sp;
	if (p->kind != PACKET_NA)
		return SCAN_OTHER;
	if (!p->solicited)
		return SCAN_INVALID;
	*v = (struct scan_verdict){ .addr = p->target,
	    .attempt = SCAN_ATTEMPTS, .state = "up", .reason = "nd-response" };
	return SCAN_VALID;
}

const struct scan_type scan_ndp = {
	.name = "ndp",
	.about = "host discovery by neighbour solicitation, IPv6 on the link",
	.salt = 11,
	.proto = SCAN_HOST,
	.v6 = true,
	.on_link = true,
	.silent_state = "down",
	.prepare = prepare,
	.fill = fill,
	.judge = judge,
};
