/* prt-diff: what changed between two scans. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/opt.h"
#include "change.h"
#include "side.h"
#include "world/sandbox.h"
#include "world/stop.h"

/* As diff(1): 2 is what any other program of ours says in three ways. */
enum { SAME = 0, DIFFERENT = 1, TROUBLE = 2 };

enum form { TSV, NDJSON, NORMAL };

static enum form form;
static struct source how;
static uint64_t expiring, memory = 64 * 1000 * 1000;

static int
set_form(void *dst, const char *name)
{
	static const char *const names[] = {
		[TSV] = "tsv", [NDJSON] = "ndjson", [NORMAL] = "normal"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*(enum form *)dst = (enum form)i;
			return 0;
		}
	msg_warn("no format '%s': tsv, ndjson and normal are there", name);
	return -1;
}

static int
set_ndjson(void *dst, const char *none)
{
	(void)none;
	return set_form(dst, "ndjson");
}

static int
set_input(void *dst, const char *name)
{
	struct buf names = { 0 };
	int r = source_named(dst, name, &names);

	if (r == -1)
		msg_warn("no input '%s': %.*s are there", name, (int)names.n,
		    names.p);
	buf_release(&names);
	return r;
}

static const struct opt opts[] = {
	{ .kind = OPT_GROUP, .help = "Changes" },
	{ .kind = OPT_DURATION, .lng = "expiring", .arg = "TIME",
	    .help = "certificates too that run out within TIME, as 30d",
	    .dst = &expiring, .lo = 1 },
	{ .kind = OPT_GROUP, .help = "Output" },
	{ .kind = OPT_CALL, .sh = 'o', .lng = "output", .arg = "FORMAT",
	    .help = "tsv (default), ndjson or normal", .dst = &form,
	    .set = set_form },
	{ .kind = OPT_CALL, .sh = 'j', .lng = "json",
	    .help = "the same as -o ndjson", .dst = &form,
	    .set = set_ndjson },
	{ .kind = OPT_GROUP, .help = "Input" },
	{ .kind = OPT_CALL, .sh = 'i', .lng = "input", .arg = "FORMAT",
	    .help = "auto (default), or any other of prt-fmt's",
	    .dst = &how, .set = set_input },
	{ .kind = OPT_COUNT, .lng = "memory", .arg = "BYTES",
	    .help = "memory for each scan, the rest goes to TMPDIR (64m)",
	    .dst = &memory, .lo = 4096, .hi = (uint64_t)1 << 40 },
	{ .kind = OPT_FLAG, .lng = "strict",
	    .help = "stop at the first malformed line", .dst = &how.strict },
	{ .kind = OPT_GROUP },
};

static const struct opt_prog prog = {
	.name = "prt-diff",
	.synopsis = "[OPTION]... OLD NEW",
	.about = "Writes what changed between two scans.",
	.opts = opts,
	.fields = rec_fields_put,
};

static void
tell_incomplete(const struct side *old, const struct side *new)
{
	if (new->incomplete)
		msg_warn("%s: it did not run to its end: what it lacks is not "
		    "called closed or gone", new->name);
	if (old->incomplete)
		msg_warn("%s: it did not run to its end: what it lacks may "
		    "have been open before", old->name);
}

static int
run(struct side *old, struct side *new)
{
	struct differ d = { .old = old, .new = new, .normal = form == NORMAL,
	    .soon = expiring, .now = clock_wall_ns() };
	bool trouble = false;

	recout_init(&d.out, STDOUT_FILENO, form == NDJSON ? REC_NDJSON :
	    REC_TSV);
	trouble |= side_read(old, &how) == -1;
	trouble |= side_read(new, &how) == -1;
	tell_incomplete(old, new);
	trouble |= differ_run(&d) == -1;
	if (recout_close(&d.out) == -1 && errno != EPIPE) {
		msg_warn("cannot write to standard output: %s",
		    strerror(errno));
		trouble = true;
	}
	differ_release(&d);
	if (trouble || stop)
		return TROUBLE;
	return d.changes > 0 ? DIFFERENT : SAME;
}

int
main(int argc, char **argv)
{
	struct side old = { .fd = -1, .sorter.fd = -1 }, new = old;
	int first, status = TROUBLE;

	msg_init(argv[0]);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (argc - first != 2) {
		msg_warn("wants two scans, the old one and the new one");
		return TROUBLE;
	}
	status = TROUBLE;
	if (side_open(&old, argv[first], memory) == 0 &&
	    side_open(&new, argv[first + 1], memory) == 0) {
		stop_catch();
		if (sandbox_enter() == -1)
			msg_warn("cannot enter the sandbox: %s",
			    strerror(errno));
		else
			status = run(&old, &new);
	}
	side_release(&old);
	side_release(&new);
	return status;
}
