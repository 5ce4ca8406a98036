#include "report.h"

#include <string.h>

#include "base/esc.h"
#include "meaning/ocsp.h"
#include "meaning/x509.h"
#include "pure/addr.h"
#include "world/digest.h"
#include "world/verdict.h"

/* What was read of a chain. */
struct chain {
	struct str	der[TLS_IN_CERTS];
	struct x509	cert[TLS_IN_CERTS];
	bool		read[TLS_IN_CERTS];
	size_t		n;
};

bool
report_is_unsent(const struct port *p)
{
	return p->state == PORT_UNKNOWN && !p->skipped &&
	    p->outcome.result == CONNECT_UNSENT;
}

/* ---- texts ---- */

/* Bytes that were gathered, as a field; an empty text is none. */
static void
set_bytes(struct record *r, const char *key, struct buf *b)
{
	if (b->oom)
		r->oom = true;
	else if (b->n > 0)
		rec_set_bytes(r, key, b->p, b->n);
	b->n = 0;
}

static void
set_list(struct record *r, const char *key, struct buf *text)
{
	if (text->oom)
		r->oom = true;
	else if (text->n > 0)
		rec_set_copy(r, key, buf_view(text));
	text->n = 0;
}

static void
set_str(struct record *r, const char *key, struct str s)
{
	if (s.n > 0)
		rec_set_bytes(r, key, s.p, s.n);
}

static void
set_int(struct record *r, const char *key, int64_t v)
{
	struct buf b = { 0 };

	if (v < 0)
		buf_putc(&b, '-');
	buf_u64(&b, v < 0 ? -(uint64_t)v : (uint64_t)v);
	set_list(r, key, &b);
	buf_release(&b);
}

static void
set_bool(struct record *r, const char *key, bool v)
{
	rec_set(r, key, v ? STR("1") : STR("0"));
}

static void
add_item(struct buf *b, const char *name)
{
	if (b->n > 0)
		buf_putc(b, ',');
	buf_puts(b, name);
}

/* ---- the certificate ---- */

static void
put_names(struct record *r, const struct x509 *x)
{
	struct buf b = { 0 };

	x509_text_put(&b, x->subject.cn);
	set_bytes(r, "subject_cn", &b);
	x509_name_put(&b, x->subject.der);
	set_bytes(r, "subject_dn", &b);
	x509_text_put(&b, x->issuer.cn);
	set_bytes(r, "issuer_cn", &b);
	x509_name_put(&b, x->issuer.der);
	set_bytes(r, "issuer_dn", &b);
	x509_text_put(&b, x->issuer.org);
	set_bytes(r, "issuer_org", &b);
	x509_serial_put(&b, x->serial);
	set_bytes(r, "serial", &b);
	buf_release(&b);
}

static void
put_sans(struct record *r, const struct x509 *x)
{
	struct rd it = rd_of(x->san.p, x->san.n);
	struct buf one = { 0 }, all = { 0 };
	struct x509_san san;

	while (x509_san_next(&it, &san)) {
		one.n = 0;
		x509_san_put(&one, &san);
		if (all.n > 0)
			buf_putc(&all, ',');
		esc_put_also(&all, one.p, one.n, ",");
		all.oom |= one.oom;
	}
	set_list(r, "subject_an", &all);
	buf_release(&one);
	buf_release(&all);
}

static void
put_key(struct record *r, const struct x509 *x)
{
	struct buf b = { 0 };

	rec_set(r, "key_alg", str_of(x509_key_name(x->key)));
	if (x->key_bits != 0)
		rec_set_u64(r, "key_bits", x->key_bits);
	if (x->curve != NULL)
		rec_set(r, "key_curve", str_of(x->curve->name));
	if (x->sig != NULL)
		rec_set(r, "sig_alg", str_of(x->sig->name));
	else {
		x509_oid_put(&b, x->sig_oid);
		set_bytes(r, "sig_alg", &b);
	}
	buf_release(&b);
}

