#include "probed.h"

#include "base/clock.h"
#include "names.h"
#include "pure/addr.h"

/* As sure as a system can be that is seen through a filter, or of which others
 * answer some ports, in percent: less than what is named without --guess. */
#define UNSURE	60
/* Clocks of at least so many ticks a second begin at a random value on most
 * systems that have them (Linux 4.10, Windows 10, FreeBSD 12 and later). */
#define FAST_HZ	1000

static void
put_uptime(const struct probed_conf *c, const struct osprobe_facts *f,
    struct record *r)
{
	if (f->hz > 0 && (f->hz < FAST_HZ || c->uptime_guess))
		rec_set_u64(r, "uptime", (uint64_t)f->uptime);
}

/* The system that the answers to the scan show, and its services: behind a filter
 * that is more than nothing. */
static void
put_seen(const struct probed_conf *c, const struct seen *seen,
    struct record *r)
{
	const struct osname *o = osevidence_system(&seen->said);
	const struct rec_pair *p;
	const struct kind *k = NULL;
	bool fits;

	if (seen->look.ttl[OSPASSIVE_OPEN] != 0)
		k = kinds_of(c->kinds, &seen->look);
	if (k == NULL || !k->named) {
		verdict_weigh(c->verdict, &seen->said, r);
		return;
	}
	for (p = k->rec.pair; p < k->rec.pair + k->rec.npair; p++)
		rec_set(r, p->key.p, p->val);
	rec_set_u64(r, "os_conf", seen->look.mixed ? k->conf / 2 : k->conf);
	rec_set(r, "os_method", STR("passive"));
	fits = o != NULL && k->may >> (o - osname_rows) & 1;
	osevidence_weigh(&seen->said, fits, r);
}

bool
probed_put(const struct probed_conf *c, struct record *r, u128 addr,
    const struct osprobe_state *st, const struct seen *seen)
{
	struct osprobe_facts f;
	struct osfp fp;
	bool named, sure;
	char *ip;

	osprobe_read(st, &fp, &f);
	rec_data(r, STR_NONE, STR_NONE, STR("host"), STR("up"), STR_NONE);
	if (f.answered == 0 || (ip = rec_alloc(r, ADDR_FMT)) == NULL)
		return false;
	r->ncol = REC_NCOL;
	r->col[COL_IP] = (struct str){ ip, addr_fmt(ip, addr) };
	if (seen != NULL)
		names_put(seen->names, r);
	sure = f.reliable && (seen == NULL || !seen->look.mixed);
	named = verdict_put(c->verdict, &fp, sure ? 100 : UNSURE, r);
	if (named)
		rec_set(r, "os_method", STR("probes"));
	if (seen != NULL && !named && !sure)
		put_seen(c, seen, r);
	else if (seen != NULL)
		verdict_weigh(c->verdict, &seen->said, r);
	if (f.distance >= 0)
		rec_set_u64(r, "distance", (uint64_t)f.distance);
	put_uptime(c, &f, r);
	rec_set_ns(r, "time", clock_wall_ns(), 6);
	return true;
}
