/* prt-tls: the certificates of open ports, and how they speak TLS. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/opt.h"
#include "pure/timing.h"
#include "serve.h"
#include "world/share.h"

#define PARALLEL	1000
#define PER_HOST	64
#define TIMEOUT_NS	(10 * (uint64_t)NS_PER_S)
#define MOST		(128 * 1024)

static struct {
	const struct timing	*timing;
	uint64_t		 host_timeout;	/* ns, 0: none */
	uint64_t		 parallel, per_host, timeout, most, soon;
	struct sock_local	 local;
	const char		*ca;
	const struct starttls	*dialect;
	bool			 versions, ciphers, jarm, dtls, full, verify, json, progress,
				 strict, reserved;
} opt = {
	.timing = &timing_table[TIMING_DEFAULT],
	.parallel = PARALLEL,
	.per_host = PER_HOST,
	.timeout = TIMEOUT_NS,
	.most = MOST,
};

/* "30d", or what every duration looks like. */
static int
set_soon(void *dst, const char *value)
{
	size_t n = strlen(value), k;
	uint64_t days;

	k = num_scan_u64(value, n, &days);
	if (k > 0 && k + 1 == n && value[k] == 'd' && days < 36500) {
		*(uint64_t *)dst = days * 86400 * NS_PER_S;
		return 0;
	}
	if (num_parse_duration(value, dst) == 0)
		return 0;
	msg_warn("--expiring wants a time, such as 30d or 12h, not '%s'", value);
	return -1;
}

static int
set_dialect(void *dst, const char *value)
{
	const struct starttls *d = starttls_find(value);
	struct buf names = { 0 };

	if (d == NULL) {
		starttls_names(&names);
		msg_warn("--starttls wants one of %.*s, not '%s'",
		    STR_ARG(buf_view(&names)), value);
		buf_release(&names);
		return -1;
	}
	*(const struct starttls **)dst = d;
	return 0;
}

static int
set_ca(void *dst, const char *value)
{
	*(const char **)dst = value;
	opt.verify = true;
	return 0;
}

static const struct opt options[] = {
	{ .kind = OPT_GROUP, .help = "What is asked" },
	{ .kind = OPT_FLAG, .lng = "full",
	    .help = "whole handshakes, by the newest version of both",
	    .dst = &opt.full },
	{ .kind = OPT_FLAG, .lng = "version-enum",
	    .help = "find all versions that a server has",
	    .dst = &opt.versions },
	{ .kind = OPT_FLAG, .lng = "cipher-enum",
	    .help = "find all cipher suites of all versions",
	    .dst = &opt.ciphers },
	{ .kind = OPT_FLAG, .lng = "dtls",
	    .help = "ask UDP ports by DTLS, all of them (by service=)",
	    .dst = &opt.dtls },
	{ .kind = OPT_FLAG, .lng = "jarm",
	    .help = "fingerprint the server by JARM's ten hellos",
	    .dst = &opt.jarm },
	{ .kind = OPT_CALL, .lng = "starttls", .arg = "NAME",
	    .help = "speak this first: smtp, imap, ... (by service= or port)",
	    .dst = &opt.dialect, .set = set_dialect },
	{ .kind = OPT_FLAG, .lng = "allow-reserved",
	    .help = "ask reserved, multicast and broadcast addresses",
	    .dst = &opt.reserved },
	{ .kind = OPT_GROUP, .help = "How certificates are judged" },
	{ .kind = OPT_FLAG, .lng = "verify",
	    .help = "verify chains up to the authorities of this machine",
	    .dst = &opt.verify },
	{ .kind = OPT_CALL, .lng = "ca", .arg = "FILE",
	    .help = "verify chains up to the authorities in FILE (PEM)",
	    .dst = &opt.ca, .set = set_ca },
	{ .kind = OPT_CALL, .lng = "expiring", .arg = "TIME",
	    .help = "an issue when it expires within TIME, such as 30d",
	    .dst = &opt.soon, .set = set_soon },
	{ .kind = OPT_GROUP, .help = "How fast" },
	{ .kind = OPT_READ, .sh = 'T', .lng = "timing", .arg = "0-5",
	    .help = "timing template, as nmap's (3)", .dst = &opt.timing,
	    .read = timing_read },
	{ .kind = OPT_NUMBER, .lng = "parallel", .arg = "N",
	    .help = "conversations at once (1000)",
	    .dst = &opt.parallel, .lo = 1, .hi = 1000000 },
	{ .kind = OPT_NUMBER, .lng = "per-host", .arg = "N",
	    .help = "conversations with one host at once (64)",
	    .dst = &opt.per_host, .lo = 1, .hi = 1000000 },
	{ .kind = OPT_DURATION, .lng = "host-timeout", .arg = "TIME",
	    .help = "give up hosts that take longer (none)",
	    .dst = &opt.host_timeout, .lo = NS_PER_MS },
	{ .kind = OPT_DURATION, .lng = "timeout", .arg = "TIME",
	    .help = "at most so long for a port (10s)",
	    .dst = &opt.timeout, .lo = NS_PER_MS },
	{ .kind = OPT_NUMBER, .lng = "max-bytes", .arg = "N",
	    .help = "at most so many bytes of an answer (131072)",
	    .dst = &opt.most, .lo = 256, .hi = 1 << 24 },
	{ .kind = OPT_GROUP, .help = "From where" },
	{ .kind = OPT_READ, .sh = 'S', .lng = "source", .arg = "ADDR",
	    .help = "source address; once for each of IPv4 and IPv6",
	    .dst = &opt.local, .read = sock_read_source },
	{ .kind = OPT_STRING, .sh = 'i', .lng = "interface", .arg = "NAME",
	    .help = "network interface", .dst = &opt.local.ifname },
	{ .kind = OPT_GROUP, .help = "Output" },
	{ .kind = OPT_FLAG, .sh = 'j', .lng = "json",
	    .help = "write NDJSON", .dst = &opt.json },
	{ .kind = OPT_FLAG, .lng = "progress",
	    .help = "show progress even when stderr is no terminal",
	    .dst = &opt.progress },
	{ .kind = OPT_FLAG, .lng = "strict",
	    .help = "stop at the first bad input line", .dst = &opt.strict },
	{ .kind = OPT_GROUP },
};

