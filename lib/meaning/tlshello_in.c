#include "meaning/tlshello.h"

#include "pure/wire.h"

enum {	/* RFC 5246, 6.2.1 and 7.4; RFC 6066, 8 */
	REC_CHANGE = 20, REC_ALERT, REC_HANDSHAKE, REC_DATA,
	MSG_REQUEST = 0, MSG_SERVER_HELLO = 2, MSG_TICKET = 4, MSG_CERT = 11,
	MSG_KEY = 12, MSG_CERT_REQUEST = 13, MSG_DONE = 14, MSG_STATUS = 22,
	FATAL = 2
};

/* A record holds 2^14 bytes, and some more when it is encrypted. */
#define RECORD_MAX	((1u << 14) + 2048)

/* SHA-256 of "HelloRetryRequest" (RFC 8446, 4.1.3). */
static const uint8_t retry[TLS_RANDOM] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02,
	0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
	0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c
};

static struct tls_span
span(const struct tls_in *in, const uint8_t *p, size_t n)
{
	return (struct tls_span){
	    (uint32_t)(p - (const uint8_t *)in->hs.p), (uint32_t)n };
}

static enum tls_in_state
end(struct tls_in *in, enum tls_in_state s)
{
	in->state = s;
	return s;
}

/* ---- messages ---- */

static struct rd
sub(struct rd *r, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	return (struct rd){ p, p == NULL ? 0 : n, p == NULL };
}

static void
read_ext(struct tls_in *in, uint16_t type, struct rd r)
{
	struct rd list;

	if (in->next < TLS_IN_EXTS)
		in->ext[in->next] = type;
	in->next++;
	if (type == TLS_EXT_VERSIONS && r.n == 2) {
		in->version = rd_be16(&r);
	} else if (type == TLS_EXT_ALPN) {
		list = sub(&r, rd_be16(&r));
		list = sub(&list, rd_u8(&list));
		if (!list.bad) {
			in->has_alpn = true;
			in->alpn = span(in, list.p, list.n);
		}
	}
}

/* RFC 5246, 7.4.1.3; RFC 8446, 4.1.3 */
static bool
read_hello(struct tls_in *in, struct rd r)
{
	const uint8_t *random;
	struct rd exts, one;
	uint16_t type;

	in->server_hello = span(in, r.p, r.n);
	in->version = in->legacy = rd_be16(&r);
	random = rd_bytes(&r, TLS_RANDOM);
	rd_skip(&r, rd_u8(&r));
	in->suite = rd_be16(&r);
	rd_u8(&r);
	if (r.bad || in->version >> 8 != 3)
		return false;
	in->retry = memcmp(random, retry, sizeof(retry)) == 0;
	exts = r.n > 0 ? sub(&r, rd_be16(&r)) : r;
	while (exts.n > 0 && !exts.bad) {
		type = rd_be16(&exts);
		one = sub(&exts, rd_be16(&exts));
		if (!one.bad)
			read_ext(in, type, one);
	}
	in->hello = !exts.bad && !r.bad && r.n == 0;
	return in->hello;
}

/* RFC 5246, 7.4.2. What is cut short counts as far as it is there. */
static bool
read_certs(struct tls_in *in, struct rd r, bool whole)
{
	size_t n = (size_t)rd_u8(&r) << 16;
	const uint8_t *p;

	n |= rd_be16(&r);
	if (r.bad || (whole && n != r.n) || in->has_certs)
		return false;
	in->has_certs = true;
	while (r.n > 0) {
		n = (size_t)rd_u8(&r) << 16;
		n |= rd_be16(&r);
		if ((p = rd_bytes(&r, n)) == NULL)
			return !whole;
		if (in->ncert < TLS_IN_CERTS)
			in->cert[in->ncert] = span(in, p, n);
		in->ncert++;
	}
	return true;
}

static bool
read_status(struct tls_in *in, struct rd r)
{
	uint8_t type = rd_u8(&r);
	size_t n = (size_t)rd_u8(&r) << 16;

	n |= rd_be16(&r);
	if (r.bad || type != 1 || n != r.n || in->has_status)
		return false;
	in->has_status = true;
	in->status = span(in, r.p, r.n);
	return true;
}

/* One message that is whole. */
static enum tls_in_state
read_message(struct tls_in *in, uint8_t type, struct rd r)
{
	if (type == MSG_REQUEST)
		return r.n == 0 ? TLS_IN_MORE : end(in, TLS_IN_BAD);
	if (type == MSG_SERVER_HELLO) {
		if (!read_hello(in, r))
			return end(in, TLS_IN_BAD);
		/* what follows is encrypted */
		return in->version >= TLS_1_3 ? end(in, TLS_IN_DONE) :
		    TLS_IN_MORE;
	}
	switch (type) {
	case MSG_CERT:
		return read_certs(in, r, true) ? TLS_IN_MORE :
		    end(in, TLS_IN_BAD);
	case MSG_STATUS:
		return read_status(in, r) ? TLS_IN_MORE : end(in, TLS_IN_BAD);
	default:
		return end(in, TLS_IN_DONE);
	}
}

