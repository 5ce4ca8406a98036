/* prt-os: which system answers. */
#include <signal.h>

#include "base/msg.h"
#include "base/opt.h"
#include "database.h"
#include "meaning/record.h"
#include "passive.h"
#include "stored.h"
#include "verdict.h"

#define LIMIT	5
#define FILES	16

struct files {
	const char	*name[FILES];
	size_t		 n;
};

static struct {
	struct files	 check;
	const char	*db, *match;
	uint64_t	 limit;
	bool		 guess, fingerprint, passive, json, strict;
} opt = {
	.limit = LIMIT,
};

static int
set_file(void *dst, const char *value)
{
	struct files *f = dst;

	if (f->n == FILES) {
		msg_warn("'%s': %d files at most", value, FILES);
		return -1;
	}
	f->name[f->n++] = value;
	return 0;
}

static const struct opt options[] = {
	{ .kind = OPT_GROUP, .help = "By which database" },
	{ .kind = OPT_STRING, .lng = "db", .arg = "FILE",
	    .help = "this one instead of prt's own", .dst = &opt.db },
	{ .kind = OPT_CALL, .lng = "check", .arg = "FILE",
	    .help = "tell what is wrong with a database, and end",
	    .dst = &opt.check, .set = set_file },
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
	{ .kind = OPT_GROUP, .help = "Output" },
	{ .kind = OPT_FLAG, .sh = 'j', .lng = "json",
	    .help = "write NDJSON", .dst = &opt.json },
	{ .kind = OPT_FLAG, .lng = "strict",
	    .help = "stop at the first bad input line", .dst = &opt.strict },
	{ .kind = OPT_GROUP },
};

static const struct opt_prog prog = {
	.name = "prt-os",
	.synopsis = "[OPTION]... --passive | --match FILE",
	.about = "Names the operating system of hosts by the fingerprint of "
	    "their IP stack.",
	.opts = options,
	.fields = rec_fields_put,
};

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
	status = opt.passive ? passive_run(v, format, opt.strict) :
	    stored_match(v, opt.match, format, opt.strict);
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
	if (first < argc || (opt.match == NULL && !opt.passive)) {
		msg_warn("name a file of fingerprints: %s --match FILE",
		    msg_name());
		return PRT_USAGE;
	}
	faulty = database_read(&db, opt.db);
	if (faulty != PRT_OK && db.n == 0)
		return faulty;
	status = run(&db);
	osdb_release(&db);
	return status != PRT_OK ? status : faulty;
}
