#include "server.h"

#include <string.h>

#include "base/clock.h"
#include "pure/wire.h"

/* RFC 5905, 6: its clock starts in 1900. */
#define NTP_EPOCH	2208988800u

/* RFC 862. */
static int
echo(const uint8_t *p, size_t n, uint8_t *dst)
{
	if (n > SERVER_MAX)
		return -1;
	if (n > 0)
		memcpy(dst, p, n);
	return (int)n;
}

/* RFC 1035, 4.1.1: the question comes back, refused: no server for it. */
static int
dns(const uint8_t *p, size_t n, uint8_t *dst)
{
	if (n < 12 || n > SERVER_MAX || p[2] & 0x80)
		return -1;
	memcpy(dst, p, n);
	dst[2] |= 0x80;		/* QR */
	dst[3] = 5;		/* RCODE */
	return (int)n;
}

static void
put_ntp_time(uint8_t *p, uint64_t now)
{
	wr_be32(p, (uint32_t)(now / NS_PER_S + NTP_EPOCH));
	wr_be32(p + 4, (uint32_t)((now % NS_PER_S << 32) / NS_PER_S));
}

/* RFC 5905, 7.3 and 8: the client's transmit time is the origin. */
static int
ntp(const uint8_t *p, size_t n, uint64_t now, uint8_t *dst)
{
	if (n < 48)
		return -1;
	memset(dst, 0, 48);
	dst[0] = (uint8_t)((p[0] & 0x38) | 4);	/* its version; server */
	dst[1] = 2;				/* stratum */
	dst[2] = p[2];
	dst[3] = 0xec;				/* precision: 2^-20 s */
	memcpy(dst + 12, "\xc6\x12\x00\xfe", 4);
	put_ntp_time(dst + 16, now - NS_PER_S);
	memcpy(dst + 24, p + 40, 8);
	put_ntp_time(dst + 32, now);
	put_ntp_time(dst + 40, now);
	return 48;
}

/* The head of a BER element (X.690, 8.1): its tag, and its contents in *in;
 * -1 when there is none. Lengths of up to two bytes. */
static int
ber(struct rd *r, struct rd *in)
{
	uint8_t tag = rd_u8(r), len = rd_u8(r);
	size_t n = len;

	if (len == 0x81)
		n = rd_u8(r);
	else if (len == 0x82)
		n = rd_be16(r);
	else if (len >= 0x80)
		return -1;
	in->p = rd_bytes(r, n);
	in->n = n;
	in->bad = false;
	return in->p == NULL ? -1 : tag;
}

/* Where the PDU of an SNMP message starts; NULL when it is no request. RFC 1157,
 * 4; RFC 1901, 3; for version 3 (RFC 3412, 6) only when it is not encrypted. */
static const uint8_t *
snmp_request(const uint8_t *p, size_t n, unsigned *version)
{
	struct rd all = rd_of(p, n), msg, in;
	const uint8_t *at;
	int tag;

	if (ber(&all, &msg) != 0x30 || ber(&msg, &in) != 2 || in.n != 1)
		return NULL;
	*version = *in.p;
	if (*version == 3) {
		if (ber(&msg, &in) != 0x30 || ber(&msg, &in) != 4 ||
		    ber(&msg, &in) != 0x30)
			return NULL;
		msg = in;
		if (ber(&msg, &in) != 4)	/* the context's engine */
			return NULL;
	}
	if (ber(&msg, &in) != 4)	/* community, or the context's name */
		return NULL;
	at = msg.p;
	tag = ber(&msg, &in);
	return tag == 0xa0 || tag == 0xa1 ? at : NULL;
}

/* A GetRequest comes back as the Response, or, in version 3, as the Report,
 * with its identifiers: RFC 3416, 4.2.1; RFC 3414, 4. */
static int
snmp(const uint8_t *p, size_t n, uint8_t *dst)
{
	const uint8_t *at;
	unsigned version;

	if (n > SERVER_MAX || (at = snmp_request(p, n, &version)) == NULL)
		return -1;
	memcpy(dst, p, n);
	dst[at - p] = version == 3 ? 0xa8 : 0xa2;
	return (int)n;
}

int
server_answer(enum world_server s, const uint8_t *p, size_t n, uint64_t now,
    uint8_t *dst)
{
	switch (s) {
	case WORLD_ECHO:
		return echo(p, n, dst);
	case WORLD_DNS:
		return dns(p, n, dst);
	case WORLD_NTP:
		return ntp(p, n, now, dst);
	case WORLD_SNMP:
		return snmp(p, n, dst);
	default:
		return -1;
	}
}
