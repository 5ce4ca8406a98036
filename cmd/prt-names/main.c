/* prt-names: the names that addresses have in DNS. */
#include "base/clock.h"
#include "base/msg.h"
#include "base/opt.h"
#include "meaning/record.h"
#include "stream.h"

#define TIMEOUT_S	4
#define PARALLEL	256

static struct {
	const char	*servers;
	uint64_t	 timeout, parallel;
	bool		 all, json, strict;
} opt = {
	.timeout = TIMEOUT_S * (uint64_t)NS_PER_S,
	.parallel = PARALLEL,
};

static const struct opt options[] = {
	{ .kind = OPT_GROUP, .help = "What is looked up" },
	{ .kind = OPT_FLAG, .lng = "all",
	    .help = "the names of hosts that are down, too",
	    .dst = &opt.all },
	{ .kind = OPT_GROUP, .help = "Where, and for how long" },
	{ .kind = OPT_STRING, .lng = "dns-server", .arg = "SERVER",
	    .help = "ask ADDRESS[:PORT],... instead of the system's servers",
	    .dst = &opt.servers },
	{ .kind = OPT_DURATION, .lng = "timeout", .arg = "TIME",
	    .help = "an address is given up after TIME (4s)",
	    .dst = &opt.timeout, .lo = 10 * NS_PER_MS,
	    .hi = 600 * (uint64_t)NS_PER_S },
	{ .kind = OPT_NUMBER, .lng = "parallel", .arg = "N",
	    .help = "addresses that are asked for at once (256)",
	    .dst = &opt.parallel, .lo = 1, .hi = 4096 },
	{ .kind = OPT_GROUP, .help = "Input and output" },
	{ .kind = OPT_FLAG, .sh = 'j', .lng = "json",
	    .help = "write NDJSON", .dst = &opt.json },
	{ .kind = OPT_FLAG, .lng = "strict",
	    .help = "stop at the first bad line", .dst = &opt.strict },
	{ .kind = OPT_GROUP },
};

static const struct opt_prog prog = {
	.name = "prt-names",
	.synopsis = "[OPTION]... <RECORDS",
	.about = "Gives the records of hosts that are up the names that their "
	    "addresses have.",
	.opts = options,
	.fields = rec_fields_put,
};

int
main(int argc, char **argv)
{
	struct stream_conf conf;
	int first, status;

	msg_init(argv[0]);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (first < argc) {
		msg_warn("'%s': records come on stdin: prt-targets %s | "
		    "prt-blast -s ping | prt-listen | %s", argv[first],
		    argv[first], msg_name());
		return PRT_USAGE;
	}
	conf = (struct stream_conf){ .servers = opt.servers,
	    .timeout = opt.timeout, .parallel = (unsigned)opt.parallel,
	    .all = opt.all, .strict = opt.strict,
	    .format = opt.json ? REC_NDJSON : REC_TSV };
	return stream_run(&conf);
}
