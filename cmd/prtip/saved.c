#include "saved.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/msg.h"
#include "world/wholefile.h"

/* More is no command line, and no checkpoint's head. */
#define MOST	(1024 * 1024)

/* See put_merge() in plan.c. */
static const char merge[] =
    "/^#/ { if (!($0 in had) && /^#prt\\tstat/) stat[n++] = $0; "
    "else if (!($0 in had)) print; had[$0]; next } "
    "{ k = $1 FS $2 FS $3 FS $4 FS $5; for (i = 6; i <= NF; i++) "
    "if ($i ~ /^(host|tag)=/) k = k FS $i } !(k in had) { had[k]; print } "
    "END { for (i = 0; i < n; i++) { for (j = i; j < n && "
    "stat[j] !~ /\\tcomplete=1/; j++); if (j == i || j == n) "
    "print stat[i] } }";

struct part {
	const char	*name;
	unsigned	 plan;
	char		*file, *part, *checkpoint;	/* owned */
};

enum { TARGETS, HOSTS, PORTS, NPART };

struct saved {
	const struct ask	*a;
	const struct run_conf	*conf;
	struct part		 part[NPART];
};

static char * __attribute__((format(printf, 1, 2)))
text(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n == -1)
		msg_die(PRT_FAILED, "out of memory");
	return s;
}

/* ---- the command ---- */

static void
put_word(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '\n')
			buf_puts(b, "\\n");
		else if (*s == '\\')
			buf_puts(b, "\\\\");
		else
			buf_putc(b, *s);
	buf_putc(b, '\n');
}

static char *
cut_word(char **rest)
{
	char *s = *rest, *out = s, *word = s;

	for (; *s != '\0' && *s != '\n'; s++)
		if (*s == '\\' && s[1] != '\0')
			*out++ = *++s == 'n' ? '\n' : *s;
		else
			*out++ = *s;
	*rest = *s == '\n' ? s + 1 : s;
	*out = '\0';
	return word;
}

static int
write_command(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int r = -1;

	if (fd != -1 && !b->oom && write(fd, b->p, b->n) == (ssize_t)b->n &&
	    fsync(fd) == 0)
		r = 0;
	if (r == -1)
		msg_warn("%s: %s", path, strerror(errno));
	if (fd != -1)
		close(fd);
	return r;
}

int
saved_begin(const char *dir, int argc, char **argv)
{
	char cwd[PATH_MAX], *path = text("%s/command", dir);
	struct buf b = { 0 };
	int i, r = -1;

	if (access(path, F_OK) == 0)
		msg_warn("--checkpoint %s: a scan is kept there: --resume %s "
		    "goes on with it", dir, dir);
	else if (mkdir(dir, 0777) == -1 && errno != EEXIST)
		msg_warn("--checkpoint %s: %s", dir, strerror(errno));
	else if (getcwd(cwd, sizeof(cwd)) == NULL)
		msg_warn("this folder is gone: %s", strerror(errno));
	else {
		put_word(&b, cwd);
		for (i = 1; i < argc; i++)
			put_word(&b, argv[i]);
		r = write_command(path, &b);
	}
	buf_release(&b);
	free(path);
	return r;
}

/* The words, of which the first is the folder. */
static int
read_command(const char *path, struct template *t)
{
	char *rest;
	size_t i, lines = 0;

	if (wholefile_read(path, &t->text, MOST) == -1) {
		msg_warn("%s: %s; --resume wants what --checkpoint named",
		    path, strerror(errno));
		return -1;
	}
	buf_putc(&t->text, '\0');
	for (i = 0; i < t->text.n; i++)
		lines += t->text.p[i] == '\n';
	t->argv = calloc(lines + 2, sizeof(*t->argv));
	if (t->argv == NULL || t->text.oom)
		msg_die(PRT_FAILED, "out of memory");
	for (rest = t->text.p; *rest != '\0';)
		t->argv[t->argc++] = cut_word(&rest);
	return 0;
}

int
saved_open(const char *name, char **dir, struct template *t)
{
	char *path = text("%s/command", name);
	int r;

	*t = (struct template){ 0 };
	*dir = NULL;
	r = read_command(path, t);
	if (r == 0 && t->argc == 0) {
		msg_warn("%s: it is empty: start the scan anew", path);
		r = -1;
	} else if (r == 0 && ((*dir = realpath(name, NULL)) == NULL ||
	    chdir(t->argv[0]) == -1)) {
		msg_warn("%s: %s", t->argv[0], strerror(errno));
		r = -1;
	}
	free(path);
	if (r == -1) {
		template_release(t);
		free(*dir);
	}
	return r;
}

/* ---- parts ---- */

static void
set_up(struct saved *s)
{
	static const struct {
		const char	*name;
		unsigned	 plan;
	} of[NPART] = {
		{ "targets", PLAN_TARGETS }, { "hosts", PLAN_HOSTS },
		{ "ports", PLAN_PORTS },
	};
	size_t i;

	for (i = 0; i < NPART; i++)
		s->part[i] = (struct part){ .name = of[i].name,
		    .plan = of[i].plan,
		    .file = text("%s/%s", s->a->save, of[i].name),
		    .part = text("%s/%s.part", s->a->save, of[i].name),
		    .checkpoint = text("%s/%s.checkpoint", s->a->save,
		    of[i].name) };
}

