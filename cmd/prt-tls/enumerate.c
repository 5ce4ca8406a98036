#include "enumerate.h"

#include <stdlib.h>
#include <string.h>

/* Longer lists are more than some servers take. */
#define CHUNK		120
#define ANSWER_MAX	4096	/* bytes of a ServerHello */

/* These come first, so that one hello shows most servers' versions. */
static const uint16_t usual[] = {
	0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc009, 0xc013, 0xc00a,
	0xc014, 0x009e, 0x009f, 0x0033, 0x0039, 0x009c, 0x009d, 0x002f, 0x0035,
	0x000a, 0x0016, 0x0005, 0x0004, 0x0018, 0x0034, 0xc018, 0x0003, 0x0008,
	0x0001, 0x0002, 0x0009, 0x0013, 0x0032, 0x0038,
};
static const uint16_t exts[] = {
	TLS_EXT_SNI, TLS_EXT_MASTER, TLS_EXT_RENEGOTIATION, TLS_EXT_GROUPS,
	TLS_EXT_POINTS, TLS_EXT_SIGALGS,
};
static const uint16_t exts13[] = {
	TLS_EXT_SNI, TLS_EXT_GROUPS, TLS_EXT_SIGALGS, TLS_EXT_SHARE,
	TLS_EXT_PSK_MODES, TLS_EXT_VERSIONS,
};
static const uint16_t groups[] = {
	0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x001a, 0x001b, 0x001c, 0x0016,
	0x0015, 0x0013, 0x0100,
};
static const uint16_t sigalgs[] = {
	0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0808, 0x0809,
	0x080a, 0x080b, 0x0401, 0x0501, 0x0601, 0x0402, 0x0301, 0x0303, 0x0203,
	0x0201, 0x0202, 0x0101,
};
static const uint16_t share[] = { 0x001d };
static const uint16_t versions13[] = { TLS_1_3 };

#define LIST(a)	(struct tls_list){ (a), sizeof(a) / sizeof((a)[0]) }

static bool
is_of_13(uint16_t id)
{
	return id >> 8 == 0x13 || id == 0x00c6 || id == 0x00c7;
}

/* What stands for a suite and is none: TLS_NULL..., and the two signals. */
static bool
is_none(uint16_t id)
{
	return id == 0 || id == 0x00ff || id == 0x5600;
}

static bool
is_usual(uint16_t id)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (usual[i] == id)
			return true;
	return false;
}

uint16_t
enum_version(int i)
{
	return i == 0 ? SSL2_VERSION : (uint16_t)(TLS_SSL3 + i - 1);
}

/* Is its key made by Diffie-Hellman in a field? Some servers choose such suites and
 * fail then, for want of a group: they would hide the other ones. */
static bool
is_dhe(uint16_t id)
{
	const char *name = tls_suite_name(id);

	return name != NULL && (strncmp(name, "TLS_DHE_", 8) == 0 ||
	    strncmp(name, "TLS_DH_anon_", 12) == 0);
}

static void
put(struct enumeration *e, uint16_t id, bool dhe)
{
	if (e->what == ENUM_OF_VERSIONS || is_dhe(id) == dhe)
		e->left[e->nleft++] = id;
}

/* All suites of the version; SSL 2.0 has its own, and one question. */
static void
fill(struct enumeration *e)
{
	bool new = enum_version(e->at) == TLS_1_3;

	e->nleft = e->from = 0;
	for (int dhe = 0; dhe < (e->what == ENUM_OF_VERSIONS ? 1 : 2); dhe++) {
		e->apart = e->nleft;
		for (size_t i = 0; !new && i < sizeof(usual) /
		    sizeof(usual[0]); i++)
			put(e, usual[i], dhe);
		for (size_t i = 0; i < tls_nsuites; i++)
			if (is_of_13(tls_suites[i].id) == new &&
			    !is_none(tls_suites[i].id) &&
			    !is_usual(tls_suites[i].id))
				put(e, tls_suites[i].id, dhe);
	}
}

/* On to the next lower version about which something is to be asked. */
static void
next_version(struct enumeration *e)
{
	unsigned known;

	do {
		e->at--;
		known = e->hasnot;
		if (e->what == ENUM_OF_VERSIONS)
			known |= e->has;
	} while (e->at >= 0 && (known >> e->at & 1) != 0);
	if (e->at >= 0)
		fill(e);
}

int
enum_start(struct enumeration *e, enum enum_what what,
    const struct tls_in *first, bool tls)
{
	*e = (struct enumeration){ .what = what, .at = ENUM_VERSIONS };
	e->left = calloc(tls_nsuites + sizeof(usual) / sizeof(usual[0]),
	    sizeof(*e->left));
	if (e->left == NULL)
		return -1;
	/* It chose the highest that both have. */
	for (int i = 0; first->hello && i < ENUM_VERSIONS; i++)
		if (enum_version(i) == first->version)
			e->has |= 1u << i;
		else if (enum_version(i) > first->version &&
		    enum_version(i) < TLS_1_3)
			e->hasnot |= 1u << i;
	if (!tls)
		e->hasnot = ~1u;
	next_version(e);
	return 0;
}

