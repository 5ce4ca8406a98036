/* prtip: nmap's command line in front, a pipeline of prt's programs behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/opt.h"
#include "check.h"
#include "consent.h"
#include "flags.h"
#include "iflist.h"
#include "meaning/record.h"
#include "plan.h"
#include "quote.h"
#include "run.h"
#include "saved.h"
#include "template.h"

static const char *template_name;
static bool list, interfaces;
static const char *resume;

static int
set_light(void *dst, const char *none)
{
	(void)none;
	*(uint64_t *)dst = 2;
	return 0;
}

static int
set_all(void *dst, const char *none)
{
	(void)none;
	*(uint64_t *)dst = 9;
	return 0;
}

static int
set_flags(void *dst, const char *text)
{
	char letters[16];
	const char *want = flags_read(letters, sizeof(letters), text);

	if (want != NULL) {
		msg_warn("--scanflags %s: wants %s", text, want);
		return -1;
	}
	*(const char **)dst = text;
	return 0;
}

static const struct opt opts[] = {
	{ .kind = OPT_GROUP, .help = "Targets" },
	{ .kind = OPT_CALL, .lng = "iL", .word = true, .arg = "FILE",
	    .help = "read targets from FILE, - for standard input",
	    .dst = &ask.files, .set = ask_word },
	{ .kind = OPT_CALL, .lng = "exclude", .arg = "TARGET,...",
	    .help = "leave these out", .dst = &ask.excludes,
	    .set = ask_word },
	{ .kind = OPT_CALL, .lng = "excludefile", .arg = "FILE",
	    .help = "leave out what is in FILE", .dst = &ask.exclude_files,
	    .set = ask_word },
	{ .kind = OPT_FLAG, .sh = '4', .lng = "ipv4",
	    .help = "names: their IPv4 address (default)", .dst = &ask.v4 },
	{ .kind = OPT_FLAG, .sh = '6', .lng = "ipv6",
	    .help = "names: their IPv6 address", .dst = &ask.v6 },
	{ .kind = OPT_FLAG, .lng = "resolve-all",
	    .help = "names: all their addresses", .dst = &ask.resolve_all },
	{ .kind = OPT_STRING, .lng = "dns-servers", .arg = "SERVER,...",
	    .help = "ask these for names and addresses", .dst = &ask.dns },
	{ .kind = OPT_FLAG, .sh = 'n',
	    .help = "never look up the names of addresses",
	    .dst = &ask.no_names },
	{ .kind = OPT_FLAG, .sh = 'R',
	    .help = "look them up for hosts that are down, too",
	    .dst = &ask.all_names },
	{ .kind = OPT_FLAG, .lng = "randomize-hosts",
	    .help = "hosts in random order: so it is anyway",
	    .dst = &ask.as_it_is },
	{ .kind = OPT_FLAG, .lng = "allow-reserved",
	    .help = "scan reserved addresses too",
	    .dst = &ask.allow_reserved },

	{ .kind = OPT_GROUP, .help = "Who is there" },
	{ .kind = OPT_LISTED, .lng = "sL", .word = true,
	    .help = "only list the targets" },
	{ .kind = OPT_LISTED, .lng = "sn", .word = true,
	    .help = "only find out which hosts are up" },
	{ .kind = OPT_LISTED, .lng = "Pn", .word = true,
	    .help = "take all hosts for up" },
	{ .kind = OPT_LISTED, .lng = "PS", .word = true, .arg = "PORTS",
	    .may = true, .help = "ask by TCP SYN (443)" },
	{ .kind = OPT_LISTED, .lng = "PA", .word = true, .arg = "PORTS",
	    .may = true, .help = "ask by TCP ACK (80)" },
	{ .kind = OPT_LISTED, .lng = "PU", .word = true, .arg = "PORTS",
	    .may = true, .help = "ask by UDP (40125)" },
	{ .kind = OPT_LISTED, .lng = "PE", .word = true,
	    .help = "ask by ICMP echo" },
	{ .kind = OPT_LISTED, .lng = "PP", .word = true,
	    .help = "ask by ICMP timestamp" },
	{ .kind = OPT_LISTED, .lng = "PM", .word = true,
	    .help = "ask by ICMP address mask" },
	{ .kind = OPT_LISTED, .lng = "PR", .word = true,
	    .help = "ask by ARP or neighbour discovery only" },
	{ .kind = OPT_CALL, .sh = 'P', .arg = "TYPE", .may = true,
	    .set = ask_pings },

	{ .kind = OPT_GROUP, .help = "Scans" },
	{ .kind = OPT_LISTED, .lng = "sS", .word = true,
	    .help = "TCP SYN (default, with the privilege)" },
	{ .kind = OPT_LISTED, .lng = "sT", .word = true,
	    .help = "TCP connect (default, without)" },
	{ .kind = OPT_LISTED, .lng = "sU", .word = true, .help = "UDP" },
	{ .kind = OPT_LISTED, .lng = "sA", .word = true, .help = "TCP ACK" },
	{ .kind = OPT_LISTED, .lng = "sW", .word = true,
	    .help = "TCP ACK, judged by the window" },
	{ .kind = OPT_LISTED, .lng = "sM", .word = true,
	    .help = "TCP FIN and ACK (Maimon)" },
	{ .kind = OPT_LISTED, .lng = "sF", .word = true, .help = "TCP FIN" },
	{ .kind = OPT_LISTED, .lng = "sN", .word = true,
	    .help = "TCP without a flag" },
	{ .kind = OPT_LISTED, .lng = "sX", .word = true,
	    .help = "TCP FIN, PSH and URG" },
	{ .kind = OPT_CALL, .sh = 's', .arg = "TYPE", .set = ask_scans },
	{ .kind = OPT_CALL, .lng = "scanflags", .arg = "FLAGS",
	    .help = "TCP with these flags, as SYNFIN",
	    .dst = &ask.scanflags, .set = set_flags },

	{ .kind = OPT_GROUP, .help = "Ports" },
	{ .kind = OPT_STRING, .sh = 'p', .arg = "PORTS",
	    .help = "22,80,8000-8100, -, ssh, http*, T:..,U:.. (top 1000)",
	    .dst = &ask.ports },
	{ .kind = OPT_STRING, .lng = "exclude-ports", .arg = "PORTS",
	    .help = "not these", .dst = &ask.exclude_ports },
	{ .kind = OPT_FLAG, .sh = 'F',
	    .help = "the 100 most usual ports", .dst = &ask.fast },
	{ .kind = OPT_NUMBER, .lng = "top-ports", .arg = "N",
	    .help = "the N most usual ports", .dst = &ask.top, .lo = 1,
	    .hi = 65535 },

	{ .kind = OPT_FLAG, .sh = 'r',
	    .help = "in their order, not at random", .dst = &ask.in_order },

	{ .kind = OPT_GROUP, .help = "What is there" },
	{ .kind = OPT_LISTED, .lng = "sV", .word = true,
	    .help = "services and their versions" },
	{ .kind = OPT_NUMBER, .lng = "version-intensity", .arg = "0-9",
	    .help = "with probes of this rarity at most (7)",
	    .dst = &ask.intensity, .hi = 9 },
	{ .kind = OPT_CALL, .lng = "version-light",
	    .help = "the same as --version-intensity 2",
	    .dst = &ask.intensity, .set = set_light },
	{ .kind = OPT_CALL, .lng = "version-all",
	    .help = "the same as --version-intensity 9",
	    .dst = &ask.intensity, .set = set_all },
	{ .kind = OPT_FLAG, .lng = "allports",
	    .help = "ask printers too, which print it",
	    .dst = &ask.all_ports },
	{ .kind = OPT_FLAG, .lng = "tls",
	    .help = "certificates, and what is wrong with TLS",
	    .dst = &ask.tls },
	{ .kind = OPT_FLAG, .sh = 'O', .help = "operating systems",
	    .dst = &ask.os },
	{ .kind = OPT_FLAG, .lng = "osscan-guess",
	    .help = "the closest systems, however far off",
	    .dst = &ask.guess },
	{ .kind = OPT_FLAG, .lng = "fuzzy",
	    .help = "the same as --osscan-guess", .dst = &ask.guess },
	{ .kind = OPT_FLAG, .sh = 'A', .help = "-sV -O --tls",
	    .dst = &ask.all },

	{ .kind = OPT_GROUP, .help = "How fast" },
	{ .kind = OPT_READ, .sh = 'T', .lng = "timing", .arg = "0-5",
	    .help = "the timing template (3)", .dst = &ask.timing,
	    .read = timing_read },
	{ .kind = OPT_CALL, .lng = "min-rate", .arg = "N",
	    .help = "at least N packets a second", .dst = &ask.min_rate,
	    .set = ask_rate },
	{ .kind = OPT_CALL, .lng = "max-rate", .arg = "N",
	    .help = "at most N packets a second", .dst = &ask.rate,
	    .set = ask_rate },
	{ .kind = OPT_NUMBER, .lng = "max-retries", .arg = "N",
	    .help = "send again at most N times", .dst = &ask.retries,
	    .hi = 1000 },

	{ .kind = OPT_DURATION, .lng = "scan-delay", .arg = "TIME",
	    .help = "so much time between two packets", .dst = &ask.delay,
	    .lo = NS_PER_US },
	{ .kind = OPT_DURATION, .lng = "host-timeout", .arg = "TIME",
	    .help = "give up hosts that take longer",
	    .dst = &ask.host_timeout, .lo = NS_PER_MS },
	{ .kind = OPT_DURATION, .lng = "max-rtt-timeout", .arg = "TIME",
	    .help = "wait no longer than this for an answer",
	    .dst = &ask.max_rtt, .lo = NS_PER_MS },

	{ .kind = OPT_GROUP, .help = "From where" },
	{ .kind = OPT_STRING, .sh = 'e', .arg = "INTERFACE",
	    .help = "send on this interface", .dst = &ask.ifname },
	{ .kind = OPT_STRING, .sh = 'S', .arg = "ADDRESS",
	    .help = "source address", .dst = &ask.source },
	{ .kind = OPT_NUMBER, .sh = 'g', .lng = "source-port", .arg = "PORT",
	    .help = "source port", .dst = &ask.sport, .lo = 1, .hi = 65535 },
	{ .kind = OPT_NUMBER, .lng = "ttl", .arg = "N",
	    .help = "time to live, hop limit (64)", .dst = &ask.ttl,
	    .lo = 1, .hi = 255 },
	{ .kind = OPT_FLAG, .lng = "privileged",
	    .help = "believe that CAP_NET_RAW is there",
	    .dst = &ask.privileged },
	{ .kind = OPT_FLAG, .lng = "unprivileged",
	    .help = "go without it", .dst = &ask.unprivileged },

	{ .kind = OPT_GROUP, .help = "Output" },
	{ .kind = OPT_CALL, .lng = "oN", .word = true, .arg = "FILE",
	    .help = "the report in FILE, too", .set = ask_out_normal },
	{ .kind = OPT_CALL, .lng = "oX", .word = true, .arg = "FILE",
	    .help = "nmap's XML", .set = ask_out_xml },
	{ .kind = OPT_CALL, .lng = "oG", .word = true, .arg = "FILE",
	    .help = "nmap's greppable lines", .set = ask_out_gnmap },
	{ .kind = OPT_CALL, .lng = "oJ", .word = true, .arg = "FILE",
	    .help = "records as NDJSON", .set = ask_out_ndjson },
	{ .kind = OPT_CALL, .lng = "oA", .word = true, .arg = "NAME",
	    .help = "NAME.nmap, NAME.xml and NAME.gnmap",
	    .set = ask_out_all },
	{ .kind = OPT_FLAG, .lng = "open",
	    .help = "only open ports, and hosts that have one",
	    .dst = &ask.open },
	{ .kind = OPT_FLAG, .lng = "reason",
	    .help = "say why a state is: so it is anyway",
	    .dst = &ask.as_it_is },
	{ .kind = OPT_CALL, .sh = 'v', .arg = "LEVEL", .may = true,
	    .help = "hosts that are down as well, and the pipeline",
	    .set = ask_verbose },
	{ .kind = OPT_FLAG, .lng = "packet-trace",
	    .help = "print each packet to standard error",
	    .dst = &ask.trace },
	{ .kind = OPT_DURATION, .lng = "stats-every", .arg = "TIME",
	    .help = "say how far it is, every TIME", .dst = &ask.every,
	    .lo = NS_PER_MS },
	{ .kind = OPT_FLAG, .sh = 'q',
	    .help = "no report on standard output", .dst = &ask.quiet },
	{ .kind = OPT_FLAG, .lng = "explain",
	    .help = "print the pipeline, run nothing",
	    .dst = &ask.explain },

	{ .kind = OPT_GROUP, .help = "Going on" },
	{ .kind = OPT_STRING, .lng = "checkpoint", .arg = "DIR",
	    .help = "keep the scan in DIR, so that it can go on",
	    .dst = &ask.save },
	{ .kind = OPT_STRING, .lng = "resume", .arg = "DIR",
	    .help = "go on with the scan that is kept there",
	    .dst = &resume },

	{ .kind = OPT_GROUP, .help = "Help" },
	{ .kind = OPT_STRING, .lng = "template", .arg = "NAME",
	    .help = "the options of this template, and those given here",
	    .dst = &template_name },
	{ .kind = OPT_FLAG, .lng = "list-templates",
	    .help = "list the templates", .dst = &list },
	{ .kind = OPT_FLAG, .lng = "iflist",
	    .help = "list interfaces and routes", .dst = &interfaces },
	{ .kind = OPT_FLAG, .lng = "yes",
	    .help = "do not ask before a large and fast scan",
	    .dst = &ask.yes },

	/* What nmap has, and this has not. */
	{ .kind = OPT_ABSENT, .lng = "osscan-limit",
	    .help = "-O asks every host that is up; what a filter hides costs "
	    "little" },
	{ .kind = OPT_ABSENT, .lng = "max-os-tries", .arg = "N",
	    .help = "-O sends a probe again as often as it helps" },
	{ .kind = OPT_ABSENT, .lng = "iR", .word = true, .arg = "N",
	    .help = "'prt-targets 0.0.0.0/0 --sample N' chooses addresses at "
	    "random: put them into a file for -iL" },
	{ .kind = OPT_ABSENT, .sh = 'D', .lng = "decoys", .arg = "LIST",
	    .help = "no packets are sent in the name of others" },
	{ .kind = OPT_ABSENT, .sh = 'f', .lng = "mtu", .arg = "",
	    .may = true, .help = "packets are not fragmented" },
	{ .kind = OPT_ABSENT, .sh = 'b', .arg = "HOST",
	    .help = "there is no scan through FTP servers" },
	{ .kind = OPT_ABSENT, .sh = 'd', .lng = "debug", .arg = "",
	    .may = true, .help = "-v tells more, --explain shows the "
	    "pipeline, whose programs can be run one by one" },
	{ .kind = OPT_ABSENT, .lng = "traceroute",
	    .help = "mtr(8) and traceroute(8) are for that" },
	{ .kind = OPT_ABSENT, .lng = "script", .arg = "NAME",
	    .help = "there are no scripts; --tls reads certificates, -sV "
	    "services" },
	{ .kind = OPT_ABSENT, .lng = "script-args", .arg = "LIST",
	    .help = "there are no scripts" },
	{ .kind = OPT_ABSENT, .lng = "script-args-file", .arg = "FILE",
	    .help = "there are no scripts" },
	{ .kind = OPT_ABSENT, .lng = "script-trace",
	    .help = "there are no scripts" },
	{ .kind = OPT_ABSENT, .lng = "script-updatedb",
	    .help = "there are no scripts" },
	{ .kind = OPT_ABSENT, .lng = "script-help", .arg = "NAME",
	    .help = "there are no scripts" },
	{ .kind = OPT_ABSENT, .lng = "script-timeout", .arg = "TIME",
	    .help = "there are no scripts" },
	{ .kind = OPT_ABSENT, .lng = "version-trace",
	    .help = "'prt-service --banner' shows what was said" },
	{ .kind = OPT_ABSENT, .lng = "system-dns",
	    .help = "the resolver is c-ares, with the system's settings" },
	{ .kind = OPT_ABSENT, .lng = "port-ratio", .arg = "RATIO",
	    .help = "--top-ports N takes the N most usual ports" },
	{ .kind = OPT_ABSENT, .lng = "max-scan-delay", .arg = "TIME",
	    .help = "the rate goes down when packets are lost; --min-rate is "
	    "its floor" },
	{ .kind = OPT_ABSENT, .lng = "min-rtt-timeout", .arg = "TIME",
	    .help = "timeouts follow what is measured; -T sets their bounds" },
	{ .kind = OPT_ABSENT, .lng = "initial-rtt-timeout", .arg = "TIME",
	    .help = "timeouts follow what is measured; -T sets their bounds" },
	{ .kind = OPT_ABSENT, .lng = "min-parallelism", .arg = "N",
	    .help = "--min-rate is there" },
	{ .kind = OPT_ABSENT, .sh = 'M', .lng = "max-parallelism", .arg = "N",
	    .help = "--max-rate is there" },
	{ .kind = OPT_ABSENT, .lng = "min-hostgroup", .arg = "N",
	    .help = "all hosts are scanned at once" },
	{ .kind = OPT_ABSENT, .lng = "max-hostgroup", .arg = "N",
	    .help = "all hosts are scanned at once" },
	{ .kind = OPT_ABSENT, .lng = "defeat-rst-ratelimit",
	    .help = "silent ports are asked again, closed ones are not waited "
	    "for" },
	{ .kind = OPT_ABSENT, .lng = "defeat-icmp-ratelimit",
	    .help = "-T5 leaves out the waiting for rationed ICMP errors" },
	{ .kind = OPT_ABSENT, .lng = "nsock-engine", .arg = "NAME",
	    .help = "it is epoll" },
	{ .kind = OPT_ABSENT, .lng = "proxies", .arg = "LIST",
	    .help = "connections go out directly" },
	{ .kind = OPT_ABSENT, .lng = "data", .arg = "HEX",
	    .help = "UDP probes carry what share/udp-payloads has for the "
	    "port" },
	{ .kind = OPT_ABSENT, .lng = "data-string", .arg = "TEXT",
	    .help = "UDP probes carry what share/udp-payloads has for the "
	    "port" },
	{ .kind = OPT_ABSENT, .lng = "data-length", .arg = "N",
	    .help = "UDP probes carry what share/udp-payloads has for the "
	    "port" },
	{ .kind = OPT_ABSENT, .lng = "ip-options", .arg = "LIST",
	    .help = "packets have no IP options" },
	{ .kind = OPT_ABSENT, .lng = "spoof-mac", .arg = "MAC",
	    .help = "packets have the interface's own address" },
	{ .kind = OPT_ABSENT, .lng = "badsum",
	    .help = "checksums are right" },
	{ .kind = OPT_ABSENT, .lng = "adler32",
	    .help = "there is no SCTP" },
	{ .kind = OPT_ABSENT, .lng = "send-eth",
	    .help = "'prt-blast --tx' chooses how packets are sent" },
	{ .kind = OPT_ABSENT, .lng = "send-ip",
	    .help = "'prt-blast --tx raw' sends that way" },
	{ .kind = OPT_ABSENT, .lng = "disable-arp-ping",
	    .help = "'prt-blast -s icmp-echo' asks hosts on the link by ICMP" },
	{ .kind = OPT_ABSENT, .lng = "discovery-ignore-rst",
	    .help = "a reset shows that somebody is there" },
	{ .kind = OPT_ABSENT, .lng = "route-dst", .arg = "ADDRESS",
	    .help = "'ip route get ADDRESS' shows the way" },
	{ .kind = OPT_ABSENT, .lng = "oS", .word = true, .arg = "FILE",
	    .help = "-oN is there, and easier to read" },
	{ .kind = OPT_ABSENT, .lng = "oM", .word = true, .arg = "FILE",
	    .help = "-oG is there" },
	{ .kind = OPT_ABSENT, .lng = "oH", .word = true, .arg = "FILE",
	    .help = "prt-fmt -o html writes it, from the records of -oJ" },
	{ .kind = OPT_ABSENT, .lng = "append-output",
	    .help = "name a new file; 'prt-fmt -o sqlite:FILE' gathers "
	    "scans" },
	{ .kind = OPT_ABSENT, .lng = "stylesheet", .arg = "FILE",
	    .help = "'prt-fmt -o html' is for browsers" },
	{ .kind = OPT_ABSENT, .lng = "webxml",
	    .help = "'prt-fmt -o html' is for browsers" },
	{ .kind = OPT_ABSENT, .lng = "no-stylesheet",
	    .help = "the XML names no stylesheet: leave the option out" },
	{ .kind = OPT_ABSENT, .lng = "log-errors",
	    .help = "errors go to standard error: 2>FILE keeps them" },
	{ .kind = OPT_ABSENT, .lng = "noninteractive",
	    .help = "leave it out, and let standard input be no terminal" },
	{ .kind = OPT_ABSENT, .lng = "datadir", .arg = "DIR",
	    .help = "the variable PRT_DATADIR names it" },
	{ .kind = OPT_ABSENT, .lng = "servicedb", .arg = "FILE",
	    .help = "'prt-service --db' reads other databases" },
	{ .kind = OPT_ABSENT, .lng = "versiondb", .arg = "FILE",
	    .help = "'prt-service --db' reads other databases" },
	{ .kind = OPT_ABSENT, .lng = "unique",
	    .help = "a target is scanned once, however often it is named" },
	{ .kind = OPT_GROUP },
};

