/* The text of an OS database, prt-os-fingerprints(5). */
#include "meaning/osdb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/num.h"
#include "meaning/osexpr.h"

#define ERRORS		20	/* that are told */
#define POINTS_MAX	1000000
#define NAME_LEN	200

struct reader {
	struct osdb		*db;
	const char		*name;
	struct buf		*err;
	unsigned long		 line;
	struct intern		 rows, tests;
	size_t			 cap_entry, cap_cls, cap_cpe, cap_row, cap_ref,
				 cap_test;
	struct osdb_entry	 e;	/* the one being read */
	bool			 open;	/* ... there is one */
	bool			 bad;	/* ... and it has errors */
	bool			 points;	/* the MatchPoints are being read */
	bool			 oom;
};

void
osdb_release(struct osdb *db)
{
	free(db->entry);
	free(db->cls);
	free(db->cpe);
	free(db->row);
	free(db->ref);
	free(db->test);
	buf_release(&db->text);
	*db = (struct osdb){ 0 };
}

/* ---- errors ---- */

static void __attribute__((format(printf, 4, 0)))
tell(struct buf *err, const char *name, unsigned long line, const char *fmt,
    va_list ap)
{
	char what[256];

	vsnprintf(what, sizeof(what), fmt, ap);
	if (err->n > 0 && err->p[err->n - 1] != '\n')
		buf_putc(err, '\n');
	buf_printf(err, "%s:%lu: %s", name, line, what);
}

static void __attribute__((format(printf, 2, 3)))
fail(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	r->bad = true;
	if (++r->db->errors > ERRORS)
		return;
	va_start(ap, fmt);
	tell(r->err, r->name, r->line, fmt, ap);
	va_end(ap);
}

/* Room for one more element; false when out of memory. */
static bool
room(struct reader *r, void *array, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap == 0 ? 64 : *cap * 2;
	void *p, *old;

	if (n < *cap)
		return true;
	memcpy(&old, array, sizeof(old));
	if ((p = reallocarray(old, more, size)) == NULL) {
		r->oom = true;
		return false;
	}
	memcpy(array, &p, sizeof(p));
	*cap = more;
	return true;
}

#define ROOM(r, what)	room(r, &(r)->db->what, (r)->db->n##what,	\
	&(r)->cap_##what, sizeof(*(r)->db->what))

/* ---- fingerprints ---- */

static bool
has_rows(const struct osdb_entry *e)
{
	unsigned i;

	for (i = 0; i < OSFP_NLINE; i++)
		if (e->row[i] != OSDB_NO_ROW)
			return true;
	return false;
}

/* What a fingerprint has to have is known at its end, and told at its start. */
static void
check_entry(struct reader *r)
{
	unsigned long line = r->line;

	r->line = r->e.line;
	if (!has_rows(&r->e))
		fail(r, "a fingerprint without tests; write its lines, such as "
		    "T1(R=Y%%DF=Y)");
	else if (r->e.ncls == 0)
		fail(r, "a fingerprint without a class; write Class VENDOR | "
		    "FAMILY | GENERATION | TYPE");
	r->line = line;
}

/* Keeps the fingerprint being read, or forgets it with its classes. */
static void
finish(struct reader *r)
{
	struct osdb *db = r->db;
	struct osdb_entry *e = &r->e;

	if (r->open && !r->bad)
		check_entry(r);
	if (r->open && !r->bad && ROOM(r, entry))
		db->entry[db->nentry++] = *e;
	else if (r->open) {
		if (e->ncls > 0)
			db->ncpe = db->cls[e->cls].cpe;
		db->ncls = e->cls;
	}
	r->open = r->bad = r->points = false;
}

static void
read_fingerprint(struct reader *r, struct str name)
{
	unsigned i;

	finish(r);
	r->open = true;
	r->e = (struct osdb_entry){ .name = name, .line = r->line,
	    .cls = (uint32_t)r->db->ncls };
	for (i = 0; i < OSFP_NLINE; i++)
		r->e.row[i] = OSDB_NO_ROW;
	if (name.n == 0 || name.n > NAME_LEN)
		fail(r, "a fingerprint without a name; write up to %d "
		    "characters", NAME_LEN);
}

/* Is a line one of a fingerprint? */
static bool
in_fingerprint(struct reader *r, const char *what)
{
	if (!r->open)
		fail(r, "%s without a fingerprint; write Fingerprint NAME "
		    "first", what);
	return r->open;
}

