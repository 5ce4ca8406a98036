#include "database.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "world/recio.h"
#include "world/scandb.h"

static int
complain(const char *path, const struct buf *err)
{
	msg_warn("%s: %.*s", path, (int)err->n, err->n > 0 ? err->p : "");
	return -1;
}

/* ---- in the process with the database ---- */

static int
add_all(struct scandb *db, struct recin *in, struct buf *err)
{
	struct record r = { 0 };
	const char *why;
	int got;

	while ((got = recin_next(in, &r, &why)) == 1)
		if (scandb_add(db, &r, err) == -1)
			break;
	rec_release(&r);
	if (got == 1)
		return -1;
	if (got != 0) {
		buf_puts(err, got == -2 ? why : strerror(errno));
		return -1;
	}
	return scandb_commit(db, err);
}

static int
run_write(const char *path, int fd)
{
	struct buf err = { 0 };
	struct scandb *db = scandb_open(path, true, &err);
	struct recin in;
	int r = -1;

	recin_init(&in, fd, path);
	if (db != NULL)
		r = add_all(db, &in, &err);
	if (r == -1)
		complain(path, &err);
	scandb_close(db);
	recin_release(&in);
	buf_release(&err);
	return r;
}

static int
put(void *arg, struct str line)
{
	return recout_raw(arg, line);
}

static int
run_read(const char *path, int fd)
{
	struct buf err = { 0 };
	struct scandb *db = scandb_open(path, false, &err);
	struct recout out;
	int r = -1;

	recout_init(&out, fd, REC_TSV);
	if (db != NULL)
		r = scandb_read(db, put, &out, &err);
	/* whoever does not want any more is no fault */
	if (r == -1 && err.n > 0)
		complain(path, &err);
	else
		r = 0;
	scandb_close(db);
	recout_close(&out);
	buf_release(&err);
	return r;
}

/* ---- beside it ---- */

static void
close_both(const int p[2])
{
	close(p[0]);
	close(p[1]);
}

/* The end that we keep of the pipe of records is 0 or 1. */
static int
start(struct database *d, const char *path, int ours,
    int (*work)(const char *, int))
{
	int records[2], status[2];
	char ok;
	pid_t pid;

	if (pipe2(records, O_CLOEXEC) == -1) {
		msg_warn("no pipe: %s", strerror(errno));
		return -1;
	}
	if (pipe2(status, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		msg_warn("no process for the database: %s", strerror(errno));
		close_both(records);
		return -1;
	}
	if (pid == 0) {
		/* the end of the records is its end: ^C has its say there */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		close(records[ours]);
		close(status[0]);
		ok = (char)(work(path, records[!ours]) == 0);
		_exit(write(status[1], &ok, 1) == 1 && ok ? 0 : 1);
	}
	close(records[!ours]);
	close(status[1]);
	*d = (struct database){ records[ours], status[0] };
	return 0;
}

int
database_write(struct database *d, const char *path)
{
	return start(d, path, 1, run_write);
}

int
database_read(struct database *d, const char *path)
{
	return start(d, path, 0, run_read);
}

int
database_end(struct database *d)
{
	char ok = 0;
	ssize_t n;

	while ((n = read(d->status, &ok, 1)) == -1 && errno == EINTR)
		;
	close(d->status);
	return n == 1 && ok == 1 ? 0 : -1;
}
