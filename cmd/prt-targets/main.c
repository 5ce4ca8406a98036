/* prt-targets(1): what people write, as target records. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/msg.h"
#include "base/num.h"
#include "base/opt.h"
#include "input.h"
#include "meaning/portspec.h"
#include "meaning/record.h"
#include "meaning/reserved.h"
#include "output.h"
#include "targetset.h"
#include "world/datafile.h"
#include "world/recio.h"
#include "world/stop.h"

/* Values of an option that may be given several times. */
struct list {
	const char	**v;
	size_t		  n;
};

static struct {
	struct list	 files, exclude, exclude_files;
	const char	*ports, *servers;
	unsigned	 protos;
	uint64_t	 seed;
	bool		 has_seed;
	struct pick	 pick;
	bool		 allow_reserved, strict, no_resolve, first, v4, v6;
	bool		 expand, count, json;
} arg = {
	.protos = PORTSPEC_TCP,
	.pick = { .shard = 1, .shards = 1 },
};


static int
set_list(void *dst, const char *value)
{
	struct list *l = dst;
	const char **v = reallocarray(l->v, l->n + 1, sizeof(*v));

	if (v == NULL) {
		msg_warn("out of memory");
		return -1;
	}
	l->v = v;
	l->v[l->n++] = value;
	return 0;
}

static int
set_protos(void *dst, const char *value)
{
	unsigned *protos = dst;

	if (strcmp(value, "tcp") == 0)
		*protos = PORTSPEC_TCP;
	else if (strcmp(value, "udp") == 0)
		*protos = PORTSPEC_UDP;
	else if (strcmp(value, "tcp,udp") == 0 || strcmp(value, "udp,tcp") == 0)
		*protos = PORTSPEC_TCP | PORTSPEC_UDP;
	else {
		msg_warn("--proto %s: it is tcp, udp or tcp,udp", value);
		return -1;
	}
	return 0;
}

static int
set_seed(void *dst, const char *value)
{
	(void)dst;
	if (num_parse(value, 0, UINT64_MAX, &arg.seed) == -1) {
		msg_warn("--seed %s: wants a whole number below 2^64", value);
		return -1;
	}
	arg.has_seed = true;
	return 0;
}

static int
set_shard(void *dst, const char *value)
{
	struct pick *p = dst;
	size_t n = strlen(value), k;

	k = num_scan_u64(value, n, &p->shard);
	if (k == 0 || value[k] != '/' ||
	    num_parse(value + k + 1, 1, UINT32_MAX, &p->shards) == -1 ||
	    p->shard < 1 || p->shard > p->shards) {
		msg_warn("--shard %s: wants i/n, such as 1/4 to 4/4", value);
		return -1;
	}
	arg.expand = true;
	return 0;
}

static const struct opt opts[] = {
	{ .kind = OPT_GROUP, .help = "Input" },
	{ .kind = OPT_CALL, .sh = 'f', .lng = "file", .arg = "FILE",
	    .help = "read targets from a file, - for stdin; may be repeated",
	    .dst = &arg.files, .set = set_list },
	{ .kind = OPT_STRING, .sh = 'p', .lng = "ports", .arg = "PORTS",
	    .help = "ports of the targets that name none: 22,80-90,ssh,top:100",
	    .dst = &arg.ports },
	{ .kind = OPT_CALL, .lng = "proto", .arg = "PROTO",
	    .help = "protocol of ports that name none: tcp, udp or tcp,udp",
	    .dst = &arg.protos, .set = set_protos },
	{ .kind = OPT_CALL, .sh = 'x', .lng = "exclude", .arg = "SPEC",
	    .help = "take these hosts away; may be repeated",
	    .dst = &arg.exclude, .set = set_list },
	{ .kind = OPT_CALL, .sh = 'X', .lng = "exclude-file", .arg = "FILE",
	    .help = "take the hosts in a file away; may be repeated",
	    .dst = &arg.exclude_files, .set = set_list },
	{ .kind = OPT_FLAG, .lng = "allow-reserved",
	    .help = "keep multicast, broadcast and reserved addresses",
	    .dst = &arg.allow_reserved },
	{ .kind = OPT_FLAG, .lng = "strict",
	    .help = "stop at the first bad target, and write none",
	    .dst = &arg.strict },
	{ .kind = OPT_GROUP, .help = "Names" },
	{ .kind = OPT_FLAG, .sh = 'n', .lng = "no-resolve",
	    .help = "resolve no names: a name is a bad target",
	    .dst = &arg.no_resolve },
	{ .kind = OPT_FLAG, .sh = '4', .lng = "ipv4",
	    .help = "only the IPv4 addresses of names", .dst = &arg.v4 },
	{ .kind = OPT_FLAG, .sh = '6', .lng = "ipv6",
	    .help = "only the IPv6 addresses of names", .dst = &arg.v6 },
	{ .kind = OPT_FLAG, .lng = "first",
	    .help = "only the first address of a name", .dst = &arg.first },
	{ .kind = OPT_STRING, .lng = "dns-server", .arg = "SERVER",
	    .help = "ask these DNS servers: ADDRESS[:PORT],...",
	    .dst = &arg.servers },
	{ .kind = OPT_GROUP, .help = "Output" },
	{ .kind = OPT_FLAG, .sh = 'e', .lng = "expand",
	    .help = "one record for each host, or each host and port",
	    .dst = &arg.expand },
	{ .kind = OPT_FLAG, .lng = "shuffle",
	    .help = "in random order (expands)", .dst = &arg.pick.shuffle },
	{ .kind = OPT_CALL, .lng = "seed", .arg = "N",
	    .help = "the random order that has this number (shuffles)",
	    .set = set_seed },
	{ .kind = OPT_CALL, .lng = "shard", .arg = "I/N",
	    .help = "the I-th of N equal parts, counted from 1 (expands)",
	    .dst = &arg.pick, .set = set_shard },
	{ .kind = OPT_COUNT, .lng = "sample", .arg = "N",
	    .help = "N of them at random (expands)",
	    .dst = &arg.pick.sample, .lo = 1 },
	{ .kind = OPT_FLAG, .sh = 'c', .lng = "count",
	    .help = "only say how many hosts and probes these are",
	    .dst = &arg.count },
	{ .kind = OPT_FLAG, .sh = 'j', .lng = "json",
	    .help = "write NDJSON", .dst = &arg.json },
	{ .kind = OPT_GROUP },
};