static const struct opt_prog prog = {
	.name = "prt-tls",
	.synopsis = "[OPTION]... < RECORDS",
	.about = "Finds out how open ports speak TLS: result records in, the same "
	    "with version, cipher and certificate out.",
	.opts = options,
	.fields = rec_fields_put,
};

/* What has to be read and tried before anything is given up: an exit status. */
static int
prepare(struct rangeset *refused, struct sock_local *local)
{
	struct buf err = { 0 };
	int status = PRT_OK;

	if ((!opt.reserved && share_reserved(refused, &err) == -1) ||
	    sock_check_local(&opt.local, &err) == -1) {
		status = errno == EPERM ? PRT_NOPRIV : PRT_FAILED;
		msg_warn("%.*s", STR_ARG(buf_view(&err)));
	}
	*local = opt.local;
	buf_release(&err);
	return status;
}

int
main(int argc, char **argv)
{
	struct serve_conf c = { 0 };
	int first, status;

	msg_init(argv[0]);
	signal(SIGPIPE, SIG_IGN);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (first < argc) {
		msg_warn("'%s': records come on stdin: prt-targets %s -p 443 | "
		    "%s", argv[first], argv[first], msg_name());
		return PRT_USAGE;
	}
	c = (struct serve_conf){ .timeout = opt.timeout, .most = opt.most,
	    .soon = opt.soon, .ca = opt.ca, .dialect = opt.dialect,
	    .verify = opt.verify, .full = opt.full,
	    .run = { .progress = opt.progress, .strict = opt.strict,
	    .host_timeout = opt.host_timeout,
	    .format = opt.json ? REC_NDJSON : REC_TSV } };
	c.dtls = opt.dtls;
	c.more.jarm = opt.jarm;
	c.more.enumerate = opt.ciphers ? ENUM_OF_CIPHERS :
	    opt.versions ? ENUM_OF_VERSIONS : ENUM_NOTHING;
	connect_set_timing(&c.prober.connect, opt.timing,
	    (unsigned)opt.parallel);
	c.prober.connect.parallel = prober_places(c.prober.connect.parallel);
	c.run.parallel = c.prober.connect.parallel;
	c.prober.per_host = (unsigned)opt.per_host;
	if ((status = prepare(&c.run.refused, &c.prober.connect.local)) == PRT_OK)
		status = serve_run(&c);
	rangeset_release(&c.run.refused);
	return status;
}
