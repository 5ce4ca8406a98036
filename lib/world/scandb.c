#include "world/scandb.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "meaning/reskey.h"
#include "pure/addr.h"
#include "world/late.h"

static const char schema[] =
"PRAGMA journal_mode=WAL;"
"PRAGMA synchronous=NORMAL;"
"PRAGMA foreign_keys=ON;"
"BEGIN IMMEDIATE;"
"CREATE TABLE IF NOT EXISTS scans("
"id INTEGER PRIMARY KEY,"
"first REAL,last REAL,"		/* times of its answers, epoch */
"complete INTEGER);"		/* 1, 0, or NULL: it does not say */
"CREATE TABLE IF NOT EXISTS results("
"id INTEGER PRIMARY KEY,"
"scan_id INTEGER NOT NULL REFERENCES scans(id) ON DELETE CASCADE,"
"addr BLOB NOT NULL,"		/* 16 bytes, IPv4 mapped: in order */
"ip TEXT NOT NULL,port INTEGER,proto TEXT,state TEXT NOT NULL,reason TEXT,"
"host TEXT,tag TEXT,mac TEXT,os TEXT,service TEXT,product TEXT,version TEXT,info TEXT,"
"tunnel TEXT,banner TEXT,subject_cn TEXT,not_after INTEGER,ttl INTEGER,"
"time REAL,"
"record TEXT NOT NULL);"	/* all of it, as TSV */
"CREATE TABLE IF NOT EXISTS metas("
"id INTEGER PRIMARY KEY,"
"scan_id INTEGER NOT NULL REFERENCES scans(id) ON DELETE CASCADE,"
"record TEXT NOT NULL);"
"CREATE INDEX IF NOT EXISTS results_thing ON results(scan_id,ip,proto,port);"
"CREATE INDEX IF NOT EXISTS results_open ON results(port,proto,ip)"
" WHERE state='open';"
"CREATE INDEX IF NOT EXISTS metas_scan ON metas(scan_id);"
"CREATE VIEW IF NOT EXISTS latest AS SELECT * FROM results"
" WHERE scan_id=(SELECT max(id) FROM scans);"
"CREATE VIEW IF NOT EXISTS open_ports AS SELECT ip,port,proto,host,tag,service,"
"product,version,tunnel,not_after,time FROM latest"
" WHERE state='open' AND port IS NOT NULL ORDER BY addr,proto,port;"
"CREATE VIEW IF NOT EXISTS changes AS "
"SELECT n.scan_id,n.ip,n.port,n.proto,'opened' AS change,n.service,n.product,"
"n.version FROM results n WHERE n.state='open' AND n.port IS NOT NULL"
" AND EXISTS(SELECT 1 FROM scans WHERE id<n.scan_id)"
" AND NOT EXISTS(SELECT 1 FROM results o WHERE o.scan_id="
"(SELECT max(id) FROM scans WHERE id<n.scan_id) AND o.ip=n.ip"
" AND o.proto=n.proto AND o.port=n.port AND o.state='open')"
" UNION ALL "
"SELECT s.id,o.ip,o.port,o.proto,'closed',o.service,o.product,o.version"
" FROM results o JOIN scans s ON s.id="
"(SELECT min(id) FROM scans WHERE id>o.scan_id)"
" WHERE o.state='open' AND o.port IS NOT NULL"
" AND NOT EXISTS(SELECT 1 FROM results n WHERE n.scan_id=s.id AND n.ip=o.ip"
" AND n.proto=o.proto AND n.port=o.port AND n.state='open')"
/* a scan that broke off closes only what it has seen closed */
" AND (s.complete IS NOT 0 OR EXISTS(SELECT 1 FROM results n"
" WHERE n.scan_id=s.id AND n.ip=o.ip AND n.proto=o.proto AND n.port=o.port))"
" UNION ALL "
"SELECT n.scan_id,n.ip,n.port,n.proto,'version',n.service,n.product,n.version"
" FROM results n JOIN results o ON o.scan_id="
"(SELECT max(id) FROM scans WHERE id<n.scan_id) AND o.ip=n.ip"
" AND o.proto=n.proto AND o.port=n.port"
" WHERE n.state='open' AND o.state='open' AND n.product IS NOT NULL"
" AND o.product IS NOT NULL"
" AND (n.product<>o.product OR n.version IS NOT o.version);"
"INSERT INTO scans(complete) VALUES(NULL);";

