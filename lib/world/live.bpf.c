/* Makes probes inside the kernel: run over "live frames", it turns each into
 * the next probe of the scan and redirects it to the device. Compiled for the
 * kernel's virtual machine, and loaded by tx_live.c. The arithmetic is that of
 * the headers it includes, which the other senders use too. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "pure/cookie.h"
#include "pure/patch.h"
#include "world/live_abi.h"

struct live live SEC(".bss.live");

/* The leg that holds probe i: the last whose base is not above it. */
static __always_inline struct live_leg *
leg_of(uint64_t i)
{
	uint32_t lo = 0, hi = live.nleg, mid, k;

	for (k = 0; k < 15; k++) {
		if (hi - lo <= 1 || hi > LIVE_LEGS)
			break;
		mid = lo + ((hi - lo) >> 1);
		if (live.leg[mid & (LIVE_LEGS - 1)].base <= i)
			lo = mid;
		else
			hi = mid;
	}
	return &live.leg[lo & (LIVE_LEGS - 1)];
}

static __always_inline uint64_t
walk(uint64_t x)
{
	uint32_t k;

	for (k = 0; k < LIVE_WALK; k++) {
		x = perm_step(&live.perm, x);
		if (x < live.perm.n)
			break;
	}
	return x;
}

/* Is the next frame due? Whoever is late by more than a burst stays late by
 * that: nothing is caught up. */
static __always_inline int
due(void)
{
	uint64_t now, may, burst = live.pps / LIVE_BURST + 1;
	uint64_t did = live.at - live.from;
	int k;

	for (k = 0; k < LIVE_SPIN; k++) {
		now = bpf_ktime_get_ns();
		may = 1 + (now - live.start) * live.pps / 1000000000;
		if (did < may)
			break;
	}
	if (did >= may)
		return 0;
	if (may - did > burst)
		live.start += (may - did - burst) * 1000000000 / live.pps;
	return 1;
}

/* Both families write within the longest packet, which the caller has checked
 * is there. */
static __always_inline void
fill(uint8_t *p, const struct live_template *t, const struct live_way *w,
    const uint64_t dst[2], uint16_t port)
{
	struct cookie c;
	uint64_t sum;

	cookie_make(&c, live.key, dst[0], dst[1],
	    (uint64_t)t->salt << 16 | port, (uint16_t)live.sport,
	    (int)live.spread, 0);
	if (w->v6) {
		sum = patch_ip6(p, w->src, dst, c.flow) + t->l4sum;
		p += 40;
	} else {
		sum = patch_ip4(p, (uint32_t)w->src[1], (uint32_t)dst[1],
		    c.ip_id, t->ipsum);
		/* ICMPv4 has no pseudo header */
		sum = (t->icmp ? 0 : sum) + t->l4sum;
		p += 20;
	}
	if (t->icmp)
		patch_icmp(p, sum, c.echo_id, c.echo_seq);
	else
		patch_tcp(p, sum, c.sport, port, c.seq, c.ack & t->ack);
}

SEC("xdp")
int
prt_live(struct xdp_md *ctx)
{
	uint8_t *data = (uint8_t *)(long)ctx->data;
	uint8_t *end = (uint8_t *)(long)ctx->data_end;
	const struct live_template *t;
	const struct live_slot *s;
	const struct live_way *w;
	const struct live_leg *leg;
	uint64_t i, off, dst[2];
	int k;

	if (data + LIVE_FRAME > end)
		return XDP_ABORTED;
	if (live.at >= live.end || (live.pps != 0 && !due()))
		return XDP_DROP;
	i = walk(live.first + live.at++ * live.step);
	leg = leg_of(i);
	if (leg->none) {
		live.unreached++;
		return XDP_DROP;
	}
	off = i - leg->base;
	i = off / leg->nprobe;
	off -= i * leg->nprobe;
	dst[1] = leg->lo + i;
	dst[0] = leg->hi + (dst[1] < i);
	w = &live.way[leg->way & (LIVE_WAYS - 1)];
	s = &live.slot[(leg->slots + off) & (LIVE_SLOTS - 1)];
	t = &live.tmpl[(2 * s->type + w->v6) & (LIVE_TEMPLATES - 1)];
	for (k = 0; k < LIVE_ETHER; k += 2)
		*(uint16_t *)(data + k) = *(const uint16_t *)(w->ether + k);
	data += LIVE_ETHER;
	for (k = 0; k < LIVE_PACKET / 8; k++)
		*(uint64_t *)(data + 8 * k) = t->bytes[k];
	fill(data, t, w, dst, s->port);
	k = (int)t->n - LIVE_PACKET;
	if (k < 0 && bpf_xdp_adjust_tail(ctx, k) != 0)
		return XDP_ABORTED;
	return (int)bpf_redirect(w->ifindex, 0);
}

char prt_license[] SEC("license") = "BSD-2-Clause";
