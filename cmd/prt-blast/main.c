/* prt-blast: target records in, probes out, scan records for prt-listen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/opt.h"
#include "blast.h"
#include "meaning/record.h"
#include "meaning/scan.h"
#include "pool.h"
#include "pure/addr.h"
#include "world/tx.h"

static struct config cfg = {
	.types = "syn",
	.retries = UINT64_MAX,
	.shard = 1,
	.shards = 1,
	.ttl = 64,
	.offer = SCAN_OFFER_FULL,
};

static bool list, list_tx;
static uint64_t max_rtt, delay;
static struct timing bounded;

static int
set_shard(void *dst, const char *val)
{
	uint64_t i, n = 0;
	size_t k = num_scan_u64(val, strlen(val), &i), m = 0;

	(void)dst;
	if (k > 0 && val[k] == '/')
		m = num_scan_u64(val + k + 1, strlen(val + k + 1), &n);
	if (m == 0 || val[k + 1 + m] != '\0' || i < 1 || i > n) {
		msg_warn("--shard %s: wants i/n with 1 <= i <= n, such as 1/4",
		    val);
		return -1;
	}
	cfg.shard = i;
	cfg.shards = n;
	return 0;
}

static int
set_source(void *dst, const char *val)
{
	u128 a;

	(void)dst;
	if (addr_scan(val, strlen(val), &a) != strlen(val)) {
		msg_warn("-S %s: wants an IP address (once for IPv4, once for "
		    "IPv6)", val);
		return -1;
	}
	*(addr_is4(a) ? &cfg.src4 : &cfg.src6) = a;
	return 0;
}

static int
set_offer(void *dst, const char *val)
{
	(void)dst;
	if (strcmp(val, "full") != 0 && strcmp(val, "mss") != 0) {
		msg_warn("--tcp-options %s: wants full or mss", val);
		return -1;
	}
	cfg.offer = *val == 'f' ? SCAN_OFFER_FULL : SCAN_OFFER_MSS;
	return 0;
}

static const struct opt opts[] = {
	{ .kind = OPT_GROUP, .help = "What is asked" },
	{ .kind = OPT_STRING, .sh = 's', .lng = "scan", .arg = "TYPE,...",
	    .help = "scan types (syn); --list-types names them",
	    .dst = &cfg.types },
	{ .kind = OPT_STRING, .lng = "ping", .arg = "TYPE[:PORT],...",
	    .help = "what the type ping asks beyond the link",
	    .dst = &cfg.ping },
	{ .kind = OPT_STRING, .sh = 'p', .lng = "ports", .arg = "PORTS",
	    .help = "ports of targets that name none (top:1000)",
	    .dst = &cfg.ports },
	{ .kind = OPT_CALL, .lng = "shard", .arg = "I/N",
	    .help = "the I-th of N exact parts of the scan",
	    .set = set_shard },
	{ .kind = OPT_STRING, .lng = "seed", .arg = "TEXT",
	    .help = "the same order and cookies at every run",
	    .dst = &cfg.seed },
	{ .kind = OPT_FLAG, .lng = "in-order",
	    .help = "host after host and port after port, not at random",
	    .dst = &cfg.in_order },
	{ .kind = OPT_FLAG, .lng = "allow-reserved",
	    .help = "scan reserved addresses too",
	    .dst = &cfg.allow_reserved },
	{ .kind = OPT_GROUP, .help = "How fast" },
	{ .kind = OPT_READ, .sh = 'T', .lng = "timing", .arg = "0..5",
	    .help = "nmap's timing templates (3)", .dst = &cfg.timing,
	    .read = timing_read },
	{ .kind = OPT_DURATION, .lng = "delay", .arg = "TIME",
	    .help = "so much time between two packets, to whomever (by -T)",
	    .dst = &delay, .lo = NS_PER_US },
	{ .kind = OPT_DURATION, .lng = "max-rtt", .arg = "TIME",
	    .help = "no timeout is longer than this (by -T)",
	    .dst = &max_rtt, .lo = NS_PER_MS },
	{ .kind = OPT_DURATION, .lng = "host-timeout", .arg = "TIME",
	    .help = "give up hosts that take longer (none)",
	    .dst = &cfg.host_timeout, .lo = NS_PER_MS },
	{ .kind = OPT_COUNT, .lng = "rate", .arg = "PPS",
	    .help = "at most so many packets a second", .dst = &cfg.rate,
	    .lo = 1, .hi = 100000000 },
	{ .kind = OPT_COUNT, .lng = "min-rate", .arg = "PPS",
	    .help = "at least so many, whatever is lost",
	    .dst = &cfg.min_rate, .lo = 1, .hi = 100000000 },
	{ .kind = OPT_NUMBER, .lng = "retries", .arg = "N",
	    .help = "retransmissions of an unanswered probe",
	    .dst = &cfg.retries, .hi = SCAN_ATTEMPTS - 1 },
	{ .kind = OPT_STRING, .lng = "tx", .arg = "NAME",
	    .help = "how packets are sent (auto); --list-tx names the ways",
	    .dst = &cfg.tx },
	{ .kind = OPT_NUMBER, .lng = "threads", .arg = "N",
	    .help = "threads that send (1; loopback: 2)", .dst = &cfg.threads,
	    .lo = 1, .hi = POOL_MAX },
	{ .kind = OPT_FLAG, .lng = "stateless",
	    .help = "remember no probe: constant memory, no feedback",
	    .dst = &cfg.stateless },
	{ .kind = OPT_GROUP, .help = "From where" },
	{ .kind = OPT_STRING, .sh = 'i', .lng = "interface", .arg = "NAME",
	    .help = "send on this interface", .dst = &cfg.ifname },
	{ .kind = OPT_CALL, .sh = 'S', .lng = "source", .arg = "ADDRESS",
	    .help = "source address (-S twice: IPv4 and IPv6)",
	    .set = set_source },
	{ .kind = OPT_NUMBER, .sh = 'g', .lng = "source-port", .arg = "PORT",
	    .help = "one source port instead of a range",
	    .dst = &cfg.sport, .lo = 1, .hi = 65535 },
	{ .kind = OPT_NUMBER, .lng = "ttl", .arg = "N",
	    .help = "time to live, hop limit (64)", .dst = &cfg.ttl, .lo = 1,
	    .hi = 255 },
	{ .kind = OPT_CALL, .lng = "tcp-options", .arg = "full|mss",
	    .help = "what a SYN offers (full): the more, the more the answer "
	    "tells", .set = set_offer },
	{ .kind = OPT_GROUP, .help = "Output" },
	{ .kind = OPT_FLAG, .lng = "neighbours",
	    .help = "report hosts on the link that answer for their address",
	    .dst = &cfg.neighbours },
	{ .kind = OPT_FLAG, .lng = "dry-run",
	    .help = "print what would be sent, send nothing",
	    .dst = &cfg.dry_run },
	{ .kind = OPT_STRING, .lng = "pcap", .arg = "FILE",
	    .help = "write what is sent to a capture file",
	    .dst = &cfg.pcap },
	{ .kind = OPT_STRING, .lng = "checkpoint", .arg = "FILE",
	    .help = "keep where the scan has come, for --resume",
	    .dst = &cfg.checkpoint },
	{ .kind = OPT_STRING, .lng = "resume", .arg = "FILE",
	    .help = "go on with a scan that was stopped or killed",
	    .dst = &cfg.resume },
	{ .kind = OPT_FLAG, .lng = "trace",
	    .help = "print each packet to standard error",
	    .dst = &cfg.trace },
	{ .kind = OPT_FLAG, .sh = 'j', .lng = "json",
	    .help = "write NDJSON", .dst = &cfg.json },
	{ .kind = OPT_FLAG, .lng = "progress",
	    .help = "show progress even if stderr is no terminal",
	    .dst = &cfg.progress },
	{ .kind = OPT_FLAG, .lng = "strict",
	    .help = "stop at the first bad input line", .dst = &cfg.strict },
	{ .kind = OPT_FLAG, .lng = "list-types",
	    .help = "print the scan types", .dst = &list },
	{ .kind = OPT_FLAG, .lng = "list-tx",
	    .help = "print the ways to send", .dst = &list_tx },
	{ .kind = OPT_GROUP },
};

static int
list_types(void)
{
	const struct scan_type *const *t;

	for (t = scan_types; *t != NULL; t++)
		printf("%s\t%s\n", (*t)->name, (*t)->about);
	printf("ping\tthe sensible set of discovery for where the target is\n");
	if (fflush(stdout) == 0)
		return PRT_OK;
	msg_warn("cannot write to standard output");
	return PRT_FAILED;
}

static int
list_senders(void)
{
	const struct tx_backend *const *b;

	for (b = tx_backends; *b != NULL; b++)
		if ((*b)->missing == NULL)
			printf("%s\t%s\n", (*b)->name, (*b)->about);
	if (fflush(stdout) == 0)
		return PRT_OK;
	msg_warn("cannot write to standard output");
	return PRT_FAILED;
}

/* --tx against what it goes with: 0, or -1 after a message. */
static int
check_tx(void)
{
	const struct tx_backend *b;

	if (cfg.tx != NULL && strcmp(cfg.tx, "auto") == 0)
		cfg.tx = NULL;
	if (cfg.tx == NULL)
		return 0;
	if ((b = tx_backend_find(cfg.tx)) == NULL)
		msg_warn("--tx %s: no such way to send; 'prt-blast --list-tx' "
		    "lists them", cfg.tx);
	else if (b->missing != NULL)
		msg_warn("--tx %s is not in this build: install %s, and build "
		    "again", cfg.tx, b->missing);
	else if (b->dry && !cfg.dry_run)
		msg_warn("--tx %s sends nothing: it goes with --dry-run",
		    cfg.tx);
	else if (!b->dry && cfg.dry_run)
		msg_warn("--tx %s sends, and --dry-run does not: leave one of "
		    "them out", cfg.tx);
	else if (strcmp(cfg.tx, "pcap") == 0 && cfg.pcap == NULL)
		msg_warn("--tx pcap needs a file: --pcap FILE");
	else if (strcmp(cfg.tx, "null") == 0 && cfg.pcap != NULL)
		msg_warn("--tx null writes no packets: --tx pcap does");
	else
		return 0;
	return -1;
}

