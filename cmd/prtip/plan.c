#include "plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/msg.h"
#include "flags.h"
#include "portarg.h"

void
pipeline_release(struct pipeline *p)
{
	size_t i, k;

	for (i = 0; i < p->n; i++) {
		for (k = 0; k < p->stage[i].argc; k++)
			free(p->stage[i].argv[k]);
		free(p->stage[i].argv);
	}
	p->n = 0;
}

/* ---- stages ---- */

static void __attribute__((format(printf, 2, 3)))
arg(struct pipeline *p, const char *fmt, ...)
{
	struct stage *st = &p->stage[p->n - 1];
	size_t cap = st->cap != 0 ? st->cap * 2 : 8;
	char **v;
	va_list ap;
	int n;

	/* room for the NULL behind it */
	if (st->argc + 1 >= st->cap) {
		v = reallocarray(st->argv, cap, sizeof(*v));
		if (v == NULL) {
			p->oom = true;
			return;
		}
		st->argv = v;
		st->cap = cap;
	}
	va_start(ap, fmt);
	n = vasprintf(&st->argv[st->argc], fmt, ap);
	va_end(ap);
	if (n == -1) {
		p->oom = true;
		return;
	}
	st->argv[++st->argc] = NULL;
}

static void
option(struct pipeline *p, const char *name, const char *value)
{
	if (value != NULL) {
		arg(p, "%s", name);
		arg(p, "%s", value);
	}
}

static void
number(struct pipeline *p, const char *name, uint64_t v)
{
	arg(p, "%s", name);
	arg(p, "%llu", (unsigned long long)v);
}

static void
put_time(struct pipeline *p, const char *name, uint64_t ns)
{
	arg(p, "%s", name);
	arg(p, "%lluus", (unsigned long long)ns / NS_PER_US);
}

static void
stage(struct pipeline *p, const char *name)
{
	p->stage[p->n++] = (struct stage){ .control = -1 };
	arg(p, "%s", name);
}

/* Its progress is told under this name. */
static void
shows(struct pipeline *p, const char *what)
{
	p->stage[p->n - 1].what = what;
}

static void
put_timing(struct pipeline *p, const struct ask *a)
{
	if (a->timing != NULL)
		arg(p, "-T%d", (int)(a->timing - timing_table));
}

/* What all programs that send have in common. */
static void
sending(struct pipeline *p, const struct ask *a)
{
	option(p, "-i", a->ifname);
	option(p, "-S", a->source);
	put_timing(p, a);
	if (a->allow_reserved)
		arg(p, "--allow-reserved");
}

/* Each stage counts its own time; discovery has none. */
static void
put_host_timeout(struct pipeline *p, const struct ask *a)
{
	if (a->host_timeout != 0)
		put_time(p, "--host-timeout", a->host_timeout);
}

/* ---- targets ---- */

static void
put_targets(struct pipeline *p, const struct ask *a)
{
	size_t i;

	stage(p, "prt-targets");
	if (a->list)
		arg(p, "-e");
	if (a->v6 != a->v4)
		arg(p, a->v6 ? "-6" : "-4");
	else if (!a->v4 && !a->resolve_all)
		arg(p, "-4");
	if (!a->resolve_all)
		arg(p, "--first");
	if (a->allow_reserved)
		arg(p, "--allow-reserved");
	option(p, "--dns-server", a->dns);
	for (i = 0; i < a->excludes.n; i++)
		option(p, "-x", a->excludes.v[i]);
	for (i = 0; i < a->exclude_files.n; i++)
		option(p, "-X", a->exclude_files.v[i]);
	for (i = 0; i < a->files.n; i++)
		option(p, "-f", a->files.v[i]);
	for (i = 0; i < a->targets.n; i++)
		arg(p, "%s", a->targets.v[i]);
}

/* ---- who is there ---- */

static void
ping_ports(struct buf *b, const struct words *w, const char *type,
    const char *usual)
{
	struct str rest;
	size_t i;

	if (w->n == 0)
		buf_printf(b, "%s%s:%s", b->n > 0 ? "," : "", type, usual);
	for (i = 0; i < w->n; i++)
		for (rest = str_of(w->v[i]); rest.p != NULL;) {
			buf_printf(b, "%s%s:", b->n > 0 ? "," : "", type);
			buf_str(b, str_cut(&rest, ','));
		}
}

/* What --ping of prt-blast takes. */
static void
ping_list(struct buf *b, const struct ask *a)
{
	if (a->pings & ASK_PING_ECHO)
		buf_puts(b, "icmp-echo");
	if (a->pings & ASK_PING_TIME)
		buf_printf(b, "%sicmp-timestamp", b->n > 0 ? "," : "");
	if (a->pings & ASK_PING_MASK)
		buf_printf(b, "%sicmp-mask", b->n > 0 ? "," : "");
	if (a->pings & ASK_PING_SYN)
		ping_ports(b, &a->syn_ports, "syn-ping", "443");
	if (a->pings & ASK_PING_ACK)
		ping_ports(b, &a->ack_ports, "ack-ping", "80");
	if (a->pings & ASK_PING_UDP)
		ping_ports(b, &a->udp_ports, "udp-ping", "40125");
	buf_putc(b, '\0');
}

