/* nmap -oX, by libexpat: XML 1.0 without entities of its own. */
#include "meaning/foreign_priv.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "meaning/foreign_os.h"
#include "meaning/record_priv.h"
#include "pure/portset.h"

enum { MAX_DEPTH = 32 };

/* What the elements of a host have said up to here; nmap writes its addresses
 * and names before its ports. */
struct host {
	bool		is_open;	/* inside of <host> */
	bool		timedout;
	struct buf	addr, mac, vendor, name, ptr;
	struct buf	state, reason, ttl;
	struct buf	rtt, time;
};

struct port {
	struct buf	proto, number, state, reason;
	struct record	fields;		/* and all else that is known of it */
	struct buf	cpe;		/* the list */
};

struct xml {
	XML_Parser	parser;
	struct foreign	*in;
	unsigned	depth;
	size_t		fed;		/* bytes since the last element */
	struct host	host;
	struct port	port;
	struct foreign_os os;
	bool		in_port;
	bool		in_script;	/* or in the part of one that is ours */
	struct buf	*text;		/* where character data goes, or NULL */
	struct buf	elem, key;	/* of a script */
	struct buf	extra;		/* state of <extraports> */
	struct buf	types;		/* scan types */
	struct buf	elapsed, finished, up, down, total;
	bool		masscan;	/* wrote it */
	bool		told;		/* how it ended, and that was: */
	bool		success;
};

static void
keep(struct buf *b, struct str s)
{
	b->n = 0;
	buf_str(b, s);
}

static void
keep_attr(struct buf *b, const char **atts, const char *name)
{
	keep(b, foreign_attr(atts, name));
}

static void
die(struct xml *x, const char *why)
{
	x->in->line = XML_GetCurrentLineNumber(x->parser);
	foreign_die(x->in, why);
	XML_StopParser(x->parser, XML_FALSE);
}

/* A field of the port or host that outlives its element. */
static void
field(struct xml *x, const char *key, struct str v)
{
	struct record *r = &x->port.fields;

	if (v.n > 0)
		rec_set_copy(r, key, rec_clean(r, v, '\0'));
}

/* ---- giving out ---- */

static bool
begin(struct xml *x, struct str port, struct str proto, struct str state)
{
	struct foreign *in = x->in;

	in->line = XML_GetCurrentLineNumber(x->parser);
	if (!foreign_begin(in, buf_view(&x->host.addr), port, proto, state))
		return false;
	foreign_field(in, "host", buf_view(&x->host.name));
	return true;
}

static void
put_host(struct xml *x)
{
	struct host *h = &x->host;
	struct foreign *in = x->in;
	uint64_t us;
	size_t i;

	if (h->state.n == 0 || h->addr.n == 0 ||
	    !begin(x, STR_NONE, STR("host"), buf_view(&h->state)))
		return;
	rec_set_column(&in->r, COL_REASON, buf_view(&h->reason));
	if (!str_is(buf_view(&h->ttl), "0"))
		foreign_field(in, "ttl", buf_view(&h->ttl));
	if (h->rtt.n > 0 && num_scan_u64(h->rtt.p, h->rtt.n, &us) ==
	    h->rtt.n && us > 0 && us < UINT64_MAX / 1000)
		rec_set_ns(&in->r, "rtt", us * 1000, 6);
	if (h->timedout)
		foreign_field(in, "timedout", STR("1"));
	foreign_field(in, "mac", buf_view(&h->mac));
	foreign_field(in, "vendor", buf_view(&h->vendor));
	foreign_field(in, "ptr", buf_view(&h->ptr));
	foreign_time(in, buf_view(&h->time));
	foreign_os_put(&x->os, &in->r);
	for (i = 0; i < x->port.fields.npair; i++)
		rec_push(&in->r, x->port.fields.pair[i].key,
		    x->port.fields.pair[i].val, false);
	foreign_put(in);
}

static void
put_port(struct xml *x)
{
	struct port *p = &x->port;
	struct record *r = &x->in->r;
	size_t i;

	if (!begin(x, buf_view(&p->number), buf_view(&p->proto),
	    buf_view(&p->state)))
		return;
	rec_set_column(r, COL_REASON, buf_view(&p->reason));
	foreign_time(x->in, buf_view(&x->host.time));
	for (i = 0; i < p->fields.npair; i++)
		rec_push(r, p->fields.pair[i].key, p->fields.pair[i].val,
		    false);
	foreign_field(x->in, "cpe", buf_view(&p->cpe));
	foreign_put(x->in);
}