static const struct opt_prog prog = {
	.name = "prtip",
	.synopsis = "[OPTION]... TARGET...",
	.about = "Scans as nmap's options say, by a pipeline that --explain "
	    "prints.",
	.opts = opts,
	.words = true,
	.fields = rec_fields_put,
};

static bool
reads_stdin(const struct ask *a)
{
	size_t i;

	for (i = 0; i < a->files.n; i++)
		if (strcmp(a->files.v[i], "-") == 0)
			return true;
	return false;
}

/* Does what goes to standard output come while the scan runs? */
static bool
streams(const struct ask *a)
{
	size_t i;

	for (i = 0; i < a->nout; i++)
		if (strcmp(a->out[i].path, "-") == 0)
			return a->out[i].form == ASK_NDJSON;
	return a->list;
}

/* -1, or a status to return. */
static int
parse_words(int argc, char **argv)
{
	int first, status;

	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	for (; first < argc; first++)
		if (ask_word(&ask.targets, argv[first]) == -1)
			return PRT_FAILED;
	return -1;
}

/* The template comes first, whatever its place, and then the command line again:
 * of two options the later one counts. */
static int
parse(struct template *t, int argc, char **argv)
{
	const char *name;
	struct ask_choice c;
	int status = parse_words(argc, argv);

	if (status != -1 || (name = template_name) == NULL)
		return status;
	if (template_read(t, name) == -1)
		return PRT_USAGE;
	ask_release(&ask);
	if (parse_words(t->argc, t->argv) != -1 || ask.targets.n > 0 ||
	    template_name != name) {
		msg_warn("--template %s: %s", name, ask.targets.n > 0 ?
		    "it names targets, which is for the command line" :
		    "its options are not all there, or name a template");
		return PRT_USAGE;
	}
	c = ask_set_aside(&ask);
	status = parse_words(argc, argv);
	ask_unless(&ask, &c);
	return status;
}

