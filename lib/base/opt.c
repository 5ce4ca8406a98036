#include "base/opt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/msg.h"
#include "base/num.h"

#ifndef PRT_VERSION
#error "PRT_VERSION comes from the Makefile"
#endif

#define OPT_END(o)	((o)->kind == OPT_GROUP && (o)->help == NULL)

enum { STD_HELP = 1000, STD_VERSION, STD_FIELDS, STD_COMPLETION, ROW0 = 2000 };

static const struct opt standard[] = {
	{ .kind = OPT_GROUP, .help = "Standard options" },
	{ .kind = OPT_FLAG, .sh = 'h', .lng = "help",
	    .help = "print this help" },
	{ .kind = OPT_FLAG, .sh = 'V', .lng = "version",
	    .help = "print the version" },
	{ .kind = OPT_FLAG, .lng = "fields",
	    .help = "print the fields of the records it writes" },
	{ .kind = OPT_STRING, .lng = "completion", .arg = "bash|zsh|fish",
	    .help = "print a completion script for that shell" },
	{ .kind = OPT_GROUP },
};

/* Is the row one that people are told of? */
static bool
is_listed(const struct opt *o)
{
	return o->kind != OPT_GROUP && o->kind != OPT_ABSENT && o->help != NULL;
}

static const char *
dashes(const struct opt *o)
{
	return o->word ? "-" : "--";
}

/* "-p, --ports PORTS", "-oX FILE", "-v[LEVEL]" */
static void
print_left(const struct opt *o, char *dst, size_t cap)
{
	const char *gap = o->arg == NULL ? "" : o->may ? "[" : " ",
	    *arg = o->arg != NULL ? o->arg : "", *end = o->may ? "]" : "";

	if (o->word)
		snprintf(dst, cap, "-%s%s%s%s", o->lng, gap, arg, end);
	else if (o->lng == NULL)
		snprintf(dst, cap, "-%c%s%s%s", o->sh, gap, arg, end);
	else
		snprintf(dst, cap, "%c%c%s --%s%s%s%s", o->sh ? '-' : ' ',
		    o->sh ? o->sh : ' ', o->sh ? "," : " ", o->lng, gap, arg,
		    end);
}

static void
print_rows(const struct opt *o)
{
	char left[64];

	for (; !OPT_END(o); o++) {
		if (o->kind == OPT_GROUP) {
			printf("\n%s:\n", o->help);
			continue;
		}
		if (!is_listed(o))
			continue;
		print_left(o, left, sizeof(left));
		if (strlen(left) > 25)
			printf("  %s\n  %-25s %s\n", left, "", o->help);
		else
			printf("  %-25s %s\n", left, o->help);
	}
}

static void
print_help(const struct opt_prog *p)
{
	printf("usage: %s %s\n%s\n", msg_name(), p->synopsis, p->about);
	print_rows(p->opts);
	print_rows(standard);
	if (p->manual != NULL)
		printf("\nThe manual is %s; ", p->manual);
	else
		printf("\nThe manual is %s(1); ", msg_name());
	printf("records are described in prt-record(5).\n");
}

static void
print_fields(const struct opt_prog *p)
{
	struct buf b = { 0 };

	p->fields(&b, p->name);
	if (b.n > 0)
		fwrite(b.p, 1, b.n, stdout);
	buf_release(&b);
}

static void
complete_bash(const struct opt_prog *p)
{
	const struct opt *t[2] = { p->opts, standard };
	const struct opt *o;
	size_t i;

	printf("complete -o default -W '");
	for (i = 0; i < 2; i++)
		for (o = t[i]; !OPT_END(o); o++) {
			if (!is_listed(o))
				continue;
			if (o->sh)
				printf("-%c ", o->sh);
			if (o->lng != NULL)
				printf("%s%s ", dashes(o), o->lng);
		}
	printf("' %s\n", msg_name());
}

static void
complete_fish(const struct opt_prog *p)
{
	const struct opt *t[2] = { p->opts, standard };
	const struct opt *o;
	const char *q;
	size_t i;

	for (i = 0; i < 2; i++)
		for (o = t[i]; !OPT_END(o); o++) {
			if (!is_listed(o))
				continue;
			printf("complete -c %s", msg_name());
			if (o->lng != NULL)
				printf(" -%c %s", o->word ? 'o' : 'l', o->lng);
			if (o->sh)
				printf(" -s %c", o->sh);
			if (o->arg != NULL && !o->may)
				printf(" -r");
			printf(" -d '");
			for (q = o->help; *q != '\0'; q++) {
				if (*q == '\'' || *q == '\\')
					putchar('\\');
				putchar(*q);
			}
			printf("'\n");
		}
}

