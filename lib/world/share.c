#include "world/share.h"

#include <errno.h>
#include <string.h>

#include "meaning/reserved.h"
#include "world/datafile.h"

#define PATH_SIZE	4096

static int
no_file(const char *path, const char *mend, struct buf *err)
{
	buf_printf(err, "%s: %s: set PRT_DATADIR%s", path, strerror(errno),
	    mend);
	return -1;
}

static int
bad_line(const char *path, unsigned long line, const char *what,
    struct buf *err)
{
	buf_printf(err, "%s:%lu: %s", path, line, what);
	errno = EINVAL;
	return -1;
}

int
share_reserved(struct rangeset *dst, struct buf *err)
{
	struct buf text = { 0 };
	char path[PATH_SIZE];
	const char *what;
	unsigned long line;
	int r = 0;

	if (datafile_read("reserved", &text, path, sizeof(path)) == -1)
		r = no_file(path, ", or take --allow-reserved", err);
	else if (reserved_parse(dst, text.p, text.n, &line, &what) == -1)
		r = bad_line(path, line, what, err);
	buf_release(&text);
	return r;
}

int
share_ports(struct ports *dst, struct buf *text, struct buf *err)
{
	char path[PATH_SIZE];
	const char *what;
	unsigned long line;

	if (datafile_read("ports", text, path, sizeof(path)) == -1)
		return no_file(path, "", err);
	if (ports_parse(dst, text->p, text->n, &line, &what) == -1)
		return bad_line(path, line, what, err);
	return 0;
}
