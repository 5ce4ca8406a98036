#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/starttls.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const names[] = {
	"smtp", "lmtp", "imap", "pop3", "ftp", "nntp", "sieve", "ldap",
	"xmpp-client", "xmpp-server", "postgres", "mysql", "rdp"
};

/* The first byte picks the protocol and the exchange; what was decided stays, as
 * more comes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct starttls *d;
	const struct starttls_step *s;
	enum starttls_got got = STARTTLS_MORE, more;
	struct buf b = { 0 };
	uint8_t *part;

	if (n == 0)
		return 0;
	d = starttls_find(names[data[0] % 13]);
	s = &d->step[data[0] / 13 % STARTTLS_STEPS];
	data++, n--;
	starttls_say(s, (struct str){ (const char *)data, n }, &b);
	buf_release(&b);
	if (s->hear == NULL)
		return 0;
	for (size_t k = 0; k <= n && k < 600; k++) {
		part = malloc(k > 0 ? k : 1);
		assert(part != NULL);
		if (k > 0)
			memcpy(part, data, k);
		more = s->hear(s, (struct str){ (const char *)part, k });
		assert(more <= STARTTLS_NO);
		/* a text may go on behind what decided, and say more */
		if (got == STARTTLS_NO && s->want == NULL)
			assert(more == STARTTLS_NO);
		got = more;
		free(part);
	}
	return 0;
}