/* The columns of results behind scan_id and addr: those of the record, then
 * fields, by name. */
static const char *const field[] = {
	"host", "tag", "mac", "os", "service", "product", "version", "info",
	"tunnel", "banner", "subject_cn", "not_after", "ttl", "time",
};

enum { NFIELD = sizeof(field) / sizeof(field[0]) };

struct scandb {
	sqlite3		*db;
	sqlite3_stmt	*add, *add_meta;
	sqlite3_int64	 id;		/* of the scan */
	struct buf	 line;
	bool		 any_scan, any_stat, incomplete;
};

static struct {
	int	(*open_v2)(const char *, sqlite3 **, int, const char *);
	int	(*close)(sqlite3 *);
	int	(*exec)(sqlite3 *, const char *,
		    int (*)(void *, int, char **, char **), void *, char **);
	int	(*prepare_v2)(sqlite3 *, const char *, int, sqlite3_stmt **,
		    const char **);
	int	(*bind_int64)(sqlite3_stmt *, int, sqlite3_int64);
	int	(*bind_text)(sqlite3_stmt *, int, const char *, int,
		    void (*)(void *));
	int	(*bind_blob)(sqlite3_stmt *, int, const void *, int,
		    void (*)(void *));
	int	(*step)(sqlite3_stmt *);
	int	(*reset)(sqlite3_stmt *);
	int	(*clear_bindings)(sqlite3_stmt *);
	int	(*finalize)(sqlite3_stmt *);
	const unsigned char *(*column_text)(sqlite3_stmt *, int);
	int	(*column_bytes)(sqlite3_stmt *, int);
	sqlite3_int64 (*last_insert_rowid)(sqlite3 *);
	const char *(*errmsg)(sqlite3 *);
	int	(*busy_timeout)(sqlite3 *, int);
} lib;

static int
load(struct buf *err)
{
	const struct late f[] = {
		{ "sqlite3_open_v2", &lib.open_v2 },
		{ "sqlite3_close", &lib.close },
		{ "sqlite3_exec", &lib.exec },
		{ "sqlite3_prepare_v2", &lib.prepare_v2 },
		{ "sqlite3_bind_int64", &lib.bind_int64 },
		{ "sqlite3_bind_text", &lib.bind_text },
		{ "sqlite3_bind_blob", &lib.bind_blob },
		{ "sqlite3_step", &lib.step },
		{ "sqlite3_reset", &lib.reset },
		{ "sqlite3_clear_bindings", &lib.clear_bindings },
		{ "sqlite3_finalize", &lib.finalize },
		{ "sqlite3_column_text", &lib.column_text },
		{ "sqlite3_column_bytes", &lib.column_bytes },
		{ "sqlite3_last_insert_rowid", &lib.last_insert_rowid },
		{ "sqlite3_errmsg", &lib.errmsg },
		{ "sqlite3_busy_timeout", &lib.busy_timeout },
	};

	if (late_load(PRT_LIBSQLITE3, f, sizeof(f) / sizeof(f[0])) == 0)
		return 0;
	buf_puts(err, PRT_LIBSQLITE3 " cannot be loaded; Debian's package is "
	    "libsqlite3-0");
	return -1;
}

static int
failed(struct scandb *d, struct buf *err)
{
	buf_puts(err, lib.errmsg(d->db));
	return -1;
}

static int
exec(struct scandb *d, const char *sql, struct buf *err)
{
	return lib.exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 :
	    failed(d, err);
}

static int
prepare(struct scandb *d, const char *sql, sqlite3_stmt **st, struct buf *err)
{
	return lib.prepare_v2(d->db, sql, -1, st, NULL) == SQLITE_OK ? 0 :
	    failed(d, err);
}

static int
prepare_add(struct scandb *d, struct buf *err)
{
	struct buf sql = { 0 };
	size_t i;
	int r;

	buf_puts(&sql, "INSERT INTO results(scan_id,addr,ip,port,proto,state,"
	    "reason,record");
	for (i = 0; i < NFIELD; i++)
		buf_printf(&sql, ",%s", field[i]);
	buf_puts(&sql, ") VALUES(?,?,?,?,?,?,?,?");
	for (i = 0; i < NFIELD; i++)
		buf_puts(&sql, ",?");
	buf_put(&sql, ")", 2);
	r = prepare(d, sql.p, &d->add, err);
	buf_release(&sql);
	if (r == 0)
		r = prepare(d, "INSERT INTO metas(scan_id,record) VALUES(?,?)",
		    &d->add_meta, err);
	return r;
}

