#include "meaning/scan.h"

#include <netinet/in.h>
#include <string.h>


const struct scan_type *const scan_types[] = {
	&scan_syn, &scan_ack, &scan_window, &scan_maimon, &scan_fin, &scan_null,
	&scan_xmas, &scan_flags, &scan_udp, &scan_arp, &scan_ndp,
	&scan_icmp_echo, &scan_icmp_timestamp, &scan_icmp_mask, &scan_syn_ping,
	&scan_ack_ping, &scan_udp_ping, NULL
};

/* The letters of flags:..., in the order they are printed. */
static const struct {
	char	letter;
	uint8_t	flag;
} flag_letters[] = {
	{ 'S', TCP_SYN }, { 'A', TCP_ACK }, { 'F', TCP_FIN }, { 'R', TCP_RST },
	{ 'P', TCP_PSH }, { 'U', TCP_URG }, { 'E', TCP_ECE }, { 'C', TCP_CWR },
};
#define NLETTERS	(sizeof(flag_letters) / sizeof(flag_letters[0]))

static int
parse_flags(struct str s, uint8_t *flags)
{
	uint8_t out = 0;
	size_t i, k;

	for (i = 0; i < s.n; i++) {
		for (k = 0; k < NLETTERS; k++)
			if (s.p[i] == flag_letters[k].letter)
				break;
		if (k == NLETTERS)
			return -1;
		out |= flag_letters[k].flag;
	}
	*flags = out;
	return 0;
}

int
scan_type_find(struct str name, uint8_t *flags)
{
	struct str rest = name, head = str_cut(&rest, ':');
	int i;

	for (i = 0; scan_types[i] != NULL; i++) {
		if (!str_is(head, scan_types[i]->name))
			continue;
		if (scan_types[i] != &scan_flags)
			return rest.p == NULL ? i : -1;
		return rest.p != NULL && parse_flags(rest, flags) == 0 ? i : -1;
	}
	return -1;
}

unsigned
scan_type_number(const struct scan_type *t)
{
	unsigned i = 0;

	while (scan_types[i] != t)
		i++;
	return i;
}

void
scan_type_name(const struct scan_type *t, const struct scan_params *sp,
    struct buf *b)
{
	size_t k;

	buf_puts(b, t->name);
	if (t != &scan_flags)
		return;
	buf_putc(b, ':');
	for (k = 0; k < NLETTERS; k++)
		if (sp->flags & flag_letters[k].flag)
			buf_putc(b, flag_letters[k].letter);
}

/* ---- cookies ---- */

void
scan_cookie(const struct scan_type *t, const struct scan_params *sp, u128 addr,
    uint16_t port, unsigned attempt, struct cookie *c)
{
	cookie_make(c, sp->key, (uint64_t)(addr >> 64), (uint64_t)addr,
	    (uint64_t)t->salt << 16 | port, sp->sport, sp->nsports != 1,
	    attempt);
}

int
scan_sport_attempt(const struct scan_params *sp, const struct cookie *c,
    uint16_t sport, unsigned *attempt)
{
	if (sp->nsports == 1) {
		*attempt = SCAN_ATTEMPTS;
		return sport == sp->sport ? 0 : -1;
	}
	/* c is the cookie of attempt 0 */
	if (sport < c->sport || sport - c->sport >= SCAN_ATTEMPTS)
		return -1;
	*attempt = (unsigned)(sport - c->sport);
	return 0;
}

/* Is v the number of attempt 0 with any attempt put in? Sets the attempt. */
static bool
seq_matches(uint32_t v, uint32_t cookie, unsigned add, unsigned *attempt)
{
	v -= add;
	if (((v ^ cookie) & (COOKIE_MASK | ((1u << COOKIE_SHIFT) - 1))) != 0)
		return false;
	*attempt = v >> COOKIE_SHIFT & (SCAN_ATTEMPTS - 1);
	return true;
}

/* ---- ICMP errors ---- */