/* Can such a message come now? Asked before all of it is there. */
static bool
is_due(const struct tls_in *in, uint8_t type)
{
	switch (type) {
	case MSG_REQUEST:
		return true;
	case MSG_SERVER_HELLO:
		return !in->hello;
	case MSG_CERT:
	case MSG_STATUS:
	case MSG_KEY:
	case MSG_CERT_REQUEST:
	case MSG_DONE:
	case MSG_TICKET:
		return in->hello;
	default:
		return false;
	}
}

static enum tls_in_state
read_messages(struct tls_in *in)
{
	struct rd r;
	size_t n;
	uint8_t type;

	while (in->hs.n - in->at >= 4 && in->state == TLS_IN_MORE) {
		r = rd_of(in->hs.p + in->at, in->hs.n - in->at);
		type = rd_u8(&r);
		n = (size_t)rd_u8(&r) << 16;
		n |= rd_be16(&r);
		if (!is_due(in, type))
			return end(in, TLS_IN_BAD);
		if (r.n < n) {
			if (in->hs.n < in->most)
				return TLS_IN_MORE;
			if (type == MSG_CERT)
				read_certs(in, r, false);
			return end(in, TLS_IN_FULL);
		}
		in->at += 4 + n;
		r.n = n;
		read_message(in, type, r);
	}
	if (in->state == TLS_IN_MORE && in->hs.n >= in->most)
		return end(in, TLS_IN_FULL);
	return in->state;
}

/* ---- records ---- */

static enum tls_in_state
take_handshake(struct tls_in *in, const uint8_t *p, size_t n)
{
	size_t room = in->most - in->hs.n;

	buf_put(&in->hs, p, n < room ? n : room);
	if (in->hs.oom)
		return end(in, TLS_IN_NOMEM);
	return read_messages(in);
}

/* 7.2: a warning changes nothing. */
static enum tls_in_state
take_alert(struct tls_in *in, const uint8_t *p, size_t n)
{
	for (; n > 0; p++, n--) {
		in->alerts[in->nalert++] = *p;
		if (in->nalert < 2)
			continue;
		in->nalert = 0;
		in->alert = in->alerts[1];
		in->alerted = true;
		if (in->alerts[0] == FATAL || in->alert == 0)
			return end(in, TLS_IN_ALERT);
	}
	return TLS_IN_MORE;
}

static enum tls_in_state
take_payload(struct tls_in *in, const uint8_t *p, size_t n)
{
	switch (in->head[0]) {
	case REC_HANDSHAKE:
		return take_handshake(in, p, n);
	case REC_ALERT:
		return take_alert(in, p, n);
	case REC_CHANGE:
		return end(in, in->hello ? TLS_IN_DONE : TLS_IN_BAD);
	default:
		return end(in, TLS_IN_BAD);
	}
}

/* The header so far: is it one of TLS? */
static bool
is_head(const struct tls_in *in)
{
	if (in->nhead >= 1 && (in->head[0] < REC_CHANGE ||
	    in->head[0] > REC_DATA))
		return false;
	if (in->nhead >= 2 && in->head[1] != 3)
		return false;
	return in->nhead < 5 ||
	    (unsigned)(in->head[3] << 8 | in->head[4]) <= RECORD_MAX;
}

static enum tls_in_state
take_head(struct tls_in *in, uint8_t c)
{
	in->head[in->nhead++] = c;
	if (!is_head(in))
		return end(in, in->hs.n > 0 || in->alerted ? TLS_IN_BAD :
		    TLS_IN_NOTLS);
	if (in->nhead == 5) {
		in->left = (uint32_t)(in->head[3] << 8 | in->head[4]);
		if (in->left == 0)
			in->nhead = 0;
	}
	return TLS_IN_MORE;
}

enum tls_in_state
tls_in_feed(struct tls_in *in, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;
	size_t part;

	while (n > 0 && in->state == TLS_IN_MORE) {
		if (in->left == 0) {
			take_head(in, *p++);
			n--;
			continue;
		}
		part = n < in->left ? n : in->left;
		in->left -= (uint32_t)part;
		if (in->left == 0)
			in->nhead = 0;
		take_payload(in, p, part);
		p += part;
		n -= part;
	}
	return in->state;
}

struct str
tls_in_at(const struct tls_in *in, struct tls_span s)
{
	return s.n == 0 ? STR("") : (struct str){ in->hs.p + s.at, s.n };
}

void
tls_in_release(struct tls_in *in)
{
	buf_release(&in->hs);
}

void
tls_ja3s_put(struct buf *b, const struct tls_in *in)
{
	buf_u64(b, in->legacy);
	buf_putc(b, ',');
	buf_u64(b, in->suite);
	for (unsigned i = 0; i < in->next && i < TLS_IN_EXTS; i++) {
		buf_putc(b, i == 0 ? ',' : '-');
		buf_u64(b, in->ext[i]);
	}
	if (in->next == 0)
		buf_putc(b, ',');
}
