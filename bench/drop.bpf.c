/* Drops every frame. */
#include <linux/bpf.h>

struct xdp_md;
int	drop(struct xdp_md *);

__attribute__((section("xdp"), used)) int
drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}