/* Keeps the command line itself, not what a template made of it. */
static int
keep(int argc, char **argv)
{
	struct pipeline p = { 0 };
	int status;

	if (ask.list) {
		msg_warn("--checkpoint: -sL scans nothing that would be kept");
		return PRT_USAGE;
	}
	if (ask.explain)
		return PRT_OK;
	if ((status = plan(&ask, PLAN_TARGETS, &p)) == PRT_OK)
		status = consent(&ask, &p);
	pipeline_release(&p);
	if (status == PRT_OK && saved_begin(ask.save, argc, argv) == -1)
		status = PRT_FAILED;
	return status;
}

static int
scan_plain(const struct run_conf *conf)
{
	struct pipeline p = { 0 };
	int status = plan(&ask, PLAN_ALL, &p);

	if (status == PRT_OK && (ask.explain || ask.verbose > 0))
		status = pipeline_explain(&p, "", ask.explain ? stdout :
		    stderr);
	if (status == PRT_OK && !ask.explain)
		status = consent(&ask, &p);
	if (status == PRT_OK && !ask.explain)
		status = run(&p, conf);
	pipeline_release(&p);
	return status;
}

/* `command` is how it was asked for; argv, when it is not NULL, is to be kept. */
static int
scan(struct buf *command, int argc, char **argv)
{
	int status = check(&ask);
	struct run_conf conf = { .keys = !reads_stdin(&ask),
	    .quiet = ask.quiet || ask.trace, .streams = streams(&ask),
	    .every = ask.every };

	if (status != PRT_OK || ask.targets.n + ask.files.n == 0)
		return status;
	buf_putc(command, '\0');
	ask.command = command->oom ? NULL : command->p;
	if (ask.save == NULL)
		return scan_plain(&conf);
	if (argv != NULL)
		status = keep(argc, argv);
	return status == PRT_OK ? saved_run(&ask, &conf) : status;
}

