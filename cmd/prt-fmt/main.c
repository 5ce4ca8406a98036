/* prt-fmt: records into what people and other programs read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/opt.h"
#include "input.h"
#include "only.h"
#include "output.h"
#include "stage.h"
#include "value.h"
#include "world/datafile.h"
#include "world/dbproc.h"
#include "world/sandbox.h"
#include "world/source.h"

enum when { AUTO, ALWAYS, NEVER };

static const struct output *format;
static enum when colour_when;
static const char *columns, *command;
static struct only only;
static struct source how;
static struct scandb_name db_to, db_from;	/* of -o and -i sqlite: */
static bool all, down, open_only, sort, group;

static int
set_database(struct scandb_name *dst, const char *name)
{
	free(dst->path);
	if (scandb_name(dst, name) == -1) {
		msg_warn("out of memory");
		return -1;
	}
	return 0;
}

static int
set_format(void *dst, const char *name)
{
	struct buf names = { 0 };

	(void)dst;
	if (set_database(&db_to, name) == -1)
		return -1;
	format = db_to.path != NULL ? &output_sqlite : output_find(name);
	if (format == &output_sqlite && db_to.path == NULL) {
		msg_warn("-o %s: wants the database, as in sqlite:FILE", name);
		return -1;
	}
	if (db_to.scan != 0) {
		msg_warn("-o %s: a scan is added, and not put in another's "
		    "place: no @%lld", name, db_to.scan);
		return -1;
	}
	if (format != NULL)
		return 0;
	outputs_list(&names);
	msg_warn("no format '%s': %.*s are there", name, (int)names.n,
	    names.p);
	buf_release(&names);
	return -1;
}

static int
set_input(void *dst, const char *name)
{
	struct buf names = { 0 };
	int r;

	if (set_database(&db_from, name) == -1)
		return -1;
	if (db_from.path != NULL)
		name = "tsv";
	r = source_named(dst, name, &names);
	if (r == -1)
		msg_warn("no input '%s': sqlite:FILE, %.*s are there", name,
		    (int)names.n, names.p);
	buf_release(&names);
	return r;
}

static int
set_ndjson(void *dst, const char *none)
{
	(void)none;
	return set_format(dst, "ndjson");
}

static int
set_colour(void *dst, const char *name)
{
	static const char *const names[] = {
		[AUTO] = "auto", [ALWAYS] = "always", [NEVER] = "never"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0) {
			*(enum when *)dst = (enum when)i;
			return 0;
		}
	msg_warn("--color %s: wants auto, always or never", name);
	return -1;
}

static int
set_columns(void *dst, const char *list)
{
	const char *why = value_check_columns(str_of(list));

	if (why != NULL)
		msg_warn("--columns '%s': %s", list, why);
	*(const char **)dst = list;
	return why == NULL ? 0 : -1;
}

static int
set_only(void *dst, const char *text)
{
	struct buf why = { 0 };
	int r = only_parse(dst, str_of(text), &why);

	if (r == -1)
		msg_warn("--only %.*s", (int)why.n, why.p);
	buf_release(&why);
	return r;
}

static int
set_group(void *dst, const char *by)
{
	*(bool *)dst = strcmp(by, "host") == 0;
	if (strcmp(by, "host") == 0)
		return 0;
	msg_warn("--group %s: host is what there is to group by", by);
	return -1;
}

static const struct opt opts[] = {
	{ .kind = OPT_GROUP, .help = "Formats" },
	{ .kind = OPT_CALL, .sh = 'o', .lng = "output", .arg = "FORMAT",
	    .help = "normal (default), csv, html, xml, sqlite:FILE, ...",
	    .set = set_format },
	{ .kind = OPT_CALL, .sh = 'j', .lng = "json",
	    .help = "the same as -o ndjson", .set = set_ndjson },
	{ .kind = OPT_CALL, .sh = 'F', .lng = "columns", .arg = "NAME,...",
	    .help = "these columns, as csv unless -o says otherwise",
	    .dst = &columns, .set = set_columns },
	{ .kind = OPT_FLAG, .sh = 'a', .lng = "all",
	    .help = "normal, xml, gnmap, html: list every port, sum up none",
	    .dst = &all },
	{ .kind = OPT_STRING, .lng = "args", .arg = "TEXT",
	    .help = "xml, gnmap: the command line that they tell",
	    .dst = &command },
	{ .kind = OPT_FLAG, .lng = "down",
	    .help = "normal, xml, gnmap, html: hosts that are down as well",
	    .dst = &down },
	{ .kind = OPT_CALL, .lng = "color", .arg = "WHEN",
	    .help = "normal: auto (default), always or never",
	    .dst = &colour_when, .set = set_colour },
	{ .kind = OPT_GROUP, .help = "Records" },
	{ .kind = OPT_CALL, .lng = "only", .arg = "KEY=VALUE,...",
	    .help = "those with state=open,port=22,80-90 and the like",
	    .dst = &only, .set = set_only },
	{ .kind = OPT_FLAG, .lng = "open",
	    .help = "open ports, and hosts that have one",
	    .dst = &open_only },
	{ .kind = OPT_FLAG, .lng = "sort",
	    .help = "by address, protocol and port", .dst = &sort },
	{ .kind = OPT_CALL, .lng = "group", .arg = "host",
	    .help = "one record for the ports of a host that are alike",
	    .dst = &group, .set = set_group },
	{ .kind = OPT_GROUP, .help = "Input" },
	{ .kind = OPT_CALL, .sh = 'i', .lng = "input", .arg = "FORMAT",
	    .help = "auto (default), nmap-xml, gnmap, naabu, ...",
	    .dst = &how, .set = set_input },
	{ .kind = OPT_FLAG, .lng = "strict",
	    .help = "stop at the first malformed line", .dst = &how.strict },
	{ .kind = OPT_GROUP },
};