static int
begin(struct scandb *d, struct buf *err)
{
	if (exec(d, schema, err) == -1)
		return -1;
	d->id = lib.last_insert_rowid(d->db);
	return prepare_add(d, err);
}

struct scandb *
scandb_open(const char *path, bool write, struct buf *err)
{
	int flags = write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE :
	    SQLITE_OPEN_READONLY;
	struct scandb *d;

	if (load(err) == -1)
		return NULL;
	if ((d = calloc(1, sizeof(*d))) == NULL) {
		buf_puts(err, "out of memory");
		return NULL;
	}
	if (lib.open_v2(path, &d->db, flags, NULL) != SQLITE_OK) {
		failed(d, err);
		goto out;
	}
	lib.busy_timeout(d->db, 10000);
	/* whoever wrote the file may not have us run what is in it */
	if (exec(d, "PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON",
	    err) == -1 || (write && begin(d, err) == -1))
		goto out;
	return d;
out:
	scandb_close(d);
	return NULL;
}

void
scandb_close(struct scandb *d)
{
	if (d == NULL)
		return;
	lib.finalize(d->add);
	lib.finalize(d->add_meta);
	lib.close(d->db);
	buf_release(&d->line);
	free(d);
}

/* ---- writing ---- */

static void
bind(sqlite3_stmt *st, int i, struct str s)
{
	if (s.n > 0)
		lib.bind_text(st, i, s.p, (int)s.n, SQLITE_STATIC);
}

/* The record's line, without its newline. */
static struct str
line_of(struct scandb *d, const struct record *r)
{
	d->line.n = 0;
	rec_put_tsv(r, &d->line);
	return (struct str){ d->line.p, d->line.n > 0 ? d->line.n - 1 : 0 };
}

static int
step(struct scandb *d, sqlite3_stmt *st, struct buf *err)
{
	int r = d->line.oom ? SQLITE_NOMEM : lib.step(st);

	lib.reset(st);
	lib.clear_bindings(st);
	if (r == SQLITE_DONE)
		return 0;
	if (d->line.oom) {
		buf_puts(err, "out of memory");
		return -1;
	}
	return failed(d, err);
}

static int
add_meta(struct scandb *d, const struct record *r, struct buf *err)
{
	d->any_scan |= str_is(r->what, "scan");
	if (str_is(r->what, "stat")) {
		d->any_stat = true;
		d->incomplete |= !str_is(rec_get(r, "complete"), "1");
	}
	lib.bind_int64(d->add_meta, 1, d->id);
	bind(d->add_meta, 2, line_of(d, r));
	return step(d, d->add_meta, err);
}

int
scandb_add(struct scandb *d, const struct record *r, struct buf *err)
{
	struct reskey key;
	uint8_t addr[16];
	const char *why;
	size_t i;
	int n;

	if (r->kind == REC_META)
		return add_meta(d, r, err);
	if (r->col[COL_STATE].p == NULL)
		return 0;
	if ((why = reskey_of(&key, r)) != NULL) {
		buf_puts(err, why);
		return -1;
	}
	addr_to16(addr, key.addr);
	lib.bind_int64(d->add, 1, d->id);
	lib.bind_blob(d->add, 2, addr, sizeof(addr), SQLITE_STATIC);
	for (i = 0; i < REC_NCOL; i++)
		bind(d->add, 3 + (int)i, r->col[i]);
	bind(d->add, 3 + REC_NCOL, line_of(d, r));
	for (i = 0; i < NFIELD; i++) {
		n = 4 + REC_NCOL + (int)i;
		bind(d->add, n, rec_get(r, field[i]));
	}
	return step(d, d->add, err);
}

/* What the scans say of themselves, from the records that are in now. */
static int
finish_scan(struct scandb *d, struct buf *err)
{
	bool known = d->any_scan || d->any_stat;
	struct buf sql = { 0 };
	int r;

	buf_printf(&sql, "UPDATE scans SET complete=%s,"
	    "first=(SELECT min(time) FROM results WHERE scan_id=%lld),"
	    "last=(SELECT max(time) FROM results WHERE scan_id=%lld) "
	    "WHERE id=%lld", !known ? "NULL" :
	    d->any_stat && !d->incomplete ? "1" : "0", (long long)d->id,
	    (long long)d->id, (long long)d->id);
	buf_put(&sql, "", 1);
	r = exec(d, sql.p, err);
	buf_release(&sql);
	return r;
}

