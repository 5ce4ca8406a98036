#include "stored.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "known.h"
#include "pure/addr.h"
#include "world/priv.h"
#include "world/sandbox.h"

#define REPORT	"Nmap scan report for "

struct stored {
	struct verdict	*v;
	struct recin	 in;
	struct recout	 out;
	struct record	 rec;
	struct osfp	 fp;
	struct buf	 text;		/* lines of a fingerprint */
	unsigned long	 line;		/* of the first of them */
	struct buf	 ip, host;	/* whose it is; empty: not known */
	struct buf	 err;
	struct known	 known;		/* what services said before */
	size_t		 found;		/* fingerprints, or records */
	bool		 failed, stop, strict;
};

static void
wrong(struct stored *s, unsigned long line, struct str what)
{
	msg_at(s->in.name, line, "%.*s", STR_ARG(what));
	s->failed = true;
	s->stop |= s->strict;
}

/* ---- fingerprints ---- */

static bool
parse(struct stored *s, struct str text, unsigned long line)
{
	s->found++;
	s->err.n = 0;
	if (osfp_parse(&s->fp, text, &s->err) == 0)
		return true;
	wrong(s, line, buf_view(&s->err));
	return false;
}

/* What is known of the host of that address; NULL when it is none. */
static struct known_host *
host_of(struct stored *s, struct str ip)
{
	u128 addr;

	if (ip.n == 0 || addr_scan(ip.p, ip.n, &addr) != ip.n)
		return NULL;
	return known_host(&s->known, addr);
}

/* Names the system in the record, of which the stack is in s->fp, and weighs
 * what the services have said. */
static void
name(struct stored *s, struct str ip)
{
	const struct known_host *h = host_of(s, ip);

	verdict_put(s->v, &s->fp, 100, &s->rec);
	if (h != NULL)
		verdict_weigh(s->v, &h->said, &s->rec);
}

/* What a service says of its host, in a record of a port. */
static void
hear(struct stored *s)
{
	struct known_host *h;

	if (s->rec.kind != REC_DATA || s->rec.col[COL_PORT].n == 0)
		return;
	if ((h = host_of(s, s->rec.col[COL_IP])) != NULL)
		osevidence_take(&h->said, &s->rec);
}

/* So many hosts between what is said and the fingerprint are not remembered. */
static void
forget(void *ctx, const struct known_host *h)
{
	(void)ctx;
	(void)h;
}

/* Writes what has been found out of a host, or of nobody known. */
static void
put_found(struct stored *s)
{
	struct record *r = &s->rec;

	rec_clear(r);
	if (s->ip.n > 0) {
		rec_data(r, buf_view(&s->ip), STR_NONE, STR("host"),
		    STR("up"), STR_NONE);
		r->ncol = REC_NCOL;
	} else {
		rec_meta(r, "match");
		rec_set_bytes(r, "file", s->in.name, strlen(s->in.name));
	}
	if (s->host.n > 0)
		rec_set_bytes(r, "host", s->host.p, s->host.n);
	name(s, buf_view(&s->ip));
	recout_put(&s->out, r);
}

/* Ends the fingerprint whose lines were gathered. */
static void
finish(struct stored *s)
{
	if (s->text.n > 0 && parse(s, buf_view(&s->text), s->line))
		put_found(s);
	s->text.n = 0;
}

static bool
starts(struct str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p, with, n) == 0;
}

/* "OS:..." or "SEQ(...", and whether it is one's first. */
static bool
is_fingerprint(struct str line, bool *first)
{
	struct str rest = line, name;
	bool folded = starts(line, "OS:");

	if (folded)
		rest.p += 3, rest.n -= 3;
	*first = starts(rest, "SCAN(");
	name = str_cut(&rest, '(');
	return folded || (rest.p != NULL && osfp_line_find(name) != -1);
}

static void
gather(struct stored *s, struct str line, bool first)
{
	if (first)
		finish(s);
	if (s->text.n == 0)
		s->line = s->in.line;
	buf_str(&s->text, line);
	buf_putc(&s->text, '\n');
}

/* ---- whose they are ---- */

static bool
is_address(struct str s)
{
	u128 addr;

	return s.n > 0 && addr_scan(s.p, s.n, &addr) == s.n;
}