/* Ports that nmap sums up: a record for each. */
static void
put_extra(struct xml *x, const char **atts)
{
	struct str list = foreign_attr(atts, "ports"), proto = foreign_attr(atts, "proto");
	struct portset ports = { 0 };
	char text[NUM_FMT_U64] = "";
	struct str port = { text, 0 };
	uint32_t i, n;
	size_t bad;

	if (list.n == 0 || proto.n == 0)
		return;		/* nmap before 7.80 does not list them */
	if (portset_parse(&ports, list.p, list.n, &bad) == -1) {
		die(x, "ports= of extrareasons is a list such as 1-21,23");
		portset_release(&ports);
		return;
	}
	n = portset_count(&ports);
	for (i = 0; i < n; i++) {
		port.n = num_fmt_u64(text, portset_at(&ports, i));
		if (!begin(x, port, proto, buf_view(&x->extra)))
			break;
		rec_set_column(&x->in->r, COL_REASON, foreign_attr(atts, "reason"));
		foreign_time(x->in, buf_view(&x->host.time));
		foreign_put(x->in);
	}
	portset_release(&ports);
}

static void
put_stat(struct xml *x)
{
	struct foreign *in = x->in;

	/* results of a scan that nothing is known of have no such record */
	if (in->ended && !x->told && !in->damaged)
		return;
	foreign_stat(in, x->masscan ? "masscan" : "nmap", in->ended &&
	    x->success && !in->damaged);
	foreign_field(in, "scan", buf_view(&x->types));
	foreign_field(in, "hosts", buf_view(&x->total));
	foreign_field(in, "up", buf_view(&x->up));
	foreign_field(in, "down", buf_view(&x->down));
	foreign_time(in, buf_view(&x->finished));
	foreign_field(in, "seconds", buf_view(&x->elapsed));
	foreign_put(in);
}

/* ---- elements ---- */

static void
start_host(struct xml *x, const char **atts)
{
	struct host *h = &x->host;

	h->is_open = true;
	h->timedout = str_is(foreign_attr(atts, "timedout"), "true");
	h->addr.n = h->mac.n = h->vendor.n = h->name.n = h->ptr.n =
	    h->state.n = h->rtt.n = 0;
	keep_attr(&h->time, atts, "endtime");
	foreign_os_clear(&x->os);
	rec_clear(&x->port.fields);
}

/* What its user called it, or a name that it has in DNS. */
static void
start_name(struct xml *x, const char **atts)
{
	struct host *h = &x->host;
	struct str name = foreign_attr(atts, "name");

	if (!str_is(foreign_attr(atts, "type"), "PTR")) {
		if (h->name.n == 0)
			keep(&h->name, name);
	} else if (name.n > 0) {
		if (h->ptr.n > 0)
			buf_putc(&h->ptr, ',');
		buf_str(&h->ptr, rec_clean(&x->port.fields, name, ','));
	}
}

static void
start_address(struct xml *x, const char **atts)
{
	if (str_is(foreign_attr(atts, "addrtype"), "mac")) {
		keep_attr(&x->host.mac, atts, "addr");
		keep_attr(&x->host.vendor, atts, "vendor");
	} else if (x->host.addr.n == 0)
		keep_attr(&x->host.addr, atts, "addr");
}

static void
start_port(struct xml *x, const char **atts)
{
	x->in_port = true;
	rec_clear(&x->port.fields);
	x->port.state.n = x->port.reason.n = x->port.cpe.n = 0;
	keep_attr(&x->port.proto, atts, "protocol");
	keep_attr(&x->port.number, atts, "portid");
}

static void
start_state(struct xml *x, const char **atts)
{
	struct str ttl = foreign_attr(atts, "reason_ttl");

	keep_attr(&x->port.state, atts, "state");
	keep_attr(&x->port.reason, atts, "reason");
	if (!str_is(ttl, "0"))
		field(x, "ttl", ttl);
	field(x, "reason_ip", foreign_attr(atts, "reason_ip"));
}

static void
start_service(struct xml *x, const char **atts)
{
	static const char *const name[][2] = {
		{ "name", "service" }, { "tunnel", "tunnel" },
		{ "product", "product" }, { "version", "version" },
		{ "extrainfo", "info" }, { "hostname", "hostname" },
		{ "ostype", "os" }, { "devicetype", "device" },
		{ "banner", "banner" },		/* masscan */
	};
	size_t i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		field(x, name[i][1], foreign_attr(atts, name[i][0]));
	/* the service of a table is the port's number again */
	if (!str_is(foreign_attr(atts, "method"), "probed"))
		return;
	field(x, "method", STR("probed"));
	field(x, "conf", foreign_attr(atts, "conf"));
}

/* A name that a field may have: not that of a column. */
static void
script_field(struct xml *x, struct str name, struct str value)
{
	struct record *r = &x->port.fields;
	struct str key = rec_clean(r, name, '=');
	char *p;

	if (name.n == 0 || value.n == 0 || rec_column(key) != COL_NOT ||
	    (p = rec_alloc(r, key.n)) == NULL)
		return;
	memcpy(p, key.p, key.n);
	key.p = p;
	value = rec_clean(r, value, '\0');
	if (value.p == NULL || (p = rec_alloc(r, value.n)) == NULL)
		return;
	memcpy(p, value.p, value.n);
	rec_push(r, key, (struct str){ p, value.n }, false);
}

