/* Any TCP flags, "flags:SA": judged as a SYN scan, as nmap does. */
#include "meaning/scan.h"

static enum scan_match
judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	return scan_syn.judge(t, sp, p, v);
}

const struct scan_type scan_flags = {
	.name = "flags",
	.about = "TCP with the flags named, letters of SAFRPUEC (flags:SF)",
	.salt = 8,
	.proto = SCAN_TCP,
	.ports = true,
	.v4 = true,
	.v6 = true,
	.silent_state = "filtered",
	.prepare = scan_tcp_prepare,
	.fill = scan_tcp_fill,
	.judge = judge,
};