static void
put_fingerprint(struct record *r, struct str der)
{
	uint8_t d[DIGEST_SHA256];
	struct buf b = { 0 };

	if (digest_sha256(d, der.p, der.n) == 0)
		digest_put(&b, d, sizeof(d));
	set_bytes(r, "fingerprint_sha256", &b);
	buf_release(&b);
}

static void
put_cert(struct record *r, const struct x509 *x)
{
	put_names(r, x);
	put_sans(r, x);
	set_int(r, "not_before", x->not_before);
	set_int(r, "not_after", x->not_after);
	put_key(r, x);
	set_str(r, "ocsp_url", x->ocsp);
	set_str(r, "crl_url", x->crl);
	set_str(r, "issuer_url", x->issuer_url);
	if (x->nsct > 0)
		rec_set_u64(r, "scts", x->nsct);
	set_bool(r, "wildcard", x509_is_wildcard(x));
}

/* ---- what is wrong ---- */

static void
judge_dates(struct record *r, struct buf *issues, const struct x509 *x,
    const struct report_conf *conf)
{
	bool expired = conf->now > x->not_after;

	set_bool(r, "expired", expired);
	if (expired)
		add_item(issues, "expired");
	else if (x->not_after - conf->now < conf->soon)
		add_item(issues, "expiring");
	if (conf->now < x->not_before)
		add_item(issues, "not-yet-valid");
}

/* Against the name it is known by, or else the address: few are for that, so it is
 * no issue then. */
static void
judge_host(struct record *r, struct buf *issues, const struct port *p,
    const struct x509 *x)
{
	char ip[ADDR_FMT];
	struct str host = { ip, addr_fmt(ip, p->addr) };
	bool match;

	if (p->name != NULL)
		host = str_of(p->name);
	match = x509_matches(x, host);
	set_bool(r, "mismatched", !match);
	if (!match && p->name != NULL)
		add_item(issues, "mismatched");
}

/* An authority signs itself, so how does not matter. */
static void
judge_strength(struct buf *issues, const struct chain *c)
{
	bool key = false, sig = false;

	for (size_t i = 0; i < c->n; i++) {
		if (!c->read[i])
			continue;
		key |= x509_key_is_weak(&c->cert[i]);
		sig |= c->cert[i].sig != NULL && c->cert[i].sig->weak &&
		    (i == 0 || !x509_is_self_issued(&c->cert[i]));
	}
	if (key)
		add_item(issues, "weak-key");
	if (sig)
		add_item(issues, "weak-signature");
}

/* RFC 5246, 7.4.2: each certifies the one before it. */
static void
judge_order(struct buf *issues, const struct chain *c)
{
	bool order = false, missing = false, found;

	for (size_t i = 0; i + 1 < c->n; i++) {
		if (!c->read[i] || x509_is_self_issued(&c->cert[i]) ||
		    (c->read[i + 1] &&
		    x509_names_issuer(&c->cert[i], &c->cert[i + 1])))
			continue;
		found = false;
		for (size_t k = 0; k < c->n; k++)
			found |= k != i && c->read[k] &&
			    x509_names_issuer(&c->cert[i], &c->cert[k]);
		order |= found;
		missing |= !found && i == 0;
	}
	if (order)
		add_item(issues, "wrong-order");
	if (missing)
		add_item(issues, "missing-intermediate");
}

static void
judge_trust(struct record *r, struct buf *issues, const struct chain *c,
    const struct report_conf *conf)
{
	enum verify_result v;

	if (conf->verify == NULL)
		return;
	v = verify_chain(conf->verify, c->der, c->n, conf->now);
	if (v == VERIFY_NOMEM || v == VERIFY_UNREADABLE)
		return;
	set_bool(r, "untrusted", v != VERIFY_OK);
	if (v == VERIFY_OK)
		return;
	add_item(issues, "untrusted");
	if (v == VERIFY_BAD)
		add_item(issues, "bad-chain");
}

