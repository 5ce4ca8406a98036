#include "extras.h"

#include <string.h>

#include "base/date.h"
#include "base/num.h"
#include "value.h"

/* Fields that say no more than another one does, if that is there. */
static bool
repeats(const struct record *r, struct str key)
{
	static const struct {
		const char	*less, *more;
	} pair[] = {
		{ "subject_cn", "subject_dn" }, { "issuer_cn", "issuer_dn" },
		{ "issuer_org", "issuer_dn" }, { "tls", "tls_version" },
	};
	size_t i;

	for (i = 0; i < sizeof(pair) / sizeof(pair[0]); i++)
		if (str_is(key, pair[i].less))
			return rec_get(r, pair[i].more).n > 0;
	return false;
}

/* That a port speaks something else than TLS is nothing to tell of it. */
static bool
is_denied(const struct record *r, struct str key, struct str value)
{
	const struct rec_field *f;

	if (str_is(key, "tls") || str_is(key, "tls_reason"))
		return str_is(rec_get(r, "tls"), "no") &&
		    str_is(rec_get(r, "tls_reason"), "not-tls");
	f = rec_field_find(key);
	return f != NULL && f->type == REC_BOOL && str_is(value, "0");
}

/* Seconds since the epoch, of a certificate, as a date. */
static void
put_date(struct extras *e)
{
	struct buf date = { 0 };
	uint64_t seconds;

	if ((!str_is(e->key, "not_before") && !str_is(e->key, "not_after")) ||
	    num_scan_u64(e->value.p, e->value.n, &seconds) != e->value.n ||
	    seconds > UINT64_MAX / 1000000000u)
		return;
	date_put_iso(&date, seconds * 1000000000u, 0);
	if (!date.oom && date.n <= sizeof(e->text)) {
		memcpy(e->text, date.p, date.n);
		e->value = (struct str){ e->text, date.n };
	}
	buf_release(&date);
}

bool
extras_next(struct extras *e)
{
	const struct rec_pair *p;

	while (e->i < e->r->npair) {
		p = &e->r->pair[e->i++];
		if (p->val.n == 0 || e->has_place(p->key) ||
		    value_is_stack(p->key) || repeats(e->r, p->key) ||
		    is_denied(e->r, p->key, p->val))
			continue;
		e->key = p->key;
		e->value = p->val;
		put_date(e);
		return true;
	}
	return false;
}
