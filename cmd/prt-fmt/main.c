/* prt-fmt: records into what people and other programs read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/opt.h"
#include "input.h"
#include "output.h"
#include "world/datafile.h"
#include "world/sandbox.h"

enum when { AUTO, ALWAYS, NEVER };

static const struct output *format = &output_normal;
static enum when colour_when;
static const char *columns =
    "ip,port,proto,state,reason,host,service,ttl,rtt,time";
static bool all, strict;

static int
set_format(void *dst, const char *name)
{
	size_t i;

	(void)dst;
	for (i = 0; outputs[i] != NULL; i++)
		if (strcmp(outputs[i]->name, name) == 0) {
			format = outputs[i];
			return 0;
		}
	msg_warn("no format '%s': normal, tsv, ndjson and csv are there", name);
	return -1;
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
	struct str rest = str_of(list);

	while (rest.p != NULL)
		if (str_cut(&rest, ',').n == 0) {
			msg_warn("--columns '%s': wants names of columns and "
			    "fields with commas between, such as "
			    "ip,port,state", list);
			return -1;
		}
	*(const char **)dst = list;
	format = &output_csv;
	return 0;
}

static const struct opt opts[] = {
	{ .kind = OPT_GROUP, .help = "Formats" },
	{ .kind = OPT_CALL, .sh = 'o', .lng = "output", .arg = "FORMAT",
	    .help = "normal (default), tsv, ndjson or csv",
	    .set = set_format },
	{ .kind = OPT_CALL, .sh = 'j', .lng = "json",
	    .help = "the same as -o ndjson", .set = set_ndjson },
	{ .kind = OPT_CALL, .sh = 'F', .lng = "columns", .arg = "NAME,...",
	    .help = "csv with these columns", .dst = &columns,
	    .set = set_columns },
	{ .kind = OPT_FLAG, .sh = 'a', .lng = "all",
	    .help = "normal: list every port and host, sum up none",
	    .dst = &all },
	{ .kind = OPT_CALL, .lng = "color", .arg = "WHEN",
	    .help = "normal: auto (default), always or never",
	    .dst = &colour_when, .set = set_colour },
	{ .kind = OPT_GROUP, .help = "Input" },
	{ .kind = OPT_FLAG, .lng = "strict",
	    .help = "stop at the first malformed line", .dst = &strict },
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
	.about = "Turns records into a report, TSV, NDJSON or CSV.",
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

static int
run(struct inputs *in)
{
	struct sink s = { .all = all, .columns = str_of(columns) };
	struct buf names = { 0 };
	int status;

	recout_init(&s.out, STDOUT_FILENO, REC_TSV);
	s.colour = want_colour();
	if (format == &output_normal)
		load_ports(&s, &names);
	inputs_catch(in);
	if (sandbox_enter() == -1)
		msg_die(PRT_FAILED, "cannot enter the sandbox: %s",
		    strerror(errno));
	if (format->start != NULL)
		format->start(&s);
	status = inputs_format(in, format, &s, strict);
	if (format->finish != NULL)
		format->finish(&s);
	if (recout_close(&s.out) == -1 && errno != EPIPE) {
		msg_warn("cannot write to standard output: %s",
		    strerror(errno));
		status = PRT_FAILED;
	}
	ports_release(&s.ports);
	buf_release(&names);
	return status == PRT_OK && inputs_stopped() ? PRT_STOPPED : status;
}

int
main(int argc, char **argv)
{
	struct inputs in = { 0 };
	int first, status = PRT_FAILED;

	msg_init(argv[0]);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if (inputs_open(&in, argv + first, (size_t)(argc - first)) == 0)
		status = run(&in);
	else
		status = PRT_FAILED;
	inputs_close(&in);
	return status;
}
