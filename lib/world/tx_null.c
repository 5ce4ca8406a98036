/* Sends nothing and says it did: for dry runs. */
#include "world/tx.h"

static int
null_open(void **state)
{
	*state = NULL;
	return 0;
}

static size_t
null_send(void *state, struct tx_frame *const *f, size_t n)
{
	(void)state;
	(void)f;
	return n;
}

static void
null_close(void *state)
{
	(void)state;
}

const struct tx_backend tx_null = {
	.name = "null",
	.dry = true,
	.takes = { true, true, true },
	.open = null_open,
	.send = null_send,
	.close = null_close,
};
