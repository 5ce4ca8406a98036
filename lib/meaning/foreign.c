#include "meaning/foreign_priv.h"

#include <string.h>

#include "base/date.h"
#include "meaning/record_priv.h"
#include "pure/addr.h"

const struct foreign_format *const foreign_formats[] = {
	&foreign_nmap_xml,
	&foreign_gnmap,
	&foreign_masscan_json,
	&foreign_masscan_list,
	&foreign_masscan_ndjson,
	&foreign_naabu,
	&foreign_zgrab,
	&foreign_tlsx,
	NULL
};

const struct foreign_format *
foreign_find(const char *name)
{
	size_t i;

	for (i = 0; foreign_formats[i] != NULL; i++)
		if (strcmp(foreign_formats[i]->name, name) == 0)
			break;
	return foreign_formats[i];
}

void
foreign_init(struct foreign *in, const struct foreign_user *user)
{
	*in = (struct foreign){ .user = user, .line = 1 };
}

void
foreign_release(struct foreign *in)
{
	rec_release(&in->r);
	rec_release(&in->object);
	buf_release(&in->text);
}

/* ---- which format it is ---- */

static bool
starts(struct str s, const char *z)
{
	size_t n = strlen(z);

	return s.n >= n && memcmp(s.p, z, n) == 0;
}

static bool
has(struct str s, const char *z)
{
	return memmem(s.p, s.n, z, strlen(z)) != NULL;
}

/* "ip,domain,tag,port" */
static bool
is_zgrab(struct str line)
{
	struct str cell[4];
	uint64_t port;
	u128 addr;
	size_t i;

	if (memchr(line.p, '\t', line.n) != NULL)
		return false;
	for (i = 0; i < 4 && line.p != NULL; i++)
		cell[i] = str_cut(&line, ',');
	if (i < 4 || line.p != NULL)
		return false;
	cell[3] = str_trim(cell[3]);
	return addr_scan(cell[0].p, cell[0].n, &addr) == cell[0].n &&
	    (cell[3].n == 0 || num_scan_u64(cell[3].p, cell[3].n, &port) ==
	    cell[3].n);
}

static const struct foreign_format *
guess_object(struct str line)
{
	if (has(line, "\"rec_type\""))
		return &foreign_masscan_ndjson;
	if (has(line, "\"tls_connection\"") || has(line, "\"probe_status\""))
		return &foreign_tlsx;
	if (has(line, "\"port\"") && !has(line, "\"proto\"") &&
	    !has(line, "\"state\"") && (has(line, "\"protocol\"") ||
	    has(line, "\"Protocol\"")))
		return &foreign_naabu;
	return NULL;
}

static const struct foreign_format *
guess_line(struct str line)
{
	if (line.p[0] == '<')
		return &foreign_nmap_xml;
	if (line.p[0] == '[')
		return &foreign_masscan_json;
	if (line.p[0] == '{')
		return guess_object(line);
	if (starts(line, "#masscan") || starts(line, "open tcp ") ||
	    starts(line, "open udp ") || starts(line, "banner tcp ") ||
	    starts(line, "closed tcp "))
		return &foreign_masscan_list;
	if (starts(line, "# Nmap ") || starts(line, "# Masscan ") ||
	    starts(line, "Host: ") || starts(line, "Timestamp: "))
		return &foreign_gnmap;
	return is_zgrab(line) ? &foreign_zgrab : NULL;
}

const struct foreign_format *
foreign_guess(struct str head)
{
	const struct foreign_format *f = NULL;
	struct str line;
	bool comment = true;

	if (starts(head, "\xef\xbb\xbf"))
		head.p += 3, head.n -= 3;
	/* the first line that is neither blank nor a comment */
	while (f == NULL && comment && head.p != NULL) {
		line = str_trim(str_cut(&head, '\n'));
		if (line.n == 0)
			continue;
		comment = line.p[0] == '#' && !starts(line, "#prt");
		f = guess_line(line);
	}
	return f;
}

/* ---- what the readers share ---- */

void
foreign_complain(struct foreign *in, const char *why)
{
	in->damaged = true;
	in->user->complain(in->user->arg, in->line, why);
}

void
foreign_die(struct foreign *in, const char *why)
{
	if (!in->dead)
		foreign_complain(in, why);
	in->dead = true;
}

/* The address in the one form that we write. */
static bool
set_address(struct record *r, struct str ip)
{
	u128 addr;
	char *p;

	if (ip.n == 0 || addr_scan(ip.p, ip.n, &addr) != ip.n ||
	    (p = rec_alloc(r, ADDR_FMT)) == NULL)
		return false;
	r->col[COL_IP] = (struct str){ p, addr_fmt(p, addr) };
	r->ncol = 1;
	return true;
}

bool
foreign_begin(struct foreign *in, struct str ip, struct str port,
    struct str proto, struct str state)
{
	struct record *r = &in->r;
	uint64_t v;

	rec_clear(r);
	r->kind = REC_DATA;
	if (!set_address(r, ip)) {
		foreign_complain(in, "no IP address where one stands: "
		    "prt-targets resolves names");
		return false;
	}
	if (port.n > 0 && (num_scan_u64(port.p, port.n, &v) != port.n ||
	    v > UINT16_MAX)) {
		foreign_complain(in, "a port is a number from 0 to 65535");
		return false;
	}
	if (port.n == 0 && proto.n == 0)
		return true;
	rec_set_column(r, COL_PORT, port);
	rec_set_column(r, COL_PROTO, proto);
	if (state.n > 0)
		rec_set_column(r, COL_STATE, state);
	return true;
}

void
foreign_field(struct foreign *in, const char *key, struct str value)
{
	if (value.n > 0)
		rec_set_text(&in->r, key, value);
}

void
foreign_time(struct foreign *in, struct str text)
{
	uint64_t ns;

	if (text.n == 0 || (date_scan_epoch(text, &ns) == -1 &&
	    date_scan_iso(text.p, text.n, &ns) == 0) || ns == 0)
		return;
	rec_set_ns(&in->r, "time", ns, ns % 1000000000u == 0 ? 0 : 6);
}

void
foreign_put(struct foreign *in)
{
	const char *why = in->r.oom ? "out of memory" :
	    in->user->put(in->user->arg, &in->r);

	if (why != NULL)
		foreign_complain(in, why);
}

void
foreign_stat(struct foreign *in, const char *by, bool complete)
{
	rec_meta(&in->r, "stat");
	rec_set(&in->r, "by", str_of(by));
	rec_set(&in->r, "complete", complete ? STR("1") : STR("0"));
}

bool
foreign_object(struct foreign *in, struct str text)
{
	const char *why;

	if (rec_scan_json(&in->object, text.p, text.n, &why) == 0)
		return true;
	foreign_complain(in, why);
	return false;
}

struct str
foreign_member(const struct foreign *in, const char *name)
{
	int col = rec_column(str_of(name));

	if (col >= 0 && col < REC_NCOL)
		return in->object.col[col];
	return rec_get(&in->object, name);
}