/* Our own script holds fields; the output of all others is one field each, unless
 * there is a table of ours in it. */
static void
start_script(struct xml *x, const char **atts)
{
	struct str id = foreign_attr(atts, "id");

	x->in_script = str_is(id, "prt");
	if (x->in_script)
		return;
	x->key.n = 0;
	if (!str_is(id, "banner"))
		buf_puts(&x->key, "script.");
	buf_str(&x->key, id);
	script_field(x, buf_view(&x->key), foreign_attr(atts, "output"));
}

static void
start_table(struct xml *x, const char **atts)
{
	x->in_script = str_is(foreign_attr(atts, "key"), "prt");
	if (!x->in_script)
		return;
	rec_unset(&x->port.fields, "script.ssl-cert");
	rec_unset(&x->port.fields, "script.ssl-enum-ciphers");
}

static void
start_in_host(struct xml *x, const char *name, const char **atts)
{
	struct host *h = &x->host;

	if (strcmp(name, "status") == 0) {
		keep_attr(&h->state, atts, "state");
		keep_attr(&h->reason, atts, "reason");
		keep_attr(&h->ttl, atts, "reason_ttl");
	} else if (strcmp(name, "address") == 0)
		start_address(x, atts);
	else if (strcmp(name, "hostname") == 0)
		start_name(x, atts);
	else if (strcmp(name, "extraports") == 0)
		keep_attr(&x->extra, atts, "state");
	else if (strcmp(name, "extrareasons") == 0)
		put_extra(x, atts);
	else if (strcmp(name, "port") == 0)
		start_port(x, atts);
	else if (strcmp(name, "times") == 0)
		keep_attr(&h->rtt, atts, "srtt");
	else if (strcmp(name, "script") == 0)
		start_script(x, atts);
	else if (foreign_os_start(&x->os, name, atts))
		x->text = &x->os.cpes;
}

static void
start_in_port(struct xml *x, const char *name, const char **atts)
{
	if (strcmp(name, "state") == 0)
		start_state(x, atts);
	else if (strcmp(name, "service") == 0)
		start_service(x, atts);
	else if (strcmp(name, "cpe") == 0) {
		if (x->port.cpe.n > 0)
			buf_putc(&x->port.cpe, ',');
		x->text = &x->port.cpe;
	} else if (strcmp(name, "script") == 0)
		start_script(x, atts);
	else if (strcmp(name, "table") == 0)
		start_table(x, atts);
}

static void
start_in_run(struct xml *x, const char *name, const char **atts)
{
	if (strcmp(name, "nmaprun") == 0) {
		x->in->begun = true;
		x->masscan = str_is(foreign_attr(atts, "scanner"), "masscan");
	} else if (strcmp(name, "scaninfo") == 0) {
		if (x->types.n > 0 && x->types.n < 200)
			buf_putc(&x->types, ',');
		if (x->types.n < 200)
			buf_str(&x->types, foreign_attr(atts, "type"));
	} else if (strcmp(name, "finished") == 0) {
		/* masscan does not say, and writes this when it is done */
		x->told = x->masscan || foreign_attr(atts, "exit").n > 0;
		x->success = x->masscan ||
		    str_is(foreign_attr(atts, "exit"), "success");
		keep_attr(&x->elapsed, atts, "elapsed");
		keep_attr(&x->finished, atts, "time");
	} else if (strcmp(name, "hosts") == 0) {
		keep_attr(&x->up, atts, "up");
		keep_attr(&x->down, atts, "down");
		keep_attr(&x->total, atts, "total");
	} else if (strcmp(name, "host") == 0)
		start_host(x, atts);
}

static void
on_start(void *arg, const char *name, const char **atts)
{
	struct xml *x = arg;

	if (x->in->dead)
		return;
	x->fed = 0;
	if (++x->depth > MAX_DEPTH) {
		die(x, "elements nested too deeply for nmap's XML");
		return;
	}
	if (x->depth == 1 && strcmp(name, "nmaprun") != 0) {
		die(x, "no XML of nmap: it starts with nmaprun");
		return;
	}
	if (x->in_script && strcmp(name, "elem") == 0) {
		keep_attr(&x->key, atts, "key");
		x->elem.n = 0;
		x->text = &x->elem;
	} else if (x->in_port)
		start_in_port(x, name, atts);
	else if (x->host.is_open)
		start_in_host(x, name, atts);
	else
		start_in_run(x, name, atts);
}

