/* TLS in clear: our own ClientHello, and what a server answers to it before
 * anything is encrypted. Layer 2.
 *
 * RFC 5246 and before it RFC 2246, 4346 and 6101; RFC 8446 up to its
 * ServerHello; extensions by RFC 6066 and the registry of IANA. There is no
 * cryptography here: up to TLS 1.2 a server shows its certificates before any. */
#ifndef PRT_MEANING_TLSHELLO_H
#define PRT_MEANING_TLSHELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* Versions, as they are on the wire. */
enum {
	TLS_SSL3 = 0x0300, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3
};

/* Extensions that are known here. */
enum {
	TLS_EXT_SNI		= 0,
	TLS_EXT_FRAGMENT	= 1,
	TLS_EXT_STATUS		= 5,
	TLS_EXT_GROUPS		= 10,
	TLS_EXT_POINTS		= 11,
	TLS_EXT_SIGALGS		= 13,
	TLS_EXT_ALPN		= 16,
	TLS_EXT_MASTER		= 23,
	TLS_EXT_TICKET		= 35,
	TLS_EXT_VERSIONS	= 43,
	TLS_EXT_PSK_MODES	= 45,
	TLS_EXT_SHARE		= 51,
	TLS_EXT_RENEGOTIATION	= 0xff01,
};

/* Numbers in the order in which they are sent. */
struct tls_list {
	const uint16_t	*v;
	size_t		 n;
};

#define TLS_RANDOM	32

struct tls_hello {
	uint16_t	 record, version;	/* of the record, in the hello */
	const uint8_t	*random;		/* TLS_RANDOM bytes */
	struct str	 session;		/* 32 bytes at most */
	/* DTLS, RFC 6347: record and version are of that; the hello is sent the
	 * seq-th time, from 0, and the cookie is that of a HelloVerifyRequest */
	bool		 dtls;
	uint8_t		 seq;
	struct str	 cookie;		/* 255 bytes at most */
	struct tls_list	 suites;
	/* Which extensions, in order; those not named above are empty ones. SNI
	 * and ALPN are left out when there is nothing to put in. With n == 0
	 * the hello ends before them, as SSL 3.0 has it. */
	struct tls_list	 exts;
	struct str	 sni;			/* a name, no address */
	struct str	 alpn;			/* "h2,http/1.1" */
	struct tls_list	 groups, sigalgs, versions;
	/* of the key shares: group and that many random-looking bytes */
	struct tls_list	 shares;
};

/* Appends the ClientHello in its record; of DTLS it is a datagram. 0, or -1 when it
 * does not fit one, or is out of memory (then nothing that was put is to be
 * sent). */
int	tls_hello_put(struct buf *, const struct tls_hello *);
/* The name of a version: "tls12"; NULL for one that there is not. */
const char *tls_version_name(uint16_t);
/* As IANA names it, without its TLS_ or WITH: NULL when it has no name here. */
const char *tls_alert_name(uint8_t);

/* ---- the answer ---- */

enum tls_in_state {
	TLS_IN_MORE,	/* more is to come */
	TLS_IN_DONE,	/* all is there that comes in clear */
	TLS_IN_ALERT,	/* the server has refused: in->alert */
	TLS_IN_FULL,	/* longer than was wanted; what fits is there */
	TLS_IN_NOTLS,	/* this is no TLS */
	TLS_IN_BAD,	/* it began as TLS, and is none */
	TLS_IN_NOMEM,
};

#define TLS_IN_CERTS	16
#define TLS_IN_EXTS	32

struct tls_span {
	uint32_t	at, n;
};

/* Zero-initialised but for `most` is the start. */
struct tls_in {
	size_t		 most;		/* bytes of handshake messages */
	enum tls_in_state state;
	bool		 hello;		/* a ServerHello has come */
	bool		 retry;		/* it is a HelloRetryRequest */
	uint16_t	 version, suite;
	uint16_t	 legacy;	/* the version as TLS 1.2 has it */
	uint16_t	 ext[TLS_IN_EXTS];	/* in its order */
	unsigned	 next;			/* may be more than fit */
	uint8_t		 alert;
	bool		 alerted;
	bool		 has_alpn, has_certs, has_status;
	struct tls_span	 alpn;
	struct tls_span	 cert[TLS_IN_CERTS];
	unsigned	 ncert;		/* that came; may be more than fit */
	struct tls_span	 status;	/* OCSP response, RFC 6066, 8 */
	struct tls_span	 server_hello;	/* the message's body */
	/* private */
	struct buf	 hs;		/* handshake messages */
	size_t		 at;		/* the one that is not whole */
	uint8_t		 head[5], alerts[2];
	unsigned	 nhead, nalert;
	uint32_t	 left;		/* of the record */
};

/* Takes what has come; bytes after the end are not looked at. */
enum tls_in_state tls_in_feed(struct tls_in *, const void *, size_t n);
/* The bytes of a span; valid until the next tls_in_feed(). */
struct str tls_in_at(const struct tls_in *, struct tls_span);
void	tls_in_release(struct tls_in *);

/* Appends what JA3S hashes: version, suite and extensions in decimal. */
void	tls_ja3s_put(struct buf *, const struct tls_in *);

/* ---- cipher suites ---- */

/* Why a suite is none to use (RFC 7465, 7568, 9325). */
enum {
	TLS_WEAK_NULL	= 1,	/* no encryption */
	TLS_WEAK_ANON	= 2,	/* no authentication */
	TLS_WEAK_EXPORT	= 4,	/* 40 or 56 bits */
	TLS_WEAK_RC4	= 8,
	TLS_WEAK_DES	= 16,	/* DES, and what has its block size */
	TLS_WEAK_MD5	= 32,
	TLS_WEAK_STATIC	= 64,	/* no forward secrecy: not weak by itself */
};

/* "TLS_RSA_WITH_AES_128_CBC_SHA"; NULL when it has no name. */
const char *tls_suite_name(uint16_t);
/* The bits above. */
unsigned tls_suite_weakness(uint16_t);
/* All suites that have a name, ascending. */
extern const struct tls_suite {
	uint16_t	 id;
	const char	*name;
} tls_suites[];
extern const size_t tls_nsuites;

#endif