static void
judge_staple(struct record *r, struct buf *issues, const struct port *p,
    const struct x509 *x)
{
	struct str s = tls_in_at(&p->in, p->in.status);
	enum ocsp_status status;

	if (!p->in.has_status)
		return;
	status = ocsp_read(s.p, s.n, x->serial);
	if (status != OCSP_GOOD && status != OCSP_REVOKED)
		return;
	set_bool(r, "revoked_by_staple", status == OCSP_REVOKED);
	if (status == OCSP_REVOKED)
		add_item(issues, "revoked");
}

static bool
is_weak(uint16_t suite)
{
	return (tls_suite_weakness(suite) & ~(unsigned)TLS_WEAK_STATIC) != 0;
}

static void
judge_protocol(struct buf *issues, const struct port *p)
{
	bool old = p->in.version < TLS_1_2, weak = is_weak(p->in.suite);

	for (size_t i = 0; i < enum_count(&p->all); i++)
		weak |= is_weak(enum_at(&p->all, i).suite);
	/* the bits of SSL 3.0, TLS 1.0 and 1.1 */
	old |= (p->all.has & 7) != 0;
	if (old)
		add_item(issues, "old-version");
	if (weak)
		add_item(issues, "weak-cipher");
}

/* ---- the port ---- */

static void
read_chain(struct chain *c, const struct port *p)
{
	c->n = p->in.ncert < TLS_IN_CERTS ? p->in.ncert : TLS_IN_CERTS;
	for (size_t i = 0; i < c->n; i++) {
		c->der[i] = tls_in_at(&p->in, p->in.cert[i]);
		c->read[i] = x509_read(&c->cert[i], c->der[i].p,
		    c->der[i].n) == 0;
	}
}

static void
put_chain(struct record *r, struct buf *issues, const struct port *p,
    const struct report_conf *conf)
{
	struct chain c;
	const struct x509 *x = &c.cert[0];

	rec_set_u64(r, "chain_len", p->in.ncert);
	read_chain(&c, p);
	if (c.n == 0)
		return;
	put_fingerprint(r, c.der[0]);
	if (!c.read[0]) {
		add_item(issues, "unreadable");
		return;
	}
	put_cert(r, x);
	judge_dates(r, issues, x, conf);
	set_bool(r, "self_signed", x509_is_self_issued(x));
	if (x509_is_self_issued(x))
		add_item(issues, "self-signed");
	judge_host(r, issues, p, x);
	judge_staple(r, issues, p, x);
	judge_strength(issues, &c);
	judge_order(issues, &c);
	judge_trust(r, issues, &c, conf);
	if (x->odd)
		add_item(issues, "odd-extension");
}

static void
put_ja3s(struct record *r, const struct port *p)
{
	uint8_t d[DIGEST_MD5];
	struct buf b = { 0 };

	tls_ja3s_put(&b, &p->in);
	if (!b.oom && digest_md5(d, b.p, b.n) == 0) {
		b.n = 0;
		digest_put(&b, d, sizeof(d));
		set_bytes(r, "ja3s_hash", &b);
	}
	buf_release(&b);
}

static void
put_suite_name(struct buf *b, uint16_t suite)
{
	const char *name = tls_suite_name(suite);

	if (name != NULL)
		buf_puts(b, name);
	else
		buf_printf(b, "0x%04x", suite);
}

/* Each weak one once, whatever its version. */
static void
put_weak(struct buf *b, const struct enumeration *e)
{
	bool seen;
	uint16_t suite;

	for (size_t i = 0; i < enum_count(e); i++) {
		suite = enum_at(e, i).suite;
		seen = !is_weak(suite);
		for (size_t k = 0; k < i && !seen; k++)
			seen = enum_at(e, k).suite == suite;
		if (seen)
			continue;
		if (b->n > 0)
			buf_putc(b, ',');
		put_suite_name(b, suite);
	}
}