static const struct opt_prog prog = {
	.name = "prt-targets",
	.synopsis = "[OPTION]... [TARGET]...",
	.about = "Writes target records for what people write: addresses, "
	    "ranges, names, URLs, lists.",
	.opts = opts,
	.fields = rec_fields_put,
};

/* Options that do not go together: PRT_OK, or PRT_USAGE after a message. */
static int
settle_options(void)
{
	struct pick *p = &arg.pick;

	if (arg.v4 && arg.v6) {
		msg_warn("-4 and -6 exclude each other: leave out both for "
		    "addresses of either kind");
		return PRT_USAGE;
	}
	if (arg.has_seed || p->sample != 0)
		p->shuffle = true;
	if (p->shuffle)
		arg.expand = true;
	if (p->shuffle && p->shards > 1 && !arg.has_seed) {
		msg_warn("--shard of a random order wants --seed, the same "
		    "number for every shard");
		return PRT_USAGE;
	}
	p->seed = arg.seed;
	if (p->shuffle && !arg.has_seed &&
	    random_bytes(&p->seed, sizeof(p->seed)) == -1) {
		msg_warn("no random numbers: %s", strerror(errno));
		return PRT_FAILED;
	}
	return PRT_OK;
}

/* ---- data files ---- */

static int
read_data(const char *name, struct buf *text, char *path, size_t cap)
{
	if (datafile_read(name, text, path, cap) == 0)
		return 0;
	msg_warn("%s: %s: install prt, or say where its data is with "
	    "PRT_DATADIR=share", path, strerror(errno));
	buf_release(text);
	return -1;
}

static int
load_reserved(struct rangeset *set)
{
	struct buf text = { 0 };
	char path[4096];
	unsigned long line;
	const char *what;
	int r;

	if (read_data("reserved", &text, path, sizeof(path)) == -1)
		return -1;
	r = reserved_parse(set, text.p, text.n, &line, &what);
	if (r == -1)
		msg_at(path, line, "%s", what);
	buf_release(&text);
	return r;
}

/* ---- -p ---- */

/* PRT_OK, or another status after a message. */
static int
parse_ports(struct portspec *spec, const struct ports *names)
{
	struct portspec_error err;

	if (portspec_parse(spec, arg.ports, arg.protos, names, &err) == 0)
		return PRT_OK;
	msg_warn("-p %s: at character %zu, '%.*s': %s", arg.ports, err.at + 1,
	    (int)err.n, arg.ports + err.at, err.what);
	return PRT_USAGE;
}

static int
load_ports(struct portspec *spec)
{
	struct ports names = { 0 };
	struct buf text = { 0 };
	char path[4096];
	unsigned long line;
	const char *what;
	int status;

	if (!portspec_wants_ports(arg.ports))
		return parse_ports(spec, NULL);
	if (read_data("ports", &text, path, sizeof(path)) == -1)
		return PRT_FAILED;
	if (ports_parse(&names, text.p, text.n, &line, &what) == -1) {
		msg_at(path, line, "%s", what);
		status = PRT_FAILED;
	} else
		status = parse_ports(spec, &names);
	ports_release(&names);
	buf_release(&text);
	return status;
}

