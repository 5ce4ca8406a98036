#include "meaning/ssl2.h"

#include "pure/wire.h"

enum { CLIENT_HELLO = 1, SERVER_HELLO = 4 };

/* Appendix C.4, and the one of 64 bits that SSLeay has added. */
static const struct {
	uint32_t	 id;
	const char	*name;
} suites[] = {
	{ 0x010080, "SSL_CK_RC4_128_WITH_MD5" },
	{ 0x020080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5" },
	{ 0x030080, "SSL_CK_RC2_128_CBC_WITH_MD5" },
	{ 0x040080, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5" },
	{ 0x050080, "SSL_CK_IDEA_128_CBC_WITH_MD5" },
	{ 0x060040, "SSL_CK_DES_64_CBC_WITH_MD5" },
	{ 0x0700c0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5" },
	{ 0x080080, "SSL_CK_RC4_64_WITH_MD5" },
};

#define NSUITE	(sizeof(suites) / sizeof(suites[0]))

const char *
ssl2_suite_name(uint32_t id)
{
	for (size_t i = 0; i < NSUITE; i++)
		if (suites[i].id == id)
			return suites[i].name;
	return NULL;
}

static void
put16(struct buf *b, size_t v)
{
	buf_putc(b, (char)(v >> 8));
	buf_putc(b, (char)v);
}

/* 2.5 in 2.2, a header of two bytes */
void
ssl2_hello_put(struct buf *b, const uint8_t challenge[16])
{
	put16(b, 0x8000 | (9 + 3 * NSUITE + 16));
	buf_putc(b, CLIENT_HELLO);
	put16(b, SSL2_VERSION);
	put16(b, 3 * NSUITE);
	put16(b, 0);			/* no session to resume */
	put16(b, 16);
	for (size_t i = 0; i < NSUITE; i++) {
		buf_putc(b, (char)(suites[i].id >> 16));
		put16(b, suites[i].id & 0xffff);
	}
	buf_put(b, challenge, 16);
}

/* 2.6 */
static enum ssl2_state
read_hello(struct ssl2_in *in, struct rd r)
{
	size_t cert, specs, id;

	if (rd_u8(&r) != SERVER_HELLO)
		return SSL2_NO;
	rd_skip(&r, 2);			/* of the session and the certificate */
	if (rd_be16(&r) != SSL2_VERSION)
		return SSL2_NO;
	cert = rd_be16(&r);
	specs = rd_be16(&r);
	id = rd_be16(&r);
	rd_skip(&r, cert);
	if (r.bad || specs % 3 != 0 || r.n != specs + id)
		return SSL2_NO;
	for (; specs > 0; specs -= 3) {
		uint32_t hi = rd_u8(&r), suite = hi << 16 | rd_be16(&r);

		if (in->n < SSL2_SUITES)
			in->suite[in->n++] = suite;
	}
	return SSL2_YES;
}

/* 2.2: two bytes with the highest bit set, or three, for padding at the end. */
static enum ssl2_state
read_record(struct ssl2_in *in)
{
	struct rd r = rd_of(in->got.p, in->got.n);
	unsigned head = rd_be16(&r), padding = 0;
	size_t n = head & 0x7fff;

	if (in->got.oom)
		return SSL2_NO;
	if ((head & 0x8000) == 0) {
		n = head & 0x3fff;
		padding = rd_u8(&r);
	}
	if (!r.bad && r.n > 0 && r.p[0] != SERVER_HELLO)
		return SSL2_NO;		/* it need not be waited for */
	if (r.bad || r.n < n)
		return SSL2_MORE;
	if (padding > n)
		return SSL2_NO;
	r.n = n - padding;
	return read_hello(in, r);
}

enum ssl2_state
ssl2_in_feed(struct ssl2_in *in, const void *p, size_t n)
{
	if (in->state != SSL2_MORE)
		return in->state;
	buf_put(&in->got, p, n);
	return in->state = read_record(in);
}

void
ssl2_in_release(struct ssl2_in *in)
{
	buf_release(&in->got);
}