/* Goes on with a scan that was kept: its command line is there. */
static int
go_on(const char *name)
{
	struct template saved, t = { 0 };
	struct buf command = { 0 };
	char *dir;
	int status;

	if (saved_open(name, &dir, &saved) == -1)
		return PRT_FAILED;
	ask_release(&ask);
	resume = NULL;
	quote_command(&command, saved.argc, saved.argv);
	if ((status = parse(&t, saved.argc, saved.argv)) == -1) {
		ask.save = dir;
		status = scan(&command, 0, NULL);
	}
	buf_release(&command);
	template_release(&t);
	template_release(&saved);
	ask_release(&ask);
	free(dir);
	return status;
}

int
main(int argc, char **argv)
{
	struct template t = { 0 };
	struct buf command = { 0 };
	char **copy;
	int status;

	msg_init(argv[0]);
	/* parsing puts the words into another order */
	copy = calloc((size_t)argc + 1, sizeof(*copy));
	if (copy == NULL)
		msg_die(PRT_FAILED, "out of memory");
	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	quote_command(&command, argc, argv);
	status = parse(&t, argc, argv);
	if (status == -1 && resume != NULL && argc > 3) {
		msg_warn("--resume goes by the command line that is kept: "
		    "leave all else out");
		status = PRT_USAGE;
	}
	if (status == -1)
		status = list ? template_list() : interfaces ? iflist() :
		    resume != NULL ? go_on(resume) : scan(&command, argc, copy);
	template_release(&t);
	ask_release(&ask);
	buf_release(&command);
	free(copy);
	return status;
}