/* Inside of '...', with a backslash before what _arguments(1) takes apart. */
static void
put_zsh(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			printf("'\\''");
			continue;
		}
		if (strchr("[]:\\", *text) != NULL)
			putchar('\\');
		putchar(*text);
	}
}

/* An option may come several times; how its value follows is told by its name:
 * "-p+" in the same or the next word, "--ports=" so too, "-v-" in the same. */
static void
zsh_row(const struct opt *o)
{
	const char *value = o->arg == NULL ? "" : o->may ? "-" : "+";

	printf(" \\\n    '*'");
	if (o->word)
		printf("-%s%s", o->lng, o->arg != NULL && o->may ? "-" : "");
	else if (o->lng == NULL)
		printf("-%c%s", o->sh, value);
	else if (o->sh)
		printf("{-%c%s,--%s%s}", o->sh, value, o->lng,
		    o->arg == NULL ? "" : o->may ? "=-" : "=");
	else
		printf("--%s%s", o->lng, o->arg == NULL ? "" : o->may ? "=-" :
		    "=");
	printf("'[");
	put_zsh(o->help);
	putchar(']');
	if (o->arg != NULL) {
		printf("%s", o->may ? "::" : ":");
		put_zsh(o->arg);
		printf(":%s", strstr(o->arg, "FILE") != NULL ? "_files" : " ");
	}
	putchar('\'');
}

/* For a folder of zsh's fpath, or to be sourced. */
static void
complete_zsh(const struct opt_prog *p)
{
	const struct opt *t[2] = { p->opts, standard };
	const struct opt *o;
	const char *name = msg_name();
	bool words = false;
	size_t i;

	for (o = p->opts; !OPT_END(o); o++)
		words |= o->kind != OPT_GROUP && o->word;
	/* letters can stand together, unless some options are words */
	printf("#compdef %s\n_%s() {\n\t_arguments%s -S", name, name,
	    words ? "" : " -s");
	for (i = 0; i < 2; i++)
		for (o = t[i]; !OPT_END(o); o++)
			if (is_listed(o))
				zsh_row(o);
	printf(" \\\n    '*: :_files'\n}\n");
	printf("if [[ $funcstack[1] == _%s ]]; then\n\t_%s \"$@\"\nelse\n"
	    "\tcompdef _%s %s\nfi\n", name, name, name, name);
}

static int
complete(const struct opt_prog *p, const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		complete_bash(p);
	else if (strcmp(shell, "zsh") == 0)
		complete_zsh(p);
	else if (strcmp(shell, "fish") == 0)
		complete_fish(p);
	else {
		msg_warn("no completion for the shell '%s': bash, zsh and fish "
		    "have one", shell);
		return PRT_USAGE;
	}
	return PRT_OK;
}

static int
bad_value(const struct opt *o, const char *val)
{
	static const char *const want[] = {
		[OPT_NUMBER] = "a whole number",
		[OPT_COUNT] = "a number such as 5000 or 100k",
		[OPT_DURATION] = "a duration such as 250ms, 10s or 2m",
	};
	static const char *const unit[] = {
		[OPT_NUMBER] = "", [OPT_COUNT] = "", [OPT_DURATION] = " ns",
	};

	if (o->hi != 0)
		msg_warn("%s%s %s: wants %s from %llu to %llu%s", dashes(o),
		    o->lng, val, want[o->kind], (unsigned long long)o->lo,
		    (unsigned long long)o->hi, unit[o->kind]);
	else
		msg_warn("%s%s %s: wants %s", dashes(o), o->lng, val,
		    want[o->kind]);
	return -1;
}

static int
absent(const struct opt *o, bool letter)
{
	if (letter)
		msg_warn("-%c is not there: %s", o->sh, o->help);
	else
		msg_warn("%s%s is not there: %s", dashes(o), o->lng, o->help);
	return -1;
}

static int
apply(const struct opt *o, const char *val)
{
	const char *want;
	uint64_t hi = o->hi != 0 ? o->hi : UINT64_MAX, v;
	int r;

	switch (o->kind) {
	case OPT_GROUP:
	case OPT_LISTED:
	case OPT_ABSENT:
		return 0;
	case OPT_FLAG:
		*(bool *)o->dst = true;
		return 0;
	case OPT_STRING:
		*(const char **)o->dst = val;
		return 0;
	case OPT_NUMBER:
		r = num_parse(val, o->lo, hi, &v);
		break;
	case OPT_COUNT:
		r = num_parse_count(val, &v);
		break;
	case OPT_DURATION:
		r = num_parse_duration(val, &v);
		break;
	case OPT_READ:
		if ((want = o->read(o->dst, val)) == NULL)
			return 0;
		msg_warn("%s%s %s: wants %s", dashes(o), o->lng, val, want);
		return -1;
	case OPT_CALL:
		return o->set(o->dst, val);
	default:
		return -1;
	}
	if (r == -1 || v < o->lo || v > hi)
		return bad_value(o, val);
	*(uint64_t *)o->dst = v;
	return 0;
}

