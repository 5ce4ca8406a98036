/* naabu -json and tlsx -json of ProjectDiscovery, an object a line. */
#include "meaning/foreign_priv.h"

#include "base/clock.h"
#include "base/date.h"
#include "meaning/record_priv.h"

/* The name that was asked for, when it was not the address itself. */
static void
set_host(struct foreign *in)
{
	struct str host = foreign_member(in, "host");

	if (!str_eq(host, foreign_member(in, "ip")))
		foreign_field(in, "host", host);
}

static void
naabu_line(struct foreign *in, struct str line)
{
	struct str port, proto;

	if (str_trim(line).n == 0 || !foreign_object(in, line))
		return;
	port = foreign_member(in, "port");
	proto = foreign_member(in, "protocol");
	if (port.n == 0)		/* before version 2.1 */
		port = foreign_member(in, "port.Port");
	if (proto.n == 0)
		proto = foreign_member(in, "port.Protocol");
	if (proto.n == 0 || str_is(proto, "0"))
		proto = STR("tcp");
	if (str_is(proto, "1"))
		proto = STR("udp");
	if (!foreign_begin(in, foreign_member(in, "ip"), port, proto,
	    STR("open")))
		return;
	set_host(in);
	foreign_time(in, foreign_member(in, "timestamp"));
	if (str_is(foreign_member(in, "tls"), "true"))
		rec_set(&in->r, "tunnel", STR("ssl"));
	foreign_put(in);
}

const struct foreign_format foreign_naabu = {
	.name = "naabu",
	.about = "naabu -json",
	.line = naabu_line,
};

/* Dates are numbers in our records, and nested names have one '_'. */
static bool
set_renamed(struct foreign *in, struct str key, struct str val)
{
	static const char *const name[][2] = {
		{ "fingerprint_hash.md5", "fingerprint_md5" },
		{ "fingerprint_hash.sha1", "fingerprint_sha1" },
		{ "fingerprint_hash.sha256", "fingerprint_sha256" },
	};
	uint64_t ns;
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		if (str_is(key, name[i][0])) {
			rec_set(&in->r, name[i][1], val);
			return true;
		}
	if ((!str_is(key, "not_before") && !str_is(key, "not_after")) ||
	    date_scan_iso(val.p, val.n, &ns) != val.n)
		return false;
	rec_set_u64(&in->r, str_is(key, "not_after") ? "not_after" :
	    "not_before", ns / NS_PER_S);
	return true;
}

/* What tlsx says beyond address and port keeps tlsx's other names. */
static void
set_others(struct foreign *in)
{
	static const char *const placed[] = {
		"host", "timestamp", "probe_status", "tls_connection",
	};
	const struct rec_pair *p;
	size_t i, k;

	for (i = 0; i < in->object.npair; i++) {
		p = &in->object.pair[i];
		for (k = 0; k < sizeof(placed) / sizeof(placed[0]); k++)
			if (str_is(p->key, placed[k]))
				break;
		if (k == sizeof(placed) / sizeof(placed[0]) && p->val.n > 0 &&
		    !set_renamed(in, p->key, p->val))
			rec_push(&in->r, p->key, p->val, p->bare);
	}
}

static void
tlsx_line(struct foreign *in, struct str line)
{
	struct str status;
	bool failed;

	if (str_trim(line).n == 0 || !foreign_object(in, line))
		return;
	status = foreign_member(in, "probe_status");
	failed = str_is(status, "false");
	/* a handshake that failed does not say whether the port is open */
	if (!foreign_begin(in, foreign_member(in, "ip"),
	    foreign_member(in, "port"), STR("tcp"), failed ? STR_NONE :
	    STR("open")))
		return;
	set_host(in);
	foreign_time(in, foreign_member(in, "timestamp"));
	if (!failed)
		rec_set(&in->r, "tunnel", STR("ssl"));
	set_others(in);
	foreign_put(in);
}

const struct foreign_format foreign_tlsx = {
	.name = "tlsx",
	.about = "tlsx -json",
	.line = tlsx_line,
};
