#include "input_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/msg.h"
#include "meaning/portspec.h"
#include "pure/addr.h"

/* Names that are asked for at the same time. */
#define MAX_PENDING	2000

/* Which groups a target goes to: one for each protocol. */
struct want {
	int			 n;
	enum target_kind	 kind[PORTS_NPROTO];
	uint32_t		 group[PORTS_NPROTO];
};

/* A name on its way through DNS. */
struct question {
	struct input	*in;
	struct source	 src;
	struct want	 want;
	uint32_t	 host, tag;
};

/* ---- messages ---- */

int
input_oom(void)
{
	msg_warn("out of memory");
	return -1;
}

int
input_complain(struct input *in, struct source src, struct str text,
    const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (text.n > 80)
		text.n = 80;
	msg_at(src.file, src.line, "'%.*s': %s", STR_ARG(text), why);
	in->bad++;
	return in->strict ? -1 : 0;
}

/* ---- adding ---- */

static bool
touches(const struct rangeset *s, u128 first, u128 last)
{
	size_t lo = 0, hi = s->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->r[mid].last < first)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && s->r[lo].first <= last;
}

/* Says so when some of in->ranges are reserved and not excluded anyway. */
static int
check_reserved(struct input *in, struct source src, struct str text)
{
	struct rangeset bad = { 0 };
	char at[ADDR_FMT + 1], count[NUM_FMT_U128 + 1];
	size_t i;
	int r = 0;

	for (i = 0; i < in->ranges.n; i++)
		if (touches(in->reserved, in->ranges.r[i].first,
		    in->ranges.r[i].last))
			break;
	if (i == in->ranges.n)
		return 0;
	rangeset_normalise(&in->ranges);
	if (rangeset_intersect(&bad, &in->ranges, in->reserved) == -1 ||
	    rangeset_subtract(&bad, in->exclude) == -1)
		r = input_oom();
	else if (bad.n > 0) {
		at[addr_fmt(at, bad.r[0].first)] = '\0';
		count[num_fmt_u128(count, rangeset_count(&bad))] = '\0';
		r = input_complain(in, src, text, "%s reserved address%s (first %s) "
		    "left out; --allow-reserved keeps them, -x takes them "
		    "away without a message",
		    count, rangeset_count(&bad) == 1 ? "" : "es", at);
	}
	rangeset_release(&bad);
	return r;
}

static int
collect(void *arg, u128 first, u128 last)
{
	return rangeset_add(arg, first, last);
}

/* Puts in->ranges where they belong. */
static int
add_ranges(struct input *in, struct source src, struct str text,
    const struct want *want, uint32_t host, uint32_t tag)
{
	size_t i;
	int k;

	if (in->excluding) {
		for (i = 0; i < in->ranges.n; i++)
			if (rangeset_add(in->exclude, in->ranges.r[i].first,
			    in->ranges.r[i].last) == -1)
				return input_oom();
		return 0;
	}
	if (check_reserved(in, src, text) == -1)
		return -1;
	for (k = 0; k < want->n; k++)
		for (i = 0; i < in->ranges.n; i++)
			if (targetset_add(in->ts, want->kind[k],
			    want->group[k], in->ranges.r[i].first,
			    in->ranges.r[i].last, host, tag) == -1)
				return input_oom();
	return 0;
}

static int
find_groups(struct input *in, const struct item *it, struct want *want)
{
	static const enum target_kind kinds[] = {
		[PORTS_TCP] = TARGET_TCP, [PORTS_UDP] = TARGET_UDP,
	};
	unsigned protos = in->protos;
	const struct portrange *r = it->ports.r;
	int i, bad;

	want->n = 0;
	if (it->ports.n == 0) {
		want->kind[0] = TARGET_HOST;
		want->group[0] = 0;
		want->n = 1;
		return 0;
	}
	if (it->proto != TARGETSPEC_ANY)
		protos = it->proto == TARGETSPEC_TCP ? PORTSPEC_TCP :
		    PORTSPEC_UDP;
	for (i = 0; i < PORTS_NPROTO; i++) {
		if ((protos & 1u << i) == 0)
			continue;
		want->kind[want->n] = kinds[i];
		if (it->ports.n == 1 && r->lo == r->hi)
			bad = targetset_port(in->ts, kinds[i], r->lo,
			    &want->group[want->n]);
		else
			bad = targetset_ports(in->ts, kinds[i], &it->ports,
			    &want->group[want->n]);
		if (bad == -1)
			return input_oom();
		want->n++;
	}
	return 0;
}

