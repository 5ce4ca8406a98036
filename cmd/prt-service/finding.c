#include "finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/esc.h"

/* What nmap(1) calls confidence. */
#define CONF_TABLE	3
#define CONF_WRAPPED	8
#define CONF_PROBED	10

static size_t
length(const struct svc_found *f)
{
	size_t n = f->service.n + f->product.n + f->version.n + f->info.n +
	    f->hostname.n + f->os.n + f->device.n;

	for (unsigned i = 0; i < f->ncpe; i++)
		n += f->cpe[i].n;
	return n;
}

static struct str
move(char **at, struct str s)
{
	struct str t = { *at, s.n };

	if (s.p == NULL)
		return s;
	memcpy(*at, s.p, s.n);
	*at += s.n;
	return t;
}

int
finding_keep(struct finding *k, const struct svc_found *f)
{
	char *at = malloc(length(f) + 1), *mem = at;

	if (at == NULL)
		return -1;
	finding_release(k);
	*k = (struct finding){ .how = f->line->soft ? FOUND_SOFT : FOUND_HARD,
	    .name = f->line->service, .mem = mem,
	    .service = move(&at, f->service), .product = move(&at, f->product),
	    .version = move(&at, f->version), .info = move(&at, f->info),
	    .hostname = move(&at, f->hostname), .os = move(&at, f->os),
	    .device = move(&at, f->device), .ncpe = f->ncpe };
	for (unsigned i = 0; i < f->ncpe; i++)
		k->cpe[i] = move(&at, f->cpe[i]);
	return 0;
}

void
finding_release(struct finding *k)
{
	free(k->mem);
	*k = (struct finding){ 0 };
}

static void
put_bytes(struct record *r, const char *key, struct str s)
{
	if (s.n > 0)
		rec_set_bytes(r, key, s.p, s.n);
}

static void
put_cpe(struct record *r, const struct finding *k)
{
	struct buf list = { 0 };

	for (unsigned i = 0; i < k->ncpe; i++) {
		if (list.n > 0)
			buf_putc(&list, ',');
		esc_put_also(&list, k->cpe[i].p, k->cpe[i].n, ",");
	}
	if (list.n > 0 && !list.oom)
		rec_set_copy(r, "cpe", buf_view(&list));
	buf_release(&list);
}

/* Lines may name TLS in front of what speaks it: the tunnel says that. */
static struct str
without_tunnel(struct str service)
{
	if (service.n > 4 && memcmp(service.p, "ssl/", 4) == 0)
		return (struct str){ service.p + 4, service.n - 4 };
	return service;
}

static void
put_name(const struct finding *k, struct record *r, struct str table)
{
	switch (k->how) {
	case FOUND_SOFT:
	case FOUND_HARD:
		put_bytes(r, "service", without_tunnel(k->service));
		break;
	case FOUND_WRAPPED:
		rec_set(r, "service", STR("tcpwrapped"));
		break;
	case FOUND_TLS:
	case FOUND_NOTHING:
		if (table.n > 0)
			rec_set_bytes(r, "service", table.p, table.n);
		else
			rec_set(r, "service", k->how == FOUND_TLS ?
			    STR("ssl") : STR("unknown"));
		break;
	}
}

static uint64_t
conf(const struct finding *k, struct str table)
{
	switch (k->how) {
	case FOUND_SOFT:
	case FOUND_HARD:
		return CONF_PROBED;
	case FOUND_WRAPPED:
		return CONF_WRAPPED;
	case FOUND_TLS:
		return table.n > 0 ? CONF_TABLE : CONF_PROBED;
	case FOUND_NOTHING:
		break;
	}
	return CONF_TABLE;
}

void
finding_put(const struct finding *k, struct record *r, struct str table,
    bool tls)
{
	static const char *const stale[] = { "service", "product", "version",
	    "info", "hostname", "os", "device", "cpe", "conf", "method",
	    "tunnel", "banner" };
	uint64_t c = conf(k, table);

	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++)
		rec_unset(r, stale[i]);
	put_name(k, r, table);
	put_bytes(r, "product", k->product);
	put_bytes(r, "version", k->version);
	put_bytes(r, "info", k->info);
	put_bytes(r, "hostname", k->hostname);
	put_bytes(r, "os", k->os);
	put_bytes(r, "device", k->device);
	put_cpe(r, k);
	rec_set_u64(r, "conf", c);
	rec_set(r, "method", c == CONF_TABLE ? STR("table") : STR("probed"));
	if (tls || without_tunnel(k->service).n != k->service.n)
		rec_set(r, "tunnel", STR("ssl"));
}
