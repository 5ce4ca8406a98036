/* Addresses and ranges: what is read is written so that it is read again. */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pure/addr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(int truth)
{
	if (!truth)
		abort();
}

/* The whole text is an address exactly when inet_pton() says so. */
static void
as_the_c_library(const char *p, size_t n, size_t k, u128 a)
{
	char z[64];
	uint8_t b[16];
	struct in_addr v4;

	if (n == 0 || n >= sizeof(z) || memchr(p, '\0', n) != NULL)
		return;
	memcpy(z, p, n);
	z[n] = '\0';
	if (inet_pton(AF_INET, z, &v4) == 1)
		must(k == n && a == ADDR_V4(ntohl(v4.s_addr)));
	else if (inet_pton(AF_INET6, z, b) == 1)
		must(k == n && a == addr_from16(b));
	else
		must(k != n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *p = (const char *)data;
	char text[ADDR_RANGE_FMT];
	u128 a = 0, b = 0, a2, b2;
	size_t k = addr_scan(p, n, &a);

	must(k <= n);
	as_the_c_library(p, n, k, a);
	if (k > 0) {
		k = addr_fmt(text, a);
		must(k <= ADDR_FMT);
		must(addr_scan(text, k, &a2) == k && a2 == a);
	}
	if (addr_range_parse(p, n, &a, &b) == -1)
		return 0;
	must(a <= b);
	/* one that spans the IPv4-mapped space has no text of its own */
	if (addr_is4(a) != addr_is4(b))
		return 0;
	k = addr_range_fmt(text, a, b);
	must(k <= ADDR_RANGE_FMT);
	must(addr_range_parse(text, k, &a2, &b2) == 0);
	must(a == a2 && b == b2);
	return 0;
}
