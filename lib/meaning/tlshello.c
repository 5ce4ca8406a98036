#include "meaning/tlshello.h"

#include "pure/wire.h"

/* ---- writing, with lengths that are filled in behind ---- */

static void
put16(struct buf *b, uint16_t v)
{
	uint8_t p[2];

	wr_be16(p, v);
	buf_put(b, p, 2);
}

static size_t
open_len(struct buf *b, size_t width)
{
	buf_put(b, "\0\0\0", width);
	return b->n;
}

/* What was put since fits its length field: true. */
static bool
close_len(struct buf *b, size_t from, size_t width)
{
	size_t n = b->n - from;

	if (b->oom || n >> (8 * width) != 0)
		return false;
	for (size_t i = 0; i < width; i++)
		b->p[from - 1 - i] = (char)(n >> (8 * i));
	return true;
}

static bool
put_list(struct buf *b, struct tls_list l, size_t width)
{
	size_t at = open_len(b, width);

	for (size_t i = 0; i < l.n; i++)
		put16(b, l.v[i]);
	return close_len(b, at, width);
}

/* ---- extensions ---- */

/* RFC 6066, 3 */
static bool
put_sni(struct buf *b, struct str name)
{
	size_t list = open_len(b, 2), one;

	buf_putc(b, 0);		/* host_name */
	one = open_len(b, 2);
	buf_str(b, name);
	return close_len(b, one, 2) && close_len(b, list, 2);
}

/* RFC 7301, 3.1 */
static bool
put_alpn(struct buf *b, struct str names)
{
	size_t list = open_len(b, 2), one;
	struct str name;

	while (names.p != NULL) {
		name = str_cut(&names, ',');
		one = open_len(b, 1);
		buf_str(b, name);
		if (!close_len(b, one, 1))
			return false;
	}
	return close_len(b, list, 2);
}

static size_t
share_len(uint16_t group)
{
	switch (group) {
	case 0x0017:		/* secp256r1: an uncompressed point */
		return 65;
	case 0x001d:		/* x25519 */
		return 32;
	default:		/* RFC 8701: anything */
		return 1;
	}
}

/* RFC 8446, 4.2.8 */
static bool
put_shares(struct buf *b, const struct tls_hello *h)
{
	size_t list = open_len(b, 2), n;

	for (size_t i = 0; i < h->shares.n; i++) {
		n = share_len(h->shares.v[i]);
		put16(b, h->shares.v[i]);
		put16(b, (uint16_t)n);
		for (size_t k = 0; k < n; k++)
			buf_putc(b, n == 65 && k == 0 ? 4 :
			    n == 1 ? 0 : (char)h->random[k % TLS_RANDOM]);
	}
	return close_len(b, list, 2);
}

static bool
put_body(struct buf *b, const struct tls_hello *h, uint16_t type)
{
	switch (type) {
	case TLS_EXT_SNI:
		return put_sni(b, h->sni);
	case TLS_EXT_FRAGMENT:
		buf_putc(b, 1);		/* 512 bytes (RFC 6066, 4) */
		break;
	case TLS_EXT_STATUS:
		buf_put(b, "\1\0\0\0\0", 5);	/* ocsp, anybody's */
		break;
	case TLS_EXT_GROUPS:
		return put_list(b, h->groups, 2);
	case TLS_EXT_POINTS:
		buf_put(b, "\1\0", 2);		/* uncompressed */
		break;
	case TLS_EXT_SIGALGS:
		return put_list(b, h->sigalgs, 2);
	case TLS_EXT_ALPN:
		return put_alpn(b, h->alpn);
	case TLS_EXT_VERSIONS:
		return put_list(b, h->versions, 1);
	case TLS_EXT_PSK_MODES:
		buf_put(b, "\1\1", 2);		/* psk_dhe_ke */
		break;
	case TLS_EXT_SHARE:
		return put_shares(b, h);
	case TLS_EXT_RENEGOTIATION:
		buf_putc(b, 0);			/* RFC 5746: the first one */
		break;
	default:
		break;
	}
	return true;
}

