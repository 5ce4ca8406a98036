#include "cert.h"

#include "base/esc.h"
#include "meaning/ocsp.h"
#include "meaning/x509.h"
#include "pure/addr.h"
#include "put.h"
#include "world/digest.h"

/* What was read of a chain. */
struct chain {
	struct str	der[TLS_IN_CERTS];
	struct x509	cert[TLS_IN_CERTS];
	bool		read[TLS_IN_CERTS];
	size_t		n;
};

/* ---- the certificate ---- */

static void
put_names(struct record *r, const struct x509 *x)
{
	struct buf b = { 0 };

	x509_text_put(&b, x->subject.cn);
	put_bytes(r, "subject_cn", &b);
	x509_name_put(&b, x->subject.der);
	put_bytes(r, "subject_dn", &b);
	x509_text_put(&b, x->issuer.cn);
	put_bytes(r, "issuer_cn", &b);
	x509_name_put(&b, x->issuer.der);
	put_bytes(r, "issuer_dn", &b);
	x509_text_put(&b, x->issuer.org);
	put_bytes(r, "issuer_org", &b);
	x509_serial_put(&b, x->serial);
	put_bytes(r, "serial", &b);
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
	put_list(r, "subject_an", &all);
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
		put_bytes(r, "sig_alg", &b);
	}
	buf_release(&b);
}

static void
put_usage(struct record *r, const struct x509 *x)
{
	struct buf b = { 0 };

	x509_ku_put(&b, x->ku);
	put_list(r, "key_usage", &b);
	x509_eku_put(&b, x->eku);
	put_list(r, "ext_key_usage", &b);
	if (x->has_bc) {
		put_bool(r, "ca", x->ca);
		if (x->pathlen >= 0)
			put_int(r, "path_len", x->pathlen);
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
	put_bytes(r, "fingerprint_sha256", &b);
	buf_release(&b);
}

static void
put_cert(struct record *r, const struct x509 *x)
{
	put_names(r, x);
	put_sans(r, x);
	put_int(r, "not_before", x->not_before);
	put_int(r, "not_after", x->not_after);
	put_key(r, x);
	put_usage(r, x);
	put_str(r, "ocsp_url", x->ocsp);
	put_str(r, "crl_url", x->crl);
	put_str(r, "issuer_url", x->issuer_url);
	if (x->nsct > 0)
		rec_set_u64(r, "scts", x->nsct);
	put_bool(r, "wildcard", x509_is_wildcard(x));
}

/* ---- what is wrong ---- */

/* A judgement as a field, and among the issues when it is so. */
static void
judge(struct record *r, struct buf *issues, const char *key, const char *issue,
    bool wrong)
{
	put_bool(r, key, wrong);
	if (wrong)
		put_item(issues, issue);
}

static void
judge_dates(struct record *r, struct buf *issues, const struct x509 *x,
    const struct cert_conf *conf)
{
	bool expired = conf->now > x->not_after;

	judge(r, issues, "expired", "expired", expired);
	if (conf->soon > 0)
		judge(r, issues, "expiring", "expiring", !expired &&
		    x->not_after - conf->now < conf->soon);
	judge(r, issues, "not_yet_valid", "not-yet-valid",
	    conf->now < x->not_before);
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
	put_bool(r, "mismatched", !match);
	if (!match && p->name != NULL)
		put_item(issues, "mismatched");
}

/* An authority signs itself, so how does not matter. */
static void
judge_strength(struct record *r, struct buf *issues, const struct chain *c)
{
	bool key = false, sig = false;

	for (size_t i = 0; i < c->n; i++) {
		if (!c->read[i])
			continue;
		key |= x509_key_is_weak(&c->cert[i]);
		sig |= c->cert[i].sig != NULL && c->cert[i].sig->weak &&
		    (i == 0 || !x509_is_self_issued(&c->cert[i]));
	}
	judge(r, issues, "weak_key", "weak-key", key);
	judge(r, issues, "weak_signature", "weak-signature", sig);
}

/* RFC 5246, 7.4.2: each certifies the one before it. */
static void
judge_order(struct record *r, struct buf *issues, const struct chain *c)
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
	judge(r, issues, "wrong_order", "wrong-order", order);
	judge(r, issues, "missing_intermediate", "missing-intermediate",
	    missing);
}

static void
judge_trust(struct record *r, struct buf *issues, const struct chain *c,
    const struct cert_conf *conf)
{
	enum verify_result v;

	if (conf->verify == NULL)
		return;
	v = verify_chain(conf->verify, c->der, c->n, conf->now);
	if (v == VERIFY_NOMEM || v == VERIFY_UNREADABLE)
		return;
	judge(r, issues, "untrusted", "untrusted", v != VERIFY_OK);
	if (v == VERIFY_BAD)
		put_item(issues, "bad-chain");
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
	judge(r, issues, "revoked_by_staple", "revoked",
	    status == OCSP_REVOKED);
}

/* ---- the chain ---- */

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

void
cert_report(struct record *r, struct buf *issues, const struct port *p,
    const struct cert_conf *conf)
{
	struct chain c;
	const struct x509 *x = &c.cert[0];

	rec_set_u64(r, "chain_len", p->in.ncert);
	read_chain(&c, p);
	if (c.n == 0)
		return;
	put_fingerprint(r, c.der[0]);
	if (!c.read[0]) {
		put_item(issues, "unreadable");
		return;
	}
	put_cert(r, x);
	judge_dates(r, issues, x, conf);
	judge(r, issues, "self_signed", "self-signed", x509_is_self_issued(x));
	judge_host(r, issues, p, x);
	judge_staple(r, issues, p, x);
	judge_strength(r, issues, &c);
	judge_order(r, issues, &c);
	judge_trust(r, issues, &c, conf);
	if (x->odd)
		put_item(issues, "odd-extension");
}