static void
tear_down(struct saved *s)
{
	size_t i;

	for (i = 0; i < NPART; i++) {
		free(s->part[i].file);
		free(s->part[i].part);
		free(s->part[i].checkpoint);
	}
}

static bool
is_wanted(const struct ask *a, size_t i)
{
	return i == TARGETS || (i == HOSTS && !a->no_ping) ||
	    (i == PORTS && !a->ping_only);
}

/* Does prt-blast do it, which keeps checkpoints? */
static bool
is_kept(const struct ask *a, size_t i)
{
	return (i == HOSTS && !a->unprivileged) || (i == PORTS &&
	    a->scans != ASK_CONNECT);
}

/* A line that was cut short by a crash is no record. */
static void
trim(const char *path)
{
	struct buf b = { 0 };

	if (wholefile_read(path, &b, SIZE_MAX) == 0) {
		while (b.n > 0 && b.p[b.n - 1] != '\n')
			b.n--;
		if (truncate(path, (off_t)b.n) == -1)
			msg_warn("%s: %s", path, strerror(errno));
	}
	buf_release(&b);
}

/* What became of the checkpoint of an earlier run. */
enum stand { NONE, UNDER_WAY, FINISHED };

static enum stand
stand_of(const char *checkpoint)
{
	struct buf b = { 0 };
	enum stand st = NONE;

	if (wholefile_read(checkpoint, &b, MOST * 64) == 0) {
		buf_putc(&b, '\0');
		if (!b.oom)
			st = strstr(b.p, "finished=1") != NULL ? FINISHED :
			    UNDER_WAY;
	}
	buf_release(&b);
	return st;
}

/* The pipeline of part i from the file `input`. */
static int
plan_part(const struct saved *s, size_t i, const char *input, bool resume,
    struct pipeline *p)
{
	const struct part *pt = &s->part[i];
	int r;

	*p = (struct pipeline){ .resume = resume,
	    .checkpoint = is_kept(s->a, i) ? pt->checkpoint : NULL };
	r = plan(s->a, pt->plan, p);
	if (r == PRT_OK) {
		p->stage[0].input = input;
		p->stage[p->n - 1].file = pt->part;
		p->stage[p->n - 1].append = is_kept(s->a, i);
	}
	return r;
}

static int
plan_rest(const struct saved *s, const char *input, struct pipeline *p)
{
	int r;

	*p = (struct pipeline){ .merge = merge };
	r = plan(s->a, PLAN_REST, p);
	p->stage[0].input = input;
	return r;
}

/* Brings part i to its end, if it can: an exit status, *file is what is there. */
static int
run_part(const struct saved *s, size_t i, const char **file)
{
	const struct part *pt = &s->part[i];
	enum stand st = is_kept(s->a, i) ? stand_of(pt->checkpoint) : NONE;
	struct pipeline p;
	int status;

	if (st == UNDER_WAY)
		trim(pt->part);
	else if (st == NONE)
		(void)unlink(pt->part);
	status = plan_part(s, i, *file, st == UNDER_WAY, &p);
	if (status == PRT_OK && st != FINISHED)
		status = run(&p, s->conf);
	pipeline_release(&p);
	*file = pt->part;
	if (status == PRT_OK || (is_kept(s->a, i) &&
	    stand_of(pt->checkpoint) == FINISHED)) {
		if (rename(pt->part, pt->file) == 0)
			*file = pt->file;
		else
			msg_warn("%s: %s", pt->file, strerror(errno));
	}
	return status;
}

static int
explain(const struct saved *s)
{
	struct pipeline p;
	const char *file = NULL;
	char *behind;
	size_t i;
	int r = PRT_OK;

	printf("mkdir %s\n", s->a->save);
	for (i = 0; i < NPART && r == PRT_OK; i++) {
		if (!is_wanted(s->a, i))
			continue;
		behind = text(" &&\n    mv %s %s", s->part[i].part,
		    s->part[i].file);
		r = plan_part(s, i, file, false, &p);
		if (r == PRT_OK)
			r = pipeline_explain(&p, behind, stdout);
		pipeline_release(&p);
		free(behind);
		file = s->part[i].file;
	}
	if (r == PRT_OK && (r = plan_rest(s, file, &p)) == PRT_OK)
		r = pipeline_explain(&p, "", stdout);
	pipeline_release(&p);
	return r;
}

int
saved_run(const struct ask *a, const struct run_conf *conf)
{
	struct saved s = { .a = a, .conf = conf };
	struct pipeline p;
	const char *file = NULL;
	int worst = PRT_OK, r;
	size_t i;

	set_up(&s);
	if (a->explain) {
		worst = explain(&s);
		goto out;
	}
	for (i = 0; i < NPART; i++) {
		if (!is_wanted(a, i))
			continue;
		if (access(s.part[i].file, F_OK) == 0) {
			file = s.part[i].file;
			continue;
		}
		r = run_part(&s, i, &file);
		worst = run_worse(worst, r);
		if (file == s.part[i].part)
			break;
	}
	if ((r = plan_rest(&s, file, &p)) == PRT_OK)
		r = run(&p, conf);
	pipeline_release(&p);
	worst = run_worse(worst, r);
	if (worst == PRT_STOPPED)
		msg_warn("--resume %s goes on", a->save);
out:
	tear_down(&s);
	return worst;
}
