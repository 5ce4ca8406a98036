/* The datagrams that UDP probes carry: a text file of them, and the lookup by
 * port. Layer 2. prt-payloads(5) is the specification of the text.
 *
 * A server behind most UDP ports answers only what it understands, so a port
 * has a list of payloads, and its probe is one datagram for each. Where the
 * protocol sends bytes of the question back (the id of a DNS query), the
 * payload has a cookie there: the sender fills it from its keyed hash, and the
 * listener finds it in the answer. */
#ifndef PRT_MEANING_PAYLOAD_H
#define PRT_MEANING_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "pure/portset.h"

#define PAYLOAD_MAX	1400	/* bytes of one datagram, below any usual MTU */
#define PAYLOAD_COOKIE	8	/* bytes of a probe's cookie */
#define PAYLOAD_NAME	32	/* the longest name */
#define PAYLOADS_PORT	16	/* payloads for one port */
#define PAYLOADS_MAX	4096	/* payloads of one set */

/* ->echo_at, when it is no offset. */
enum {
	PAYLOAD_ECHO_NONE = -1,	/* answers do not repeat the cookie */
	PAYLOAD_ECHO_ANY = -2,	/* answers repeat it, somewhere */
};

struct payload {
	const char	*name;	/* "dns-version" */
	const char	*source; /* the document it was written from */
	const uint8_t	*p;	/* n bytes; zeros where the cookie goes */
	uint16_t	 n;	/* 0..PAYLOAD_MAX */
	uint16_t	 cookie_at;
	uint8_t		 cookie_n; /* bytes of the datagram; 0: no cookie */
	bool		 cookie_hex; /* as lower-case hex digits */
	int32_t		 echo_at; /* offset in the answer, or PAYLOAD_ECHO_* */
	struct portset	 ports;
	unsigned long	 line;	/* where its text starts it */
};

/* Zero-initialised is the empty set: every port has the empty payload. */
struct payloads {
	struct payload		 *v;	/* in the order of the text */
	size_t			  n;
	const struct payload	**list;	/* private: of every port, in turn */
	uint32_t		 *first; /* private: list[first[port]].. */
};

/* The payloads of one port, in the order of the text; n is at least 1. */
struct payload_list {
	const struct payload *const	*v;
	size_t				 n;
};

/* The empty datagram, for ports that no payload names. */
extern const struct payload *const payload_empty;

void	payloads_release(struct payloads *);
/* Reads a whole text and adds its payloads to the set; one whose name the set
 * already has takes that one's place, and a `clear` line first takes ports
 * away from what the set had. 0, or -1 when the text is malformed or too much
 * (PAYLOADS_*), or out of memory: the set is then as it was, and *err has got
 * "name:line: what is wrong, and the mend" appended, without a newline. The
 * text need not outlive the call; payload pointers do not survive it. */
int	payloads_parse(struct payloads *, struct str text, const char *name,
	    struct buf *err);
/* Constant time, no allocation; valid until the next payloads_parse(). */
static inline struct payload_list
payloads_for(const struct payloads *ps, uint16_t port)
{
	uint32_t at;

	if (ps->first == NULL || ps->first[port] == ps->first[port + 1u])
		return (struct payload_list){ &payload_empty, 1 };
	at = ps->first[port];
	return (struct payload_list){ ps->list + at,
	    ps->first[port + 1u] - at };
}

/* The bytes of one probe: ->n bytes to dst, the cookie filled in. The payloads
 * of one port all take the same PAYLOAD_COOKIE bytes, or their head. */
void	payload_put(const struct payload *, uint8_t *dst,
	    const uint8_t cookie[PAYLOAD_COOKIE]);

enum payload_proof {
	PAYLOAD_PROVEN,		/* the answer repeats the cookie */
	PAYLOAD_UNPROVEN,	/* it should, and does not */
	PAYLOAD_MUTE,		/* no such payload repeats one: judge by ports */
};

/* What a datagram that came back (n bytes, foreign, of any content) says about
 * the probe with this cookie; payloads_prove() of any payload of the port. */
enum payload_proof payload_prove(const struct payload *, const uint8_t *answer,
	    size_t n, const uint8_t cookie[PAYLOAD_COOKIE]);
enum payload_proof payloads_prove(const struct payloads *, uint16_t port,
	    const uint8_t *answer, size_t n,
	    const uint8_t cookie[PAYLOAD_COOKIE]);

#endif
