#include "report.h"

#include "put.h"
#include "world/digest.h"
#include "world/verdict.h"

bool
report_is_unsent(const struct port *p)
{
	return p->state == PORT_UNKNOWN && !p->skipped &&
	    p->outcome.result == CONNECT_UNSENT;
}

/* ---- what it speaks ---- */

static void
judge_protocol(struct buf *issues, const struct port *p)
{
	static const struct enumeration none;
	const struct enumeration *all = p->more != NULL ? &p->more->all : &none;
	bool old = p->in.hello && p->in.version < TLS_1_2, weak;

	weak = p->in.hello && enum_is_weak((struct enum_suite){
	    p->in.version, p->in.suite });
	for (size_t i = 0; i < enum_count(all); i++)
		weak |= enum_is_weak(enum_at(all, i));
	for (int i = 0; i < ENUM_VERSIONS; i++)
		old |= (all->has >> i & 1) != 0 && enum_version(i) < TLS_1_2;
	if (old)
		put_item(issues, "old-version");
	if (weak)
		put_item(issues, "weak-cipher");
}

static void
put_ja3s(struct record *r, const struct port *p)
{
	uint8_t d[DIGEST_MD5];
	struct buf b = { 0 };

	if (p->in.server_hello.n == 0)
		return;
	tls_ja3s_put(&b, &p->in);
	if (!b.oom && digest_md5(d, b.p, b.n) == 0) {
		b.n = 0;
		digest_put(&b, d, sizeof(d));
		put_bytes(r, "ja3s_hash", &b);
	}
	buf_release(&b);
}

static void
put_suite_name(struct buf *b, struct enum_suite suite)
{
	const char *name = enum_name(suite);

	if (name != NULL)
		buf_puts(b, name);
	else
		buf_printf(b, "0x%04x", suite.suite);
}

/* Each weak one once, whatever its version. */
static void
put_weak(struct buf *b, const struct enumeration *e)
{
	struct enum_suite suite;
	bool seen;

	for (size_t i = 0; i < enum_count(e); i++) {
		suite = enum_at(e, i);
		seen = !enum_is_weak(suite);
		for (size_t k = 0; k < i && !seen; k++)
			seen = enum_at(e, k).suite == suite.suite;
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

	for (int i = 0; i < ENUM_VERSIONS; i++)
		if (e->has >> i & 1)
			put_item(&b, tls_version_name(enum_version(i)));
	put_list(r, "version_enum", &b);
	for (size_t i = 0; i < enum_count(e); i++) {
		put_item(&b, tls_version_name(enum_at(e, i).version));
		buf_putc(&b, ':');
		put_suite_name(&b, enum_at(e, i));
	}
	put_list(r, "cipher_enum", &b);
	put_weak(&b, e);
	put_list(r, "cipher_weak", &b);
	buf_release(&b);
}

static void
put_jarm(struct record *r, const struct jarm *j)
{
	uint8_t d[DIGEST_SHA256];
	struct buf b = { 0 };

	if (j->n == JARM_HELLOS && !j->text.oom &&
	    digest_sha256(d, j->text.p, j->text.n) == 0)
		jarm_put(j, &b, d);
	put_bytes(r, "jarm_hash", &b);
	buf_release(&b);
}

static void
put_hello(struct record *r, const struct port *p)
{
	const char *version = tls_version_name(p->udp ? p->in.legacy :
	    p->in.version);
	struct buf b = { 0 };

	if (version != NULL)
		rec_set(r, "tls_version", str_of(version));
	put_suite_name(&b, (struct enum_suite){ p->in.version, p->in.suite });
	put_bytes(r, "cipher", &b);
	buf_release(&b);
	if (p->in.has_alpn)
		put_str(r, "alpn", tls_in_at(&p->in, p->in.alpn));
	if (p->named)
		put_str(r, "sni", str_of(p->name));
	put_ja3s(r, p);
}

static void
put_found(struct record *r, const struct port *p,
    const struct cert_conf *conf)
{
	struct buf issues = { 0 };

	if (p->in.hello)
		put_hello(r, p);
	if (p->more != NULL) {
		put_all(r, &p->more->all);
		put_jarm(r, &p->more->jarm);
	}
	judge_protocol(&issues, p);
	if (p->in.hello)
		cert_report(r, &issues, p, conf);
	put_list(r, "tls_issues", &issues);
	buf_release(&issues);
}

/* What an earlier run found is not to stay. */
static void
forget(struct record *r)
{
	static const char *const keys[] = {
		"tls", "tls_reason", "starttls", "version_enum", "cipher_enum",
		"cipher_weak", "tls_version", "cipher", "alpn", "sni",
		"ja3s_hash", "jarm_hash", "subject_cn", "subject_dn", "subject_an",
		"issuer_cn", "issuer_dn", "issuer_org", "serial", "not_before",
		"not_after", "key_alg", "key_bits", "key_curve", "sig_alg",
		"key_usage", "ext_key_usage", "ca", "path_len",
		"fingerprint_sha256", "ocsp_url", "crl_url", "issuer_url",
		"scts", "wildcard", "expired", "expiring", "not_yet_valid",
		"mismatched", "self_signed", "weak_key", "weak_signature",
		"wrong_order", "missing_intermediate",
		"untrusted", "revoked_by_staple", "chain_len", "tls_issues",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		rec_unset(r, keys[i]);
}

static void
put_tls(struct record *r, const struct port *p, const struct cert_conf *conf)
{
	forget(r);
	rec_set(r, "tls", p->tls ? STR("yes") : STR("no"));
	if (p->dialect != NULL)
		rec_set(r, "starttls", str_of(p->dialect->name));
	if (p->why != NULL)
		rec_set(r, "tls_reason", str_of(p->why));
	if (p->tls)
		put_found(r, p, conf);
}

/* What the port is now, as far as that is news. */
static void
put_state(struct record *r, const struct port *p)
{
	struct port_verdict v = { .state = p->state, .udp = p->udp,
	    .was_open = p->was_open, .outcome = &p->outcome };

	verdict_set(r, &v);
}

void
report_port(struct report_count *n, struct record *r, const struct port *p,
    const struct cert_conf *conf)
{
	put_state(r, p);
	if (p->state == PORT_OPEN || (p->state == PORT_SILENT && p->was_open))
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