static size_t
chunk(const struct enumeration *e)
{
	size_t n = (e->from < e->apart ? e->apart : e->nleft) - e->from;

	return n < CHUNK ? n : CHUNK;
}

static int
put_hello(const struct enumeration *e, const uint8_t *random, struct str sni,
    struct buf *b)
{
	uint16_t v = enum_version(e->at);
	struct tls_hello h = { .record = v == TLS_SSL3 ? v : TLS_1_0,
	    .version = v < TLS_1_3 ? v : TLS_1_2, .random = random,
	    .suites = { e->left + e->from, chunk(e) }, .sni = sni,
	    .groups = LIST(groups), .sigalgs = LIST(sigalgs) };

	if (v == TLS_1_3) {
		h.exts = LIST(exts13);
		h.versions = LIST(versions13);
		h.shares = LIST(share);
	} else if (v > TLS_SSL3)
		h.exts = LIST(exts);
	return tls_hello_put(b, &h);
}

int
enum_next(struct enumeration *e, const uint8_t random[TLS_RANDOM],
    struct str sni, struct buf *b)
{
	while (e->at >= 0 && e->from >= e->nleft)
		next_version(e);
	if (e->at < 0)
		return 0;
	tls_in_release(&e->in);
	e->in = (struct tls_in){ .most = ANSWER_MAX };
	if (enum_version(e->at) == SSL2_VERSION)
		ssl2_hello_put(b, random);
	else if (put_hello(e, random, sni, b) == -1)
		return -1;
	return b->oom ? -1 : 1;
}

/* ---- answers ---- */

bool
enum_feed(struct enumeration *e, const void *p, size_t n)
{
	if (enum_version(e->at) == SSL2_VERSION)
		return ssl2_in_feed(&e->in2, p, n) != SSL2_MORE;
	return tls_in_feed(&e->in, p, n) != TLS_IN_MORE || e->in.hello;
}

static void
add(struct enumeration *e, uint16_t version, uint32_t suite)
{
	struct enum_suite s = { .version = version, .suite = suite };

	e->has |= 1u << e->at;
	if (e->what == ENUM_OF_CIPHERS)
		buf_put(&e->found, &s, sizeof(s));
}

/* Takes the suite off the list: true when it was among those offered. */
static bool
take(struct enumeration *e, uint16_t suite)
{
	size_t i = e->from, end = e->from + chunk(e);

	while (i < end && e->left[i] != suite)
		i++;
	if (i == end)
		return false;
	e->apart -= i < e->apart;
	memmove(&e->left[i], &e->left[i + 1],
	    (--e->nleft - i) * sizeof(e->left[0]));
	return true;
}

/* It has told all that it has. */
static void
answer_ssl2(struct enumeration *e)
{
	if (e->in2.state == SSL2_YES)
		e->has |= 1u << e->at;
	for (unsigned i = 0; i < e->in2.n; i++)
		add(e, SSL2_VERSION, e->in2.suite[i]);
	next_version(e);
}

void
enum_answer(struct enumeration *e)
{
	bool found;

	if (enum_version(e->at) == SSL2_VERSION) {
		answer_ssl2(e);
		return;
	}
	found = e->in.hello && e->in.version == enum_version(e->at) &&
	    take(e, e->in.suite);
	if (found)
		add(e, e->in.version, e->in.suite);
	if (e->what != ENUM_OF_CIPHERS)
		next_version(e);
	else if (!found)
		e->from += chunk(e);
}

size_t
enum_count(const struct enumeration *e)
{
	return e->found.n / sizeof(struct enum_suite);
}

struct enum_suite
enum_at(const struct enumeration *e, size_t i)
{
	struct enum_suite s;

	memcpy(&s, e->found.p + i * sizeof(s), sizeof(s));
	return s;
}

const char *
enum_name(struct enum_suite s)
{
	return s.version == SSL2_VERSION ? ssl2_suite_name(s.suite) :
	    tls_suite_name((uint16_t)s.suite);
}

/* All of SSL 2.0 is (RFC 6176); having no forward secrecy is not enough. */
bool
enum_is_weak(struct enum_suite s)
{
	return s.version == SSL2_VERSION ||
	    (tls_suite_weakness((uint16_t)s.suite) &
	    ~(unsigned)TLS_WEAK_STATIC) != 0;
}

void
enum_release(struct enumeration *e)
{
	buf_release(&e->found);
	tls_in_release(&e->in);
	ssl2_in_release(&e->in2);
	free(e->left);
	e->left = NULL;
}
