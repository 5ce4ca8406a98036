#include "program.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* By PATH, as execvp(3) finds it. */
static char *
in_path(const char *name)
{
	const char *path = getenv("PATH");
	struct str rest = str_of(path != NULL ? path : "/usr/bin:/bin"), dir;
	char *file;

	while (rest.p != NULL) {
		dir = str_cut(&rest, ':');
		if (dir.n == 0)
			dir = STR(".");
		if (asprintf(&file, "%.*s/%s", STR_ARG(dir), name) == -1)
			return NULL;
		if (access(file, X_OK) == 0)
			return file;
		free(file);
	}
	errno = ENOENT;
	return NULL;
}

static char *
beside_us(const char *name)
{
	char self[PATH_MAX], *slash, *file;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	if ((slash = strrchr(self, '/')) == NULL)
		return NULL;
	*slash = '\0';
	if (asprintf(&file, "%s/%s", self, name) == -1)
		return NULL;
	if (access(file, X_OK) == 0)
		return file;
	free(file);
	return NULL;
}

/* Only our own programs stand beside us. */
char *
program_path(const char *name)
{
	char *file = strncmp(name, "prt-", 4) == 0 ? beside_us(name) : NULL;

	return file != NULL ? file : in_path(name);
}

char *
program_name(const char *name)
{
	char *ours = program_path(name), *theirs = in_path(name);
	char a[PATH_MAX], b[PATH_MAX], *out;

	if (ours == NULL || (theirs != NULL && realpath(ours, a) != NULL &&
	    realpath(theirs, b) != NULL && strcmp(a, b) == 0))
		out = strdup(name);
	else
		out = strdup(ours);
	free(ours);
	free(theirs);
	return out;
}