/* Of a delay and a rate, the slower one counts. */
static void
put_pace(struct pipeline *p, const struct ask *a)
{
	if (a->max_rtt != 0)
		put_time(p, "--max-rtt", a->max_rtt);
	if (a->delay != 0 && (a->rate == 0 ||
	    a->rate > NS_PER_S / (a->delay + 1)))
		put_time(p, "--delay", a->delay);
	else if (a->rate != 0)
		number(p, "--rate", a->rate);
}

static void
put_rate(struct pipeline *p, const struct ask *a)
{
	put_pace(p, a);
	if (a->min_rate != 0)
		number(p, "--min-rate", a->min_rate);
	if (a->retries != UINT64_MAX)
		number(p, "--retries", a->retries < 7 ? a->retries : 7);
}

static void
blast(struct pipeline *p, const struct ask *a, const char *types)
{
	stage(p, "prt-blast");
	option(p, "-s", types);
	sending(p, a);
	put_rate(p, a);
	if (a->sport != 0)
		number(p, "-g", a->sport);
	if (a->ttl != 0)
		number(p, "--ttl", a->ttl);
	if (a->trace)
		arg(p, "--trace");
	option(p, p->resume ? "--resume" : "--checkpoint", p->checkpoint);
}

/* Ports are asked alike, whether by -PS or by -PA. */
static void
connect_ping(struct pipeline *p, const struct ask *a)
{
	struct buf list = { 0 };
	size_t i;

	stage(p, "prt-connect");
	arg(p, "--ping");
	arg(p, "--all");
	sending(p, a);
	for (i = 0; i < a->syn_ports.n; i++)
		buf_printf(&list, "%s%s", list.n > 0 ? "," : "",
		    a->syn_ports.v[i]);
	for (i = 0; i < a->ack_ports.n; i++)
		buf_printf(&list, "%s%s", list.n > 0 ? "," : "",
		    a->ack_ports.v[i]);
	if (a->pings & ASK_PING_SYN && a->syn_ports.n == 0)
		buf_printf(&list, "%s443", list.n > 0 ? "," : "");
	if (a->pings & ASK_PING_ACK && a->ack_ports.n == 0)
		buf_printf(&list, "%s80", list.n > 0 ? "," : "");
	buf_putc(&list, '\0');
	p->oom |= list.oom;
	if (list.n > 1)
		option(p, "-p", list.p);
	shows(p, "hosts");
	buf_release(&list);
}

static void
put_discovery(struct pipeline *p, const struct ask *a)
{
	struct buf list = { 0 };

	if (a->unprivileged) {
		connect_ping(p, a);
		return;
	}
	if (a->pings == ASK_PING_ARP)
		blast(p, a, a->v6 == a->v4 ? "arp,ndp" : a->v6 ? "ndp" :
		    "arp");
	else
		blast(p, a, "ping");
	if ((a->pings & ~(unsigned)ASK_PING_ARP) != 0) {
		ping_list(&list, a);
		p->oom |= list.oom;
		if (!list.oom)
			option(p, "--ping", list.p);
	}
	buf_release(&list);
	shows(p, "hosts");
	stage(p, "prt-listen");
	arg(p, "--all");
	if (a->trace)
		arg(p, "--trace");
}

/* ---- the scan ---- */

static void
scan_types(struct buf *b, const struct ask *a)
{
	static const char *const name[ASK_NSCAN] = {
		"syn", "connect", "udp", "ack", "window", "maimon", "fin",
		"null", "xmas"
	};
	char flags[16];
	unsigned scans = a->scans;
	int i;

	if (a->scanflags != NULL && flags_read(flags, sizeof(flags),
	    a->scanflags) == NULL) {
		buf_printf(b, "flags:%s", flags);
		scans &= ~(unsigned)ASK_SYN;
	}
	for (i = 0; i < ASK_NSCAN; i++)
		if (scans & 1u << i)
			buf_printf(b, "%s%s", b->n > 0 ? "," : "", name[i]);
	buf_putc(b, '\0');
}