/* --resume keeps the file that it read, unless told otherwise. */
static int
check_resume(void)
{
	if (cfg.dry_run && (cfg.checkpoint != NULL || cfg.resume != NULL)) {
		msg_warn("--dry-run sends nothing that could be gone on with: "
		    "leave --checkpoint and --resume out");
		return -1;
	}
	if (cfg.checkpoint == NULL)
		cfg.checkpoint = cfg.resume;
	return 0;
}

static const struct opt_prog prog = {
	.name = "prt-blast",
	.synopsis = "[OPTION]... < targets | prt-listen",
	.about = "Sends probes to target records; prt-listen judges the "
	    "answers.",
	.opts = opts,
	.fields = rec_fields_put,
};

int
main(int argc, char **argv)
{
	int first, status;

	msg_init(argv[0]);
	cfg.timing = &timing_table[TIMING_DEFAULT];
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (list)
		return list_types();
	if (list_tx)
		return list_senders();
	if (first < argc) {
		msg_warn("%s: targets come on standard input; try "
		    "'prt-targets %s | prt-blast'", argv[first], argv[first]);
		return PRT_USAGE;
	}
	bounded = *cfg.timing;
	if (max_rtt != 0)
		timing_bound(&bounded, max_rtt);
	if (delay != 0)
		timing_delay(&bounded, delay);
	cfg.timing = &bounded;
	if (cfg.rate != 0 && cfg.min_rate > cfg.rate) {
		msg_warn("--min-rate is above --rate: raise --rate or leave "
		    "--min-rate out");
		return PRT_USAGE;
	}
	if (cfg.in_order && cfg.shards > 1) {
		msg_warn("--in-order and --shard: the parts of a scan are of "
		    "its random order; leave one of them out");
		return PRT_USAGE;
	}
	if (cfg.host_timeout != 0 && cfg.stateless) {
		msg_warn("--host-timeout and --stateless: a scan that "
		    "remembers no probe cannot tell which hosts are done; "
		    "leave one of them out");
		return PRT_USAGE;
	}
	if (check_tx() == -1 || check_resume() == -1)
		return PRT_USAGE;
	return blast_run(&cfg);
}
