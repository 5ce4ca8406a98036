#include "meaning/jarm.h"

#include <string.h>

/* The suites, in the order in which most hellos have them. */
static const uint16_t all[] = {
	0x0016, 0x0033, 0x0067, 0xc09e, 0xc0a2, 0x009e, 0x0039, 0x006b, 0xc09f,
	0xc0a3, 0x009f, 0x0045, 0x00be, 0x0088, 0x00c4, 0x009a, 0xc008, 0xc009,
	0xc023, 0xc0ac, 0xc0ae, 0xc02b, 0xc00a, 0xc024, 0xc0ad, 0xc0af, 0xc02c,
	0xc072, 0xc073, 0xcca9, 0x1302, 0x1301, 0xcc14, 0xc007, 0xc012, 0xc013,
	0xc027, 0xc02f, 0xc014, 0xc028, 0xc030, 0xc060, 0xc061, 0xc076, 0xc077,
	0xcca8, 0x1305, 0x1304, 0x1303, 0xcc13, 0xc011, 0x000a, 0x002f, 0x003c,
	0xc09c, 0xc0a0, 0x009c, 0x0035, 0x003d, 0xc09d, 0xc0a1, 0x009d, 0x0041,
	0x00ba, 0x0084, 0x00c0, 0x0007, 0x0004, 0x0005,
};

#define NALL	(sizeof(all) / sizeof(all[0]))

enum order { FORWARD, REVERSE, TOP_HALF, BOTTOM_HALF, MIDDLE_OUT };
enum versions { NO_VERSIONS, TO_1_2, TO_1_3 };

static const struct probe {
	uint16_t	record, version;
	enum order	order;
	enum versions	versions;	/* in the extension for them */
	bool		no13;		/* none of the suites of TLS 1.3 */
	bool		grease;		/* RFC 8701 */
	bool		rare;		/* protocols that are hardly in use */
	bool		back;		/* protocols and versions, backwards */
} probes[JARM_HELLOS] = {
	{ .record = TLS_1_2, .version = TLS_1_2, .versions = TO_1_2,
	    .back = true },
	{ .record = TLS_1_2, .version = TLS_1_2, .versions = TO_1_2,
	    .order = REVERSE },
	{ .record = TLS_1_2, .version = TLS_1_2, .order = TOP_HALF },
	{ .record = TLS_1_2, .version = TLS_1_2, .order = BOTTOM_HALF,
	    .rare = true },
	{ .record = TLS_1_2, .version = TLS_1_2, .order = MIDDLE_OUT,
	    .grease = true, .rare = true, .back = true },
	{ .record = TLS_1_1, .version = TLS_1_1 },
	{ .record = TLS_1_0, .version = TLS_1_2, .versions = TO_1_3,
	    .back = true },
	{ .record = TLS_1_0, .version = TLS_1_2, .versions = TO_1_3,
	    .order = REVERSE },
	{ .record = TLS_1_0, .version = TLS_1_2, .versions = TO_1_3,
	    .no13 = true },
	{ .record = TLS_1_0, .version = TLS_1_2, .versions = TO_1_3,
	    .order = MIDDLE_OUT, .grease = true, .back = true },
};

/* "spdy/3" and "h2" stay together when the order is turned round: the authors'
 * program has them in one. */
static const char *const protocols[2][2] = {
	{ "http/0.9,http/1.0,http/1.1,spdy/1,spdy/2,spdy/3,h2,h2c,hq",
	    "hq,h2c,spdy/3,h2,spdy/2,spdy/1,http/1.1,http/1.0,http/0.9" },
	{ "http/0.9,http/1.0,spdy/1,spdy/2,spdy/3,h2c,hq",
	    "hq,h2c,spdy/3,spdy/2,spdy/1,http/1.0,http/0.9" },
};

static const uint16_t exts[] = {
	TLS_EXT_SNI, TLS_EXT_MASTER, TLS_EXT_FRAGMENT, TLS_EXT_RENEGOTIATION,
	TLS_EXT_GROUPS, TLS_EXT_POINTS, TLS_EXT_TICKET, TLS_EXT_ALPN,
	TLS_EXT_SIGALGS, TLS_EXT_SHARE, TLS_EXT_PSK_MODES, TLS_EXT_VERSIONS,
};
static const uint16_t groups[] = { 0x001d, 0x0017, 0x0018, 0x0019 };
static const uint16_t sigalgs[] = {
	0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201,
};
static const uint16_t versions[] = { TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 };

#define LIST(a)	{ (a), sizeof(a) / sizeof((a)[0]) }

/* ---- hellos ---- */

