#include "template.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "world/datafile.h"
#include "world/wholefile.h"

/* More is no command line. */
#define MOST	(64 * 1024)

static bool
is_name(const char *z)
{
	return *z != '\0' && *z != '.' && strspn(z, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(z);
}

/* The XDG Base Directory Specification's place for what a user configures. */
static int
user_path(char *path, size_t cap, const char *name)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n;

	if (xdg != NULL && *xdg == '/')
		n = snprintf(path, cap, "%s/prt/templates%s%s", xdg,
		    *name != '\0' ? "/" : "", name);
	else if (home != NULL && *home == '/')
		n = snprintf(path, cap, "%s/.config/prt/templates%s%s", home,
		    *name != '\0' ? "/" : "", name);
	else
		return -1;
	return n > 0 && (size_t)n < cap ? 0 : -1;
}

static int
open_template(const char *name, char path[PATH_MAX])
{
	char inside[NAME_MAX + 16];
	int fd = -1;

	if (user_path(path, PATH_MAX, name) == 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		return fd;
	snprintf(inside, sizeof(inside), "templates/%s", name);
	return datafile_open(inside, path, PATH_MAX);
}

/* Cuts the text into words where it stands: blanks divide them, '...' and "..."
 * keep them, # starts a comment. */
static int
cut(struct template *t, const char *path)
{
	char *s = t->text.p, *out;
	char quote = '\0', **v;
	size_t cap = 0;

	for (;;) {
		while (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r')
			s++;
		if (*s == '#') {
			s += strcspn(s, "\n");
			continue;
		}
		if ((size_t)t->argc + 2 >= cap) {
			cap = cap * 2 + 16;
			v = reallocarray(t->argv, cap, sizeof(*v));
			if (v == NULL)
				return -1;
			t->argv = v;
		}
		if (*s == '\0')
			break;
		t->argv[t->argc++] = out = s;
		for (; *s != '\0' && (quote != '\0' ||
		    strchr(" \t\r\n", *s) == NULL); s++)
			if (quote == '\0' && (*s == '\'' || *s == '"'))
				quote = *s;
			else if (quote != '\0' && *s == quote)
				quote = '\0';
			else
				*out++ = *s;
		if (quote != '\0') {
			msg_at(path, 0, "a %c is not closed", quote);
			return -1;
		}
		if (*s != '\0')
			s++;
		*out = '\0';
	}
	t->argv[t->argc] = NULL;
	return 0;
}

int
template_read(struct template *t, const char *name)
{
	static char first[] = "prtip";
	char path[PATH_MAX];
	int fd, r;

	*t = (struct template){ 0 };
	if (!is_name(name) || (fd = open_template(name, path)) == -1) {
		msg_warn("--template %s: there is none; 'prtip "
		    "--list-templates' lists them", name);
		return -1;
	}
	r = wholefile_fd(fd, &t->text, MOST);
	if (r == -1)
		msg_warn("%s: %s", path, strerror(errno));
	close(fd);
	buf_putc(&t->text, '\0');
	if ((t->argv = calloc(4, sizeof(*t->argv))) == NULL || t->text.oom)
		r = -1;
	if (r == 0) {
		t->argv[t->argc++] = first;
		r = strlen(t->text.p) + 1 == t->text.n ? cut(t, path) : -1;
	}
	if (r == -1)
		template_release(t);
	return r;
}

void
template_release(struct template *t)
{
	free(t->argv);
	buf_release(&t->text);
	*t = (struct template){ 0 };
}

/* ---- the list ---- */

/* "# the first line says what it is" */
static void
put_about(int dir, const char *name)
{
	char line[256], *about = line;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd != -1 ? read(fd, line, sizeof(line) - 1) : 0;

	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	about += *about == '#';
	about += *about == ' ';
	printf("%-16s %s\n", name, line[0] == '#' ? about : "");
	if (fd != -1)
		close(fd);
}

static int
is_shown(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return is_name(e->d_name) && e->d_name[n - 1] != '~';
}

static void
list(int fd)
{
	struct dirent **v;
	int i, n = scandirat(fd, ".", &v, is_shown, alphasort);

	for (i = 0; i < n; i++) {
		put_about(fd, v[i]->d_name);
		free(v[i]);
	}
	if (n >= 0)
		free(v);
	close(fd);
}

int
template_list(void)
{
	char path[PATH_MAX];
	int fd;

	if (user_path(path, sizeof(path), "") == 0 && (fd = open(path,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1)
		list(fd);
	fd = datafile_open("templates", path, sizeof(path));
	if (fd == -1) {
		msg_warn("%s: %s; reinstall prt, or set PRT_DATADIR to its "
		    "share directory", path, strerror(errno));
		return PRT_FAILED;
	}
	list(fd);
	if (fflush(stdout) == 0)
		return PRT_OK;
	msg_warn("cannot write to standard output: %s", strerror(errno));
	return PRT_FAILED;
}
