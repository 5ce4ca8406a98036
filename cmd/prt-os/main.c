/* prt-os: which system answers. */
#include <signal.h>

#include "active.h"
#include "base/msg.h"
#include "base/opt.h"
#include "database.h"
#include "meaning/record.h"
#include "passive.h"
#include "probed.h"
#include "program/files.h"
#include "pure/timing.h"
#include "stored.h"
#include "verdict.h"
#include "world/share.h"
#include "world/sock.h"

#define LIMIT	5
#define PARALLEL	512

static struct {
	struct files	 check;
	const char	*db, *match;
	const struct timing *timing;
	struct sock_local local;
	uint64_t	 limit, rate, parallel;
	bool		 guess, fingerprint, json, strict, progress, reserved,
			 uptime, passive;
} opt = {
	.timing = &timing_table[TIMING_DEFAULT],
	.parallel = PARALLEL,
	.limit = LIMIT,
};

static const struct opt options[] = {
	{ .kind = OPT_GROUP, .help = "How fast" },
	{ .kind = OPT_READ, .sh = 'T', .lng = "timing", .arg = "0-5",
	    .help = "timing template, as nmap's (3)", .dst = &opt.timing,
	    .read = timing_read },
	{ .kind = OPT_COUNT, .lng = "rate", .arg = "PPS",
	    .help = "at most so many probes a second, on the average (by -T)",
	    .dst = &opt.rate, .lo = 1, .hi = 1000000 },
	{ .kind = OPT_NUMBER, .lng = "parallel", .arg = "N",
	    .help = "hosts that are asked at once (512)",
	    .dst = &opt.parallel, .lo = 1, .hi = 65536 },
	{ .kind = OPT_GROUP, .help = "Who is asked, from where" },
	{ .kind = OPT_READ, .sh = 'S', .lng = "source", .arg = "ADDR",
	    .help = "source address; once for each of IPv4 and IPv6",
	    .dst = &opt.local, .read = sock_read_source },
	{ .kind = OPT_FLAG, .lng = "allow-reserved",
	    .help = "ask reserved, multicast and broadcast addresses",
	    .dst = &opt.reserved },
	{ .kind = OPT_GROUP, .help = "By which database" },
	{ .kind = OPT_STRING, .lng = "db", .arg = "FILE",
	    .help = "this one instead of prt's own", .dst = &opt.db },
	{ .kind = OPT_CALL, .lng = "check", .arg = "FILE",
	    .help = "tell what is wrong with a database, and end",
	    .dst = &opt.check, .set = files_add },
	{ .kind = OPT_STRING, .lng = "match", .arg = "FILE",
	    .help = "name the fingerprints in FILE (-: stdin), and end",
	    .dst = &opt.match },
	{ .kind = OPT_FLAG, .lng = "passive",
	    .help = "send nothing: tell by what the records say of answers",
	    .dst = &opt.passive },
	{ .kind = OPT_GROUP, .help = "What is said" },
	{ .kind = OPT_NUMBER, .lng = "limit", .arg = "N",
	    .help = "list up to N systems that match (5)",
	    .dst = &opt.limit, .lo = 1, .hi = 64 },
	{ .kind = OPT_FLAG, .lng = "guess",
	    .help = "name the closest ones, however far off",
	    .dst = &opt.guess },
	{ .kind = OPT_FLAG, .lng = "fingerprint",
	    .help = "show the fingerprint even when a system matches",
	    .dst = &opt.fingerprint },
	{ .kind = OPT_FLAG, .lng = "uptime-guess",
	    .help = "believe fast clocks too, which may begin anywhere",
	    .dst = &opt.uptime },
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
	.name = "prt-os",
	.synopsis = "[OPTION]... < RECORDS",
	.about = "Names the operating system of hosts by how their IP stack "
	    "answers: result records in, the same and one more for each "
	    "host out.",
	.opts = options,
	.fields = rec_fields_put,
};

static bool
report(void *ctx, struct record *r, u128 addr,
    const struct osprobe_state *st, const struct seen *seen)
{
	return probed_put(ctx, r, addr, st, seen);
}

/* `kinds` is for hosts of which too little has answered. */
static int
ask(struct verdict *v, struct kinds *kinds, enum rec_format format)
{
	struct probed_conf probed = { .verdict = v, .kinds = kinds,
	    .uptime_guess = opt.uptime };
	struct active_conf c = { .engine = { .timing = opt.timing,
	    .parallel = (unsigned)opt.parallel, .pps = opt.rate != 0 ?
	    (double)opt.rate : opt.timing->rate, .src4 = opt.local.source4,
	    .src6 = opt.local.source6 },
	    .format = format,
	    .progress = opt.progress, .strict = opt.strict,
	    .report = report, .ctx = &probed };
	struct buf err = { 0 };
	int status;

	if (!opt.reserved && share_reserved(&c.refused, &err) == -1) {
		msg_warn("%.*s", STR_ARG(buf_view(&err)));
		status = PRT_FAILED;
	} else
		status = active_run(&c);
	rangeset_release(&c.refused);
	buf_release(&err);
	return status;
}

static int
run_active(const struct osdb *db, struct verdict *v, enum rec_format format)
{
	const struct verdict_conf conf = { .limit = (unsigned)opt.limit,
	    .passive = true };
	struct verdict *passive = verdict_new(db, &conf);
	static struct kinds kinds;
	int status;

	if (passive == NULL || kinds_init(&kinds, passive) == -1)
		msg_die(PRT_FAILED, "out of memory");
	status = ask(v, &kinds, format);
	kinds_release(&kinds);
	verdict_free(passive);
	return status;
}

static int
run(const struct osdb *db)
{
	const struct verdict_conf conf = { .limit = (unsigned)opt.limit,
	    .guess = opt.guess, .fingerprint = opt.fingerprint,
	    .passive = opt.passive };
	enum rec_format format = opt.json ? REC_NDJSON : REC_TSV;
	struct verdict *v = verdict_new(db, &conf);
	int status;

	if (v == NULL)
		msg_die(PRT_FAILED, "out of memory");
	if (opt.passive)
		status = passive_run(v, format, opt.strict);
	else if (opt.match != NULL)
		status = stored_match(v, opt.match, format, opt.strict);
	else
		status = run_active(db, v, format);
	verdict_free(v);
	return status;
}

int
main(int argc, char **argv)
{
	struct osdb db = { 0 };
	int first, status, faulty;

	msg_init(argv[0]);
	signal(SIGPIPE, SIG_IGN);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (opt.check.n > 0)
		return database_check(opt.check.name, opt.check.n);
	if (first < argc) {
		msg_warn("'%s': records come on stdin: prt-targets %s | "
		    "prt-blast | prt-listen | %s", argv[first], argv[first],
		    msg_name());
		return PRT_USAGE;
	}
	faulty = database_read(&db, opt.db);
	if (faulty != PRT_OK && db.nentry == 0)
		return faulty;
	status = run(&db);
	osdb_release(&db);
	return status != PRT_OK ? status : faulty;
}