const char *
scan_icmp_reason(const struct packet *p)
{
	static const char *const v4[16] = {
		"net-unreach", "host-unreach", "proto-unreach", "port-unreach",
		NULL, NULL, "net-unreach", "host-unreach", "host-unreach",
		"net-prohibited", "host-prohibited", "net-unreach",
		"host-unreach", "admin-prohibited", "host-prohibited",
		"admin-prohibited"
	};
	static const char *const v6[7] = {
		"no-route", "admin-prohibited", "beyond-scope", "host-unreach",
		"port-unreach", "admin-prohibited", "reject-route"
	};

	if (p->kind == PACKET_ICMP) {
		if (p->type == 3)
			return p->code < 16 ? v4[p->code] : NULL;
		return p->type == 11 ? "time-exceeded" : NULL;
	}
	if (p->kind == PACKET_ICMP6) {
		if (p->type == 1)
			return p->code < 7 ? v6[p->code] : NULL;
		return p->type == 3 ? "time-exceeded" : NULL;
	}
	return NULL;
}

/* Does the quoted transport header carry the cookie? */
static bool
quote_proves(const struct scan_params *sp, const struct packet_quote *q,
    const struct cookie *c, bool v6, unsigned *attempt)
{
	unsigned by_port;

	switch (q->proto) {
	case IPPROTO_TCP:
		return scan_sport_attempt(sp, c, q->sport, &by_port) == 0 &&
		    seq_matches(q->seq, c->seq, 0, attempt) &&
		    (by_port == SCAN_ATTEMPTS || by_port == *attempt);
	case IPPROTO_UDP:
		return scan_sport_attempt(sp, c, q->sport, attempt) == 0 &&
		    (v6 ? q->flow == c->flow : q->ip_id == c->ip_id);
	default:
		*attempt = q->echo_seq & (SCAN_ATTEMPTS - 1);
		return q->echo_id == c->echo_id &&
		    ((q->echo_seq ^ c->echo_seq) & ~(SCAN_ATTEMPTS - 1)) == 0;
	}
}

static bool
quote_is_ours(const struct scan_type *t, const struct scan_params *sp,
    const struct packet_quote *q)
{
	if (!t->ports)
		return q->proto == IPPROTO_ICMP || q->proto == IPPROTO_ICMPV6;
	if (t->udp && !scan_udp_has(t, sp))
		return false;
	return q->proto == (t->udp ? IPPROTO_UDP : IPPROTO_TCP) &&
	    (uint16_t)(q->sport - sp->sport) < sp->nsports;
}

enum scan_match
scan_icmp_match(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	const struct packet_quote *q = &p->quote;
	const char *reason = scan_icmp_reason(p);
	struct cookie c;

	if (reason == NULL || !q->there || !quote_is_ours(t, sp, q))
		return SCAN_OTHER;
	v->addr = q->dst;
	v->port = t->ports ? q->dport : 0;
	v->reason = reason;
	scan_cookie(t, sp, v->addr, v->port, 0, &c);
	if (!quote_proves(sp, q, &c, p->kind == PACKET_ICMP6, &v->attempt))
		return SCAN_INVALID;
	return SCAN_VALID;
}

/* ---- TCP ---- */

const uint8_t *
scan_offer_options(enum scan_offer offer, size_t *n)
{
	/* RFC 9293, 3.7.1: a SYN without a maximum segment size is rare enough
	 * to be dropped as an attack. RFC 2018, 2 and RFC 7323, 2.2, 3.2: to
	 * take selective acknowledgements, timestamps (not 0, which old Linux
	 * takes for none) and a window scale. */
	static const uint8_t options[] = {
		2, 4, 1460 >> 8, 1460 & 255,
		4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7
	};

	*n = offer == SCAN_OFFER_MSS ? 4 : sizeof(options);
	return options;
}

int
scan_tcp_prepare(const struct scan_type *t, struct frame *f,
    const struct scan_params *sp, bool v6, const uint8_t mac[6])
{
	uint8_t flags = t == &scan_flags ? sp->flags : t->flags;
	const uint8_t *options;
	size_t n;

	(void)mac;
	options = scan_offer_options(sp->offer, &n);
	return frame_tcp(f, v6, sp->ttl, flags, options,
	    flags & TCP_SYN ? n : 0);
}

size_t
scan_tcp_fill(const struct scan_type *t, const struct frame *f,
    const struct scan_params *sp, const struct scan_probe *pr, unsigned i,
    uint8_t *dst)
{
	struct cookie c;
	uint8_t flags = t == &scan_flags ? sp->flags : t->flags;

	(void)i;
	scan_cookie(t, sp, pr->dst, pr->port, pr->attempt, &c);
	return frame_put_tcp(f, dst, &(struct frame_vars){ .src = pr->src,
	    .dst = pr->dst, .ip_id = c.ip_id, .flow = c.flow,
	    .sport = c.sport, .dport = pr->port, .seq = c.seq,
	    .ack = flags & TCP_ACK ? c.ack : 0 });
}