/* ---- names ---- */

static void
answered(void *arg, const u128 *addr, size_t n, const char *why)
{
	struct question *q = arg;
	struct input *in = q->in;
	struct str name = target_text(in->ts, q->host);
	size_t i;

	if (*in->stop || in->failed)
		goto out;
	if (n == 0) {
		if (input_complain(in, q->src, name, "%s", why) == -1)
			in->failed = true;
		goto out;
	}
	in->ranges.n = 0;
	for (i = 0; i < (in->first ? 1 : n) && !in->failed; i++)
		in->failed = collect(&in->ranges, addr[i], addr[i]) == -1;
	if (in->failed)
		input_oom();
	else
		in->failed = add_ranges(in, q->src, name, &q->want, q->host,
		    q->tag) == -1;
out:
	free(q);
}

static int
start_resolver(struct input *in, struct source src, struct str name)
{
	struct resolve_conf conf = {
		.family = in->family, .servers = in->servers,
		.max_pending = MAX_PENDING, .answer = answered,
	};
	const char *why;

	in->res = resolve_new(&conf, &why);
	if (in->res != NULL)
		return 0;
	msg_at(src.file, src.line, "'%.*s': %s", STR_ARG(name), why);
	return -1;
}

static int
ask(struct input *in, struct source src, const struct item *it,
    struct question q)
{
	struct question *p;
	int r;

	if (in->no_resolve)
		return input_complain(in, src, it->text, "a name, and -n (or "
		    "--no-resolve) resolves none: give its address");
	if (in->res == NULL && start_resolver(in, src, it->spec.host) == -1)
		return -1;
	if ((p = malloc(sizeof(*p))) == NULL)
		return input_oom();
	*p = q;
	do
		r = resolve_ask(in->res, it->spec.host, p);
	while (r == -1 && errno == EINTR && !*in->stop);
	if (r == -1) {
		free(p);
		if (!*in->stop)
			msg_warn("cannot ask for names: %s", strerror(errno));
		return -1;
	}
	return in->failed ? -1 : 0;
}

/* ---- one item ---- */

int
input_add(struct input *in, struct source src, struct item *it)
{
	struct question q = { .in = in, .src = src };
	struct targetspec *t = &it->spec;

	if (in->excluding && it->ports.n > 0)
		return input_complain(in, src, it->text, "an exclude is a whole "
		    "host: ports are excluded with -p, as in -p 1-1024,^80");
	if (t->kind == TARGETSPEC_OCTETS &&
	    targetspec_nranges(t) > TARGETSPEC_MAX_RANGES)
		return input_complain(in, src, it->text, "more than a million "
		    "separate ranges: write it in smaller parts");
	if (find_groups(in, it, &q.want) == -1)
		return -1;
	if (targetset_text(in->ts, it->host, &q.host) == -1 ||
	    targetset_text(in->ts, it->tag, &q.tag) == -1)
		return input_oom();
	if (t->kind == TARGETSPEC_NAME)
		return ask(in, src, it, q);
	in->ranges.n = 0;
	if (targetspec_each(t, collect, &in->ranges) != 0)
		return input_oom();
	return add_ranges(in, src, it->text, &q.want, q.host, q.tag);
}

int
input_finish(struct input *in)
{
	while (in->res != NULL && resolve_finish(in->res) == -1) {
		if (*in->stop)
			return -1;
		if (errno == EINTR)
			continue;
		msg_warn("cannot wait for names: %s", strerror(errno));
		return -1;
	}
	return *in->stop || in->failed ? -1 : 0;
}

void
input_release(struct input *in)
{
	/* what is still asked for is answered now, and of no interest */
	in->failed = true;
	resolve_free(in->res);
	rangeset_release(&in->ranges);
}
