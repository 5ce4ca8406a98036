#include "program/files.h"

#include "base/msg.h"

int
files_add(void *files, const char *name)
{
	struct files *f = files;

	if (f->n == FILES_MOST) {
		msg_warn("'%s': %d files at most", name, FILES_MOST);
		return -1;
	}
	f->name[f->n++] = name;
	return 0;
}