static void
put_all(struct record *r, const struct enumeration *e)
{
	struct buf b = { 0 };

	for (int v = 0; v < ENUM_VERSIONS; v++)
		if (e->has >> v & 1)
			add_item(&b, tls_version_name((uint16_t)(TLS_SSL3 + v)));
	set_list(r, "version_enum", &b);
	for (size_t i = 0; i < enum_count(e); i++) {
		add_item(&b, tls_version_name(enum_at(e, i).version));
		buf_putc(&b, ':');
		put_suite_name(&b, enum_at(e, i).suite);
	}
	set_list(r, "cipher_enum", &b);
	put_weak(&b, e);
	set_list(r, "cipher_weak", &b);
	buf_release(&b);
}

static void
put_hello(struct record *r, const struct port *p,
    const struct report_conf *conf)
{
	const char *version = tls_version_name(p->in.version);
	struct buf issues = { 0 }, b = { 0 };

	if (version != NULL)
		rec_set(r, "tls_version", str_of(version));
	put_suite_name(&b, p->in.suite);
	set_bytes(r, "cipher", &b);
	buf_release(&b);
	if (p->in.has_alpn)
		set_str(r, "alpn", tls_in_at(&p->in, p->in.alpn));
	if (p->named)
		set_str(r, "sni", str_of(p->name));
	if (!p->full)
		put_ja3s(r, p);
	if (p->all.what != ENUM_NOTHING)
		put_all(r, &p->all);
	judge_protocol(&issues, p);
	put_chain(r, &issues, p, conf);
	set_list(r, "tls_issues", &issues);
	buf_release(&issues);
}

/* What an earlier run found is not to stay. */
static void
forget(struct record *r)
{
	static const char *const keys[] = {
		"tls", "tls_reason", "starttls", "version_enum", "cipher_enum",
		"cipher_weak", "tls_version", "cipher", "alpn", "sni",
		"ja3s_hash", "subject_cn", "subject_dn", "subject_an",
		"issuer_cn", "issuer_dn", "issuer_org", "serial", "not_before",
		"not_after", "key_alg", "key_bits", "key_curve", "sig_alg",
		"fingerprint_sha256", "ocsp_url", "crl_url", "issuer_url",
		"scts", "wildcard", "expired", "mismatched", "self_signed",
		"untrusted", "revoked_by_staple", "chain_len", "tls_issues",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		rec_unset(r, keys[i]);
}

static void
put_tls(struct record *r, const struct port *p, const struct report_conf *conf)
{
	forget(r);
	rec_set(r, "tls", p->tls ? STR("yes") : STR("no"));
	if (p->dialect != NULL)
		rec_set(r, "starttls", str_of(p->dialect->name));
	if (p->why != NULL)
		rec_set(r, "tls_reason", str_of(p->why));
	if (p->tls && p->in.hello)
		put_hello(r, p, conf);
}

/* What the port is now, as far as that is news. */
static void
put_state(struct record *r, const struct port *p)
{
	bool none = r->ncol <= COL_STATE || r->col[COL_STATE].p == NULL;
	struct verdict v = { "open", "syn-ack" };

	if (p->skipped || (p->state == PORT_OPEN && !none))
		return;
	if (p->state != PORT_OPEN)
		v = verdict_of(&p->outcome);
	if (v.state == NULL || (p->state == PORT_UNKNOWN && !none))
		return;
	while (r->ncol < REC_NCOL)
		r->col[r->ncol++] = STR_NONE;
	r->col[COL_PROTO] = STR("tcp");
	r->col[COL_STATE] = str_of(v.state);
	r->col[COL_REASON] = str_of(v.reason);
}

void
report_port(struct report_count *n, struct record *r, const struct port *p,
    const struct report_conf *conf)
{
	put_state(r, p);
	if (p->state == PORT_OPEN)
		put_tls(r, p, conf);
	n->tls += p->tls;
	n->certs += p->tls && p->in.ncert > 0;
}

void
report_sum(const struct report_count *n, struct record *r)
{
	rec_set_u64(r, "tls_ports", n->tls);
	rec_set_u64(r, "certs", n->certs);
}
