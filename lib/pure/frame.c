#include "pure/frame.h"

#include <libnet.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/checksum.h"
#include "pure/patch.h"
#include "pure/wire.h"

#define IP4_LEN		20
#define IP6_LEN		40
#define WINDOW		1024

/* ---- building with libnet, once ---- */

static int
add_ip(libnet_t *l, bool v6, uint8_t ttl, uint8_t proto, size_t n)
{
	struct libnet_in6_addr none;

	memset(&none, 0, sizeof(none));
	if (v6)
		return libnet_build_ipv6(0, 0, (uint16_t)n, proto, ttl, none,
		    none, NULL, 0, l, 0) == -1 ? -1 : 0;
	/* the sum is ours to make: no addresses are known yet */
	if (libnet_build_ipv4((uint16_t)(IP4_LEN + n), 0, 0, 0, ttl, proto, 0,
	    0, 0, NULL, 0, l, 0) == -1)
		return -1;
	return 0;
}

/* Takes libnet's bytes and makes the sums, with every checksum field zero. */
static int
finish(struct frame *f, libnet_t *l, bool v6, uint8_t proto, size_t csum_at)
{
	uint8_t *p = NULL, len[2], pr[2] = { 0, proto };
	uint32_t n = 0;

	if (libnet_pblock_coalesce(l, &p, &n) == -1)
		return -1;
	memset(f, 0, sizeof(*f));
	f->v6 = v6;
	f->l4 = v6 ? IP6_LEN : IP4_LEN;
	if (n <= sizeof(f->bytes) && n > f->l4 + csum_at + 1) {
		memcpy(f->bytes, p, n);
		f->n = (uint16_t)n;
	}
	/* with the aligner that libnet puts in front of the packet */
	if (l->aligner > 0)
		p -= l->aligner;
	free(p);
	if (f->n == 0)
		return -1;
	memset(f->bytes + f->l4 + csum_at, 0, 2);
	if (!v6) {
		memset(f->bytes + 10, 0, 2);
		f->ipsum = checksum_value(checksum_add(0, f->bytes, IP4_LEN));
	}
	wr_be16(len, (uint16_t)(f->n - f->l4));
	f->l4sum = checksum_add(0, f->bytes + f->l4, f->n - f->l4);
	if (proto != IPPROTO_ICMP) {
		f->l4sum = checksum_add(f->l4sum, len, 2);
		f->l4sum = checksum_add(f->l4sum, pr, 2);
	}
	f->l4sum = checksum_value(f->l4sum);
	return 0;
}

static libnet_t *
start(void)
{
	char err[LIBNET_ERRBUF_SIZE];

	return libnet_init(LIBNET_NONE, NULL, err);
}

int
frame_tcp(struct frame *f, bool v6, uint8_t ttl, uint8_t flags,
    const uint8_t *options, size_t noptions)
{
	libnet_t *l = start();
	size_t n = LIBNET_TCP_H + noptions;
	int r = -1;

	if (l == NULL)
		return -1;
	if (noptions > 0 && libnet_build_tcp_options(options,
	    (uint32_t)noptions, l, 0) == -1)
		goto out;
	if (libnet_build_tcp(0, 0, 0, 0, flags, WINDOW, 0, 0, (uint16_t)n,
	    NULL, 0, l, 0) == -1 ||
	    add_ip(l, v6, ttl, IPPROTO_TCP, n) == -1)
		goto out;
	r = finish(f, l, v6, IPPROTO_TCP, 16);
out:
	libnet_destroy(l);
	return r;
}

int
frame_udp(struct frame *f, bool v6, uint8_t ttl)
{
	libnet_t *l = start();
	int r = -1;

	if (l == NULL)
		return -1;
	if (libnet_build_udp(0, 0, LIBNET_UDP_H, 0, NULL, 0, l, 0) != -1 &&
	    add_ip(l, v6, ttl, IPPROTO_UDP, LIBNET_UDP_H) == 0)
		r = finish(f, l, v6, IPPROTO_UDP, 6);
	libnet_destroy(l);
	return r;
}

int
frame_icmp(struct frame *f, bool v6, uint8_t ttl, uint8_t type)
{
	/* behind id and sequence number: a timestamp's three times, a mask */
	size_t extra = type == 13 ? 12 : type == 17 ? 4 : 0;
	uint8_t proto = v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	uint8_t body[8 + 12] = { v6 ? 128 : type };
	libnet_t *l = start();
	int r = -1;

	if (l == NULL)
		return -1;
	if (libnet_build_data(body, (uint32_t)(8 + extra), l, 0) != -1 &&
	    add_ip(l, v6, ttl, proto, 8 + extra) == 0)
		r = finish(f, l, v6, proto, 2);
	libnet_destroy(l);
	return r;
}

int
frame_arp(struct frame *f, const uint8_t mac[6])
{
	static const uint8_t none[6];
	uint8_t *p = NULL;
	uint32_t n = 0;
	libnet_t *l = start();
	int r = -1;

	memset(f, 0, sizeof(*f));
	if (l == NULL)
		return -1;
	if (libnet_build_arp(ARPHRD_ETHER, ETHERTYPE_IP, 6, 4, ARPOP_REQUEST,
	    mac, none, none, none, NULL, 0, l, 0) != -1 &&
	    libnet_pblock_coalesce(l, &p, &n) == 1 && n == LIBNET_ARP_ETH_IP_H) {
		memcpy(f->bytes, p, n);
		f->n = (uint16_t)n;
		r = 0;
	}
	if (p != NULL)
		free(p - (l->aligner > 0 ? l->aligner : 0));
	libnet_destroy(l);
	return r;
}