static void
put_scan(struct pipeline *p, const struct ask *a)
{
	struct buf types = { 0 }, ports = { 0 };

	portarg_put(&ports, a);
	scan_types(&types, a);
	p->oom |= types.oom || ports.oom;
	if (p->oom)
		goto out;
	if (a->scans == ASK_CONNECT) {
		stage(p, "prt-connect");
		sending(p, a);
		put_pace(p, a);
		if (a->retries != UINT64_MAX)
			number(p, "--retries", a->retries < 100 ? a->retries :
			    100);
	} else {
		blast(p, a, types.p);
		if (a->no_ping)
			arg(p, "--neighbours");
	}
	put_host_timeout(p, a);
	if (a->in_order)
		arg(p, "--in-order");
	option(p, "-p", ports.n > 1 ? ports.p : NULL);
	shows(p, "ports");
	if (a->scans != ASK_CONNECT)
		stage(p, "prt-listen");
	arg(p, "--all");
	if (a->trace && a->scans != ASK_CONNECT)
		arg(p, "--trace");
out:
	buf_release(&types);
	buf_release(&ports);
}

/* Its probes go by the routes: it has no -i. Without the privilege it tells what
 * the records say. */
static void
put_os(struct pipeline *p, const struct ask *a)
{
	stage(p, "prt-os");
	shows(p, "systems");
	if (a->unprivileged) {
		arg(p, "--passive");
		return;
	}
	option(p, "-S", a->source);
	put_timing(p, a);
	if (a->allow_reserved)
		arg(p, "--allow-reserved");
	if (a->guess)
		arg(p, "--guess");
}

static void
put_findings(struct pipeline *p, const struct ask *a)
{
	if (a->services || a->all) {
		stage(p, "prt-service");
		shows(p, "services");
		sending(p, a);
		if (a->intensity != UINT64_MAX)
			number(p, "--intensity", a->intensity);
		if (a->all_ports)
			arg(p, "--all-ports");
		put_host_timeout(p, a);
	}
	if (a->tls || a->all) {
		stage(p, "prt-tls");
		shows(p, "TLS");
		sending(p, a);
		put_host_timeout(p, a);
	}
	if (a->os || a->all)
		put_os(p, a);
}

/* What is only listed is asked for, too. */
static void
put_hostnames(struct pipeline *p, const struct ask *a)
{
	if (a->no_names)
		return;
	stage(p, "prt-names");
	if (a->all_names || a->list)
		arg(p, "--all");
	option(p, "--dns-server", a->dns);
}

/* ---- output ---- */

static void
put_output(struct pipeline *p, const struct ask *a, enum ask_form form,
    const char *file, bool last)
{
	static const char *const name[ASK_NFORM] = {
		[ASK_NORMAL] = "normal", [ASK_XML] = "xml",
		[ASK_GNMAP] = "gnmap", [ASK_NDJSON] = "ndjson",
	};

	stage(p, "prt-fmt");
	option(p, "-o", a->list && form != ASK_NDJSON ? "targets" :
	    name[form]);
	if (a->command != NULL && !a->list &&
	    (form == ASK_XML || form == ASK_GNMAP))
		option(p, "--args", a->command);
	if (a->open)
		arg(p, "--open");
	if (a->verbose > 0 && form != ASK_NDJSON && !a->list)
		arg(p, "--down");
	p->stage[p->n - 1].file = file;
	p->stage[p->n - 1].branch = !last;
}

static void
put_outputs(struct pipeline *p, const struct ask *a)
{
	const struct ask_out *shown = NULL;
	size_t i, files = 0, k = 0;

	for (i = 0; i < a->nout; i++)
		if (strcmp(a->out[i].path, "-") == 0)
			shown = &a->out[i];
		else
			files++;
	for (i = 0; i < a->nout; i++) {
		if (&a->out[i] == shown)
			continue;
		k++;
		put_output(p, a, a->out[i].form, a->out[i].path,
		    k == files && shown == NULL && a->quiet);
	}
	if (shown != NULL)
		put_output(p, a, shown->form, NULL, true);
	else if (!a->quiet)
		put_output(p, a, ASK_NORMAL, NULL, true);
}

/* The records of several runs as those of one: no result twice, and no run that
 * broke off when a later one did not. */
static void
put_merge(struct pipeline *p)
{
	stage(p, "awk");
	arg(p, "-F\\t");
	arg(p, "%s", p->merge);
}

int
plan(const struct ask *a, unsigned parts, struct pipeline *p)
{
	if (parts & PLAN_TARGETS)
		put_targets(p, a);
	if (parts & PLAN_HOSTS && !a->list && !a->no_ping)
		put_discovery(p, a);
	if (parts & PLAN_PORTS && !a->list && !a->ping_only)
		put_scan(p, a);
	if (parts & PLAN_REST) {
		if (p->merge != NULL)
			put_merge(p);
		if (!a->list && !a->ping_only)
			put_findings(p, a);
		put_hostnames(p, a);
		put_outputs(p, a);
	}
	if (!p->oom)
		return PRT_OK;
	msg_warn("out of memory");
	return PRT_FAILED;
}
