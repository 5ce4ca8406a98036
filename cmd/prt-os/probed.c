#include "probed.h"

#include "pure/addr.h"

/* As sure as a system can be that is seen through a filter, in percent: less than
 * what is named without --guess. */
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

bool
probed_put(const struct probed_conf *c, struct record *r, u128 addr,
    const struct osprobe_state *st, const struct osevidence *said)
{
	struct osprobe_facts f;
	struct osfp fp;
	char *ip;

	osprobe_read(st, &fp, &f);
	rec_data(r, STR_NONE, STR_NONE, STR("host"), STR("up"), STR_NONE);
	if (f.answered == 0 || (ip = rec_alloc(r, ADDR_FMT)) == NULL)
		return false;
	r->ncol = REC_NCOL;
	r->col[COL_IP] = (struct str){ ip, addr_fmt(ip, addr) };
	if (verdict_put(c->verdict, &fp, f.reliable ? 100 : UNSURE, r))
		rec_set(r, "os_method", STR("probes"));
	if (said != NULL)
		verdict_weigh(c->verdict, said, r);
	if (f.distance >= 0)
		rec_set_u64(r, "distance", (uint64_t)f.distance);
	put_uptime(c, &f, r);
	return true;
}
