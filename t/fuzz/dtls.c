#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/dtls.h"

#define MOST	2048

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Datagrams, each behind its length in two bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dtls_in in = { .tls.most = MOST };
	uint8_t *d;
	size_t k;

	while (n >= 2) {
		k = (size_t)data[0] << 8 | data[1];
		data += 2;
		n -= 2;
		k = k < n ? k : n;
		if ((d = malloc(k > 0 ? k : 1)) == NULL)
			break;
		memcpy(d, data, k);
		dtls_in_feed(&in, d, k);
		free(d);
		data += k;
		n -= k;
		assert(in.tls.hs.n <= MOST && in.msg.n <= MOST + 4);
		assert(!in.verify || (in.cookie.n > 0 && in.cookie.n < 256));
		in.verify = false;
	}
	dtls_in_release(&in);
	return 0;
}
