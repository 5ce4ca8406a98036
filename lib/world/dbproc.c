#include "world/dbproc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "world/recio.h"

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
run_write(const struct scandb_name *name, int fd, struct buf *err)
{
	struct scandb *db = scandb_open(name->path, true, err);
	struct recin in;
	int r = -1;

	recin_init(&in, fd, name->path);
	if (db != NULL)
		r = add_all(db, &in, err);
	scandb_close(db);
	recin_release(&in);
	return r;
}

static int
put(void *arg, struct str line)
{
	return recout_raw(arg, line);
}

static int
run_read(const struct scandb_name *name, int fd, struct buf *err)
{
	struct scandb *db = scandb_open(name->path, false, err);
	struct recout out;
	int r = -1;

	recout_init(&out, fd, REC_TSV);
	if (db != NULL)
		r = scandb_read(db, name->scan, put, &out, err);
	scandb_close(db);
	recout_close(&out);
	/* whoever does not want any more is no fault */
	return r == -1 && err->n > 0 ? -1 : 0;
}

/* Says how it went, '+' or what is wrong, and ends. */
static _Noreturn void
leave(int fd, int r, struct buf *err)
{
	struct str s = r == 0 ? STR("+") : buf_view(err);
	ssize_t n;

	if (s.n == 0)
		s = STR("out of memory");
	while (s.n > 0 && ((n = write(fd, s.p, s.n)) > 0 || errno == EINTR))
		if (n > 0)
			s = (struct str){ s.p + n, s.n - (size_t)n };
	_exit(r == 0 ? 0 : 1);
}

/* ---- beside it ---- */

static void
close_both(const int p[2])
{
	close(p[0]);
	close(p[1]);
}

static int
refused(struct buf *err, const char *what)
{
	buf_printf(err, "no %s for the database: %s", what, strerror(errno));
	return -1;
}

/* The end that we keep of the pipe of records is 0 or 1. */
static int
start(struct dbproc *d, const struct scandb_name *name, int ours,
    int (*work)(const struct scandb_name *, int, struct buf *),
    struct buf *err)
{
	struct buf why = { 0 };
	int records[2], status[2], r;
	pid_t pid;

	if (pipe2(records, O_CLOEXEC) == -1)
		return refused(err, "pipe");
	if (pipe2(status, O_CLOEXEC) == -1) {
		refused(err, "pipe");
		close_both(records);
		return -1;
	}
	if ((pid = fork()) == -1) {
		refused(err, "process");
		close_both(records);
		close_both(status);
		return -1;
	}
	if (pid == 0) {
		/* the end of the records is its end: ^C has its say there */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		close(records[ours]);
		close(status[0]);
		r = work(name, records[!ours], &why);
		leave(status[1], r, &why);
	}
	close(records[!ours]);
	close(status[1]);
	*d = (struct dbproc){ records[ours], status[0] };
	return 0;
}

int
dbproc_write(struct dbproc *d, const struct scandb_name *name, struct buf *err)
{
	return start(d, name, 1, run_write, err);
}

int
dbproc_read(struct dbproc *d, const struct scandb_name *name, struct buf *err)
{
	return start(d, name, 0, run_read, err);
}

int
dbproc_end(struct dbproc *d, struct buf *err)
{
	char said[512];
	bool ok = false;
	ssize_t n;

	while ((n = read(d->status, said, sizeof(said))) > 0 ||
	    (n == -1 && errno == EINTR)) {
		if (n > 0 && said[0] == '+')
			ok = true;
		else if (n > 0)
			buf_put(err, said, (size_t)n);
	}
	close(d->status);
	if (!ok && err->n == 0)
		buf_puts(err, "its process was ended from outside");
	return ok ? 0 : -1;
}
