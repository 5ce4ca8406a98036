/* prt-connect: the TCP connect scan, which needs no privilege. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/opt.h"
#include "meaning/portspec.h"
#include "pure/seed.h"
#include "pure/timing.h"
#include "scan.h"
#include "world/share.h"

#define UNSET	UINT64_MAX

static struct {
	const char		*ports;
	const struct timing	*timing;
	uint64_t		 timeout, retries, rate, parallel;
	struct sock_local	 local;
	struct shard		 shard;
	const char		*seed;
	bool			 open, all, json, progress, strict, reserved, ping, in_order;
} opt = {
	.timing = &timing_table[TIMING_DEFAULT],
	.retries = UNSET,
	.rate = UNSET,
	.shard = { 1, 1 },
};

static uint64_t max_rtt, delay, host_timeout;

static int
set_shard(void *dst, const char *value)
{
	struct shard *s = dst;
	size_t n = strlen(value), at;

	at = num_scan_u64(value, n, &s->i);
	if (at == 0 || value[at] != '/' ||
	    num_parse(value + at + 1, 1, UINT32_MAX, &s->k) == -1 ||
	    s->i < 1 || s->i > s->k) {
		msg_warn("--shard wants i/n with i from 1 to n, such as 1/4, "
		    "not '%s'", value);
		return -1;
	}
	return 0;
}

static const struct opt options[] = {
	{ .kind = OPT_GROUP, .help = "What is scanned" },
	{ .kind = OPT_STRING, .sh = 'p', .lng = "ports", .arg = "PORTS",
	    .help = "ports of targets that name none (top:1000)",
	    .dst = &opt.ports },
	{ .kind = OPT_FLAG, .lng = "ping",
	    .help = "only find out which hosts are up, by ports 80 and 443",
	    .dst = &opt.ping },
	{ .kind = OPT_CALL, .lng = "shard", .arg = "I/N",
	    .help = "only the I-th of N parts of the probes",
	    .dst = &opt.shard, .set = set_shard },
	{ .kind = OPT_STRING, .lng = "seed", .arg = "TEXT",
	    .help = "fixes the random order", .dst = &opt.seed },
	{ .kind = OPT_FLAG, .lng = "in-order",
	    .help = "host after host and port after port, not at random",
	    .dst = &opt.in_order },
	{ .kind = OPT_FLAG, .lng = "allow-reserved",
	    .help = "scan reserved, multicast and broadcast addresses",
	    .dst = &opt.reserved },
	{ .kind = OPT_GROUP, .help = "How fast" },
	{ .kind = OPT_READ, .sh = 'T', .lng = "timing", .arg = "0-5",
	    .help = "timing template, as nmap's (3)", .dst = &opt.timing,
	    .read = timing_read },
	{ .kind = OPT_DURATION, .lng = "delay", .arg = "TIME",
	    .help = "so much time between two packets, to whomever (by -T)",
	    .dst = &delay, .lo = NS_PER_US },
	{ .kind = OPT_DURATION, .lng = "max-rtt", .arg = "TIME",
	    .help = "no timeout is longer than this (by -T)",
	    .dst = &max_rtt, .lo = NS_PER_MS },
	{ .kind = OPT_DURATION, .lng = "host-timeout", .arg = "TIME",
	    .help = "give up hosts that take longer (none)",
	    .dst = &host_timeout, .lo = NS_PER_MS },
	{ .kind = OPT_COUNT, .lng = "rate", .arg = "N",
	    .help = "attempts a second, 0 for no bound (by -T)",
	    .dst = &opt.rate },
	{ .kind = OPT_NUMBER, .lng = "parallel", .arg = "N",
	    .help = "connects at once (as many as files allow)",
	    .dst = &opt.parallel, .lo = 1, .hi = 1000000 },
	{ .kind = OPT_DURATION, .lng = "timeout", .arg = "TIME",
	    .help = "wait so long for each attempt (by round-trip time)",
	    .dst = &opt.timeout, .lo = NS_PER_MS },
	{ .kind = OPT_NUMBER, .lng = "retries", .arg = "N",
	    .help = "try a silent port N times again (by -T)",
	    .dst = &opt.retries, .hi = 100 },
	{ .kind = OPT_GROUP, .help = "From where" },
	{ .kind = OPT_READ, .sh = 'S', .lng = "source", .arg = "ADDR",
	    .help = "source address; once for each of IPv4 and IPv6",
	    .dst = &opt.local, .read = sock_read_source },
	{ .kind = OPT_STRING, .sh = 'i', .lng = "interface", .arg = "NAME",
	    .help = "network interface", .dst = &opt.local.ifname },
	{ .kind = OPT_GROUP, .help = "Output" },
	{ .kind = OPT_FLAG, .lng = "open", .help = "report open ports only",
	    .dst = &opt.open },
	{ .kind = OPT_FLAG, .lng = "all",
	    .help = "report filtered ports, too",
	    .dst = &opt.all },
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
	.name = "prt-connect",
	.synopsis = "[OPTION]... < TARGETS",
	.about = "Scans TCP ports with connect(), which needs no privilege: "
	    "target records in, result records out.",
	.opts = options,
	.fields = rec_fields_put,
};

/* Reads -p, with the names and ranks of share/ports when it uses any: an exit
 * status. */
