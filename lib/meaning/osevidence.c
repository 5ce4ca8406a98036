#include "meaning/osevidence.h"

#include <string.h>

#include "base/num.h"

/* ---- what is said ---- */

/* A general name and a particular one go together: the kernel is Linux, the
 * system Android. */
static void
take_system(struct osevidence *e, const struct osname *o)
{
	if (o == NULL)
		return;
	if (o->distro != NULL) {
		e->distro = o;
		o = osname_of(str_of(o->family));
	}
	if (e->system == NULL || o == e->system)
		e->system = o;
	else if (strcmp(o->family, e->system->family) == 0)
		return;
	else if (strcmp(o->stack, e->system->family) == 0)
		return;		/* the less it says */
	else if (strcmp(e->system->stack, o->family) == 0)
		e->system = o;
	else
		e->torn = true;
}

static void
take_release(struct osevidence *e, const struct osrelease *r)
{
	if (r == NULL)
		return;
	if (strcmp(r->system, "Linux") == 0) {
		e->kernel = r;
		return;
	}
	e->torn_release |= e->release != NULL && e->release != r;
	e->release = r;
}

/* The kind that a text names with its last word, as "Omron PLC" does. */
static const char *
device_of(struct str text)
{
	static const char *const kind[] = {
		"router", "switch", "firewall", "printer", "webcam", "PLC",
		"phone", "WAP", "modem", "storage", "UPS", "camera",
		"media device", "print server", "load balancer",
	};
	size_t i, n;

	for (i = 0; i < sizeof(kind) / sizeof(kind[0]); i++) {
		n = strlen(kind[i]);
		if (text.n >= n && memcmp(text.p + text.n - n, kind[i], n) ==
		    0 && (text.n == n || text.p[text.n - n - 1] == ' '))
			return kind[i];
	}
	return NULL;
}

static void
take_device(struct osevidence *e, const char *device)
{
	if (device == NULL)
		return;
	e->torn_device |= e->device != NULL && e->device != device;
	e->device = device;
}

void
osevidence_take(struct osevidence *e, const struct record *port)
{
	struct str os = rec_get(port, "os"), cpes = rec_get(port, "cpe"),
	    info = rec_get(port, "info");

	take_device(e, device_of(rec_get(port, "device")));
	if (os.p == NULL && cpes.p == NULL && info.p == NULL)
		return;
	if (os.p != NULL)
		take_system(e, osname_of(os));
	while (cpes.p != NULL)
		take_system(e, osname_of_cpe(str_cut(&cpes, ',')));
	take_system(e, osname_of_info(info));
	take_release(e, osrelease_of(port));
}

const struct osname *
osevidence_system(const struct osevidence *e)
{
	return e->torn ? NULL : e->system;
}

/* ---- what it is worth ---- */

unsigned
osevidence_agreed(unsigned conf)
{
	return conf >= 100 ? 100 :
	    100 - (100 - conf) * (100 - OSEVIDENCE_CONF) / 100;
}

unsigned
osevidence_denied(unsigned conf)
{
	return conf / 2;
}

/* ---- in a record ---- */

void
osevidence_name(const struct osevidence *e, struct record *host)
{
	const struct osname *s = e->system;
	struct buf b = { 0 };

	rec_set(host, "os", str_of(s->family));
	rec_set(host, "os_family", str_of(s->family));
	rec_set(host, "os_vendor", str_of(s->vendor));
	if (s->type != NULL)
		rec_set(host, "device_type", str_of(s->type));
	else
		rec_unset(host, "device_type");
	rec_unset(host, "os_gen");
	buf_printf(&b, "cpe:/o:%s", s->cpe);
	rec_set_copy(host, "os_cpe", buf_view(&b));
	buf_release(&b);
}

/* The release of this system; NULL when none is known. */
static const struct osrelease *
release_of(const struct osevidence *e, const char *system)
{
	return e->release != NULL && !e->torn_release &&
	    strcmp(e->release->system, system) == 0 ? e->release : NULL;
}