/* ---- the run ---- */

static int
read_excludes(struct input *in)
{
	size_t i;

	for (i = 0; i < arg.exclude.n; i++)
		if (input_word(in, arg.exclude.v[i], true) == -1)
			return -1;
	for (i = 0; i < arg.exclude_files.n; i++)
		if (input_file(in, arg.exclude_files.v[i], true) == -1)
			return -1;
	if (input_finish(in) == -1)
		return -1;
	rangeset_normalise(in->exclude);
	return 0;
}

static int
read_targets(struct input *in, char **operand, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((strcmp(operand[i], "-") == 0 ?
		    input_file(in, "-", false) :
		    input_word(in, operand[i], false)) == -1)
			return -1;
	for (i = 0; i < arg.files.n; i++)
		if (input_file(in, arg.files.v[i], false) == -1)
			return -1;
	if (n == 0 && arg.files.n == 0 && input_file(in, "-", false) == -1)
		return -1;
	return input_finish(in);
}

/* What is taken away: the excludes, and reserved space. */
static int
take_away(struct rangeset *exclude, const struct rangeset *reserved)
{
	size_t i;

	for (i = 0; i < reserved->n; i++)
		if (rangeset_add(exclude, reserved->r[i].first,
		    reserved->r[i].last) == -1)
			return -1;
	rangeset_normalise(exclude);
	return 0;
}

static int
write_targets(struct recout *out, const struct targetset *ts)
{
	const struct pick *p = &arg.pick;
	bool part = p->sample != 0 || p->shards > 1;

	if (arg.count)
		return output_count(out, ts, part ? p : NULL);
	if (arg.expand)
		return output_expanded(out, ts, p, &stop);
	return output_compact(out, ts);
}

/* The status of the whole, `bad` being its status so far. */
static int
finish_output(struct recout *out, int bad)
{
	recout_close(out);
	if (out->error == EPIPE)
		return bad;
	if (out->error != 0) {
		msg_warn("cannot write to standard output: %s",
		    strerror(out->error));
		return PRT_FAILED;
	}
	return stop ? PRT_STOPPED : bad;
}

static int
write_all(struct targetset *ts, int bad)
{
	struct recout out;
	bool numbered = arg.expand &&
	    (!arg.count || arg.pick.sample != 0 || arg.pick.shards > 1);

	if (numbered && ts->probes >> 63 != 0) {
		msg_warn("2^63 probes or more cannot be numbered: give fewer "
		    "addresses or ports, or leave out --expand and what "
		    "expands");
		return PRT_FAILED;
	}
	recout_init(&out, 1, arg.json ? REC_NDJSON : REC_TSV);
	write_targets(&out, ts);
	return finish_output(&out, bad);
}

static int
run(struct input *in, const struct portspec *ports, char **operand, size_t n)
{
	if (read_excludes(in) == -1 || read_targets(in, operand, n) == -1)
		return stop ? PRT_STOPPED : PRT_FAILED;
	if (take_away(in->exclude, in->reserved) == -1 ||
	    targetset_finish(in->ts, arg.ports != NULL ? ports->set : NULL,
	    in->exclude) == -1) {
		msg_warn("out of memory");
		return PRT_FAILED;
	}
	return write_all(in->ts, in->bad > 0 ? PRT_FAILED : PRT_OK);
}

int
main(int argc, char **argv)
{
	struct rangeset exclude = { 0 }, reserved = { 0 };
	struct portspec ports = { 0 };
	struct targetset ts;
	struct input in;
	int first, status;

	msg_init(argv[0]);
	if ((first = opt_parse(&prog, argc, argv, &status)) == -1)
		return status;
	if ((status = settle_options()) != PRT_OK)
		return status;
	if (arg.ports != NULL && (status = load_ports(&ports)) != PRT_OK)
		return status;
	if (!arg.allow_reserved && load_reserved(&reserved) == -1)
		return PRT_FAILED;
	if (targetset_init(&ts) == -1)
		msg_die(PRT_FAILED, "out of memory");
	stop_catch();
	in = (struct input){ .ts = &ts, .exclude = &exclude,
	    .reserved = &reserved, .protos = arg.protos,
	    .family = arg.v4 ? RESOLVE_V4 : arg.v6 ? RESOLVE_V6 : RESOLVE_BOTH,
	    .servers = arg.servers, .no_resolve = arg.no_resolve,
	    .first = arg.first, .strict = arg.strict, .stop = &stop };
	status = run(&in, &ports, argv + first, (size_t)(argc - first));
	input_release(&in);
	targetset_release(&ts);
	portspec_release(&ports);
	rangeset_release(&exclude);
	rangeset_release(&reserved);
	free(arg.files.v);
	free(arg.exclude.v);
	free(arg.exclude_files.v);
	return status;
}
