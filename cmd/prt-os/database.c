#include "database.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/msg.h"
#include "world/datafile.h"
#include "world/wholefile.h"

static int
read_text(struct osdb *db, struct buf *text, const char *name)
{
	struct buf err = { 0 };
	int status = PRT_OK;

	if (osdb_read(db, text, name, &err) == -1) {
		msg_warn("%s: out of memory", name);
		status = PRT_FAILED;
	} else if (db->errors > 0)
		status = PRT_FAILED;
	msg_lines(buf_view(&err));
	buf_release(&err);
	return status;
}

static int
read_ours(struct osdb *db)
{
	struct buf text = { 0 };
	char path[4096];
	int status = PRT_FAILED;

	if (datafile_read("os-fingerprints", &text, path, sizeof(path)) == -1)
		msg_warn("%s: %s: name one with --db, or set PRT_DATADIR",
		    path, strerror(errno));
	else
		status = read_text(db, &text, path);
	buf_release(&text);
	return status;
}

int
database_read(struct osdb *db, const char *file)
{
	struct buf text = { 0 };
	int status = PRT_FAILED;

	if (file == NULL)
		return read_ours(db);
	if (wholefile_read(file, &text, SIZE_MAX) == -1)
		msg_warn("%s: %s", file, strerror(errno));
	else
		status = read_text(db, &text, file);
	buf_release(&text);
	return status;
}

int
database_check(const char *const *file, size_t n)
{
	int status = PRT_OK;

	for (size_t i = 0; i < n; i++) {
		struct osdb db = { 0 };
		struct buf err = { 0 };

		if (database_read(&db, file[i]) != PRT_OK)
			status = PRT_FAILED;
		if (osdb_check(&db, file[i], &err) == -1)
			status = PRT_FAILED;
		msg_lines(buf_view(&err));
		buf_release(&err);
		osdb_release(&db);
	}
	return status;
}
