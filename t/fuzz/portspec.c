/* The -p syntax, and the port column: the sets are what their text says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "meaning/portspec.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char names[] =
    "tcp\t80\thttp www\ntcp\t443\thttps\nudp\t53\tdomain dns\n"
    "tcp\t8080\thttp-alt\ntcp\t8081\thttp-alt\nudp\t161\tsnmp\n";

static void
must(int truth)
{
	if (!truth)
		abort();
}

/* A normalised set, written and read again. */
static void
round_trip(const struct portset *s)
{
	struct portset again = { 0 };
	struct buf b = { 0 };
	uint32_t n = portset_count(s), i;
	size_t bad;

	for (i = 1; i < s->n; i++)
		must(s->r[i].lo > (uint32_t)s->r[i - 1].hi + 1);
	for (i = 0; i < n; i += 1 + n / 64)
		must(portset_index(s, portset_at(s, i)) == (int32_t)i);
	portset_fmt(s, &b);
	if (b.n > 0) {
		must(portset_parse(&again, b.p, b.n, &bad) == 0);
		must(portset_eq(s, &again));
	}
	buf_release(&b);
	portset_release(&again);
}

static void
as_spec(const char *z, unsigned protos, const struct ports *t)
{
	struct portspec spec = { 0 };
	struct portspec_error err;
	int i;

	if (portspec_parse(&spec, z, protos, t, &err) == 0) {
		for (i = 0; i < PORTS_NPROTO; i++)
			round_trip(&spec.set[i]);
		portspec_release(&spec);
		return;
	}
	must(err.what != NULL && err.at + err.n <= strlen(z));
	must(spec.set[PORTS_TCP].n == 0 && spec.set[PORTS_UDP].n == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct portset set = { 0 };
	static struct ports t;
	struct ports file = { 0 };
	const char *what;
	unsigned long line;
	size_t bad = 0;
	char *z = malloc(n + 1);

	must(z != NULL);
	memcpy(z, p, n);
	z[n] = '\0';
	if (t.at[0] == NULL)
		must(ports_parse(&t, names, sizeof(names) - 1, &line,
		    &what) == 0);
	as_spec(z, PORTSPEC_TCP, &t);
	as_spec(z, PORTSPEC_TCP | PORTSPEC_UDP, &t);
	if (!portspec_wants_ports(z))
		as_spec(z, PORTSPEC_UDP, NULL);
	if (portset_parse(&set, z, n, &bad) == 0)
		round_trip(&set);
	else
		must(bad <= n && set.n == 0);
	portset_release(&set);
	/* and as a ports file */
	if (memchr(z, '\t', n) == NULL)
		;
	else if (ports_parse(&file, z, n, &line, &what) == 0)
		ports_release(&file);
	else
		must(what != NULL);
	free(z);
	return 0;
}
