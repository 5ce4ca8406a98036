#include "database.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/msg.h"
#include "finding.h"
#include "meaning/svcmatch.h"
#include "world/datafile.h"
#include "world/wholefile.h"

/* ---- reading ---- */

static int
add_text(struct svcdb *db, const struct buf *text, const char *name)
{
	struct buf err = { 0 };
	int r = svcdb_parse(db, buf_view(text), name, &err);

	if (r == -1 && err.n == 0)
		msg_warn("%s: out of memory", name);
	msg_lines(buf_view(&err));
	buf_release(&err);
	return r == -1 ? PRT_FAILED : PRT_OK;
}

static int
add_file(struct svcdb *db, const char *path)
{
	struct buf text = { 0 };
	int status = PRT_FAILED;

	if (wholefile_read(path, &text, SIZE_MAX) == -1)
		msg_warn("%s: %s", path, strerror(errno));
	else
		status = add_text(db, &text, path);
	buf_release(&text);
	return status;
}

static int
add_ours(struct svcdb *db)
{
	struct buf text = { 0 };
	char path[4096];
	int status = PRT_FAILED;

	if (datafile_read("service-probes", &text, path, sizeof(path)) == -1)
		msg_warn("%s: %s: name one with --db, or set PRT_DATADIR",
		    path, strerror(errno));
	else
		status = add_text(db, &text, path);
	buf_release(&text);
	return status;
}

int
database_read(struct svcdb *db, const char *const *file, size_t n,
    const char *const *add, size_t nadd)
{
	int status = n == 0 ? add_ours(db) : PRT_OK;

	for (size_t i = 0; i < n && status == PRT_OK; i++)
		status = add_file(db, file[i]);
	for (size_t i = 0; i < nadd && status == PRT_OK; i++)
		status = add_file(db, add[i]);
	return status;
}

/* ---- without a network ---- */

int
database_check(const char *const *file, size_t n)
{
	int status = PRT_OK;

	for (size_t i = 0; i < n; i++) {
		struct svcdb db = { 0 };
		struct buf err = { 0 };

		if (add_file(&db, file[i]) != PRT_OK ||
		    svcmatch_check(&db, &err) == -1)
			status = PRT_FAILED;
		msg_lines(buf_view(&err));
		buf_release(&err);
		svcdb_release(&db);
	}
	return status;
}

static const char *
proto_name(enum svc_proto proto)
{
	return proto == SVC_UDP ? "udp" : "tcp";
}

static int
close_out(void)
{
	if (fclose(stdout) == 0 || errno == EPIPE)
		return PRT_OK;
	msg_warn("stdout: %s", strerror(errno));
	return PRT_FAILED;
}

int
database_list(const struct svcdb *db)
{
	struct buf ports = { 0 };

	for (size_t i = 0; i < db->n; i++) {
		const struct svc_probe *p = &db->probe[i];

		ports.n = 0;
		if (p->ports.n > 0)
			portset_fmt(&p->ports, &ports);
		buf_puts(&ports, ports.n > 0 ? "\t" : "-\t");
		if (p->sslports.n > 0)
			portset_fmt(&p->sslports, &ports);
		else
			buf_putc(&ports, '-');
		printf("%s/%s\t%u\t%zu\t%zu\t%.*s\n", proto_name(p->proto),
		    p->name, p->rarity, p->n, p->nline,
		    STR_ARG(buf_view(&ports)));
	}
	buf_release(&ports);
	return close_out();
}

/* "GetRequest", "tcp/GetRequest" or "udp/NTP". */
static const struct svc_probe *
find_probe(const struct svcdb *db, const char *name)
{
	struct str rest = str_of(name), head = str_cut(&rest, '/');
	bool any = rest.p == NULL;

	for (size_t i = 0; i < db->n; i++) {
		const struct svc_probe *p = &db->probe[i];

		if (any ? str_is(head, p->name) : str_is(rest, p->name) &&
		    str_is(head, proto_name(p->proto)))
			return p;
	}
	return NULL;
}

static void
put_match(struct record *r, const struct svc_found *f)
{
	struct finding k = { 0 };
	struct buf at = { 0 };

	if (finding_keep(&k, f) == -1)
		return;
	finding_put(&k, r, STR_NONE, false);
	buf_printf(&at, "%s:%lu", f->line->file, f->line->line);
	rec_set_bytes(r, "line", at.p, at.n);
	rec_set(r, "soft", f->line->soft ? STR("1") : STR("0"));
	buf_release(&at);
	finding_release(&k);
}

static void
match_text(struct svcmatch *m, const struct svc_probe *p, const char *name,
    const struct buf *text, struct record *r)
{
	struct svc_found f;

	rec_clear(r);
	rec_meta(r, "match");
	rec_set_bytes(r, "file", name, strlen(name));
	if (svcmatch_find(m, p, NULL, text->p, text->n, &f))
		put_match(r, &f);
}

int
database_match(const struct svcdb *db, const char *name, char **file,
    size_t n, size_t most, enum rec_format format)
{
	const struct svc_probe *p = find_probe(db, name);
	struct svcmatch *m;
	struct record r = { 0 };
	struct recout out;
	struct buf text = { 0 };
	int status = PRT_OK;

	if (p == NULL) {
		msg_warn("--match %s: no such probe: --list-probes tells them",
		    name);
		return PRT_USAGE;
	}
	recout_init(&out, STDOUT_FILENO, format);
	if ((m = svcmatch_new(db)) == NULL)
		msg_die(PRT_FAILED, "out of memory");
	for (size_t i = 0; i < n || (n == 0 && i == 0); i++) {
		const char *at = n == 0 ? "stdin" : file[i];

		text.n = 0;
		if ((n == 0 ? wholefile_fd(STDIN_FILENO, &text, most) :
		    wholefile_read(at, &text, most)) == -1) {
			msg_warn("%s: %s", at, strerror(errno));
			status = PRT_FAILED;
			continue;
		}
		match_text(m, p, at, &text, &r);
		recout_put(&out, &r);
	}
	svcmatch_free(m);
	rec_release(&r);
	buf_release(&text);
	if (recout_close(&out) == -1 && errno != EPIPE) {
		msg_warn("stdout: %s", strerror(errno));
		status = PRT_FAILED;
	}
	return status;
}