/* "host.example (192.0.2.7)", or the address alone. */
static void
read_report(struct stored *s, struct str rest)
{
	struct str name = str_word(&rest), ip = rest;

	s->ip.n = s->host.n = 0;
	if (is_address(name)) {
		buf_str(&s->ip, name);
		return;
	}
	if (ip.n < 2 || ip.p[0] != '(' || ip.p[ip.n - 1] != ')')
		return;
	ip.p++, ip.n -= 2;
	if (is_address(ip)) {
		buf_str(&s->ip, ip);
		buf_str(&s->host, name);
	}
}

/* ---- records ---- */

/* All else is what a scanner says to its user. */
static bool
is_record(struct str line)
{
	struct str rest = line;

	return starts(line, "{") || starts(line, "#prt\t") ||
	    (line.n > 0 && line.p[0] != '#' &&
	    (memchr(line.p, '\t', line.n) != NULL ||
	    is_address(str_word(&rest))));
}

static void
read_record(struct stored *s, struct str line)
{
	const char *what;
	struct str fp;

	if (rec_scan(&s->rec, line.p, line.n, &what) == -1) {
		wrong(s, s->in.line, str_of(what));
		return;
	}
	s->found++;
	fp = rec_get(&s->rec, "os_fp");
	if (fp.n > 0 && parse(s, fp, s->in.line))
		name(s, s->rec.col[COL_IP]);
	else
		hear(s);
	recout_put(&s->out, &s->rec);
}

static void
read_line(struct stored *s, struct str line)
{
	struct str text = str_trim(line);
	bool first;

	if (s->in.toolong) {
		wrong(s, s->in.line, STR("the line is too long; no "
		    "fingerprint has 4 MiB"));
		return;
	}
	if (is_fingerprint(text, &first)) {
		gather(s, text, first);
		return;
	}
	finish(s);
	if (starts(text, REPORT))
		read_report(s, (struct str){ text.p + strlen(REPORT),
		    text.n - strlen(REPORT) });
	else if (is_record(line))
		read_record(s, line);
}

/* ---- the file ---- */

static void
read_lines(struct stored *s)
{
	struct str line;
	long n;

	do {
		n = recin_more(&s->in);
		while (!s->stop && recin_line(&s->in, &line))
			read_line(s, line);
	} while (n > 0 && !s->stop && s->out.error == 0);
	if (n < 0) {
		msg_warn("%s: %s", s->in.name, strerror(errno));
		s->failed = true;
	} else if (!s->stop)
		finish(s);
	if (s->found == 0 && !s->failed) {
		msg_warn("%s: no fingerprint in it: it wants lines such as "
		    "SEQ(...) or OS:SCAN(...), or records with os_fp=, such as "
		    "prt-fmt -o tsv makes of XML", s->in.name);
		s->failed = true;
	}
}

static void
release(struct stored *s)
{
	recin_release(&s->in);
	rec_release(&s->rec);
	buf_release(&s->text);
	buf_release(&s->ip);
	buf_release(&s->host);
	buf_release(&s->err);
	known_release(&s->known);
}

int
stored_match(struct verdict *v, const char *file, enum rec_format format,
    bool strict)
{
	static struct stored s;		/* a fingerprint is large */
	bool in = strcmp(file, "-") == 0;
	int fd = in ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);

	if (fd == -1) {
		msg_warn("%s: %s", file, strerror(errno));
		return PRT_FAILED;
	}
	s = (struct stored){ .v = v, .strict = strict,
	    .known.tell = forget };
	if (known_init(&s.known) == -1)
		msg_die(PRT_FAILED, "out of memory");
	if (priv_drop() == -1 || sandbox_enter() == -1)
		msg_die(PRT_FAILED, "cannot enter the sandbox: %s",
		    strerror(errno));
	recin_init(&s.in, fd, in ? "stdin" : file);
	recout_init(&s.out, STDOUT_FILENO, format);
	s.in.flush = &s.out;
	read_lines(&s);
	release(&s);
	if (!in)
		close(fd);
	if (recout_close(&s.out) == -1 && errno != EPIPE) {
		msg_warn("stdout: %s", strerror(errno));
		s.failed = true;
	}
	return s.failed ? PRT_FAILED : PRT_OK;
}
