/* prt-listen: scan records in, answers judged, result records out. */
#include <stdio.h>
#include <string.h>

#include "base/msg.h"
#include "base/opt.h"
#include "listen.h"
#include "meaning/record.h"

static struct config cfg;
static bool open_only, all;

static const struct opt opts[] = {
	{ .kind = OPT_GROUP, .help = "What is reported" },
	{ .kind = OPT_FLAG, .lng = "open",
	    .help = "only open ports and hosts that are up",
	    .dst = &open_only },
	{ .kind = OPT_FLAG, .lng = "all",
	    .help = "also what is filtered, silent or down", .dst = &all },
	{ .kind = OPT_FLAG, .sh = 'j', .lng = "json",
	    .help = "write NDJSON", .dst = &cfg.json },
	{ .kind = OPT_GROUP, .help = "Captures" },
	{ .kind = OPT_STRING, .lng = "pcap", .arg = "FILE",
	    .help = "write what is heard to a capture file",
	    .dst = &cfg.pcap },
	{ .kind = OPT_FLAG, .lng = "trace",
	    .help = "print each packet that is heard to standard error",
	    .dst = &cfg.trace },
	{ .kind = OPT_STRING, .sh = 'r', .lng = "read", .arg = "FILE",
	    .help = "judge a capture file against saved scan records",
	    .dst = &cfg.read },
	{ .kind = OPT_GROUP, .help = "Input" },
	{ .kind = OPT_FLAG, .lng = "strict",
	    .help = "stop at the first bad input line", .dst = &cfg.strict },
	{ .kind = OPT_GROUP },
};

static const struct opt_prog prog = {
	.name = "prt-listen",
	.synopsis = "[OPTION]... < scan records",
	.about = "Captures and judges the answers to prt-blast's probes.",
	.opts = opts,
	.fields = rec_fields_put,
};

int
main(int argc, char **argv)
{
	int first, status;

	msg_init(argv[0]);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (first < argc) {
		msg_warn("%s: scan records come on standard input, from "
		    "prt-blast", argv[first]);
		return PRT_USAGE;
	}
	if (open_only && all) {
		msg_warn("--open and --all: choose one");
		return PRT_USAGE;
	}
	if (cfg.read != NULL && strcmp(cfg.read, "-") == 0) {
		msg_warn("-r -: standard input is the scan records'; name a "
		    "file");
		return PRT_USAGE;
	}
	if (cfg.read != NULL && cfg.pcap != NULL) {
		msg_warn("--pcap writes what is heard, and with -r nothing is: "
		    "leave one out");
		return PRT_USAGE;
	}
	cfg.what = all ? REPORT_ALL : open_only ? REPORT_OPEN :
	    REPORT_ANSWERS;
	return listen_run(&cfg);
}
