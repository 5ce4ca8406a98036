/* Packets go to a capture file and not out: for dry runs. Their time is zero,
 * so that a seed gives the same file every time. */
#include "world/tx.h"

#include <errno.h>

static int
pcap_open(void **state, const struct tx_setup *s)
{
	if (s->pcap == NULL) {
		errno = EINVAL;
		return -1;
	}
	*state = s->pcap;
	return 0;
}

static bool
pcap_takes(void *state, const struct tx_path *p)
{
	(void)state;
	(void)p;
	return true;
}

static size_t
pcap_send(void *state, struct tx_frame *const *f, size_t n)
{
	struct pcapfile_packet p = { .outgoing = true };
	size_t i;

	for (i = 0; i < n; i++) {
		p.p = f[i]->p;
		p.n = p.len = f[i]->n;
		p.ethertype = f[i]->path.ethertype;
		if (pcapfile_put(state, &p) == -1)
			break;
	}
	return i;
}

/* The file is its opener's. */
static void
pcap_close(void *state)
{
	(void)state;
}

const struct tx_backend tx_pcap = {
	.name = "pcap",
	.about = "writes the packets to the file of --pcap; with --dry-run",
	.dry = true,
	.open = pcap_open,
	.takes = pcap_takes,
	.send = pcap_send,
	.close = pcap_close,
};