static bool
is_of_13(uint16_t suite)
{
	return suite >> 8 == 0x13;
}

/* The suites of a hello: how many. Of an odd number, the middle one belongs to the
 * top half, which begins with it and goes back to the first. */
static size_t
order(uint16_t *out, const uint16_t *in, size_t n, enum order how)
{
	size_t k = 0, mid = n / 2, odd = n % 2;

	switch (how) {
	case FORWARD:
		memcpy(out, in, n * sizeof(*in));
		return n;
	case REVERSE:
		while (n > 0)
			out[k++] = in[--n];
		return k;
	case TOP_HALF:
		return order(out, in, mid + odd, REVERSE);
	case BOTTOM_HALF:
		return order(out, in + mid + odd, mid, FORWARD);
	case MIDDLE_OUT:
		if (odd)
			out[k++] = in[mid];
		for (size_t i = 0; i < mid; i++) {
			out[k++] = in[mid + odd + i];
			out[k++] = in[mid - 1 - i];
		}
		return k;
	}
	return 0;
}

static size_t
suites(uint16_t *out, const struct probe *p)
{
	uint16_t in[NALL];
	size_t n = 0;

	for (size_t i = 0; i < NALL; i++)
		if (!p->no13 || !is_of_13(all[i]))
			in[n++] = all[i];
	return order(out, in, n, p->order);
}

int
jarm_hello_put(const struct jarm *j, struct buf *b,
    const uint8_t random[TLS_RANDOM], struct str host)
{
	const struct probe *p = &probes[j->n];
	/* one of the 16 that RFC 8701 has set aside, where it is wanted */
	uint16_t grease = (uint16_t)(0x0a0a + 0x1010 * (random[0] & 15));
	uint16_t ext[1 + NALL], suite[1 + NALL], version[5];
	uint16_t share[] = { grease, 0x001d };
	size_t skip = p->grease ? 0 : 1, n;
	struct tls_hello h = { .record = p->record, .version = p->version,
	    .random = random, .session = { (const char *)random, TLS_RANDOM },
	    .sni = host, .alpn = str_of(protocols[p->rare][p->back]),
	    .groups = LIST(groups), .sigalgs = LIST(sigalgs) };

	ext[0] = suite[0] = version[0] = grease;
	n = sizeof(exts) / sizeof(exts[0]) - (p->versions == NO_VERSIONS);
	memcpy(ext + 1, exts, n * sizeof(exts[0]));
	h.exts = (struct tls_list){ ext + skip, n + 1 - skip };
	n = suites(suite + 1, p);
	h.suites = (struct tls_list){ suite + skip, n + 1 - skip };
	n = order(version + 1, versions, p->versions == TO_1_3 ? 4 : 3,
	    p->back ? REVERSE : FORWARD);
	h.versions = (struct tls_list){ version + skip, n + 1 - skip };
	h.shares = (struct tls_list){ share + skip, 2 - skip };
	return tls_hello_put(b, &h);
}

/* ---- answers ---- */

/* An alert before the hello, even a warning, counts as a refusal. */
void
jarm_answer(struct jarm *j, const struct tls_in *in)
{
	unsigned i = j->n++;

	if (!in->hello || in->alerted)
		return;
	j->has[i] = true;
	j->suite[i] = in->suite;
	j->version[i] = in->legacy;
	if (in->has_alpn)
		buf_str(&j->text, tls_in_at(in, in->alpn));
	for (unsigned k = 0; k < in->next && k < TLS_IN_EXTS; k++)
		buf_printf(&j->text, k == 0 ? "%04x" : "-%04x", in->ext[k]);
}

/* The place of a suite among all, from 1, when those of TLS 1.3 are the last. */
static unsigned
place(uint16_t suite)
{
	unsigned n = 1;
	bool known = false;

	for (size_t i = 0; i < NALL; i++) {
		known |= all[i] == suite;
		n += is_of_13(all[i]) == is_of_13(suite) ? all[i] < suite :
		    is_of_13(suite);
	}
	return known ? n : (unsigned)NALL + 1;
}

void
jarm_put(const struct jarm *j, struct buf *b, const uint8_t sha256[32])
{
	bool any = false;

	for (unsigned i = 0; i < JARM_HELLOS; i++) {
		any |= j->has[i];
		if (!j->has[i])
			buf_puts(b, "000");
		else
			buf_printf(b, "%02x%c", place(j->suite[i]),
			    "abcdef0000000000"[j->version[i] & 15]);
	}
	for (unsigned i = 0; i < 16; i++)
		buf_printf(b, "%02x", any ? sha256[i] : 0);
}

void
jarm_release(struct jarm *j)
{
	buf_release(&j->text);
}