static int
read_ports(struct portset *dst)
{
	struct portspec spec = { 0 };
	struct portspec_error err;
	struct ports names = { 0 };
	struct buf text = { 0 };
	struct buf why = { 0 };
	int status = PRT_FAILED;

	if (portspec_wants_ports(opt.ports) &&
	    share_ports(&names, &text, &why) == -1) {
		msg_warn("%.*s", STR_ARG(buf_view(&why)));
		goto out;
	}
	status = PRT_USAGE;
	if (portspec_parse(&spec, opt.ports, PORTSPEC_TCP, &names,
	    &err) == -1) {
		msg_warn("-p %s: '%.*s': %s", opt.ports, (int)err.n,
		    opt.ports + err.at, err.what);
		goto out;
	}
	if (spec.set[PORTS_TCP].n == 0) {
		msg_warn("-p %s: no TCP port is left, and prt-connect scans "
		    "TCP only", opt.ports);
		goto out;
	}
	if (portset_union(dst, &spec.set[PORTS_TCP]) == 0)
		status = PRT_OK;
	else
		msg_warn("out of memory");
out:
	buf_release(&why);
	portspec_release(&spec);
	ports_release(&names);
	buf_release(&text);
	return status;
}

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

static void
set_timing_conf(struct connect_conf *c)
{
	struct timing t = *opt.timing;

	if (max_rtt != 0)
		timing_bound(&t, max_rtt);
	if (delay != 0)
		timing_delay(&t, delay);
	connect_set_timing(c, &t, (unsigned)opt.parallel);
	if (opt.parallel != 0)
		c->parallel = (unsigned)opt.parallel;
	c->timeout = opt.timeout;
	c->retries_fixed = opt.retries != UNSET;
	if (c->retries_fixed)
		c->retries = (unsigned)opt.retries;
	if (opt.rate != UNSET) {
		c->pps = (double)opt.rate;
		c->pps_loopback = true;
	}
}

static int
configure(struct scan_conf *c)
{
	int status;

	set_timing_conf(&c->connect);
	c->shard = opt.shard;
	c->whole = opt.shard.k > 1;
	c->show = opt.open ? SHOW_OPEN : opt.all ? SHOW_ALL : SHOW_FOUND;
	c->format = opt.json ? REC_NDJSON : REC_TSV;
	c->ping = opt.ping;
	c->host_timeout = host_timeout;
	c->in_order = opt.in_order;
	c->progress = opt.progress;
	c->strict = opt.strict;
	if (opt.seed != NULL)
		seed_key(c->key, opt.seed, strlen(opt.seed));
	else if (random_bytes(c->key, sizeof(c->key)) == -1) {
		msg_warn("no random numbers: %s", strerror(errno));
		return PRT_FAILED;
	}
	if ((status = read_ports(&c->ports)) != PRT_OK)
		return status;
	return prepare(&c->refused, &c->connect.local);
}

int
main(int argc, char **argv)
{
	struct scan_conf conf = { .progress = false };
	int first, status;

	msg_init(argv[0]);
	signal(SIGPIPE, SIG_IGN);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (first < argc) {
		msg_warn("'%s': targets come on stdin: prt-targets %s | %s",
		    argv[first], argv[first], msg_name());
		return PRT_USAGE;
	}
	if (opt.open && opt.all) {
		msg_warn("--open and --all exclude each other");
		return PRT_USAGE;
	}
	if (opt.ping && opt.shard.k > 1) {
		msg_warn("--ping and --shard exclude each other: "
		    "'prt-targets --shard' divides hosts");
		return PRT_USAGE;
	}
	if (opt.ping && host_timeout != 0) {
		msg_warn("--ping and --host-timeout exclude each other: only "
		    "the ports of a host take their time");
		return PRT_USAGE;
	}
	if (opt.in_order && opt.shard.k > 1) {
		msg_warn("--in-order and --shard exclude each other: the parts "
		    "of a scan are of its random order");
		return PRT_USAGE;
	}
	if (opt.ports == NULL)
		opt.ports = opt.ping ? "80,443" : "top:1000";
	/* Shards are of one whole only when all of them have one order. */
	if (opt.shard.k > 1 && opt.seed == NULL)
		opt.seed = "";
	status = configure(&conf);
	if (status == PRT_OK)
		status = scan_run(&conf);
	portset_release(&conf.ports);
	rangeset_release(&conf.refused);
	return status;
}
