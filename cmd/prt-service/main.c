/* prt-service: what listens on open ports. */
#include <errno.h>
#include <signal.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"
#include "base/opt.h"
#include "database.h"
#include "program/files.h"
#include "pure/timing.h"
#include "serve.h"
#include "world/share.h"

#define UNSET		UINT64_MAX
#define INTENSITY	7
#define LIGHT		2
#define ALL		9
#define PARALLEL	4000
#define TIMEOUT_NS	(60 * (uint64_t)NS_PER_S)
#define MOST		(16 * 1024)

/* What -T means here: how many questions at once, and how fast one after the
 * other. */
static const struct pace {
	unsigned	per_host, per_port;
	uint64_t	grace, pace;	/* ms */
} paces[TIMING_N] = {
	{ 1, 1, 0, 0 },
	{ 1, 1, 0, 0 },
	{ 2, 1, 0, 0 },
	{ 64, 8, 250, 50 },
	{ 128, 10, 200, 30 },
	{ 256, 16, 100, 10 },
};

static struct {
	const struct timing	*timing;
	struct files		 db, add, check;
	const char		*match;
	uint64_t		 host_timeout;	/* ns, 0: none */
	uint64_t		 intensity, parallel, per_host, timeout, most;
	struct sock_local	 local;
	bool			 list, banner, json, progress, strict, reserved,
				 all_ports;
} opt = {
	.timing = &timing_table[TIMING_DEFAULT],
	.intensity = INTENSITY,
	.parallel = PARALLEL,
	.timeout = TIMEOUT_NS,
	.most = MOST,
};

static int
set_light(void *dst, const char *none)
{
	(void)none;
	*(uint64_t *)dst = LIGHT;
	return 0;
}

static int
set_all(void *dst, const char *none)
{
	(void)none;
	*(uint64_t *)dst = ALL;
	return 0;
}

static const struct opt options[] = {
	{ .kind = OPT_GROUP, .help = "What is asked" },
	{ .kind = OPT_NUMBER, .lng = "intensity", .arg = "0-9",
	    .help = "how rare the probes may be that are tried (7)",
	    .dst = &opt.intensity, .hi = 9 },
	{ .kind = OPT_CALL, .lng = "light", .help = "the same as --intensity 2",
	    .dst = &opt.intensity, .set = set_light },
	{ .kind = OPT_CALL, .lng = "all", .help = "the same as --intensity 9",
	    .dst = &opt.intensity, .set = set_all },
	{ .kind = OPT_FLAG, .lng = "all-ports",
	    .help = "ask the ports too that the database excludes",
	    .dst = &opt.all_ports },
	{ .kind = OPT_FLAG, .lng = "allow-reserved",
	    .help = "ask reserved, multicast and broadcast addresses",
	    .dst = &opt.reserved },
	{ .kind = OPT_GROUP, .help = "By which database" },
	{ .kind = OPT_CALL, .lng = "db", .arg = "FILE",
	    .help = "this one instead of prt's own; more of them add up",
	    .dst = &opt.db, .set = files_add },
	{ .kind = OPT_CALL, .lng = "add", .arg = "FILE",
	    .help = "this one on top; probes of the same name are replaced",
	    .dst = &opt.add, .set = files_add },
	{ .kind = OPT_CALL, .lng = "check", .arg = "FILE",
	    .help = "tell what is wrong with a database, and end",
	    .dst = &opt.check, .set = files_add },
	{ .kind = OPT_FLAG, .lng = "list-probes",
	    .help = "list the probes, and end", .dst = &opt.list },
	{ .kind = OPT_STRING, .lng = "match", .arg = "PROBE",
	    .help = "what do FILEs (stdin) say as answers to PROBE? and end",
	    .dst = &opt.match },
	{ .kind = OPT_GROUP, .help = "How fast" },
	{ .kind = OPT_READ, .sh = 'T', .lng = "timing", .arg = "0-5",
	    .help = "timing template, as nmap's (3)", .dst = &opt.timing,
	    .read = timing_read },
	{ .kind = OPT_NUMBER, .lng = "parallel", .arg = "N",
	    .help = "conversations at once (4000)",
	    .dst = &opt.parallel, .lo = 1, .hi = 1000000 },
	{ .kind = OPT_NUMBER, .lng = "per-host", .arg = "N",
	    .help = "conversations with one host at once (by -T)",
	    .dst = &opt.per_host, .lo = 1, .hi = 1000000 },
	{ .kind = OPT_DURATION, .lng = "host-timeout", .arg = "TIME",
	    .help = "give up hosts that take longer (none)",
	    .dst = &opt.host_timeout, .lo = NS_PER_MS },
	{ .kind = OPT_DURATION, .lng = "timeout", .arg = "TIME",
	    .help = "at most so long for a port (60s)",
	    .dst = &opt.timeout, .lo = NS_PER_MS },
	{ .kind = OPT_NUMBER, .lng = "max-bytes", .arg = "N",
	    .help = "at most so many bytes of an answer (16384)",
	    .dst = &opt.most, .lo = 64, .hi = 1 << 24 },
	{ .kind = OPT_GROUP, .help = "From where" },
	{ .kind = OPT_READ, .sh = 'S', .lng = "source", .arg = "ADDR",
	    .help = "source address; once for each of IPv4 and IPv6",
	    .dst = &opt.local, .read = sock_read_source },
	{ .kind = OPT_STRING, .sh = 'i', .lng = "interface", .arg = "NAME",
	    .help = "network interface", .dst = &opt.local.ifname },
	{ .kind = OPT_GROUP, .help = "Output" },
	{ .kind = OPT_FLAG, .lng = "banner",
	    .help = "report what every port said first", .dst = &opt.banner },
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
	.name = "prt-service",
	.synopsis = "[OPTION]... < RECORDS",
	.about = "Finds out what listens on open ports: result records in, the "
	    "same with service, product and version out.",
	.opts = options,
	.fields = rec_fields_put,
};