/* The generations that both name; what the stack shows when there are none. */
static void
refine_gens(struct record *host, const char *gens)
{
	struct str had = rec_get(host, "os_gen"), one, rest;
	struct buf b = { 0 };

	if (had.n == 0)
		rec_set(host, "os_gen", str_of(gens));
	while (had.n > 0) {
		one = str_cut(&had, ',');
		for (rest = str_of(gens); rest.n > 0; )
			if (str_eq(str_cut(&rest, ','), one)) {
				if (b.n > 0)
					buf_putc(&b, ',');
				buf_str(&b, one);
			}
	}
	if (b.n > 0)
		rec_set_copy(host, "os_gen", buf_view(&b));
	buf_release(&b);
}

/* "cpe:/o:debian:debian_linux:12" behind those of the kernel */
static void
add_cpe(struct record *host, const struct osname *distro,
    const struct osrelease *release)
{
	struct str had = rec_get(host, "os_cpe");
	struct buf b = { 0 };

	buf_str(&b, had);
	if (had.n > 0)
		buf_putc(&b, ',');
	buf_printf(&b, "cpe:/o:%s", distro->cpe);
	if (release != NULL)
		buf_printf(&b, ":%s", release->name);
	rec_set_copy(host, "os_cpe", buf_view(&b));
	buf_release(&b);
}

/* "Linux 6.X (Debian 12)" */
static void
refine_distro(struct record *host, const struct osname *distro,
    const struct osrelease *release)
{
	struct buf b = { 0 };

	buf_str(&b, rec_get(host, "os"));
	buf_printf(&b, " (%s%s%s)", distro->distro,
	    release != NULL ? " " : "",
	    release != NULL ? release->name : "");
	rec_set_copy(host, "os", buf_view(&b));
	buf_release(&b);
	add_cpe(host, distro, release);
}

static void
refine_windows(struct record *host, const struct osrelease *release)
{
	struct buf b = { 0 };

	buf_printf(&b, "Windows %s", release->name);
	rec_set_copy(host, "os", buf_view(&b));
	buf_release(&b);
	refine_gens(host, release->gens);
}

void
osevidence_refine(const struct osevidence *e, struct record *host)
{
	struct str family = rec_get(host, "os_family");
	const struct osrelease *windows = release_of(e, "Windows");

	if (windows != NULL && str_is(family, "Windows"))
		refine_windows(host, windows);
	if (!str_is(family, "Linux"))
		return;
	if (e->kernel != NULL)
		refine_gens(host, e->kernel->gens);
	if (e->distro != NULL)
		refine_distro(host, e->distro,
		    release_of(e, e->distro->distro));
}

static unsigned
conf_of(const struct record *host)
{
	struct str s = rec_get(host, "os_conf");
	uint64_t v = 0;

	if (s.n > 0)
		num_scan_u64(s.p, s.n, &v);
	return v > 100 ? 100 : (unsigned)v;
}

/* "probes,service" */
static void
add_method(struct record *host)
{
	struct buf b = { 0 };

	buf_str(&b, rec_get(host, "os_method"));
	buf_puts(&b, b.n > 0 ? ",service" : "service");
	rec_set_copy(host, "os_method", buf_view(&b));
	buf_release(&b);
}

void
osevidence_device(const struct osevidence *e, struct record *host)
{
	struct str type = rec_get(host, "device_type");

	if (e->device != NULL && !e->torn_device &&
	    (type.n == 0 || str_is(type, "general purpose")))
		rec_set(host, "device_type", str_of(e->device));
}

static void
weigh_system(const struct osevidence *e, bool fits, struct record *host)
{
	const struct osname *s = osevidence_system(e);
	unsigned conf = conf_of(host);

	if (s == NULL)
		return;
	if (rec_get(host, "os").n == 0) {
		osevidence_name(e, host);
		osevidence_refine(e, host);
		rec_set_u64(host, "os_conf", OSEVIDENCE_CONF);
		rec_set(host, "os_method", STR("service"));
		return;
	}
	if (!fits) {
		rec_set_u64(host, "os_conf", osevidence_denied(conf));
		return;
	}
	/* what the stack alone shows may be the kernel of the system */
	if (!str_is(rec_get(host, "os_family"), s->family))
		osevidence_name(e, host);
	osevidence_refine(e, host);
	rec_set_u64(host, "os_conf", osevidence_agreed(conf));
	add_method(host);
}

void
osevidence_weigh(const struct osevidence *e, bool fits, struct record *host)
{
	weigh_system(e, fits, host);
	osevidence_device(e, host);
}