struct tables {
	struct buf	 shorts;
	struct option	*longs;
	size_t		 nlongs;
};

static void
add_rows(struct tables *t, const struct opt *rows, int base)
{
	const struct opt *o;

	for (o = rows; !OPT_END(o); o++) {
		if (o->kind == OPT_GROUP || o->kind == OPT_LISTED)
			continue;
		if (o->lng != NULL)
			t->longs[t->nlongs++] = (struct option){ o->lng,
			    o->arg == NULL ? no_argument : o->may ?
			    optional_argument : required_argument, NULL,
			    base + (int)(o - rows) };
		if (o->sh == 0)
			continue;
		buf_putc(&t->shorts, (char)o->sh);
		if (o->arg != NULL)
			buf_puts(&t->shorts, o->may ? "::" : ":");
	}
}

static size_t
count_rows(const struct opt *o)
{
	size_t n = 0;

	for (; !OPT_END(o); o++)
		n++;
	return n;
}

static const struct opt *
by_letter(const struct opt *rows, int c)
{
	const struct opt *o;

	for (o = rows; !OPT_END(o); o++)
		if (o->kind != OPT_GROUP && o->sh == c)
			return o;
	return NULL;
}

static void
bad_option(const struct opt_prog *p, int c, char **argv)
{
	const struct opt *o = by_letter(p->opts, optopt);
	const char *word = argv[optind - 1];

	if (c == ':' && optopt >= ROW0)
		o = &p->opts[optopt - ROW0];
	if (c == ':')
		msg_warn("%s wants a value (%s)", word,
		    o != NULL ? o->arg : "bash|zsh|fish");
	else if (optopt != 0 && optopt < 256)
		msg_warn("no option -%c: '%s --help' lists them", optopt,
		    msg_name());
	else
		msg_warn("no option %s, or no such value for it: '%s --help' "
		    "lists them", word, msg_name());
}

/* One option that getopt found: -1 to go on, else the status to return. */
static int
take(const struct opt_prog *p, int c, char **argv)
{
	const struct opt *o = NULL;

	if (c == '?' || c == ':') {
		bad_option(p, c, argv);
		return PRT_USAGE;
	}
	if (c >= ROW0)
		o = &p->opts[c - ROW0];
	else if (c < STD_HELP)
		o = by_letter(p->opts, c);
	if (o != NULL && o->kind == OPT_ABSENT)
		return absent(o, c < STD_HELP) == 0 ? -1 : PRT_USAGE;
	if (o != NULL)
		return apply(o, optarg) == 0 ? -1 : PRT_USAGE;
	if (c == 'h' || c == STD_HELP)
		print_help(p);
	else if (c == 'V' || c == STD_VERSION)
		printf("%s %s\n", msg_name(), PRT_VERSION);
	else if (c == STD_COMPLETION)
		return complete(p, optarg);
	else
		print_fields(p);
	return PRT_OK;
}

/* --max_rate is --max-rate. */
static void
underscores(int argc, char **argv)
{
	char *s;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strncmp(argv[i], "--", 2) == 0)
			for (s = argv[i]; *s != '\0' && *s != '='; s++)
				if (*s == '_')
					*s = '-';
}

static int
next(const struct opt_prog *p, int argc, char **argv, const struct tables *t)
{
	return p->words ?
	    getopt_long_only(argc, argv, t->shorts.p, t->longs, NULL) :
	    getopt_long(argc, argv, t->shorts.p, t->longs, NULL);
}

int
opt_parse(const struct opt_prog *p, int argc, char **argv, int *status)
{
	struct tables t = { 0 };
	int c, r = -1;

	t.longs = calloc(count_rows(p->opts) + count_rows(standard) + 1,
	    sizeof(*t.longs));
	if (t.longs == NULL) {
		msg_warn("out of memory");
		*status = PRT_FAILED;
		return -1;
	}
	buf_putc(&t.shorts, ':');
	add_rows(&t, p->opts, ROW0);
	add_rows(&t, standard, STD_HELP - 1);
	buf_putc(&t.shorts, '\0');
	optind = 0;
	opterr = 0;
	if (p->words)
		underscores(argc, argv);
	while (r == -1 && !t.shorts.oom &&
	    (c = next(p, argc, argv, &t)) != -1)
		r = take(p, c, argv);
	buf_release(&t.shorts);
	free(t.longs);
	if (r == -1)
		return optind;
	if (r == PRT_OK && (fflush(stdout) != 0 || ferror(stdout))) {
		msg_warn("cannot write to standard output");
		r = PRT_FAILED;
	}
	*status = r;
	return -1;
}