int
frame_ns(struct frame *f, const uint8_t mac[6])
{
	uint8_t body[32] = { 135, 0 };
	libnet_t *l = start();
	int r = -1;

	if (l == NULL)
		return -1;
	body[24] = 1;	/* source link-layer address, */
	body[25] = 1;	/* eight bytes long */
	memcpy(body + 26, mac, 6);
	if (libnet_build_data(body, sizeof(body), l, 0) != -1 &&
	    add_ip(l, true, 255, IPPROTO_ICMPV6, sizeof(body)) == 0)
		r = finish(f, l, true, IPPROTO_ICMPV6, 2);
	libnet_destroy(l);
	return r;
}

/* ---- patching, for every probe ---- */

/* The template with its addresses; their sum, for the checksum behind them. */
static inline uint64_t
put_ip(const struct frame *f, uint8_t *dst, const struct frame_vars *v)
{
	memcpy(dst, f->bytes, f->n);
	if (f->v6) {
		const uint64_t from[2] = { (uint64_t)(v->src >> 64),
		    (uint64_t)v->src };
		const uint64_t to[2] = { (uint64_t)(v->dst >> 64),
		    (uint64_t)v->dst };

		return patch_ip6(dst, from, to, v->flow);
	}
	return patch_ip4(dst, addr_v4(v->src), addr_v4(v->dst), v->ip_id,
	    f->ipsum);
}

size_t
frame_put_tcp(const struct frame *f, uint8_t *dst, const struct frame_vars *v)
{
	uint64_t sum = put_ip(f, dst, v);

	patch_tcp(dst + f->l4, sum + f->l4sum, v->sport, v->dport, v->seq,
	    v->ack);
	return f->n;
}

size_t
frame_put_udp(const struct frame *f, uint8_t *dst, const struct frame_vars *v,
    const void *payload, size_t npayload)
{
	uint64_t sum = put_ip(f, dst, v) + f->l4sum;
	uint8_t *t = dst + f->l4;
	uint16_t len = (uint16_t)(8 + npayload), c;

	if (npayload > 0)
		memcpy(t + 8, payload, npayload);
	if (f->v6) {
		patch_16(dst + 4, len);
	} else {
		/* the total length is in the template's sum already, as 28 */
		patch_16(dst + 2, (uint16_t)(IP4_LEN + len));
		c = checksum_fold(checksum_add(0, dst, 10) +
		    checksum_add(0, dst + 12, 8));
		memcpy(dst + 10, &c, 2);
	}
	patch_16(t, v->sport);
	patch_16(t + 2, v->dport);
	patch_16(t + 4, len);
	/* the length stands in the pseudo header and in the header: the
	 * template's sum has 8 for each */
	c = patch_fold(sum + v->sport + v->dport + 2 * npayload +
	    checksum_value(checksum_add(0, t + 8, npayload)));
	if (c == 0)
		c = 0xffff;	/* RFC 768: zero would mean "no checksum" */
	patch_16(t + 6, c);
	return f->n + npayload;
}

size_t
frame_put_icmp(const struct frame *f, uint8_t *dst, const struct frame_vars *v)
{
	uint64_t sum = put_ip(f, dst, v);

	/* ICMPv4 has no pseudo header */
	patch_icmp(dst + f->l4, (f->v6 ? sum : 0) + f->l4sum, v->echo_id,
	    v->echo_seq);
	return f->n;
}

size_t
frame_put_arp(const struct frame *f, uint8_t *dst, const struct frame_vars *v)
{
	memcpy(dst, f->bytes, f->n);
	wr_be32(dst + 14, addr_v4(v->src));
	wr_be32(dst + 24, addr_v4(v->dst));
	return f->n;
}

/* v->dst is the address that is asked for; the packet goes to its group. */
size_t
frame_put_ns(const struct frame *f, uint8_t *dst, const struct frame_vars *v)
{
	struct frame_vars group = *v;
	uint64_t sum;
	uint8_t *t = dst + f->l4;

	group.dst = frame_solicited_node(v->dst);
	group.flow = 0;
	sum = put_ip(f, dst, &group) + f->l4sum;
	addr_to16(t + 8, v->dst);
	patch_16(t + 2, patch_fold(sum + patch_sum64((uint64_t)(v->dst >> 64)) +
	    patch_sum64((uint64_t)v->dst)));
	return f->n;
}

u128
frame_solicited_node(u128 addr)
{
	/* ff02::1:ff00:0/104 and the address's last 24 bits */
	return (u128)0xff02 << 112 | (u128)0x1ff000000 | (addr & 0xffffff);
}

void
frame_multicast_mac(uint8_t mac[6], u128 group)
{
	mac[0] = mac[1] = 0x33;
	wr_be32(mac + 2, (uint32_t)group);
}