static void
read_class(struct reader *r, struct str s)
{
	struct str part[4];
	size_t i;

	if (!in_fingerprint(r, "a class"))
		return;
	for (i = 0; i < 4; i++)
		part[i] = str_trim(str_cut(&s, '|'));
	if (part[3].p == NULL || s.p != NULL) {
		fail(r, "a class has four parts; write VENDOR | FAMILY | "
		    "GENERATION | TYPE, of which some may be empty");
		return;
	}
	if (!ROOM(r, cls))
		return;
	r->db->cls[r->db->ncls++] = (struct osdb_class){ part[0], part[1],
	    part[2], part[3], (uint32_t)r->db->ncpe, 0 };
	r->e.ncls++;
}

/* "cpe:/o:linux:linux_kernel:5 auto" */
static void
read_cpe(struct reader *r, struct str s)
{
	struct str cpe = str_word(&s);

	if (!in_fingerprint(r, "a CPE"))
		return;
	if (r->e.ncls == 0)
		fail(r, "a CPE without a class; write its Class line first");
	else if (cpe.n < 7 || memcmp(cpe.p, "cpe:/", 5) != 0 ||
	    memchr("aho", cpe.p[5], 3) == NULL || cpe.p[6] != ':')
		fail(r, "\"%.*s\" is no CPE; write cpe:/o:VENDOR:PRODUCT, or "
		    "with a or h", STR_ARG(str_shown(cpe)));
	else if (s.n > 0 && !str_is(s, "auto"))
		fail(r, "\"%.*s\" behind a CPE; drop it, or write auto",
		    STR_ARG(str_shown(s)));
	else if (ROOM(r, cpe)) {
		r->db->cpe[r->db->ncpe++] = cpe;
		r->db->cls[r->db->ncls - 1].ncpe++;
	}
}

static void
read_family(struct reader *r, struct str s)
{
	if (!in_fingerprint(r, "an IP line"))
		return;
	if (!str_is(s, "4") && !str_is(s, "6"))
		fail(r, "\"%.*s\" is no version of IP; write 4 or 6",
		    STR_ARG(str_shown(s)));
	r->e.v6 = str_is(s, "6");
}

/* ---- test lines ---- */

/* Cuts "NAME(INSIDE)" up: the line, or -1 after a message. */
static int
cut_line(struct reader *r, struct str text, struct str *inside)
{
	struct str name;
	int line;

	*inside = text;
	name = str_cut(inside, '(');
	if (inside->p == NULL || text.p[text.n - 1] != ')') {
		fail(r, "\"%.*s\" is no line of a database; write Fingerprint, "
		    "Class, CPE, IP, MatchPoints, or NAME(TEST=VALUE%%...)",
		    STR_ARG(str_shown(text)));
		return -1;
	}
	inside->n--;
	line = osfp_line_find(name);
	if (line <= OSFP_SCAN) {
		fail(r, "there are no tests \"%.*s\"; there are SEQ, OPS, WIN, "
		    "ECN, T1 to T7, U1 and IE", STR_ARG(str_shown(name)));
		return -1;
	}
	return line;
}

/* The next "NAME=VALUE": 1, 0 when there is none left, -1 after a message. */
static int
cut_test(struct reader *r, int line, struct str *inside, int *slot,
    struct str *value)
{
	struct str name;

	if (!osfp_cut(inside, &name, value))
		return 0;
	*slot = osfp_slot_find((enum osfp_line)line, name);
	if (*slot == -1) {
		fail(r, "%s has no test \"%.*s\"; correct it, or drop it",
		    osfp_rows[line].name, STR_ARG(str_shown(name)));
		return -1;
	}
	if (value->p != NULL)
		return 1;
	fail(r, "test %.*s of %s has no value; write NAME=VALUE",
	    STR_ARG(name), osfp_rows[line].name);
	return -1;
}

static void
read_points(struct reader *r, struct str text)
{
	struct str inside, value;
	uint64_t v;
	int line = cut_line(r, text, &inside), slot;

	if (line == -1)
		return;
	while (cut_test(r, line, &inside, &slot, &value) == 1) {
		if (value.n == 0 ||
		    num_scan_u64(value.p, value.n, &v) != value.n ||
		    v > POINTS_MAX)
			fail(r, "\"%.*s\" are no points; write 0 to %d",
			    STR_ARG(str_shown(value)), POINTS_MAX);
		else
			r->db->points[slot] = (uint32_t)v;
	}
}

static void
start_points(struct reader *r)
{
	finish(r);
	if (r->db->points_line != 0)
		fail(r, "a second MatchPoints; keep one");
	else
		r->db->points_line = r->line;
	r->points = true;
}

/* The number of a test; UINT32_MAX when out of memory. */
static uint32_t
intern_test(struct reader *r, int slot, struct str expr)
{
	bool fresh;
	uint32_t id = intern_put(&r->tests, (uint32_t)slot, expr, &fresh);

	if (id == UINT32_MAX || (fresh && !ROOM(r, test))) {
		r->oom = true;
		return UINT32_MAX;
	}
	if (fresh)
		r->db->test[r->db->ntest++] = (struct osdb_test){ expr,
		    (uint16_t)slot };
	return id;
}