enum scan_match
scan_tcp_match(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	uint8_t sent = t == &scan_flags ? sp->flags : t->flags;
	struct cookie c;
	unsigned by_port, add;

	if (p->kind != PACKET_TCP ||
	    (uint16_t)(p->dport - sp->sport) >= sp->nsports ||
	    (p->flags & (TCP_RST | TCP_SYN)) == 0)
		return SCAN_OTHER;
	/* on loopback our own probes come by as well */
	if ((p->flags & (TCP_RST | TCP_ACK)) == 0)
		return SCAN_OTHER;
	v->addr = p->src;
	v->port = p->sport;
	scan_cookie(t, sp, p->src, p->sport, 0, &c);
	if (scan_sport_attempt(sp, &c, p->dport, &by_port) == -1)
		return SCAN_INVALID;
	/* RFC 9293, 3.10.7.1: a RST to a segment with ACK takes its number from
	 * there; otherwise it acknowledges the segment's length */
	if (p->flags & TCP_RST && sent & TCP_ACK &&
	    seq_matches(p->seq, c.ack, 0, &v->attempt) &&
	    (by_port == SCAN_ATTEMPTS || by_port == v->attempt))
		return SCAN_VALID;
	if ((p->flags & TCP_ACK) == 0)
		return SCAN_INVALID;
	for (add = 0; add < 1u << COOKIE_SHIFT; add++)
		if (seq_matches(p->ack, c.seq, add, &v->attempt) &&
		    (by_port == SCAN_ATTEMPTS || by_port == v->attempt))
			return SCAN_VALID;
	return SCAN_INVALID;
}

enum scan_match
scan_tcp_judge_rst(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	enum scan_match m = scan_tcp_match(t, sp, p, v);

	if (m == SCAN_OTHER) {
		v->state = "filtered";
		return scan_icmp_match(t, sp, p, v);
	}
	if (m == SCAN_VALID && (p->flags & TCP_RST) == 0)
		return SCAN_INVALID;
	v->state = "closed";
	v->reason = "reset";
	return m;
}

/* ---- ICMP queries ---- */

int
scan_icmp_prepare(const struct scan_type *t, struct frame *f,
    const struct scan_params *sp, bool v6, const uint8_t mac[6])
{
	(void)mac;
	return frame_icmp(f, v6, sp->ttl, t->icmp_request);
}

size_t
scan_icmp_fill(const struct scan_type *t, const struct frame *f,
    const struct scan_params *sp, const struct scan_probe *pr, unsigned i,
    uint8_t *dst)
{
	struct cookie c;

	(void)i;
	scan_cookie(t, sp, pr->dst, 0, pr->attempt, &c);
	return frame_put_icmp(f, dst, &(struct frame_vars){ .src = pr->src,
	    .dst = pr->dst, .ip_id = c.ip_id, .flow = c.flow,
	    .echo_id = c.echo_id, .echo_seq = c.echo_seq });
}

void
scan_host_error(const struct packet *p, struct scan_verdict *v)
{
	v->state = p->src == v->addr ? "up" : "down";
}

enum scan_match
scan_icmp_judge(const struct scan_type *t, const struct scan_params *sp,
    const struct packet *p, struct scan_verdict *v)
{
	struct cookie c;
	enum scan_match m;

	if (!(p->kind == PACKET_ICMP && p->type == t->icmp_reply4) &&
	    !(p->kind == PACKET_ICMP6 && t->v6 && p->type == t->icmp_reply6)) {
		m = scan_icmp_match(t, sp, p, v);
		scan_host_error(p, v);
		return m;
	}
	v->addr = p->src;
	v->port = 0;
	scan_cookie(t, sp, p->src, 0, 0, &c);
	if (p->echo_id != c.echo_id ||
	    ((p->echo_seq ^ c.echo_seq) & ~(SCAN_ATTEMPTS - 1)) != 0)
		return SCAN_INVALID;
	v->attempt = p->echo_seq & (SCAN_ATTEMPTS - 1);
	v->state = "up";
	v->reason = t->icmp_reason;
	return SCAN_VALID;
}
