#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/scan.h"
#include "pure/addr.h"
#include "pure/tcpopt.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char payload_text[] = "payload p\n\tports\t7\n\tsource\tx\n"
    "\techo\t0\n\t@cookie 8 \"x\"\n";

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };

static struct scan_params params = {
	.key = { 1, 2 }, .sport = SCAN_SPORT_BASE, .nsports = SCAN_SPORTS,
	.ttl = 64, .flags = TCP_SYN,
};

static struct payloads payloads;

/* By a scan in which datagrams are of ports, or of hosts. */
static void
check_scan(const struct packet *p, enum scan_udp_of udp_of)
{
	struct scan_verdict v;
	unsigned i, claimed = 0;

	params.udp_of = udp_of;
	for (i = 0; scan_types[i] != NULL; i++) {
		v = (struct scan_verdict){ 0 };
		if (scan_types[i]->judge(scan_types[i], &params, p, &v) !=
		    SCAN_VALID)
			continue;
		claimed++;
		assert(v.state != NULL && v.reason != NULL);
		assert(v.attempt <= SCAN_ATTEMPTS);
		assert(scan_types[i]->ports || v.port == 0);
	}
	/* the cookies of two types never agree */
	assert(claimed <= 1);
}

static void
check(const struct packet *p, const uint8_t *bytes, size_t n)
{
	struct tcpopt o;

	if (p->payload != NULL)
		assert(p->payload >= bytes &&
		    p->payload + p->npayload <= bytes + n);
	if (p->noptions > 0) {
		assert(p->options >= bytes &&
		    p->options + p->noptions <= bytes + n);
		tcpopt_read(&o, p->options, p->noptions);
		assert(memchr(o.order, '\0', sizeof(o.order)) != NULL);
	}
	check_scan(p, SCAN_UDP_OF_PORTS);
	check_scan(p, SCAN_UDP_OF_HOSTS);
}

static void
judge(unsigned ethertype, const uint8_t *data, size_t n)
{
	/* of its own, so that a byte too far is seen */
	uint8_t *copy = malloc(n + 1);
	struct packet p;

	if (copy == NULL)
		return;
	if (n > 0)
		memcpy(copy + 1, data, n);
	if (packet_dissect(&p, ethertype, copy + 1, n) == 0)
		check(&p, copy + 1, n);
	free(copy);
}

static void
swap(uint8_t *a, uint8_t *b, size_t n)
{
	uint8_t c;

	while (n-- > 0) {
		c = *a;
		*a++ = *b;
		*b++ = c;
	}
}

/* A closed port's answer to the segment, RFC 9293, 3.10.7.1. */
static void
reset(uint8_t *tcp)
{
	bool ack = tcp[13] & TCP_ACK, one = tcp[13] & (TCP_SYN | TCP_FIN);

	swap(tcp + 4, tcp + 8, 4);
	/* the last bits of our numbers are free: no carry */
	tcp[11] += !ack && one;
	tcp[13] = ack ? TCP_RST : TCP_RST | TCP_ACK;
}

/* The answer to a probe of ours, but for its sums; the input is then laid over
 * it: near enough that the cookies hold. */
static size_t
answer(uint8_t *dst, unsigned type, bool v6, unsigned attempt, bool back)
{
	const struct scan_type *t = scan_types[type];
	struct scan_probe pr = { .src = v6 ? 1 : ADDR_V4(0x0a000001),
	    .dst = v6 ? 2 : ADDR_V4(0x0a000002), .port = t->ports ? 7 : 0,
	    .attempt = attempt };
	size_t n, at = v6 ? 8 : 12, len = v6 ? 16 : 4, head = v6 ? 40 : 20;
	static const uint8_t reply[32] = { [8] = 0, [13] = 14, [17] = 18 };
	struct frame f;

	if (!(v6 ? t->v6 : t->v4) ||
	    t->prepare(t, &f, &params, v6, mac) == -1)
		return 0;
	n = t->fill(t, &f, &params, &pr, 0, dst);
	if (t->on_link || !back)
		return n;
	swap(dst + at, dst + at + len, len);
	if (!t->ports) {
		dst[head] = v6 ? 129 : reply[dst[head] & 31];
		return n;
	}
	swap(dst + head, dst + head + 2, 2);
	if (!t->udp)
		reset(dst + head);
	return n;
}

/* An ICMP error that quotes it. */
static size_t
quote(uint8_t *dst, size_t n, bool v6)
{
	size_t head = v6 ? 48 : 28;
	uint8_t *in = dst + head, from[16];

	if (n + head > FRAME_MAX)
		n = FRAME_MAX - head;
	memmove(in, dst, n);
	memcpy(dst, in, head - 8);
	memset(dst + head - 8, 0, 8);
	dst[head - 8] = v6 ? 1 : 3;
	dst[v6 ? 6 : 9] = v6 ? 58 : 1;
	/* it came to who the quoted one was from, from anywhere */
	memcpy(from, in + (v6 ? 8 : 12), v6 ? 16 : 4);
	memcpy(dst + (v6 ? 24 : 16), from, v6 ? 16 : 4);
	if (v6) {
		dst[4] = dst[5] = 0;
	} else {
		dst[2] = (uint8_t)((n + head) >> 8);
		dst[3] = (uint8_t)(n + head);
	}
	return n + head;
}

/* The first byte says what the rest is: a packet of one of three ethertypes, or
 * changes to an answer. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const unsigned ethertype[] = { PACKET_ETH_IPV4, PACKET_ETH_IPV6,
	    PACKET_ETH_ARP };
	uint8_t dst[FRAME_MAX];
	struct buf err = { 0 };
	size_t i, len;
	unsigned how, types;

	if (params.payloads == NULL) {
		if (payloads_parse(&payloads, str_of(payload_text), "p",
		    &err) == -1)
			abort();
		params.payloads = &payloads;
	}
	if (n < 2)
		return 0;
	how = data[0];
	params.nsports = how & 0x80 ? 1 : SCAN_SPORTS;
	if ((how & 3) < 3) {
		judge(ethertype[how & 3], data + 1, n - 1);
		return 0;
	}
	for (types = 0; scan_types[types] != NULL; types++)
		;
	len = answer(dst, data[1] % types, how & 4, how >> 3 & 7,
	    !(how & 0x40));
	if (how & 0x40 && len > 0)
		len = quote(dst, len, how & 4);
	for (i = 0; i < len && i + 2 < n; i++)
		dst[i] ^= data[i + 2];
	judge(how & 4 ? PACKET_ETH_IPV6 : PACKET_ETH_IPV4, dst, len);
	return 0;
}
