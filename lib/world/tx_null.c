/* Sends nothing and says it did: for dry runs. */
#include "world/tx.h"

static int
null_open(void **state, const struct tx_setup *s)
{
	(void)s;
	*state = NULL;
	return 0;
}

static bool
null_takes(void *state, const struct tx_path *p)
{
	(void)state;
	(void)p;
	return true;
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
	.about = "makes the packets and sends none; with --dry-run",
	.dry = true,
	.open = null_open,
	.takes = null_takes,
	.send = null_send,
	.close = null_close,
};
