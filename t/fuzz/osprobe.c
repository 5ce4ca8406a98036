#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/osprobe.h"
#include "pure/addr.h"
#include "pure/wire.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const struct osprobe_host host4 = { .key = { 1, 2 },
	.src = ADDR_V4(0xc6120001), .dst = ADDR_V4(0xc6120002), .open = 80,
	.closed = 81, .udp = 33000, .distance = -1 };

static size_t
begin(struct osprobe_state *st, uint8_t how)
{
	unsigned p, t;

	memset(st, 0, sizeof(*st));
	st->host = host4;
	st->host.closed_guess = how & 2;
	st->host.distance = (how >> 2 & 3) - 1;
	if (how & 1) {
		st->host.src = (u128)0x20010db8u << 96 | 1;
		st->host.dst = st->host.src + 1;
	}
	for (t = 0; t < OSPROBE_TRIES; t++)
		for (p = 0; p < OSPROBE_N; p++)
			osprobe_sent(st, p, 1000000000 + t * 1000000000u +
			    p * 100000000u);
	return how & 1 ? 40 : 20;
}

/* What nobody else could have: addresses, ports and numbers of a probe, so that
 * the rest of a made-up answer is looked at too. */
static void
plant(const struct osprobe_state *st, uint8_t what, uint8_t *p, size_t n,
    size_t head)
{
	uint8_t q[OSPROBE_MAX];
	size_t nq = osprobe_make(&st->host, what % OSPROBE_N,
	    what / OSPROBE_N % OSPROBE_TRIES, q), half = head == 20 ? 4 : 16;
	struct rd seq;

	if (n < head + 20 || nq < head + 20)
		return;
	memcpy(p + head - 2 * half, q + head - half, half);
	memcpy(p + head - half, q + head - 2 * half, half);
	p[0] = head == 20 ? 0x45 : 0x60;
	if (head == 20)
		p[6] = p[7] = 0;
	if (what & 0x80) {	/* an error that quotes it */
		p[head == 20 ? 9 : 6] = head == 20 ? 1 : 58;
		p[head] = head == 20 ? 3 : 1;
		p[head + 1] = head == 20 ? 3 : 4;
		memcpy(p + head + 8, q, nq < n - head - 8 ? nq : n - head - 8);
		return;
	}
	p[head == 20 ? 9 : 6] = q[head == 20 ? 9 : 6];
	if (q[head == 20 ? 9 : 6] != 6) {
		memcpy(p + head + 4, q + head + 4, 4);
		p[head] = head == 20 ? 0 : 129;
		return;
	}
	memcpy(p + head, q + head + 2, 2);
	memcpy(p + head + 2, q + head, 2);
	seq = rd_of(q + head + 4, 4);
	wr_be32(p + head + 8, rd_be32(&seq) + 1);
}

/* A byte of ways, then packets: a byte of what is planted, two of length, and the
 * packet. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct osprobe_state st;
	static struct osfp fp, again;
	struct osprobe_facts facts;
	struct buf text = { 0 };
	struct rd r = rd_of(data, size);
	uint64_t now = 1050000000;
	size_t head = begin(&st, rd_u8(&r)), n;
	const uint8_t *from;
	uint8_t what, *p;
	unsigned try;
	int probe;

	while (r.n > 3) {
		what = rd_u8(&r);
		n = rd_be16(&r) % 700;
		n = n < r.n ? n : r.n;
		from = rd_bytes(&r, n);
		/* to its very size, so that reading over the end shows */
		p = malloc(n > 0 ? n : 1);
		assert(p != NULL && from != NULL);
		memcpy(p, from, n);
		if (what != 0xff)
			plant(&st, what, p, n, head);
		probe = osprobe_take(&st, p, n, now, &try);
		assert(probe >= -1 && probe < OSPROBE_N);
		assert(probe == -1 || (try < OSPROBE_TRIES &&
		    osprobe_answered(&st, probe)));
		now += 7000000;
		free(p);
	}
	osprobe_read(&st, &fp, &facts);
	assert(facts.answered <= facts.asked && facts.distance <= 64);
	assert(facts.uptime >= 0);
	/* every value is one that the text can hold */
	osfp_fmt(&fp, OSFP_JOINED, &text);
	assert(!text.oom);
	assert(osfp_parse(&again, buf_view(&text), NULL) == 0);
	buf_release(&text);
	return 0;
}