/* What has to be read and tried before anything is given up: an exit status. */
static int
prepare(struct serve_conf *c, struct ports *names, struct buf *text)
{
	struct buf err = { 0 };
	int status = PRT_OK;

	if (share_ports(names, text, &err) == -1 ||
	    (!opt.reserved && share_reserved(&c->run.refused, &err) == -1) ||
	    sock_check_local(&opt.local, &err) == -1) {
		status = errno == EPERM ? PRT_NOPRIV : PRT_FAILED;
		msg_warn("%.*s", STR_ARG(buf_view(&err)));
	}
	c->prober.connect.local = opt.local;
	buf_release(&err);
	return status;
}

static void
set_pace(struct serve_conf *c)
{
	const struct pace *p = &paces[opt.timing - timing_table];

	connect_set_timing(&c->prober.connect, opt.timing,
	    (unsigned)opt.parallel);
	c->prober.connect.parallel =
	    prober_places(c->prober.connect.parallel);
	c->run.parallel = c->prober.connect.parallel;
	c->prober.per_host = opt.per_host != 0 ? (unsigned)opt.per_host :
	    p->per_host;
	c->prober.most = opt.most;
	c->per_port = p->per_port;
	c->grace = p->grace * NS_PER_MS;
	c->pace = p->pace * NS_PER_MS;
}

static int
serve(const struct svcdb *db)
{
	struct serve_conf c = { .db = db, .intensity = (unsigned)opt.intensity,
	    .timeout = opt.timeout, .all_ports = opt.all_ports,
	    .banner = opt.banner, .run = { .progress = opt.progress,
	    .host_timeout = opt.host_timeout, .strict = opt.strict,
	    .format = opt.json ? REC_NDJSON : REC_TSV } };
	struct ports names = { 0 };
	struct buf text = { 0 };
	int status;

	set_pace(&c);
	c.names = &names;
	if ((status = prepare(&c, &names, &text)) == PRT_OK)
		status = serve_run(&c);
	rangeset_release(&c.run.refused);
	ports_release(&names);
	buf_release(&text);
	return status;
}

int
main(int argc, char **argv)
{
	struct svcdb db = { 0 };
	int first, status;

	msg_init(argv[0]);
	signal(SIGPIPE, SIG_IGN);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (first < argc && opt.match == NULL) {
		msg_warn("'%s': records come on stdin: prt-targets %s -p 80 | "
		    "%s", argv[first], argv[first], msg_name());
		return PRT_USAGE;
	}
	if (opt.check.n > 0)
		return database_check(opt.check.name, opt.check.n);
	status = database_read(&db, opt.db.name, opt.db.n, opt.add.name,
	    opt.add.n);
	if (status != PRT_OK)
		;
	else if (opt.list)
		status = database_list(&db);
	else if (opt.match != NULL)
		status = database_match(&db, opt.match, argv + first,
		    (size_t)(argc - first), opt.most,
		    opt.json ? REC_NDJSON : REC_TSV);
	else
		status = serve(&db);
	svcdb_release(&db);
	return status;
}