static bool
has_test(const struct osdb *db, const struct osdb_row *row, int slot)
{
	uint32_t i;

	for (i = 0; i < row->n; i++)
		if (db->test[db->ref[row->first + i]].slot == slot)
			return true;
	return false;
}

/* Adds a test to the row that is being read. */
static bool
add_test(struct reader *r, struct osdb_row *row, int slot, struct str expr)
{
	const char *wrong = osexpr_check(expr);
	uint32_t id;

	if (wrong != NULL) {
		fail(r, "%s=%.*s: %s",
		    osfp_rows[row->line].attr[slot % OSFP_ATTRS],
		    STR_ARG(str_shown(expr)), wrong);
		return false;
	}
	if (has_test(r->db, row, slot)) {
		fail(r, "a second test %s; keep one",
		    osfp_rows[row->line].attr[slot % OSFP_ATTRS]);
		return false;
	}
	if ((id = intern_test(r, slot, expr)) == UINT32_MAX || !ROOM(r, ref))
		return false;
	r->db->ref[r->db->nref++] = id;
	row->n++;
	return true;
}

/* Reads a test line that has not been read yet, or was malformed. */
static bool
read_row(struct reader *r, struct str text, struct osdb_row *row)
{
	struct str inside, value;
	int line = cut_line(r, text, &inside), slot, more;

	*row = (struct osdb_row){ .first = (uint32_t)r->db->nref,
	    .line = OSFP_NLINE };
	if (line == -1)
		return false;
	row->line = (uint16_t)line;
	while ((more = cut_test(r, line, &inside, &slot, &value)) == 1 &&
	    add_test(r, row, slot, value))
		;
	if (more == 0)
		return true;
	row->line = OSFP_NLINE;
	return false;
}

static void
read_tests(struct reader *r, struct str text)
{
	struct osdb *db = r->db;
	struct osdb_row *row;
	bool fresh;
	uint32_t id;

	if (!in_fingerprint(r, "a test line"))
		return;
	id = intern_put(&r->rows, 0, text, &fresh);
	if (id == UINT32_MAX || (fresh && !ROOM(r, row))) {
		r->oom = true;
		return;
	}
	row = &db->row[id];
	if (fresh)
		db->nrow++;
	if ((fresh || row->line == OSFP_NLINE) && !read_row(r, text, row))
		return;
	if (r->e.row[row->line] != OSDB_NO_ROW)
		fail(r, "a second %s of one fingerprint; keep one",
		    osfp_rows[row->line].name);
	r->e.row[row->line] = id;
}

/* ---- the text ---- */

static bool
starts(struct str *s, const char *word)
{
	size_t n = strlen(word);

	if (s->n < n || memcmp(s->p, word, n) != 0 ||
	    (s->n > n && !str_is_blank(s->p[n])))
		return false;
	*s = str_trim((struct str){ s->p + n, s->n - n });
	return true;
}

static void
read_line(struct reader *r, struct str s)
{
	if (s.n == 0 || s.p[0] == '#')
		return;
	if (starts(&s, "Fingerprint"))
		read_fingerprint(r, s);
	else if (starts(&s, "Class"))
		read_class(r, s);
	else if (starts(&s, "CPE"))
		read_cpe(r, s);
	else if (starts(&s, "IP"))
		read_family(r, s);
	else if (starts(&s, "MatchPoints"))
		start_points(r);
	else if (r->points)
		read_points(r, s);
	else
		read_tests(r, s);
}

static void
read_text(struct reader *r)
{
	struct str rest = buf_view(&r->db->text);

	while (rest.n > 0 && !r->oom) {
		r->line++;
		read_line(r, str_trim(str_cut(&rest, '\n')));
	}
	finish(r);
	if (r->db->points_line == 0)
		fail(r, "no MatchPoints; write what each test counts, such as "
		    "MatchPoints and T1(R=100%%DF=20)");
}

int
osdb_read(struct osdb *db, struct buf *text, const char *name,
    struct buf *err)
{
	struct reader r = { .db = db, .name = name, .err = err };

	db->text = *text;
	*text = (struct buf){ 0 };
	read_text(&r);
	if (db->errors > ERRORS)
		buf_printf(err, "\n%s:%lu: %lu errors more; mend those above "
		    "first", name, r.line, db->errors - ERRORS);
	intern_release(&r.rows);
	intern_release(&r.tests);
	if (r.oom)
		osdb_release(db);
	return r.oom ? -1 : 0;
}
