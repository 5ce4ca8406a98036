#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pure/addr.h"
#include "pure/plan.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A small world, in which everything can be counted: 64 addresses, 4 types, 16
 * ports and "no port". */
#define HOSTS	64
#define TYPES	4
#define PORTS	17

static bool	want[HOSTS][TYPES][PORTS];

/* The type 3 has no ports, as a type has them always or never. */
static void
add(struct plan *p, u128 base, const uint8_t *op)
{
	unsigned a = op[0] % HOSTS, b = op[1] % HOSTS, t = op[0] >> 6, i, k;
	unsigned bits = op[2] | (unsigned)op[3] << 8;
	struct portset ps = { 0 };

	if (a > b) {
		k = a;
		a = b;
		b = k;
	}
	if (t == 3)
		bits = 0;
	else if (bits == 0)
		bits = 1;
	for (i = 0; i < 16; i++)
		if (bits >> i & 1)
			assert(portset_add(&ps, (uint16_t)(i * i),
			    (uint16_t)(i * i)) == 0);
	portset_normalise(&ps);
	assert(plan_add(p, base + a, base + b, t, &ps) == 0);
	portset_release(&ps);
	for (i = a; i <= b; i++) {
		if (bits == 0)
			want[i][t][16] = true;
		for (k = 0; k < 16; k++)
			if (bits >> k & 1)
				want[i][t][k] = true;
	}
}

static unsigned
place(uint16_t port, unsigned type)
{
	unsigned i = 0;

	if (type == 3)
		return 16;
	while (i * i < port)
		i++;
	assert(i * i == port && i < 16);
	return i;
}

static uint64_t
count(void)
{
	uint64_t n = 0;
	unsigned i, t, k;

	for (i = 0; i < HOSTS; i++)
		for (t = 0; t < TYPES; t++)
			for (k = 0; k < PORTS; k++)
				n += want[i][t][k];
	return n;
}

static void
check(const struct plan *p, u128 base)
{
	struct plan_probe pr;
	uint64_t i, host;
	uint32_t k;
	u128 a;

	assert(p->n == count());
	for (i = 0; i < p->n; i++) {
		plan_at(p, i, &pr);
		a = pr.addr - base;
		assert(a < HOSTS && pr.type < TYPES);
		assert(want[a][pr.type][place(pr.port, pr.type)]);
		assert(plan_find(p, pr.addr, pr.type, pr.port) == (int64_t)i);
		host = plan_host(p, i, &k);
		assert(host + pr.slot == i && pr.slot < k);
		assert(plan_entry_of(p, pr.addr) != NULL);
	}
	for (i = 0; i < HOSTS; i++)
		for (k = 0; k < TYPES; k++)
			assert((plan_find(p, base + i, k, 81) >= 0) ==
			    want[i][k][9] || k == 3);
	assert(plan_find(p, base - 1, 0, 0) == -1);
}

/* Four bytes an item; the first byte of all says where the world lies. The same
 * items in another order make the same plan. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct plan p = { 0 }, q = { 0 };
	struct plan_probe x, y;
	u128 base;
	uint64_t i;
	size_t at;

	if (n < 1 || n > 4 * 200)
		return 0;
	base = data[0] & 1 ? ADDR_MAX - HOSTS + 1 :
	    data[0] & 2 ? ADDR_V4(0xffffffc0) : ADDR_V4(0x0a000000);
	memset(want, 0, sizeof(want));
	for (at = 1; at + 4 <= n; at += 4)
		add(&p, base, data + at);
	while (at > 1) {
		at -= 4;
		add(&q, base, data + at);
	}
	assert(plan_seal(&p) == 0 && plan_seal(&q) == 0);
	check(&p, base);
	assert(p.n == q.n);
	for (i = 0; i < p.n; i++) {
		plan_at(&p, i, &x);
		plan_at(&q, i, &y);
		assert(x.addr == y.addr && x.type == y.type &&
		    x.port == y.port && x.slot == y.slot);
	}
	plan_release(&p);
	plan_release(&q);
	return 0;
}