static bool
put_ext(struct buf *b, const struct tls_hello *h, uint16_t type)
{
	size_t at;

	if ((type == TLS_EXT_SNI && h->sni.n == 0) ||
	    (type == TLS_EXT_ALPN && h->alpn.n == 0))
		return true;
	put16(b, type);
	at = open_len(b, 2);
	return put_body(b, h, type) && close_len(b, at, 2);
}

static bool
put_exts(struct buf *b, const struct tls_hello *h)
{
	size_t at;

	if (h->exts.n == 0)
		return true;
	at = open_len(b, 2);
	for (size_t i = 0; i < h->exts.n; i++)
		if (!put_ext(b, h, h->exts.v[i]))
			return false;
	return close_len(b, at, 2);
}

/* ---- the hello ---- */

/* RFC 5246, 7.4.1.2; RFC 6347, 4.2.1 */
static bool
put_client_hello(struct buf *b, const struct tls_hello *h)
{
	size_t at;

	put16(b, h->version);
	buf_put(b, h->random, TLS_RANDOM);
	at = open_len(b, 1);
	buf_str(b, h->session);
	if (h->session.n > 32 || !close_len(b, at, 1))
		return false;
	if (h->dtls) {
		at = open_len(b, 1);
		buf_str(b, h->cookie);
		if (!close_len(b, at, 1))
			return false;
	}
	if (!put_list(b, h->suites, 2))
		return false;
	buf_put(b, "\1\0", 2);		/* no compression */
	return put_exts(b, h);
}

/* RFC 6347, 4.2.2: its number, and where in the message the fragment begins and how
 * long it is, which here is all of it. */
static size_t
open_fragment(struct buf *b, uint8_t seq)
{
	put16(b, seq);
	buf_put(b, "\0\0\0", 3);
	return open_len(b, 3);
}

static bool
close_message(struct buf *b, const struct tls_hello *h, size_t message,
    size_t body)
{
	if (!close_len(b, body, 3))
		return false;
	if (h->dtls)	/* the length of the message is that of the fragment */
		memcpy(b->p + message - 3, b->p + body - 3, 3);
	return true;
}

/* RFC 5246, 7.4 in 6.2.1; RFC 6347, 4.2.2 in 4.1 */
int
tls_hello_put(struct buf *b, const struct tls_hello *h)
{
	size_t record, message, body;

	buf_putc(b, 22);		/* handshake */
	put16(b, h->record);
	if (h->dtls) {			/* epoch and number of the record */
		buf_put(b, "\0\0\0\0\0\0", 7);
		buf_putc(b, (char)h->seq);
	}
	record = open_len(b, 2);
	buf_putc(b, 1);			/* client_hello */
	message = open_len(b, 3);
	body = h->dtls ? open_fragment(b, h->seq) : message;
	if (!put_client_hello(b, h) || !close_message(b, h, message, body) ||
	    !close_len(b, record, 2))
		return -1;
	return b->n - record > 1 << 14 ? -1 : 0;
}

const char *
tls_version_name(uint16_t v)
{
	static const char *const names[] = {
		"ssl30", "tls10", "tls11", "tls12", "tls13"
	};

	switch (v) {
	case 0x0002:
		return "ssl20";
	case 0xfeff:
		return "dtls10";
	case 0xfefd:
		return "dtls12";
	default:
		break;
	}
	return v >= TLS_SSL3 && v <= TLS_1_3 ? names[v - TLS_SSL3] : NULL;
}

const char *
tls_alert_name(uint8_t alert)
{
	switch (alert) {
	case 0: return "close_notify";
	case 10: return "unexpected_message";
	case 20: return "bad_record_mac";
	case 22: return "record_overflow";
	case 40: return "handshake_failure";
	case 47: return "illegal_parameter";
	case 49: return "access_denied";
	case 50: return "decode_error";
	case 70: return "protocol_version";
	case 71: return "insufficient_security";
	case 80: return "internal_error";
	case 86: return "inappropriate_fallback";
	case 90: return "user_canceled";
	case 109: return "missing_extension";
	case 112: return "unrecognized_name";
	case 116: return "certificate_required";
	case 120: return "no_application_protocol";
	default: return NULL;
	}
}