int
scandb_commit(struct scandb *d, struct buf *err)
{
	if (finish_scan(d, err) == -1)
		return -1;
	return exec(d, "COMMIT", err);
}

/* ---- reading ---- */

int
scandb_name(struct scandb_name *name, const char *text)
{
	static const char prefix[] = "sqlite:";
	size_t n = sizeof(prefix) - 1;
	const char *at;
	char *end;

	*name = (struct scandb_name){ 0 };
	if (strncmp(text, prefix, n) != 0 || text[n] == '\0')
		return 0;
	text += n;
	n = strlen(text);
	at = strrchr(text, '@');
	if (at != NULL && at > text && at[1] != '\0' &&
	    strspn(at + 1, "-0123456789") == strlen(at + 1)) {
		name->scan = strtoll(at + 1, &end, 10);
		if (*end == '\0' && name->scan != 0)
			n = (size_t)(at - text);
		else
			name->scan = 0;
	}
	name->path = strndup(text, n);
	return name->path != NULL ? 0 : -1;
}

/* The lines that a statement selects about one scan. */
static int
read_table(struct scandb *d, const char *sql, sqlite3_int64 scan,
    int (*put)(void *, struct str), void *arg, struct buf *err)
{
	sqlite3_stmt *st;
	struct str s;
	int r, ret = 0;

	if (prepare(d, sql, &st, err) == -1)
		return -1;
	lib.bind_int64(st, 1, scan);
	while ((r = lib.step(st)) == SQLITE_ROW && ret == 0) {
		s.p = (const char *)lib.column_text(st, 0);
		s.n = (size_t)lib.column_bytes(st, 0);
		d->line.n = 0;
		buf_str(&d->line, s.p != NULL ? s : STR(""));
		buf_putc(&d->line, '\n');
		ret = d->line.oom ? -1 : put(arg, buf_view(&d->line));
	}
	if (ret == 0 && r != SQLITE_DONE)
		ret = failed(d, err);
	lib.finalize(st);
	return ret;
}

static int
get_number(void *arg, struct str line)
{
	char text[24] = "";

	if (line.n < sizeof(text))
		memcpy(text, line.p, line.n);
	*(long long *)arg = strtoll(text, NULL, 10);
	return 0;
}

/* The id of the scan that was named; 0 when there is none. */
static int
find_scan(struct scandb *d, long long scan, long long *id, struct buf *err)
{
	*id = 0;
	if (scan > 0)
		return read_table(d, "SELECT id FROM scans WHERE id=?1", scan,
		    get_number, id, err);
	return read_table(d, "SELECT id FROM scans ORDER BY id DESC "
	    "LIMIT 1 OFFSET ?1", scan == 0 ? 0 : -(scan + 1), get_number, id,
	    err);
}

static int
no_such_scan(struct scandb *d, long long scan, struct buf *err)
{
	long long n = 0, last = 0;

	if (read_table(d, "SELECT count(*) FROM scans WHERE ?1=?1", 1,
	    get_number, &n, err) == -1 || read_table(d, "SELECT max(id) FROM "
	    "scans WHERE ?1=?1", 1, get_number, &last, err) == -1)
		return -1;
	buf_printf(err, "no scan %lld: there are %lld, up to number %lld; "
	    "SELECT id, datetime(first, 'unixepoch') FROM scans lists them",
	    scan, n, last);
	return -1;
}

int
scandb_read(struct scandb *d, long long scan, int (*put)(void *, struct str),
    void *arg, struct buf *err)
{
	long long id;

	if (find_scan(d, scan, &id, err) == -1)
		return -1;
	if (id == 0)
		return scan == 0 ? 0 : no_such_scan(d, scan, err);
	if (read_table(d, "SELECT record FROM results WHERE scan_id=?1 "
	    "ORDER BY id", id, put, arg, err) == -1)
		return -1;
	return read_table(d, "SELECT record FROM metas WHERE scan_id=?1 "
	    "ORDER BY id", id, put, arg, err);
}
