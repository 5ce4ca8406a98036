#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "meaning/payload.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const uint8_t cookie[PAYLOAD_COOKIE] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
};

/* What was read can be sent and looked for in any answer. */
static void
use(const struct payloads *ps, const uint8_t *answer, size_t n)
{
	uint8_t dst[PAYLOAD_MAX];
	struct payload_list l;
	size_t i;
	uint32_t port;

	for (port = 0; port < 65536; port += 3855) {
		l = payloads_for(ps, (uint16_t)port);
		assert(l.n >= 1 && l.n <= PAYLOADS_PORT);
		payloads_prove(ps, (uint16_t)port, answer, n, cookie);
	}
	for (i = 0; i < ps->n; i++) {
		assert(ps->v[i].n <= PAYLOAD_MAX && ps->v[i].ports.n > 0);
		assert(strlen(ps->v[i].name) <= PAYLOAD_NAME);
		payload_put(&ps->v[i], dst, cookie);
		payload_prove(&ps->v[i], answer, n, cookie);
		/* An echo server's answer proves what it repeats in place. */
		if (ps->v[i].echo_at == PAYLOAD_ECHO_ANY)
			assert(payload_prove(&ps->v[i], dst, ps->v[i].n,
			    cookie) == PAYLOAD_PROVEN);
	}
}

/* The first NUL byte splits the input into two texts. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str rest = { (const char *)data, n };
	struct str text[2] = { str_cut(&rest, '\0'), rest };
	struct payloads ps = { 0 };
	struct buf err = { 0 };
	size_t i, had;

	for (i = 0; i < 2; i++) {
		err.n = 0;
		had = ps.n;
		if (payloads_parse(&ps, text[i], "fuzz", &err) == -1) {
			assert(err.n > 0 && ps.n == had);
			assert(memchr(err.p, '\n', err.n) == NULL);
		} else
			assert(err.n == 0);
	}
	use(&ps, data, n);
	payloads_release(&ps);
	buf_release(&err);
	return 0;
}
