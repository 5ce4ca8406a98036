#include "meaning/dtls.h"

#include "pure/wire.h"

enum { REC_ALERT = 21, REC_HANDSHAKE = 22 };
enum { MSG_SERVER_HELLO = 2, MSG_VERIFY_REQUEST = 3 };

#define HEADER		4	/* of a message of TLS */
#define RECORD_MAX	(1u << 14)

/* Bytes of a record, as one of TLS has them. */
static enum tls_in_state
feed(struct dtls_in *in, uint8_t type, const void *p, size_t n)
{
	uint8_t head[5] = { type, 3, 3 };

	wr_be16(head + 3, (uint16_t)n);
	tls_in_feed(&in->tls, head, sizeof(head));
	return tls_in_feed(&in->tls, p, n);
}

/* 4.2.1: version and cookie. */
static void
read_verify(struct dtls_in *in)
{
	struct rd r = rd_of(in->msg.p + HEADER, in->msg.n - HEADER);
	const uint8_t *p;
	size_t n;

	rd_skip(&r, 2);
	n = rd_u8(&r);
	p = rd_bytes(&r, n);
	if (p == NULL || n == 0 || in->tls.hello)
		return;
	in->cookie.n = 0;
	buf_put(&in->cookie, p, n);
	in->verify = !in->cookie.oom;
}

/* The versions count backwards; fingerprints are made of what was on the wire. */
static void
read_hello(struct dtls_in *in)
{
	struct rd r = rd_of(in->msg.p + HEADER, in->msg.n - HEADER);
	uint16_t version = rd_be16(&r);

	if (!r.bad && (version == DTLS_1_0 || version == DTLS_1_2))
		wr_be16((uint8_t *)in->msg.p + HEADER,
		    version == DTLS_1_0 ? TLS_1_1 : TLS_1_2);
	feed(in, REC_HANDSHAKE, in->msg.p, in->msg.n);
	if (in->tls.hello)
		in->tls.legacy = version;
}

static void
read_message(struct dtls_in *in)
{
	size_t n;

	switch ((uint8_t)in->msg.p[0]) {
	case MSG_VERIFY_REQUEST:
		read_verify(in);
		return;
	case MSG_SERVER_HELLO:
		if (in->msg.n <= RECORD_MAX)
			read_hello(in);
		return;
	default:
		break;
	}
	for (size_t at = 0; at < in->msg.n; at += n) {
		n = in->msg.n - at;
		n = n < RECORD_MAX ? n : RECORD_MAX;
		feed(in, REC_HANDSHAKE, in->msg.p + at, n);
	}
}

/* 4.2.2 and 4.2.3: a fragment that continues what is there. That of a hello says with
 * which number the server begins. */
static void
take_fragment(struct dtls_in *in, struct rd *r)
{
	uint8_t head[HEADER];
	const uint8_t *p = rd_bytes(r, HEADER);
	uint16_t seq;
	size_t n, at, len, have;

	if (p == NULL)
		return;
	memcpy(head, p, HEADER);
	n = (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	seq = rd_be16(r);
	at = (size_t)rd_u8(r) << 16;
	at |= rd_be16(r);
	len = (size_t)rd_u8(r) << 16;
	len |= rd_be16(r);
	p = rd_bytes(r, len);
	if (r->bad || at + len > n)
		return;
	if (!in->begun && head[0] != MSG_SERVER_HELLO &&
	    head[0] != MSG_VERIFY_REQUEST)
		return;
	if (!in->begun) {
		in->begun = true;
		in->seq = seq;
	}
	have = in->msg.n < HEADER ? 0 : in->msg.n - HEADER;
	if (seq != in->seq || at > have || at + len < have ||
	    (at + len == have && n > 0))
		return;
	if (n > in->tls.most) {
		in->tls.state = TLS_IN_FULL;
		return;
	}
	if (in->msg.n == 0)
		buf_put(&in->msg, head, HEADER);
	buf_put(&in->msg, p + (have - at), at + len - have);
	if (in->msg.oom) {
		in->tls.state = TLS_IN_NOMEM;
		return;
	}
	if (at + len < n)
		return;
	read_message(in);
	in->msg.n = 0;
	in->seq++;
	/* the next hello begins anew */
	in->begun = !in->verify;
}

enum tls_in_state
dtls_in_feed(struct dtls_in *in, const void *bytes, size_t n)
{
	struct rd r = rd_of(bytes, n), body;
	const uint8_t *p;
	uint16_t epoch;
	uint8_t type;
	size_t len;

	while (r.n > 0 && !r.bad && in->tls.state == TLS_IN_MORE &&
	    !in->verify) {
		type = rd_u8(&r);
		if (rd_be16(&r) >> 8 != 0xfe)
			r.bad = true;
		epoch = rd_be16(&r);
		rd_skip(&r, 6);
		len = rd_be16(&r);
		p = rd_bytes(&r, len);
		if (r.bad || epoch != 0 || len > RECORD_MAX)
			break;
		body = rd_of(p, len);
		if (type == REC_ALERT)
			feed(in, REC_ALERT, p, len);
		while (type == REC_HANDSHAKE && body.n > 0 && !body.bad &&
		    in->tls.state == TLS_IN_MORE && !in->verify)
			take_fragment(in, &body);
	}
	/* no record of it, from the start */
	if (r.bad && !in->begun && !in->verify && !in->tls.alerted &&
	    in->tls.state == TLS_IN_MORE)
		in->tls.state = TLS_IN_NOTLS;
	return in->tls.state;
}

void
dtls_in_release(struct dtls_in *in)
{
	tls_in_release(&in->tls);
	buf_release(&in->cookie);
	buf_release(&in->msg);
}