/* It writes whatever it reads. */
static void
fields(struct buf *b, const char *name)
{
	(void)name;
	rec_fields_put(b, NULL);
}

static const struct opt_prog prog = {
	.name = "prt-fmt",
	.synopsis = "[OPTION]... [FILE]...",
	.about = "Turns records into reports, and into what other programs "
	    "read.",
	.opts = opts,
	.fields = fields,
};

/* NO_COLOR (no-color.org): present and not empty means no colour. */
static bool
want_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (colour_when != AUTO)
		return colour_when == ALWAYS;
	return isatty(STDOUT_FILENO) == 1 && (no == NULL || *no == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

/* Names for the SERVICE column. The report can do without. */
static void
load_ports(struct sink *s, struct buf *text)
{
	char path[4096];
	const char *what;
	unsigned long line;

	if (datafile_read("ports", text, path, sizeof(path)) == -1)
		msg_warn("%s: %s: services without a service= field have no "
		    "name; 'make install' puts the file there", path,
		    strerror(errno));
	else if (ports_parse(&s->ports, text->p, text->n, &line, &what) == -1)
		msg_at(path, line, "%s", what);
}

/* A key that no record had is most often a slip. */
static void
tell_unseen(void)
{
	size_t i;

	for (i = 0; i < only.n; i++)
		if (!only.term[i].seen && only.term[i].key.n > 0)
			msg_warn("--only: no record had '%.*s'",
			    STR_ARG(only.term[i].key));
}

static struct dbproc to, from;

/* An exit status, of what a database said when it could not do its work. */
static int
database_failed(const struct scandb_name *name, struct buf *why)
{
	msg_warn("%s: %.*s", name->path, (int)why->n, why->n > 0 ? why->p :
	    "");
	buf_release(why);
	return PRT_FAILED;
}

static int
databases_end(void)
{
	struct buf why = { 0 };
	int status = PRT_OK;

	if (db_to.path != NULL && dbproc_end(&to, &why) == -1)
		status = database_failed(&db_to, &why);
	if (db_from.path != NULL && dbproc_end(&from, &why) == -1)
		status = database_failed(&db_from, &why);
	return status;
}

static int
work(struct inputs *in, struct sink *s)
{
	struct stage st = { .format = format, .sink = s, .only = &only,
	    .sort = sort && !format->sorted, .group = group };
	int status;

	if (format->start != NULL)
		format->start(s);
	status = inputs_format(in, &how, &st);
	stage_finish(&st);
	if (format->finish != NULL)
		format->finish(s);
	if (recout_close(&s->out) == -1 && errno != EPIPE) {
		msg_warn("cannot write to standard output: %s",
		    strerror(errno));
		status = PRT_FAILED;
	}
	inputs_close(in);
	if (databases_end() != PRT_OK)
		status = PRT_FAILED;
	tell_unseen();
	return status == PRT_OK && inputs_stopped() ? PRT_STOPPED : status;
}

static int
run(struct inputs *in)
{
	struct sink s = { .all = all, .down = down, .open = open_only,
	    .columns = str_of(columns), .command = str_of(command),
	    .picked = only_picks_state(&only) };
	struct buf names = { 0 }, why = { 0 };
	int status;

	if (db_to.path != NULL && dbproc_write(&to, &db_to, &why) == -1)
		return database_failed(&db_to, &why);
	recout_init(&s.out, db_to.path != NULL ? to.records : STDOUT_FILENO,
	    REC_TSV);
	s.colour = want_colour();
	if (format->names)
		load_ports(&s, &names);
	inputs_catch(in);
	if (sandbox_enter() == -1)
		msg_die(PRT_FAILED, "cannot enter the sandbox: %s",
		    strerror(errno));
	status = work(in, &s);
	ports_release(&s.ports);
	buf_release(&s.line);
	buf_release(&names);
	return status;
}

/* Options that only some formats have a use for. */
static int
check_format(void)
{
	if (format == NULL)
		format = columns != NULL ? &output_csv : &output_normal;
	if (columns != NULL && !format->columns) {
		msg_warn("--columns: %s has its own: tsv, ndjson, csv and md "
		    "take them", format->name);
		return -1;
	}
	if (group && !format->lists) {
		msg_warn("--group: %s has no place for lists of ports: tsv, "
		    "ndjson, csv, md and targets have", format->name);
		return -1;
	}
	return 0;
}

static int
open_inputs(struct inputs *in, char **operand, size_t n)
{
	struct buf why = { 0 };

	if (db_from.path == NULL)
		return inputs_open(in, operand, n);
	if (dbproc_read(&from, &db_from, &why) == -1) {
		database_failed(&db_from, &why);
		return -1;
	}
	return inputs_take(in, from.records, db_from.path);
}

int
main(int argc, char **argv)
{
	struct inputs in = { 0 };
	int first, status = PRT_FAILED;

	msg_init(argv[0]);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (check_format() == -1)
		return PRT_USAGE;
	if (db_from.path != NULL && first < argc) {
		msg_warn("-i sqlite:%s is the input: no files beside it",
		    db_from.path);
		return PRT_USAGE;
	}
	status = PRT_FAILED;
	if (open_inputs(&in, argv + first, (size_t)(argc - first)) == 0)
		status = run(&in);
	inputs_close(&in);
	only_release(&only);
	free(db_to.path);
	free(db_from.path);
	return status;
}