static void
on_end(void *arg, const char *name)
{
	struct xml *x = arg;

	if (x->in->dead)
		return;
	x->fed = 0;
	x->depth--;
	x->text = NULL;
	if (strcmp(name, "elem") == 0 && x->in_script)
		script_field(x, buf_view(&x->key), buf_view(&x->elem));
	else if (strcmp(name, "script") == 0 || strcmp(name, "table") == 0)
		x->in_script = false;
	else if (strcmp(name, "port") == 0 && x->in_port) {
		x->in_port = false;
		put_port(x);
		rec_clear(&x->port.fields);
	} else if (strcmp(name, "host") == 0 && x->host.is_open) {
		put_host(x);
		x->host.is_open = false;
	} else if (strcmp(name, "nmaprun") == 0)
		x->in->ended = true;
}

static void
on_text(void *arg, const char *p, int n)
{
	struct xml *x = arg;
	struct str s = { p, (size_t)n };
	struct str part;

	if (x->text == NULL || x->in->dead)
		return;
	if (x->text != &x->port.cpe && x->text != &x->os.cpes) {
		buf_str(x->text, s);
		return;
	}
	while (s.p != NULL) {		/* a comma would end the element */
		part = str_cut(&s, ',');
		buf_str(x->text, part);
		if (s.p != NULL)
			buf_puts(x->text, "\\x2c");
	}
}

static void
on_entity(void *arg, const char *name, int is_parameter, const char *value,
    int n, const char *base, const char *system, const char *public,
    const char *notation)
{
	(void)name, (void)is_parameter, (void)value, (void)n, (void)base;
	(void)system, (void)public, (void)notation;
	die(arg, "it declares entities, which nmap's XML does not");
}

/* ---- the format ---- */

static struct xml *
start(struct foreign *in)
{
	struct xml *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->in = in;
	if ((x->parser = XML_ParserCreate(NULL)) == NULL) {
		free(x);
		return NULL;
	}
	XML_SetUserData(x->parser, x);
	XML_SetElementHandler(x->parser, on_start, on_end);
	XML_SetCharacterDataHandler(x->parser, on_text);
	XML_SetEntityDeclHandler(x->parser, on_entity);
	return x;
}

static void
stop(struct xml *x)
{
	struct buf *b[] = {
		&x->host.addr, &x->host.mac, &x->host.vendor, &x->host.name,
		&x->host.ptr, &x->host.state, &x->host.reason, &x->host.ttl, &x->host.rtt,
		&x->host.time, &x->port.proto, &x->port.number,
		&x->port.state, &x->port.reason, &x->port.cpe, &x->elem,
		&x->key, &x->extra, &x->types, &x->elapsed, &x->finished, &x->up, &x->down,
		&x->total,
	};
	size_t i;

	for (i = 0; i < sizeof(b) / sizeof(b[0]); i++)
		buf_release(b[i]);
	rec_release(&x->port.fields);
	foreign_os_release(&x->os);
	XML_ParserFree(x->parser);
	free(x);
}

static void
failed(struct xml *x)
{
	enum XML_Error e = XML_GetErrorCode(x->parser);

	x->in->line = XML_GetCurrentLineNumber(x->parser);
	if (e == XML_ERROR_NO_ELEMENTS || e == XML_ERROR_UNCLOSED_TOKEN ||
	    e == XML_ERROR_PARTIAL_CHAR)
		foreign_die(x->in, "the XML ends before its last element: it "
		    "was cut short");
	else
		foreign_die(x->in, XML_ErrorString(e));
}

static void
xml_piece(struct foreign *in, struct str piece)
{
	struct xml *x = in->xml;
	size_t n;

	if (x == NULL && (x = in->xml = start(in)) == NULL) {
		foreign_die(in, "out of memory");
		return;
	}
	while (piece.n > 0 && !in->dead) {
		n = piece.n < 65536 ? piece.n : 65536;
		x->fed += n;
		if (XML_Parse(x->parser, piece.p, (int)n, XML_FALSE) ==
		    XML_STATUS_ERROR)
			failed(x);
		else if (x->fed > FOREIGN_MAX)
			die(x, "an element of more than 4 MiB");
		piece.p += n;
		piece.n -= n;
	}
}

static void
xml_end(struct foreign *in)
{
	struct xml *x = in->xml;

	if (x == NULL)
		return;
	if (!in->dead && XML_Parse(x->parser, "", 0, XML_TRUE) ==
	    XML_STATUS_ERROR)
		failed(x);
	if (x->host.is_open && !x->in_port)
		put_host(x);
	if (in->begun)
		put_stat(x);
	stop(x);
	in->xml = NULL;
}

const struct foreign_format foreign_nmap_xml = {
	.name = "nmap-xml",
	.about = "nmap -oX",
	.piece = xml_piece,
	.end = xml_end,
};
